import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** The threads of a process: Linux gives each its own niceness. Elsewhere the process stands for all. */
function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${String(pid)}/task`).map(Number);
  } catch {
    return [pid];
  }
}

/** Puts a program before or behind others. Only root may put one first; it runs all the same where we may not. */
export function prioritise(pid: number | undefined, niceness: number | undefined): void {
  if (pid === undefined || niceness === undefined) return;
  for (const thread of threadsOf(pid)) {
    try {
      setPriority(thread, niceness);
    } catch {
      // Not allowed, or it has ended already: its end is told elsewhere.
    }
  }
}
