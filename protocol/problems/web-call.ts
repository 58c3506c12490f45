import type { ProblemText } from './problem.ts';

/** Why a call from a browser cannot be made: read by callers, who are nobody's staff. */
export const webCallProblems = {
  'web-no-route': {
    status: 404,
    what: { en: 'Nothing called "{route}" can be called from here.', zh: '无法从这里呼叫“{route}”。' },
    expected: { en: 'the name of something this page offers', zh: '本页面提供的呼叫对象' },
    todo: {
      en: 'Open the page again from the link you were given, or choose from what is offered.',
      zh: '请从您收到的链接重新打开本页面，或选择本页面提供的对象。',
    },
  },
  'web-busy': {
    status: 503,
    what: { en: 'Too many calls are going on just now.', zh: '当前通话过多。' },
    expected: { en: 'a free line', zh: '空闲线路' },
    todo: { en: 'Please try again in a few minutes.', zh: '请几分钟后再试。' },
  },
  'web-too-often': {
    status: 429,
    what: { en: 'Too many calls were begun from here.', zh: '从这里发起的呼叫过于频繁。' },
    expected: { en: 'the next call in {seconds} seconds', zh: '{seconds} 秒后再呼叫' },
    todo: { en: 'Wait a moment, then call again.', zh: '请稍候再次呼叫。' },
  },
  'web-not-secure': {
    status: 403,
    what: {
      en: 'The browser gives no microphone to this page, because it was not opened over https.',
      zh: '本页面未通过 https 打开，浏览器因此禁止使用麦克风。',
    },
    expected: { en: 'a page on https', zh: '通过 https 打开的页面' },
    todo: { en: 'Open the same address with https:// in front.', zh: '请在地址前加上 https:// 重新打开。' },
  },
  'web-unreachable': {
    status: 503,
    what: { en: 'We cannot be reached just now.', zh: '暂时无法连接到我们。' },
    expected: { en: 'a connection to {server}', zh: '与 {server} 的连接' },
    todo: { en: 'Check your network, then call again.', zh: '请检查您的网络，然后再次呼叫。' },
  },
  'web-refused': {
    status: 502,
    what: { en: 'The call was not taken ({status}).', zh: '呼叫未被接受（{status}）。' },
    expected: { en: 'an answer to the call', zh: '呼叫被应答' },
    todo: { en: 'Please call again in a moment.', zh: '请稍后再次呼叫。' },
  },
  'web-no-media': {
    status: 502,
    what: { en: 'The sound of the call did not get through.', zh: '通话声音无法传输。' },
    expected: { en: 'a network that lets calls through', zh: '允许通话数据通过的网络' },
    todo: {
      en: 'Try another network, or a mobile connection.',
      zh: '请更换网络或使用移动网络。',
    },
  },
} as const satisfies Record<string, ProblemText>;
