import type { ProblemText } from './problem.ts';

/** Problems of the HTTP API and the desk feed. */
export const httpProblems = {
  'wrong-credentials': {
    status: 401,
    what: { en: 'The name or the password is wrong.', zh: '用户名或密码错误。' },
    expected: { en: 'the login of an agent of this site', zh: '本站点坐席的登录名和密码' },
    todo: {
      en: 'Check both and try again; `npm start` printed the demo logins when the site was set up.',
      zh: '请核对后重试；演示账号在首次运行 npm start 时打印。',
    },
  },
  'not-json': {
    status: 400,
    what: { en: 'The message is not JSON: {reason}', zh: '消息不是 JSON：{reason}' },
    expected: { en: 'one JSON object', zh: '一个 JSON 对象' },
    todo: { en: 'Send valid JSON; nothing was changed.', zh: '请发送有效的 JSON；未作任何更改。' },
  },
} as const satisfies Record<string, ProblemText>;
