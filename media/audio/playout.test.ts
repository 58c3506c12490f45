import { describe, expect, test } from 'vitest';
import { compress } from './g711.ts';
import { Playout } from './playout.ts';

/** A voice of 200 Hz whose loudness rises and falls, sample by sample of the source's clock. */
const sample = (at: number): number =>
  Math.sin((2 * Math.PI * 200 * at) / 8000) * (6000 + 3000 * Math.sin(at / 900)) +
  Math.sin((2 * Math.PI * 400 * at) / 8000) * 2500;

const packetOf = (index: number, samples = 160): Uint8Array =>
  compress(
    'PCMU',
    Int16Array.from({ length: samples }, (_, at) => sample(index * samples + at)),
  );

interface Arrival {
  readonly atMs: number;
  readonly index: number;
}

/** Plays arrivals out, 20 ms a step of our clock. Returns the sound, and how much was waiting at each step. */
function played(arrivals: readonly Arrival[], ms: number, samples = 160) {
  const playout = new Playout();
  const sound: number[] = [];
  const waiting: number[] = [];
  const heard: boolean[] = [];
  let next = 0;
  for (let now = 0; now < ms; now += 20) {
    for (let each = arrivals[next]; each !== undefined && each.atMs <= now; each = arrivals[++next])
      playout.write('PCMU', (each.index * samples + 0xffff_f000) | 0, packetOf(each.index, samples));
    heard.push(playout.read());
    sound.push(...playout.frame);
    waiting.push(playout.waitingMs);
  }
  return { playout, sound, waiting, heard };
}

/** The largest jump from sample to sample, as a share of what the voice itself does at most. */
function roughness(sound: readonly number[]): number {
  const own = Math.max(...Array.from({ length: 8000 }, (_, at) => Math.abs(sample(at + 1) - sample(at))));
  let most = 0;
  for (let at = 1; at < sound.length; at++) most = Math.max(most, Math.abs((sound[at] ?? 0) - (sound[at - 1] ?? 0)));
  return most / own;
}

const steady = (count: number, everyMs = 20): Arrival[] =>
  Array.from({ length: count }, (_, index) => ({ atMs: index * everyMs + 3, index }));

/** A reproducible number between 0 and 1. */
function dice(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

describe('what comes in time', () => {
  test('is played sample for sample, after two to three packets of waiting', () => {
    const { sound, playout } = played(steady(100), 1800);
    const start = sound.findIndex((value) => value !== 0);
    expect(start / 8).toBeGreaterThanOrEqual(40);
    expect(start / 8).toBeLessThanOrEqual(81);
    expect(playout.counts).toEqual({ lost: 0, recovered: 0, late: 0, dry: 0, shortened: 0 });
    const whole = Math.floor(start / 160) * 160;
    // It fades in within its first 5 ms.
    for (const at of [60, 160, 4000, 12_000])
      expect(Math.abs((sound[whole + at + 7] ?? 0) - sample(at + 7))).toBeLessThan(300);
  });

  test.each([10, 30, 60])('in packets of %d ms is played the same', (ms) => {
    const arrivals = Array.from({ length: Math.floor(2000 / ms) }, (_, index) => ({ atMs: index * ms + 3, index }));
    const { sound, playout } = played(arrivals, 1700, ms * 8);
    expect(playout.counts).toMatchObject({ lost: 0, late: 0 });
    expect(roughness(sound.slice(8 * 300))).toBeLessThan(1.3);
  });

  test('out of order is put in order', () => {
    const arrivals = steady(100).map(({ atMs, index }) => ({ atMs: index % 5 === 2 ? atMs + 21 : atMs, index }));
    const { playout, sound } = played(
      arrivals.sort((a, b) => a.atMs - b.atMs),
      1800,
    );
    expect(playout.counts).toMatchObject({ lost: 0, late: 0, dry: 0 });
    expect(roughness(sound.slice(8 * 300))).toBeLessThan(1.3);
  });

  test('twice is heard once', () => {
    const { playout, sound } = played(
      steady(100).flatMap((each) => [each, each]),
      1800,
    );
    expect(playout.waitingMs).toBeLessThan(90);
    expect(roughness(sound.slice(8 * 300))).toBeLessThan(1.3);
  });
});

describe('what does not', () => {
  test('a lost packet is filled: no hole and no click', () => {
    const arrivals = steady(150).filter(({ index }) => index % 11 !== 5);
    const { sound, playout } = played(arrivals, 2800);
    expect(playout.counts.lost).toBeGreaterThan(10);
    expect(roughness(sound.slice(8 * 300, 8 * 2500))).toBeLessThan(1.6);
    for (let at = 8 * 300; at < 8 * 2500; at += 80)
      expect(Math.max(...sound.slice(at, at + 80).map(Math.abs))).toBeGreaterThan(1000);
  });

  test('a hundred milliseconds of nothing fade to silence and come back', () => {
    const arrivals = steady(100).filter(({ index }) => index < 50 || index >= 55);
    const { sound } = played(arrivals, 1800);
    expect(roughness(sound.slice(8 * 300))).toBeLessThan(1.6);
  });

  test('a burst that was held up makes the wait longer, once, and is not lost', () => {
    const arrivals = steady(560).map(({ atMs, index }) => ({
      index,
      atMs: index >= 60 && index < 66 ? 66 * 20 + 3 : atMs,
    }));
    const { playout, waiting } = played(arrivals, 11_000);
    expect(playout.counts.late).toBe(0);
    expect(Math.max(...waiting.slice(67, 80))).toBeGreaterThan(60);
    // Two and a half seconds later the wait is short again.
    expect(waiting.at(-1)).toBeLessThan(waiting[80] ?? 0);
  });

  test('jitter of 50 ms costs little after it is known', () => {
    const roll = dice(5);
    const arrivals = steady(1500).map(({ atMs, index }) => ({ atMs: atMs + roll() * 50, index }));
    const { playout, sound } = played(
      arrivals.sort((a, b) => a.atMs - b.atMs),
      29_000,
    );
    expect(playout.counts.lost + playout.counts.late).toBeLessThan(15);
    expect(roughness(sound.slice(8 * 300))).toBeLessThan(2);
    expect(playout.waitingMs).toBeLessThan(160);
  });

  test('a pause of the source is silence, and what follows begins anew', () => {
    const arrivals = [
      ...steady(50),
      ...steady(50).map(({ atMs, index }) => ({ atMs: atMs + 2000, index: index + 100 })),
    ];
    const { heard, playout } = played(arrivals, 3000);
    expect(heard.slice(80, 95).some(Boolean)).toBe(false);
    expect(heard.slice(105, 145).every(Boolean)).toBe(true);
    expect(playout.counts.lost).toBe(0);
  });

  test('a clock that leaps is followed', () => {
    const playout = new Playout();
    for (const base of [1000, 3_000_000_000, 20]) {
      for (let index = 0; index < 20; index++) {
        playout.write('PCMU', base + index * 160, packetOf(index));
        playout.read();
      }
      expect(Math.max(...playout.frame)).toBeGreaterThan(1000);
    }
  });
});

test.each([50, -50])('a clock %d ppm off moves nothing away within ten minutes', (ppm) => {
  const arrivals = steady(30_000).map(({ index }) => ({ index, atMs: index * 20 * (1 + ppm / 1e6) + 3 }));
  const { playout, waiting, sound } = played(arrivals, 599_000);
  for (const at of [500, 5000, 15_000, 29_000]) {
    expect(waiting[at]).toBeGreaterThan(0);
    expect(waiting[at]).toBeLessThanOrEqual(100);
  }
  // 30 ms of drift and 40 of waiting in vain, a period of 5 ms at a time, and nobody hears where.
  const { lost, late, dry, shortened } = playout.counts;
  expect({ lost, late }).toEqual({ lost: 0, late: 0 });
  expect(dry + shortened).toBeLessThan(25);
  expect(roughness(sound.slice(8 * 300))).toBeLessThan(1.6);
});

test('comfort noise is as loud as its packet says, and ends with the first word', () => {
  const playout = new Playout();
  for (let index = 0; index < 10; index++) {
    playout.write('PCMU', index * 160, packetOf(index));
    playout.read();
  }
  playout.silent(Uint8Array.of(50, 140, 120));
  for (let step = 0; step < 10; step++) playout.read();
  const noise: number[] = [];
  for (let step = 0; step < 50; step++) {
    expect(playout.read()).toBe(false);
    noise.push(...playout.frame);
  }
  const rms = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length);
  expect(20 * Math.log10(rms / 32_768)).toBeCloseTo(-50, -0.4);
  for (let index = 100; index < 110; index++) {
    playout.write('PCMU', index * 160, packetOf(index));
    playout.read();
  }
  expect(Math.max(...playout.frame)).toBeGreaterThan(1000);
});
