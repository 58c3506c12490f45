import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (how: {
  readonly type: 'major';
  readonly flavor?: 'last-resort';
  readonly execution?: 'async';
}) => unknown;

/** Up to here collecting at once takes about a tenth of a second, which signalling can wait; beyond it is done in steps. Bytes. */
const small = 128 * 1024 * 1024;

/**
 * A way to give memory back to the system that a burst has left on the heap. V8 does that by itself only after a full
 * collection, and what a flood leaves behind (mostly room for young objects) causes none.
 */
export function giveBack(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  return () => {
    if (getHeapStatistics().used_heap_size <= small) collect({ type: 'major', flavor: 'last-resort' });
    else void collect({ type: 'major', execution: 'async' });
  };
}
