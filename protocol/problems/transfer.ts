import type { ProblemText } from './problem.ts';

/** Why a call cannot be handed over. */
export const transferProblems = {
  'transfer-to-self': {
    status: 422,
    what: { en: 'A call cannot be transferred to the one who has it.', zh: '不能将通话转接给自己。' },
    expected: { en: 'a colleague, a queue or a number', zh: '其他坐席、队列或号码' },
    todo: { en: 'Choose somebody else.', zh: '请选择其他目标。' },
  },
  'transfer-no-such-target': {
    status: 404,
    what: { en: 'There is no "{to}" to transfer to.', zh: '没有可转接的目标“{to}”。' },
    expected: { en: 'agent:ID, queue:ID, an extension or a number', zh: 'agent:坐席、queue:队列、分机或号码' },
    todo: { en: 'Check the name or the number.', zh: '请检查名称或号码。' },
  },
  'transfer-agent-away': {
    status: 409,
    what: { en: '{name} is not at the desk.', zh: '{name} 当前不在岗。' },
    expected: { en: 'an agent who is signed in with a registered phone', zh: '已签入且话机已注册的坐席' },
    todo: { en: 'Transfer to a queue or to another colleague.', zh: '请转接到队列或其他坐席。' },
  },
  'transfer-agent-busy': {
    status: 409,
    what: { en: '{name} is busy with another call.', zh: '{name} 正在处理其他通话。' },
    expected: { en: 'an agent without a call', zh: '空闲的坐席' },
    todo: { en: 'Transfer to a queue, or try again later.', zh: '请转接到队列，或稍后再试。' },
  },
  'conference-full': {
    status: 409,
    what: { en: 'There are already {most} people in this talk.', zh: '该通话已有 {most} 方参加。' },
    expected: { en: 'at most {most} people', zh: '最多 {most} 方' },
    todo: { en: 'Drop somebody first.', zh: '请先移出一方。' },
  },
  'supervise-not-allowed': {
    status: 403,
    what: { en: '{name} is no supervisor.', zh: '{name} 不是班长。' },
    expected: { en: 'a supervisor', zh: '班长' },
    todo: { en: 'Give them the role in agents.yaml.', zh: '请在 agents.yaml 中设置角色。' },
  },
  'supervise-no-phone': {
    status: 409,
    what: { en: '{name} has no phone here to listen on.', zh: '{name} 没有可用的话机。' },
    expected: { en: 'a supervisor with an open page or a registered phone', zh: '已打开页面或话机已注册的班长' },
    todo: { en: 'Open the page, or register a phone.', zh: '请打开页面或注册话机。' },
  },
  'supervise-away': {
    status: 409,
    what: { en: '{name} is signed out.', zh: '{name} 已签出。' },
    expected: { en: 'a supervisor who is signed in', zh: '已签入的班长' },
    todo: {
      en: 'Sign in on the page, or by `./jackfield agent resume {id}`.',
      zh: '请在页面签入，或执行 ./jackfield agent resume {id}。',
    },
  },
  'supervise-busy': {
    status: 409,
    what: { en: '{name} is in another call.', zh: '{name} 正在另一通话中。' },
    expected: { en: 'a supervisor without a call', zh: '空闲的班长' },
    todo: { en: 'End that call first.', zh: '请先结束该通话。' },
  },
  'supervise-own': {
    status: 422,
    what: { en: 'This is your own call.', zh: '这是您自己的通话。' },
    expected: { en: 'the call of another agent', zh: '其他坐席的通话' },
    todo: { en: 'Choose another call.', zh: '请选择其他通话。' },
  },
  'no-such-member': {
    status: 404,
    what: { en: 'Nobody with the id "{member}" is in this conference.', zh: '会议中没有编号为“{member}”的成员。' },
    expected: { en: 'the id of somebody who was added', zh: '已加入成员的编号' },
    todo: { en: 'Look at the conference again.', zh: '请刷新会议成员。' },
  },
  'consult-whom': {
    status: 422,
    what: {
      en: '"{to}" is a queue or an extension: nobody there can be consulted.',
      zh: '“{to}”是队列或分机，无法咨询。',
    },
    expected: { en: 'a colleague or a number', zh: '坐席或外部号码' },
    todo: { en: 'Transfer the caller there, or consult a colleague.', zh: '请直接转接，或改为咨询其他坐席。' },
  },
} as const satisfies Record<string, ProblemText>;
