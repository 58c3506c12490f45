import type { ProblemText } from './problem.ts';

/** Problems of starting a site: `npm start`, `jackfield up`, and a part run alone. */
export const upProblems = {
  'address-unknown': {
    status: 503,
    what: { en: '{address} is not an address of this machine.', zh: '{address} 不是本机地址。' },
    expected: { en: 'one of {known}', zh: '以下之一：{known}' },
    todo: {
      en: 'Correct network.bind, or run `./jackfield lan ADDRESS`.',
      zh: '请修改 network.bind，或运行 ./jackfield lan 地址。',
    },
  },
  'already-running': {
    status: 409,
    what: {
      en: 'Jackfield already runs in this folder (process {pid}).',
      zh: 'Jackfield 已在本目录运行（进程 {pid}）。',
    },
    expected: { en: 'one supervisor for each home folder', zh: '每个数据目录只运行一个监督进程' },
    todo: {
      en: 'Use it (`./jackfield status`), stop it (`kill {pid}`), or start a second site with JACKFIELD_HOME and other ports.',
      zh: '可直接使用（./jackfield status）、停止它（kill {pid}），或用 JACKFIELD_HOME 与其他端口另起一个站点。',
    },
  },
  'part-did-not-start': {
    status: 503,
    what: { en: 'The {part} did not start: {reason}', zh: '{partZh}未能启动：{reason}' },
    expected: { en: 'it to listen within {seconds} seconds', zh: '在 {seconds} 秒内开始监听' },
    todo: {
      en: 'See {log}; everything started before it was stopped again.',
      zh: '请查看 {log}；此前已启动的部分均已停止。',
    },
  },
  'part-keeps-dying': {
    status: 503,
    what: {
      en: 'The {part} died too often: {deaths} times in all, last: {reason}',
      zh: '{partZh}反复退出：共 {deaths} 次，最近一次：{reason}',
    },
    expected: { en: 'it to keep running', zh: '持续运行' },
    todo: {
      en: 'Everything was stopped. See {log}, then run `npm start` again.',
      zh: '已全部停止。请查看 {log}，然后重新运行 npm start。',
    },
  },
} as const satisfies Record<string, ProblemText>;
