import { expect, it } from 'vitest';
import { packMark, readMark, type RecordMark } from './record-mark.ts';

it.each<RecordMark>([
  { state: 'on', wallMs: 1_790_000_000_123, leftWaitMs: 60, rightWaitMs: 0 },
  { state: 'paused', wallMs: 1_790_000_016_383, leftWaitMs: 0, rightWaitMs: 1020 },
  { state: 'masked', wallMs: 1_790_000_000_000, leftWaitMs: 1020, rightWaitMs: 4 },
])('a mark is the same when it is read within 16 s: %o', (mark) => {
  for (const later of [0, 1, 5000, 16_000]) expect(readMark(packMark(mark), mark.wallMs + later)).toEqual(mark);
});

it('says what it can of a wait that is too long, or shorter than its step', () => {
  const of = (leftWaitMs: number): number =>
    readMark(packMark({ state: 'on', wallMs: 5, leftWaitMs, rightWaitMs: 0 }), 5).leftWaitMs;
  expect([of(0.1), of(5000), of(-3)]).toEqual([4, 1020, 0]);
});
