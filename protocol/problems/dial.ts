import type { ProblemText } from './problem.ts';

const again = { en: 'Try again later.', zh: '请稍后再拨。' };
const someone = { en: 'somebody who answers', zh: '对方接听' };

/** Why a call that an agent makes cannot begin, or came to nothing. `status` is the SIP answer of the far side. */
export const dialProblems = {
  'dial-wrong-form': {
    status: 422,
    what: { en: '"{number}" is not a number that can be called.', zh: '“{number}”不是可以拨打的号码。' },
    expected: { en: 'digits, with + in front of a country code', zh: '数字；国际号码前加 +' },
    todo: { en: 'Check the number.', zh: '请检查号码。' },
  },
  'dial-not-now': {
    status: 409,
    what: {
      en: 'You cannot call while you are busy with another call ({state}).',
      zh: '正在处理其他通话（{state}），无法外呼。',
    },
    expected: { en: 'no call at this desk', zh: '坐席没有进行中的通话' },
    todo: { en: 'Finish that call and its wrap-up first.', zh: '请先结束该通话及其话后整理。' },
  },
  'dial-offline': {
    status: 409,
    what: { en: 'The agent is signed out and cannot call.', zh: '坐席已签出，无法外呼。' },
    expected: { en: 'an agent who is available or paused', zh: '示闲或示忙的坐席' },
    todo: { en: 'Open the agent page and sign in.', zh: '请打开坐席页面并签入。' },
  },
  'dial-no-phone': {
    status: 409,
    what: { en: 'No phone of the agent is registered.', zh: '坐席没有已注册的话机。' },
    expected: { en: 'an open agent page whose phone says “Registered”', zh: '坐席页面已打开，且话机显示“已注册”' },
    todo: {
      en: 'Open the page, or wait until its phone is registered again.',
      zh: '请打开坐席页面，或等待话机重新注册。',
    },
  },
  'dial-not-ready': {
    status: 503,
    what: { en: 'The server cannot make calls at this moment.', zh: '服务器暂时无法外呼。' },
    expected: { en: 'a connected SIP engine and media node', zh: 'SIP 引擎与媒体节点已连接' },
    todo: {
      en: 'Try again in a few seconds; `./jackfield status` tells what is missing.',
      zh: '请几秒后重试；可用 ./jackfield status 查看原因。',
    },
  },
  'media-full': {
    status: 503,
    what: { en: 'The media node takes no new calls: {reason}.', zh: '媒体节点不接新呼叫：{reasonZh}。' },
    expected: { en: 'a media node with room for one more call', zh: '媒体节点仍有余量' },
    todo: {
      en: 'Try again in a moment; calls that are there go on.',
      zh: '请稍后重试；进行中的通话不受影响。',
    },
  },
  'dial-busy': {
    status: 409,
    what: { en: '{number} is busy.', zh: '{number} 正忙。' },
    expected: someone,
    todo: again,
  },
  'dial-no-answer': {
    status: 408,
    what: { en: '{number} did not answer.', zh: '{number} 无人接听。' },
    expected: someone,
    todo: again,
  },
  'dial-rejected': {
    status: 403,
    what: {
      en: '{number} does not take the call (SIP {status} {reason}).',
      zh: '{number} 拒接（SIP {status} {reason}）。',
    },
    expected: someone,
    todo: { en: 'Do not insist; try another number or another way.', zh: '请勿反复拨打，可换号码或其他方式联系。' },
  },
  'dial-wrong-number': {
    status: 404,
    what: {
      en: '{number} is not in use or incomplete (SIP {status} {reason}).',
      zh: '{number} 是空号或号码不完整（SIP {status} {reason}）。',
    },
    expected: { en: 'a number that somebody has', zh: '有效的号码' },
    todo: { en: 'Check the number.', zh: '请检查号码。' },
  },
  'dial-unreachable': {
    status: 503,
    what: {
      en: '{number} cannot be reached now (SIP {status} {reason}).',
      zh: '目前无法接通 {number}（SIP {status} {reason}）。',
    },
    expected: { en: 'a network that takes the call there', zh: '线路可以接通对方' },
    todo: {
      en: 'Try again; if other numbers fail too, tell your administrator.',
      zh: '请重拨；若其他号码也无法接通，请通知管理员。',
    },
  },
  'dial-unsupported-media': {
    status: 415,
    what: {
      en: 'There is no audio format in common with {number} (SIP {status} {reason}).',
      zh: '与 {number} 没有共同的语音编码（SIP {status} {reason}）。',
    },
    expected: { en: 'G.711 (PCMA or PCMU) at the far side', zh: '对端支持 G.711（PCMA 或 PCMU）' },
    todo: { en: 'Tell your administrator; the trunk has to offer G.711.', zh: '请通知管理员：中继需支持 G.711。' },
  },
  'dial-redirect-refused': {
    status: 502,
    what: {
      en: '{number} is diverted to where we do not follow (SIP {status} {reason}).',
      zh: '{number} 被转移到不允许呼叫的目标（SIP {status} {reason}）。',
    },
    expected: { en: 'a number our trunks take calls to', zh: '中继允许呼叫的号码' },
    todo: { en: 'Ask for another number.', zh: '请向对方索取其他号码。' },
  },
  'dial-not-permitted': {
    status: 403,
    what: { en: 'This site does not call {number}: {reason}', zh: '本站点不允许呼叫 {number}：{reason}' },
    expected: { en: 'a destination and a caller number that the trunk allows', zh: '中继允许的被叫与主叫号码' },
    todo: {
      en: 'Ask your administrator; dialplans/trunks.yaml says what is allowed.',
      zh: '请联系管理员；允许范围见 dialplans/trunks.yaml。',
    },
  },
  'dial-left': {
    status: 410,
    what: { en: '{number} hung up before the caller was handed over.', zh: '{number} 在转接完成前已挂断。' },
    expected: { en: 'somebody who stays on the line', zh: '对方保持通话' },
    todo: { en: 'You have the caller again; try somebody else.', zh: '来电者已接回，可改转其他目标。' },
  },
  'dial-no-trunk': {
    status: 503,
    what: { en: 'No trunk takes calls to {number}.', zh: '没有可以呼叫 {number} 的中继。' },
    expected: { en: 'an outbound trunk for this number', zh: '该号码有可用的出局中继' },
    todo: {
      en: 'Tell your administrator; dialplans/trunks.yaml names the trunks.',
      zh: '请通知管理员；中继见 dialplans/trunks.yaml。',
    },
  },
} as const satisfies Record<string, ProblemText>;
