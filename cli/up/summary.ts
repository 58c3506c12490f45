import { advertisedAddress, type Config } from '../../server/config.ts';

/** A login of the demo site, printed once. */
export interface DemoLogin {
  readonly login: string;
  readonly password: string;
  /** It may listen to the talks of others. */
  readonly supervisor?: boolean | undefined;
}

/** The number the demo site answers. */
export const demoNumber = '+8653100000';

/** How many columns of a terminal a text takes: East Asian characters take two. */
function columns(text: string): number {
  return [...text].reduce(
    (sum, letter) =>
      sum + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]/.test(letter) ? 2 : 1),
    0,
  );
}

/** What `up` says when everything runs: where to look, who to log in as, what to call, how to stop. */
export function summary(config: Config, logins: readonly DemoLogin[], logs: string, startedInMs: number): string {
  const address = advertisedAddress(config);
  const local = address === '127.0.0.1' || address === 'localhost';
  const page = local ? `http://${address}:${config.http.port}/` : `https://${address}:${config.http.tlsPort}/`;
  const rows: readonly (readonly [string, string])[] = [
    ['Agent page / 坐席页面', page],
    ...logins.map(({ login, password, supervisor }, index): readonly [string, string] => [
      index === 0 ? 'Demo logins, shown once / 演示账号（仅显示一次）' : '',
      `${login}  ${password}${supervisor === true ? '  (supervisor / 班长)' : ''}`,
    ]),
    ['SIP address to call / 呼入地址', `sip:${demoNumber}@${address}:${config.sip.port}  (UDP, TCP)`],
    [
      'Demo call / 演示呼叫',
      `./jackfield call ${demoNumber} --say "hello, my order has not arrived and I want a refund"`,
    ],
    ['Logs / 日志', logs],
    ['Stop / 停止', 'Ctrl-C'],
  ];
  const width = Math.max(...rows.map(([label]) => columns(label)));
  const lines = rows.map(([label, text]) => `  ${label}${' '.repeat(width - columns(label))}  ${text}`);
  const seconds = (startedInMs / 1000).toFixed(1);
  return ['', `Jackfield is running (${seconds} s). / Jackfield 已启动（${seconds} 秒）。`, '', ...lines, ''].join(
    '\n',
  );
}
