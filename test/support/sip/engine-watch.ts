/**
 * Preloaded into an engine that runs as a process of its own: tells over IPC how it fares when it is asked. `heap` is
 * what is left after a full collection, in bytes; `stall` the longest turn of the event loop since the last answer, ms.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface EngineHealth {
  readonly heap: number;
  readonly stall: number;
}

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

process.on('message', () => {
  const stall = delay.max / 1e6;
  globalThis.gc?.();
  const health: EngineHealth = { heap: process.memoryUsage().heapUsed, stall };
  process.send?.(health);
  // The collection just asked for is no stall of the engine's, and is noticed one sample late.
  setTimeout(() => delay.reset(), 25).unref();
});
process.channel?.unref();
