import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail, ok, type Result } from '../../base/result.ts';

/** A process as no later one can be mistaken for it: its id and, where the system tells, when it started. */
interface Holder {
  readonly pid: number;
  readonly started: string;
}

function startOf(pid: number): string | undefined {
  try {
    // proc(5): field 22 is the start time; the name in field 2 may hold anything, so count from its closing bracket.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return holder.started === '' || startOf(holder.pid) === holder.started;
}

function read(file: string): Holder | undefined {
  try {
    const [pid = '', started = ''] = readFileSync(file, 'utf8').trim().split(' ');
    return /^\d+$/.test(pid) ? { pid: Number(pid), started } : undefined;
  } catch {
    return undefined;
  }
}

/** The process id of the supervisor that holds `file`, when it is alive. */
export function runningPid(file: string): number | undefined {
  const holder = read(file);
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined;
}

/**
 * Writes our process id to `file`, taking over that of a dead process. Fails with the holder's process id when it lives.
 * The value releases it.
 */
export function takePidFile(file: string): Result<() => void, number> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const own = `${process.pid} ${startOf(process.pid) ?? ''}\n`;
  for (;;) {
    try {
      writeFileSync(file, own, { flag: 'wx', mode: 0o600 });
      return ok(() => rmSync(file, { force: true }));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const holder = runningPid(file);
    if (holder !== undefined) return fail(holder);
    rmSync(file, { force: true });
  }
}
