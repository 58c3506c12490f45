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
  'too-many-attempts': {
    status: 429,
    what: {
      en: 'Too many wrong passwords for this name from this address.',
      zh: '该地址对此用户名输入错误密码次数过多。',
    },
    expected: { en: 'the next attempt in {seconds} seconds', zh: '{seconds} 秒后再试' },
    todo: { en: 'Wait that long; agents who are signed in are not affected.', zh: '请稍候；已登录的坐席不受影响。' },
  },
  'demo-login-not-local': {
    status: 403,
    what: { en: 'Demo logins are accepted from this machine only.', zh: '演示账号只能在本机使用。' },
    expected: { en: 'a connection over loopback (127.0.0.1)', zh: '通过回环地址（127.0.0.1）的连接' },
    todo: {
      en: 'Open the page on the machine itself, or set a password of your own for this agent.',
      zh: '请在本机打开页面，或为该坐席设置新密码。',
    },
  },
  'not-signed-in': {
    status: 401,
    what: { en: 'The request carries no valid token.', zh: '请求中没有有效的令牌。' },
    expected: {
      en: '`Authorization: Bearer TOKEN`, from POST /api/v1/login',
      zh: '请求头 Authorization: Bearer 令牌（由 POST /api/v1/login 获得）',
    },
    todo: { en: 'Log in (again) and send the token.', zh: '请（重新）登录并携带令牌。' },
  },
  'not-allowed': {
    status: 403,
    what: { en: 'This login may not do that.', zh: '该账号无权执行此操作。' },
    expected: { en: 'the role {role}', zh: '角色 {role}' },
    todo: { en: 'Ask somebody who has it.', zh: '请联系有权限的人员。' },
  },
  'call-of-others': {
    status: 403,
    what: { en: 'You took no part in this call.', zh: '您没有参与过此通话。' },
    expected: {
      en: 'a call you answered, made, were consulted in or were added to; supervisors read every call',
      zh: '您接听、拨出、被咨询或被加入过的通话；班长可查看所有通话',
    },
    todo: { en: 'Ask a supervisor.', zh: '请联系班长。' },
  },
  'bad-field': {
    status: 400,
    what: { en: 'The request is not as it should be: {reason}', zh: '请求内容不符合要求：{reason}' },
    expected: { en: 'what /api/openapi.json describes', zh: '/api/openapi.json 中描述的内容' },
    todo: { en: 'Correct the field named here; nothing was changed.', zh: '请更正所指字段；未作任何更改。' },
  },
  'body-too-large': {
    status: 413,
    what: { en: 'The body of the request is too large.', zh: '请求体过大。' },
    expected: { en: 'at most {limit} bytes', zh: '不超过 {limit} 字节' },
    todo: { en: 'Send less at a time; nothing was changed.', zh: '请减少每次发送的内容；未作任何更改。' },
  },
  'not-found': {
    status: 404,
    what: { en: 'There is no {what} here.', zh: '此处没有 {what}。' },
    expected: {
      en: 'an address of /api/openapi.json and the id of something that exists',
      zh: '/api/openapi.json 中的地址和存在的 id',
    },
    todo: { en: 'Check the address and the id.', zh: '请核对地址和 id。' },
  },
  'wrong-method': {
    status: 405,
    what: { en: '{method} is not possible here.', zh: '此地址不支持 {method}。' },
    expected: { en: 'one of {allowed}', zh: '{allowed} 之一' },
    todo: { en: 'Use one of them.', zh: '请使用其中之一。' },
  },
  'idempotency-mismatch': {
    status: 422,
    what: { en: 'This Idempotency-Key was used for another request.', zh: '该 Idempotency-Key 已用于另一请求。' },
    expected: { en: 'a new key for each new request', zh: '每个新请求使用新的 key' },
    todo: { en: 'Send it with a new key; nothing was changed.', zh: '请更换 key 后重发；未作任何更改。' },
  },
  'device-exists': {
    status: 409,
    what: { en: 'This agent has a device "{name}" already.', zh: '该坐席已有名为“{name}”的设备。' },
    expected: { en: 'a name that this agent has not used yet', zh: '该坐席尚未使用的名称' },
    todo: {
      en: 'Choose another name, or remove the old device first.',
      zh: '请使用其他名称，或先删除旧设备。',
    },
  },
  'contact-conflict': {
    status: 409,
    what: {
      en: 'These numbers belong to different contacts: {contacts}.',
      zh: '这些号码属于不同的联系人：{contacts}。',
    },
    expected: { en: 'numbers of one person', zh: '同一个人的号码' },
    todo: { en: 'Send the numbers of each person on their own.', zh: '请分别提交每个人的号码。' },
  },
  'bad-number': {
    status: 422,
    what: { en: 'This is no telephone number.', zh: '这不是有效的电话号码。' },
    expected: { en: 'a number such as +8613800000000, or an extension', zh: '如 +8613800000000 的号码，或分机号' },
    todo: { en: 'Correct the number; nothing was changed.', zh: '请更正号码；未作任何更改。' },
  },
  'no-ladder': {
    status: 503,
    what: { en: 'The SIP engine cannot be asked for what passed on the wire.', zh: '无法向 SIP 引擎查询信令记录。' },
    expected: { en: 'the embedded engine, running', zh: '内置 SIP 引擎正在运行' },
    todo: {
      en: 'Try again in a few seconds; a stock drachtio-server keeps no ladders, capture there with sngrep or tshark.',
      zh: '请几秒后重试；原版 drachtio-server 不保存信令记录，请在其所在机器用 sngrep 或 tshark 抓包。',
    },
  },
  'softphone-not-built': {
    status: 503,
    what: { en: 'The agent page has not been built.', zh: '坐席页面尚未构建。' },
    expected: { en: 'the folder dist/softphone', zh: '目录 dist/softphone' },
    todo: {
      en: 'Run `npm run build`, or start with `npm start`, which builds it.',
      zh: '请运行 npm run build，或用 npm start 启动（会自动构建）。',
    },
  },
  'server-failed': {
    status: 500,
    what: { en: 'The server failed to answer this request.', zh: '服务器处理该请求时出错。' },
    expected: { en: 'an answer', zh: '正常应答' },
    todo: {
      en: 'Try again; the server log has the details under {requestId}.',
      zh: '请重试；详情见服务器日志 {requestId}。',
    },
  },
} as const satisfies Record<string, ProblemText>;
