/** The network of a Chromium of this process, stopped and started again: no socket of any page sends or hears anything meanwhile. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly args: string;
}

async function processes(): Promise<readonly Process[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,ppid=,args='], { maxBuffer: 50_000_000 });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), args }];
  });
}

/** Stops the network services of all browsers that this process has started. Returns how to let them go on. */
export async function stopNetwork(): Promise<() => void> {
  const all = await processes();
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const isOurs = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (pid === process.pid || isOurs(parents.get(pid)));
  const services = all.filter(({ pid, args }) => args.includes('network.mojom.NetworkService') && isOurs(pid));
  if (services.length === 0) throw new Error('no network service runs among the processes of this test');
  for (const { pid } of services) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const { pid } of services) process.kill(pid, 'SIGCONT');
  };
}
