import type { ProblemText } from './problem.ts';

/** Problems of the desk feed and its commands. */
export const deskProblems = {
  'desk-not-understood': {
    status: 400,
    what: { en: 'The desk message is not understood: {reason}', zh: '无法理解桌面消息：{reason}' },
    expected: { en: 'a message of protocol/desk.ts', zh: 'protocol/desk.ts 中定义的消息' },
    todo: { en: 'Reload the page; nothing was changed.', zh: '请刷新页面；未作任何更改。' },
  },
  'desk-not-signed-in': {
    status: 401,
    what: { en: 'The desk is not signed in, or its session has ended.', zh: '桌面未登录，或会话已结束。' },
    expected: { en: 'a valid token in the first message', zh: '首条消息中的有效令牌' },
    todo: { en: 'Log in again.', zh: '请重新登录。' },
  },
  'no-such-call': {
    status: 404,
    what: { en: 'There is no such call at this desk.', zh: '该桌面没有此通话。' },
    expected: { en: 'the call that the desk shows', zh: '桌面上显示的通话' },
    todo: { en: 'Nothing; the call may have just ended.', zh: '无需操作；通话可能刚刚结束。' },
  },
  'not-now': {
    status: 409,
    what: { en: 'This cannot be done now ({state}).', zh: '当前状态（{state}）无法执行该操作。' },
    expected: { en: 'the state {expected}', zh: '状态 {expected}' },
    todo: { en: 'Wait for that state and try again.', zh: '请在进入该状态后重试。' },
  },
  'held-on-phone': {
    status: 409,
    what: { en: 'The caller is on hold at your desk phone.', zh: '来电者在您的桌面话机上被保持。' },
    expected: { en: 'the hold key of that phone', zh: '该话机的保持键' },
    todo: { en: 'Take the caller back there.', zh: '请在话机上恢复通话。' },
  },
  'no-such-choice': {
    status: 422,
    what: { en: '"{code}" is not one of the choices.', zh: '“{code}”不在可选项中。' },
    expected: { en: 'one of {choices}', zh: '{choices} 之一' },
    todo: { en: 'Choose one of them; dialplans/ lists them.', zh: '请选择其中之一；dialplans/ 中列出了所有选项。' },
  },
  'ledger-not-writable': {
    status: 503,
    what: { en: 'Nothing can be recorded at present: {reason}.', zh: '目前无法写入账本：{reason}。' },
    expected: { en: 'free space and a database nobody has locked', zh: '足够的磁盘空间，且数据库未被锁定' },
    todo: {
      en: 'Free disk space or end the program that holds the lock; calls in progress go on, new ones are refused until then.',
      zh: '请释放磁盘空间或结束锁定数据库的程序；在此之前已有通话继续，新来电将被拒绝。',
    },
  },
} as const satisfies Record<string, ProblemText>;
