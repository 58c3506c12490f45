import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';

const program = join(import.meta.dirname, '..', 'support', 'abandoned.ts');

/** Whether a process runs; one that nobody has waited for yet does not. */
async function runs(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !/\) [ZX] /.test(stat);
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const)(
  'ends what tests have started when their process ends by %s',
  async (how) => {
    const tests = fork(program, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    if (tests.stdout === null) throw new Error('no output');
    const [line] = (await once(createInterface({ input: tests.stdout }), 'line')) as [string];
    const pid = line.replace('child ', '');
    expect(await runs(pid)).toBe(true);
    const ended = once(tests, 'exit');
    if (how === 'disconnect') tests.disconnect();
    else tests.kill(how);
    await ended;
    // The kernel ends it in its own time.
    while (await runs(pid)) await pause(5);
  },
);
