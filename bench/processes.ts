/** CPU time of processes and all their children, as Linux counts it. */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux tells CPU time to user space in hundredths of a second (USER_HZ), whatever the kernel's own clock is. */
const msPerTick = 10;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly cpuMs: number;
}

/** Reads /proc/PID/stat; undefined when the process is gone. The name may hold spaces and brackets, so it is cut off. */
function statOf(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // From state on: 1 is the parent, 11 to 14 user and system time of itself and of the children it waited for.
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
  return { pid, parent: Number(fields[1]), cpuMs: ticks * msPerTick };
}

/** Milliseconds of CPU that a process, its threads and all its living descendants have used since they began. */
export function cpuMsOf(pid: number): number {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? []);
  const tree = new Set([pid]);
  for (let before = 0; before < tree.size;) {
    before = tree.size;
    for (const each of all) if (tree.has(each.parent)) tree.add(each.pid);
  }
  return all.filter((each) => tree.has(each.pid)).reduce((sum, each) => sum + each.cpuMs, 0);
}

/** Reads the CPU times of some processes now; call what it returns later to get what each used since. */
export function meter<Name extends string>(pids: Readonly<Record<Name, number>>): () => Record<Name, number> {
  const read = (): Record<Name, number> =>
    Object.fromEntries(Object.entries<number>(pids).map(([name, pid]) => [name, cpuMsOf(pid)])) as Record<Name, number>;
  const before = read();
  return () => {
    const after = read();
    return Object.fromEntries(
      (Object.keys(after) as Name[]).map((name) => [name, after[name] - before[name]]),
    ) as Record<Name, number>;
  };
}
