/** The machine a figure was measured on; without it no figure means anything. */
import { availableParallelism, cpus, freemem, loadavg, release, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryInGb: number;
  readonly freeInGb: number;
  readonly node: string;
  readonly system: string;
  /** Load averages of 1, 5 and 15 minutes. */
  readonly load: readonly number[];
}

const gb = (bytes: number): number => Math.round(bytes / 1e8) / 10;

/** The machine as it is now. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryInGb: gb(totalmem()),
    freeInGb: gb(freemem()),
    node: process.version,
    system: `${process.platform} ${process.arch}, kernel ${release()}`,
    load: loadavg().map((value) => Math.round(value * 100) / 100),
  };
}

/** One line. */
export function machineLine({ cpu, cores, memoryInGb, freeInGb, node, system, load }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryInGb} GB (${freeInGb} free), Node ${node}, ${system}; load ${load.join(' ')}`;
}

/** What to say when others use the machine; undefined when it is quiet. */
export function loadWarning({ cores, load }: Machine): string | undefined {
  const [now = 0] = load;
  if (now < cores / 4) return undefined;
  return `the machine is busy (load ${now} on ${cores} cores): figures are worse than on a quiet one, compare ratios`;
}
