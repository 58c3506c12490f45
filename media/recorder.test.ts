import { afterEach, expect, it } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import type { MediaEvent } from '../protocol/media.ts';
import { Recorder } from './recorder.ts';

const dying = new URL('../test/support/dying-recorder.ts', import.meta.url);
const wanted = (recordingId: string) => [{ recordingId, endpointId: 'e', state: 'on' as const }];

let recorder: Recorder | undefined;
afterEach(async () => {
  await recorder?.close();
  recorder = undefined;
});

/** A recorder whose threads die, its clock, and its warnings as they come. */
function made() {
  const clock = new SimulatedClock(1_000_000);
  const waiting: ((delayMs: number) => void)[] = [];
  const delays: number[] = [];
  const warn = (fields: object): void => {
    const delayMs = 'delayMs' in fields ? Number(fields.delayMs) : 0;
    const next = waiting.shift();
    if (next === undefined) delays.push(delayMs);
    else next(delayMs);
  };
  const logger = { ...silentLogger, warn };
  const events: MediaEvent[] = [];
  const own = new Recorder({ directory: '/nowhere', keys: '' }, logger, clock, dying);
  own.events.on((event) => events.push(event));
  recorder = own;
  const death = (): Promise<number> => {
    const before = delays.shift();
    return before === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(before);
  };
  return { own, clock, death, events };
}

it('waits ever longer before it starts a thread that dies again, and then gives up what it was writing', async () => {
  const { own, clock, death, events } = made();
  const failed = new Promise<MediaEvent>((resolve) => own.events.on(resolve));
  own.apply('c', wanted('deadly'));
  const delays: number[] = [];
  for (let count = 0; count < 10; count++) {
    const delayMs = await death();
    delays.push(delayMs);
    clock.advance(delayMs);
  }
  expect(delays).toEqual([50, 100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000]);
  expect(await failed).toMatchObject({ type: 'recording-failed', recordingId: 'deadly', code: 'recorder-died' });
  expect(events).toHaveLength(1);
});

it('finishes what ended while no thread was there', async () => {
  const { own, clock, death } = made();
  const ended = new Promise<MediaEvent>((resolve) => own.events.on(resolve));
  own.apply('c', wanted('once'));
  const delayMs = await death();
  own.apply('c', []);
  clock.advance(delayMs);
  expect(await ended).toMatchObject({ type: 'recording-ended', recordingId: 'once' });
});
