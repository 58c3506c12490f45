import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ForwarderOrder } from './forwarder.ts';

/** The process of forwarder.ts. */
export interface Bare {
  readonly pid: number;
  /** Where each telephone sends, by its port. */
  open(phones: readonly number[]): Promise<readonly number[]>;
  /** Closes its sockets. */
  close(): Promise<void>;
  stop(): void;
}

/** Starts it. */
export function startBare(): Bare {
  const child = fork(join(import.meta.dirname, 'forwarder.ts'));
  const open = async (phones: readonly number[]): Promise<readonly number[]> => {
    child.send({ phones } satisfies ForwarderOrder);
    const [targets] = (await once(child, 'message')) as [readonly number[]];
    return targets;
  };
  return {
    pid: child.pid ?? 0,
    open,
    async close() {
      await open([]);
    },
    stop: () => void child.kill('SIGKILL'),
  };
}
