import { describe, expect, it } from 'vitest';
import { DualToneDetector } from './dual-tone.ts';
import { compress, expandInto } from './g711.ts';
import { toneFrame } from './tone.ts';

const all = '123A456B789C*0#D';
const rows = [697, 770, 852, 941];
const columns = [1209, 1336, 1477, 1633];
/** The peak of a sine wave of 0 dBm0. */
const peak = 22_800;

interface Tone {
  readonly digit: string;
  readonly ms?: number;
  readonly lowDbm0?: number;
  readonly highDbm0?: number;
  /** Of the nominal frequency. */
  readonly pitch?: number;
  /** Milliseconds of silence in its middle. */
  readonly gapMs?: number;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function sound({ digit, ms = 100, lowDbm0 = -10, highDbm0 = -10, pitch = 1, gapMs = 0 }: Tone): Int16Array {
  const at = all.indexOf(digit);
  const low = (rows[Math.floor(at / 4)] ?? 0) * pitch;
  const high = (columns[at % 4] ?? 0) * pitch;
  const length = Math.round(ms * 8);
  const gap = [length / 2 - gapMs * 4, length / 2 + gapMs * 4] as const;
  return Int16Array.from({ length }, (_, index) => {
    if (index >= gap[0] && index < gap[1]) return 0;
    const time = (2 * Math.PI * index) / 8000;
    return peak * (10 ** (lowDbm0 / 20) * Math.sin(low * time) + 10 ** (highDbm0 / 20) * Math.sin(high * time));
  });
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const made = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}

const pause = (ms: number): Int16Array => new Int16Array(ms * 8);

/** What is heard of a signal that begins `offset` samples into a frame, under mu-law as on a line. */
function heard(signal: Int16Array, offset = 0, noiseDbm0 = -Infinity): string {
  const random = seeded(7);
  const line = joined([new Int16Array(offset), signal, pause(120)]);
  const level = peak * 10 ** (noiseDbm0 / 20);
  for (let at = 0; at < line.length; at++)
    line[at] = Math.max(
      -32_768,
      Math.min(32_767, (line[at] ?? 0) + (random() + random() + random() - 1.5) * 2 * level),
    );
  expandInto('PCMU', compress('PCMU', line), line);
  const detector = new DualToneDetector();
  let digits = '';
  for (let at = 0; at + 160 <= line.length; at += 160)
    for (const { digit } of detector.frame(line.subarray(at, at + 160))) digits += digit;
  return digits;
}

/** The same in frames that begin anywhere. */
function everywhere(signal: Int16Array, noiseDbm0?: number): Set<string> {
  return new Set([0, 13, 29, 61, 97, 131].map((offset) => heard(signal, offset, noiseDbm0)));
}

const only = (digits: string): Set<string> => new Set([digits]);

describe('tones that are digits (ITU-T Q.24)', () => {
  it('hears all sixteen, 40 ms long with pauses of 40 ms', () => {
    const dialled = joined([...all].flatMap((digit) => [sound({ digit, ms: 40 }), pause(40)]));
    expect(everywhere(dialled)).toEqual(only(all));
  });

  it('hears what our own sender makes, and how long it was', () => {
    const detector = new DualToneDetector();
    const frames = Array.from({ length: 8 }, (_, index) => toneFrame('5', index));
    const ended = [...frames, ...Array.from({ length: 5 }, () => new Int16Array(160))].flatMap((f) =>
      detector.frame(f),
    );
    expect(ended).toHaveLength(1);
    expect(Math.abs((ended[0]?.durationMs ?? 0) - 160)).toBeLessThanOrEqual(10);
  });

  it.each([
    ['at -25 dBm0', { lowDbm0: -25, highDbm0: -25 }],
    ['at -3 dBm0', { lowDbm0: -3, highDbm0: -3 }],
    ['the high one 4 dB louder', { lowDbm0: -14, highDbm0: -10 }],
    ['the low one 8 dB louder', { lowDbm0: -10, highDbm0: -18 }],
    ['1.5 % too high', { pitch: 1.015 }],
    ['1.5 % too low', { pitch: 0.985 }],
    ['interrupted for 10 ms', { gapMs: 10 }],
  ])('hears each once, %s', (_, how) => {
    for (const digit of all) expect([digit, everywhere(sound({ digit, ...how }))]).toEqual([digit, only(digit)]);
  });

  it('hears them 15 dB above noise', () => {
    const dialled = joined([...all].flatMap((digit) => [sound({ digit, ms: 60 }), pause(60)]));
    expect(everywhere(dialled, -25)).toEqual(only(all));
  });

  it('tells two presses of one key from one with an interruption', () => {
    expect(everywhere(joined([sound({ digit: '7', ms: 50 }), pause(40), sound({ digit: '7', ms: 50 })]))).toEqual(
      only('77'),
    );
  });
});

describe('what is no digit', () => {
  it.each([
    ['of 23 ms', { ms: 23 }],
    ['of -55 dBm0', { lowDbm0: -55, highDbm0: -55 }],
    ['3.5 % too high', { pitch: 1.035 }],
    ['3.5 % too low', { pitch: 0.965 }],
    ['with the high one 9 dB louder', { lowDbm0: -19, highDbm0: -10 }],
    ['with the low one 13 dB louder', { lowDbm0: -8, highDbm0: -21 }],
    ['of the low group alone', { highDbm0: -60 }],
  ])('is deaf to tones %s', (_, how) => {
    for (const digit of all) expect([digit, everywhere(sound({ digit, ...how }))]).toEqual([digit, only('')]);
  });

  it('is deaf to noise', () => {
    expect(heard(pause(20_000), 0, -15)).toBe('');
  });
});
