// @ts-check
// Every problem set-up and the launcher can report, in both languages: the same shape as protocol/problems, in plain
// JavaScript because it is needed before there is a Node that runs TypeScript.

/** @typedef {{ en: string, zh: string }} Bilingual */
/** @typedef {{ what: Bilingual, expected: Bilingual, todo: Bilingual }} ProblemText */

export const setupProblems = {
  'not-set-up': {
    what: { en: 'Jackfield is not set up yet: {missing}.', zh: 'Jackfield 尚未安装：缺少 {missing}。' },
    expected: { en: 'a finished set-up', zh: '已完成的安装' },
    todo: { en: 'Run `npm start` first.', zh: '请先运行 npm start。' },
  },
  'node-unavailable': {
    what: {
      en: 'This machine has Node {version}, and no private Node could be fetched: {reason}',
      zh: '本机 Node 版本为 {version}，且无法获取专用 Node：{reason}',
    },
    expected: {
      en: 'Node 22.18 or newer, or access to the npm registry',
      zh: 'Node 22.18 或更新版本，或可访问 npm 仓库',
    },
    todo: {
      en: 'Install Node 24 or check the network, then run `npm start` again.',
      zh: '请安装 Node 24 或检查网络后重新运行 npm start。',
    },
  },
  'npm-unavailable': {
    what: {
      en: 'npm could not be found or does not run under Node 24: {reason}',
      zh: '找不到 npm，或其无法在 Node 24 下运行：{reason}',
    },
    expected: { en: 'an npm on the PATH', zh: 'PATH 中有 npm' },
    todo: {
      en: 'Install npm (Debian: `apt-get install npm`) and run `npm start` again.',
      zh: '请安装 npm（Debian：apt-get install npm）后重新运行 npm start。',
    },
  },
  'dependencies-failed': {
    what: {
      en: 'The npm packages of package-lock.json could not be installed: {reason}',
      zh: '无法安装 package-lock.json 中的 npm 依赖：{reason}',
    },
    expected: { en: 'access to the npm registry', zh: '可访问 npm 仓库' },
    todo: {
      en: 'Check the network (`npm ping`) and the log {log}; run `npm start` again, finished steps are kept.',
      zh: '请检查网络（npm ping）与日志 {log}；重新运行 npm start，已完成的步骤会保留。',
    },
  },
  'packages-missing': {
    what: {
      en: 'These Debian packages are missing: {packages} (for: {purpose}).',
      zh: '缺少以下 Debian 软件包：{packages}（用途：{purpose}）。',
    },
    expected: { en: 'them to be installed', zh: '已安装这些软件包' },
    todo: { en: 'As root: apt-get install {packages}', zh: '请以 root 运行：apt-get install {packages}' },
  },
  'packages-failed': {
    what: { en: 'apt-get could not install {packages}: {reason}', zh: 'apt-get 无法安装 {packages}：{reason}' },
    expected: {
      en: 'a Debian mirror that can be reached and sudo or root',
      zh: '可访问的 Debian 镜像，以及 sudo 或 root 权限',
    },
    todo: {
      en: 'See the log {log}; run `npm start` again, or add --no-system to go without.',
      zh: '请查看日志 {log}；重新运行 npm start，或加 --no-system 跳过。',
    },
  },
  'worker-failed': {
    what: {
      en: 'The mediasoup worker could neither be downloaded nor built: {reason}',
      zh: 'mediasoup worker 既无法下载也无法编译：{reason}',
    },
    expected: {
      en: 'GitHub to be reachable, or a C++ compiler with the packages named above',
      zh: '可访问 GitHub，或具备 C++ 编译器及上述软件包',
    },
    todo: {
      en: 'See the log {log}; or set MEDIASOUP_WORKER_BIN to a worker of version {version} and run `npm start` again.',
      zh: '请查看日志 {log}；或将 MEDIASOUP_WORKER_BIN 指向 {version} 版 worker 后重新运行 npm start。',
    },
  },
  'worker-handshake': {
    what: {
      en: 'The mediasoup worker failed its self-test, a DTLS handshake: {reason}',
      zh: 'mediasoup worker 未通过自检（DTLS 握手）：{reason}',
    },
    expected: { en: 'both ends of the handshake connected', zh: '握手双方均已连接' },
    todo: {
      en: 'Delete {path} and run `npm start` again; it will be built anew.',
      zh: '请删除 {path} 后重新运行 npm start，将重新编译。',
    },
  },
  'softphone-failed': {
    what: { en: 'The agent page could not be built: {reason}', zh: '坐席页面构建失败：{reason}' },
    expected: { en: 'Vite to bundle softphone/', zh: 'Vite 能够打包 softphone/' },
    todo: { en: 'See the log {log}.', zh: '请查看日志 {log}。' },
  },
  'step-failed': {
    what: { en: 'The step "{step}" failed: {reason}', zh: '步骤“{stepZh}”失败：{reason}' },
    expected: { en: 'it to finish', zh: '该步骤能够完成' },
    todo: {
      en: 'See the log {log}; run `npm start` again, finished steps are kept.',
      zh: '请查看日志 {log}；重新运行 npm start，已完成的步骤会保留。',
    },
  },
  'step-degraded': {
    what: { en: '{step} is not available: {reason}', zh: '{step} 不可用：{reason}' },
    expected: { en: '{wanted}', zh: '{wanted}' },
    todo: { en: 'Everything else works without it. {todo}', zh: '其余功能不受影响。{todo}' },
  },
  'setup-running': {
    what: {
      en: 'Another set-up is running in this folder (process {pid}).',
      zh: '本目录已有安装程序在运行（进程 {pid}）。',
    },
    expected: { en: 'one set-up at a time', zh: '同一时间只运行一个安装程序' },
    todo: { en: 'Wait for it, or end it: kill {pid}', zh: '请等待其结束，或终止它：kill {pid}' },
  },
  'setup-declined': {
    what: { en: 'Nothing was done: the question was answered with no.', zh: '未执行任何操作：您选择了“否”。' },
    expected: { en: 'y, or --yes', zh: '输入 y，或使用 --yes' },
    todo: {
      en: 'Run `npm start` again; `npm start -- --no-system` touches nothing outside this folder.',
      zh: '可重新运行 npm start；npm start -- --no-system 不触碰本目录以外的任何内容。',
    },
  },
  'setup-interrupted': {
    what: { en: 'Set-up was interrupted during "{step}".', zh: '安装在“{stepZh}”步骤被中断。' },
    expected: { en: 'it to run to its end', zh: '安装运行至结束' },
    todo: { en: 'Run `npm start` again; finished steps are kept.', zh: '请重新运行 npm start；已完成的步骤会保留。' },
  },
  'still-running': {
    what: { en: 'Jackfield is running (process {pid}).', zh: 'Jackfield 正在运行（进程 {pid}）。' },
    expected: { en: 'a stopped site', zh: '站点已停止' },
    todo: { en: 'Stop it first: kill {pid}', zh: '请先停止：kill {pid}' },
  },
  'uninstall-unconfirmed': {
    what: { en: 'Nothing was removed.', zh: '未删除任何内容。' },
    expected: { en: 'y on a terminal, or --yes', zh: '在终端输入 y，或使用 --yes' },
    todo: {
      en: 'Run `./jackfield uninstall` again when you are sure.',
      zh: '确认后请重新运行 ./jackfield uninstall。',
    },
  },
  'packages-kept': {
    what: {
      en: 'The Debian packages could not be removed safely, nothing was removed: {reason}',
      zh: '无法安全删除软件包，未删除任何内容：{reason}',
    },
    expected: {
      en: 'nothing else to need them, and root or sudo',
      zh: '没有其他软件依赖它们，且具备 root 或 sudo 权限',
    },
    todo: {
      en: 'Run it again without --packages and remove them by hand: apt-get remove {packages}',
      zh: '请去掉 --packages 重新运行，并手动执行：apt-get remove {packages}',
    },
  },
  'unknown-option': {
    what: { en: 'Unknown option {option}.', zh: '未知选项 {option}。' },
    expected: { en: 'one of {known}', zh: '以下之一：{known}' },
    todo: { en: 'Correct it and try again.', zh: '请更正后重试。' },
  },
};

/**
 * A problem as lines for a terminal: what, expected, what to do, first in English and then in Chinese.
 * @param {keyof typeof setupProblems} code
 * @param {Record<string, string | number>} [facts]
 */
export function problemText(code, facts = {}) {
  const { what, expected, todo } = setupProblems[code];
  /** @param {string} text */
  const fill = (text) => text.replace(/\{(\w+)\}/g, (whole, name) => String(facts[name] ?? whole));
  return `${fill(what.en)} Expected ${fill(expected.en)}. ${fill(todo.en)} (${code})\n${fill(what.zh)}应为：${fill(expected.zh)}。${fill(todo.zh)}`;
}

/** A problem on its way to the terminal. */
export class SetupProblem extends Error {
  /**
   * @param {keyof typeof setupProblems} code
   * @param {Record<string, string | number>} [facts]
   */
  constructor(code, facts = {}) {
    super(problemText(code, facts));
    this.code = code;
    this.facts = facts;
  }
}
