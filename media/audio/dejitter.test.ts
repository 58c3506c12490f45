import { describe, expect, test } from 'vitest';
import { Dejitter } from './dejitter.ts';
import { compress, expandTable } from './g711.ts';

/** A packet whose samples are all one level, so that a frame shows which packet it came from. */
const level = (value: number, length = 160): Uint8Array => compress('PCMU', new Int16Array(length).fill(value));
const heard = (value: number): number => expandTable.PCMU[level(value, 1)[0] ?? 0] ?? 0;

/** Writes and reads in the given order; each read gives its first sample, or undefined when nothing had come. */
function play(start: number, steps: readonly (number | 'read')[]): (number | undefined)[] {
  const dejitter = new Dejitter();
  const frame = new Int16Array(160);
  const out: (number | undefined)[] = [];
  for (const step of steps) {
    if (step === 'read') out.push(dejitter.read(frame) ? frame[0] : undefined);
    else dejitter.write((start + step * 160) >>> 0, 'PCMU', level((step + 1) * 100));
  }
  return out;
}

const delay = [0, 0, 0];
const packets = (...indices: number[]): number[] => indices.map((index) => heard((index + 1) * 100));

describe('Dejitter', () => {
  test.each([
    ['in order', 1000],
    ['across the end of the timestamps', 2 ** 32 - 200],
    ['across the middle of the timestamps', 2 ** 31 - 200],
  ])('gives packets after 60 ms, %s', (_, start) => {
    const steps = [0, 'read', 1, 'read', 2, 'read', 3, 'read', 4, 'read', 'read'] as const;
    expect(play(start, steps)).toEqual([...delay, ...packets(0, 1, 2)]);
  });

  test('puts packets in order, and leaves zeros for a lost one', () => {
    const steps = [0, 'read', 3, 'read', 1, 'read', 'read', 'read', 'read', 'read'] as const;
    expect(play(0, steps)).toEqual([...delay, ...packets(0, 1), 0, ...packets(3)]);
  });

  test('one late packet is dropped; after three the whole delay begins anew', () => {
    const dejitter = new Dejitter();
    const frame = new Int16Array(160);
    dejitter.write(0, 'PCMU', level(100));
    for (let reads = 0; reads < 10; reads++) dejitter.read(frame);
    for (const at of [1, 2, 3]) dejitter.write(at * 160, 'PCMU', level(500));
    for (let reads = 0; reads < 3; reads++) expect(dejitter.read(frame) && frame[0] !== 0).toBe(false);
    expect(dejitter.read(frame)).toBe(true);
    expect(frame[0]).toBe(heard(500));
  });

  test('a burst is shortened to the target, not played for ever behind', () => {
    const dejitter = new Dejitter();
    const frame = new Int16Array(160);
    for (let at = 0; at < 40; at++) dejitter.write(at * 160, 'PCMU', level(at * 100));
    dejitter.read(frame);
    expect(frame[0]).toBe(heard(37 * 100));
  });

  test('a stop and a new start get the delay again, without old sound', () => {
    const dejitter = new Dejitter();
    const frame = new Int16Array(160);
    dejitter.write(0, 'PCMU', level(100));
    for (let reads = 0; reads < 60; reads++) dejitter.read(frame);
    dejitter.write(5_000_000, 'PCMU', level(900));
    const out: number[] = [];
    for (let reads = 0; reads < 5; reads++) out.push(dejitter.read(frame) ? (frame[0] ?? 0) : 0);
    expect(out).toEqual([0, 0, 0, heard(900), 0]);
  });

  test.each([80, 240, 480])('packets of %i samples make whole frames', (length) => {
    const dejitter = new Dejitter();
    const frame = new Int16Array(160);
    let zeros = 0;
    let read = 0;
    for (let at = 0; at < 40 * 480; at += length) {
      dejitter.write(at, 'PCMU', level(1000, length));
      for (; read + 160 <= at + length; read += 160) {
        dejitter.read(frame);
        if (read > 1000) zeros += frame.filter((sample) => sample === 0).length;
      }
    }
    expect(zeros).toBe(0);
  });
});
