/** Processor time of a process tree to the nanosecond, as Linux's scheduler counts it (`/proc/PID/task/TID/schedstat`). */
import { readdirSync, readFileSync } from 'node:fs';
import { cpuMsOf } from '../processes.ts';

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function treeOf(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const children = tasks.flatMap((task) => textOf(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean));
  return [pid, ...children.flatMap((child) => treeOf(Number(child)))];
}

function runMsOf(pid: number): number {
  const times = readdirSync(`/proc/${pid}/task`).map((task) => textOf(`/proc/${pid}/task/${task}/schedstat`));
  return times.reduce((sum, text) => sum + Number(text.split(' ')[0] ?? 0) / 1e6, 0);
}

/**
 * Milliseconds that a process, its threads and its descendants have run. Only differences mean something: what threads that
 * ended used is no longer in it. Where the kernel does not tell, user and system time in hundredths of a second.
 */
export function ranMs(pid: number): number {
  try {
    const sum = treeOf(pid).reduce((all, each) => all + runMsOf(each), 0);
    return sum > 0 ? sum : cpuMsOf(pid);
  } catch {
    return cpuMsOf(pid);
  }
}
