import type { ProblemText } from './problem.ts';

/** Problems the softphone itself finds: the network, the microphone, the page's own address. */
export const softphoneProblems = {
  'server-unreachable': {
    status: 503,
    what: { en: 'The server does not answer.', zh: '服务器没有响应。' },
    expected: { en: 'an answer from the Jackfield server at {server}', zh: '位于 {server} 的 Jackfield 服务器的应答' },
    todo: {
      en: 'Check the network and that the server is running (`./jackfield status`), then try again.',
      zh: '请检查网络以及服务器是否在运行（./jackfield status），然后重试。',
    },
  },
  'unexpected-answer': {
    status: 502,
    what: { en: 'The server answered in a form this page does not know.', zh: '服务器的应答格式无法识别。' },
    expected: { en: 'an answer of this version of Jackfield', zh: '与本页面版本一致的 Jackfield 应答' },
    todo: { en: 'Reload the page to get the version of the server.', zh: '请刷新页面以获取与服务器一致的版本。' },
  },
  'session-expired': {
    status: 401,
    what: { en: 'Your login is no longer valid.', zh: '登录已失效。' },
    expected: { en: 'a login that has not expired', zh: '未过期的登录' },
    todo: { en: 'Log in again.', zh: '请重新登录。' },
  },
  'desk-not-connected': {
    status: 503,
    what: {
      en: 'The server was not reached, so this was not confirmed.',
      zh: '未能连接服务器，操作未得到确认。',
    },
    expected: { en: 'a live connection to the desk feed', zh: '与坐席服务的正常连接' },
    todo: {
      en: 'Wait until the page is connected again, look at the call, and repeat it if needed.',
      zh: '请等待页面重新连接，查看通话状态，必要时再试一次。',
    },
  },
  'page-not-secure': {
    status: 403,
    what: {
      en: 'The browser gives no microphone to this page, because it was opened over plain http from {server}.',
      zh: '本页面通过不加密的 http 从 {server} 打开，浏览器因此禁止使用麦克风。',
    },
    expected: { en: 'a page on https, or on localhost', zh: '通过 https 或 localhost 打开的页面' },
    todo: {
      en: 'Open it over https: the administrator runs `./jackfield lan ADDRESS` and follows the steps it prints.',
      zh: '请通过 https 打开：由管理员运行 ./jackfield lan 地址，并按提示操作。',
    },
  },
  'microphone-refused': {
    status: 403,
    what: { en: 'The browser refuses the microphone to this page.', zh: '浏览器拒绝本页面使用麦克风。' },
    expected: { en: 'the permission to use the microphone', zh: '使用麦克风的权限' },
    todo: {
      en: 'Open the site settings (the icon left of the address), allow the microphone, and try again.',
      zh: '请点击地址栏左侧的图标打开网站设置，允许使用麦克风，然后重试。',
    },
  },
  'microphone-missing': {
    status: 404,
    what: { en: 'No microphone was found.', zh: '未找到麦克风。' },
    expected: { en: 'a headset or a microphone', zh: '耳机或麦克风' },
    todo: { en: 'Plug in a headset and try again.', zh: '请插入耳机后重试。' },
  },
  'microphone-busy': {
    status: 409,
    what: { en: 'The microphone cannot be opened: {reason}', zh: '无法打开麦克风：{reason}' },
    expected: { en: 'a microphone no other program holds', zh: '未被其他程序占用的麦克风' },
    todo: {
      en: 'Close the program that uses it, or plug it in again, and try again.',
      zh: '请关闭占用麦克风的程序或重新插拔后重试。',
    },
  },
  'camera-refused': {
    status: 403,
    what: { en: 'The browser refuses the camera to this page.', zh: '浏览器拒绝本页面使用摄像头。' },
    expected: { en: 'the permission to use the camera', zh: '使用摄像头的权限' },
    todo: {
      en: 'Open the site settings (the icon left of the address), allow the camera, and turn it on again. The sound goes on.',
      zh: '请点击地址栏左侧的图标打开网站设置，允许使用摄像头，然后重新打开。声音不受影响。',
    },
  },
  'camera-missing': {
    status: 404,
    what: { en: 'No camera was found.', zh: '未找到摄像头。' },
    expected: { en: 'a camera', zh: '摄像头' },
    todo: { en: 'Plug one in and turn it on again. The sound goes on.', zh: '请插入摄像头后重新打开。声音不受影响。' },
  },
  'camera-busy': {
    status: 409,
    what: { en: 'The camera cannot be opened.', zh: '无法打开摄像头。' },
    expected: { en: 'a camera no other program holds', zh: '未被其他程序占用的摄像头' },
    todo: { en: 'Close the program that uses it and turn it on again.', zh: '请关闭占用摄像头的程序后重新打开。' },
  },
  'phone-not-ringing': {
    status: 409,
    what: { en: 'There is no ringing call to answer.', zh: '没有可接听的来电。' },
    expected: { en: 'a call ringing on this phone', zh: '正在本话机上振铃的来电' },
    todo: { en: 'Check that the phone is registered.', zh: '请检查话机是否已注册。' },
  },
  'answer-failed': {
    status: 500,
    what: { en: 'The call could not be answered: {reason}', zh: '无法接听来电：{reason}' },
    expected: { en: 'an audio connection to the server', zh: '与服务器的音频连接' },
    todo: {
      en: 'Wait for the next call; if it fails again, reload the page.',
      zh: '请等待下一个来电；若仍失败，请刷新页面。',
    },
  },
  'desk-server-address': {
    status: 400,
    what: { en: 'The server address of the desktop softphone is wrong.', zh: '桌面软电话的服务器地址有误。' },
    expected: { en: 'an address such as https://desk.example', zh: '形如 https://desk.example 的地址' },
    todo: {
      en: 'Give it as --server=URL, or as "server" in desk.json.',
      zh: '请用 --server=地址 指定，或写入 desk.json 的 "server"。',
    },
  },
  'electron-missing': {
    status: 503,
    what: { en: 'Electron itself is not on this machine: {reason}', zh: '本机没有 Electron 程序：{reason}' },
    expected: { en: 'the Electron binary, which npm fetches on first use', zh: 'npm 首次使用时下载的 Electron 程序' },
    todo: {
      en: 'Run `npx electron --version` where GitHub can be reached, or use the agent page in a browser: it is the same.',
      zh: '请在可访问 GitHub 的网络中运行 npx electron --version，或直接在浏览器中使用坐席页面（功能相同）。',
    },
  },
} as const satisfies Record<string, ProblemText>;
