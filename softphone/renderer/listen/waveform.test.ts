import { describe, expect, it } from 'vitest';
import { gapName, textsOf, tongueOf } from './texts.ts';
import { lanesOf } from './lanes.ts';
import { folded, readWav } from './wav.ts';
import { clockText, orderOf, waveformOf } from './waveform.ts';

/** A file with these channels. */
function wav(...lanes: readonly (readonly number[])[]): ArrayBuffer {
  const [channels, frames] = [lanes.length, lanes[0]?.length ?? 0];
  const view = new DataView(new ArrayBuffer(44 + frames * channels * 2));
  const write = (at: number, text: string): void =>
    [...text].forEach((char, i) => view.setUint8(at + i, char.charCodeAt(0)));
  write(0, 'RIFF');
  write(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 8000, true);
  view.setUint16(34, 16, true);
  write(36, 'data');
  view.setUint32(40, frames * channels * 2, true);
  lanes.forEach((lane, channel) =>
    lane.forEach((sample, at) => view.setInt16(44 + (at * channels + channel) * 2, sample, true)),
  );
  return view.buffer;
}

describe('the waveform', () => {
  const drawn = (bytes: ArrayBuffer) => {
    const read = readWav(bytes);
    return read && waveformOf(read, 2);
  };

  it('is the peak of each column of everybody', () => {
    expect(drawn(wav([0, 16_384, -32_768, 3], [8192, 0, 0, 0]))).toEqual({
      ...{
        seconds: 4 / 8000,
        lanes: [
          [0.5, 1],
          [0.25, 0],
        ],
      },
    });
    expect(drawn(wav([0, 1], [16_384, 0], [0, 8192]))?.lanes.slice(1)).toEqual([
      [0.5, 0],
      [0, 0.25],
    ]);
  });

  it('is played on two channels: the caller left, and those who are heard right', () => {
    const several = readWav(wav([1, 2], [10, 20], [100, 200], [30_000, 30_000]));
    if (several === undefined) throw new Error('no WAV');
    const lanes = (...heard: boolean[]): number[][] => {
      const two = readWav(folded(several, heard));
      const sample = (at: number): number => two?.samples.getInt16(at * 2, true) ?? 0;
      return [
        [sample(0), sample(2)],
        [sample(1), sample(3)],
      ];
    };
    expect(lanes(true, true, true, false)[1]).toEqual([110, 220]);
    expect(lanes(false, false, true, false)).toEqual([
      [1, 2],
      [100, 200],
    ]);
    expect(lanes(true, true, true, true)[1]).toEqual([30_110, 30_220]);
    const loud = readWav(wav([0], [30_000], [30_000]));
    expect(loud && readWav(folded(loud, []))?.samples.getInt16(2, true)).toBe(32_767);
  });

  it('is none of what is no recording', () => {
    expect(readWav(new ArrayBuffer(10))).toBeUndefined();
    expect(readWav(new ArrayBuffer(100))).toBeUndefined();
    expect(readWav(wav([1]))).toBeUndefined();
  });
});

it('keys play, move, and change the speed', () => {
  const order = (key: string, shiftKey: boolean) => orderOf({ key, shiftKey });
  expect(order(' ', false)).toEqual({ type: 'toggle' });
  expect([order('ArrowLeft', false), order('ArrowRight', true)]).toEqual([
    { type: 'move', seconds: -5 },
    { type: 'move', seconds: 30 },
  ]);
  expect([order('ArrowUp', false), order('End', false), order('x', false)]).toEqual([
    { type: 'speed', step: 1 },
    { type: 'go', to: 'end' },
    undefined,
  ]);
});

it('speaks English and Chinese', () => {
  expect(Object.keys(textsOf('en'))).toEqual(Object.keys(textsOf('zh-CN')));
  expect([tongueOf(['fr', 'zh-TW', 'en']), tongueOf(['en-GB']), tongueOf([])]).toEqual(['zh-CN', 'en', 'en']);
  expect([clockText(0), clockText(65.9)]).toEqual(['0:00', '1:05']);
});

it('tells what was asked for from what was lost', () => {
  expect(['paused', 'masked', 'dropped', 'media-failure', 'of next year'].map(gapName)).toEqual([
    ...['gap-paused', 'gap-masked', 'gap-lost', 'gap-lost', 'gap-lost'],
  ]);
});

it('names a lane by who was on it, and in a talk of two by what it has', () => {
  const say = textsOf('en');
  const names = (...channels: Parameters<typeof lanesOf>[0]) => lanesOf(channels, say).map(({ name }) => name);
  const caller = { channel: 'caller', parties: [] };
  expect(names(caller, { channel: 'agent', parties: [] })).toEqual(['Caller', 'What the caller heard']);
  const agents = ['alice', 'bob'].map((agent) => ({ member: 'agent' as const, agent, fromMs: 0 }));
  const outside = [{ member: 'outside' as const, to: '+861', fromMs: 3 }];
  expect(names(caller, { channel: 'agent', parties: agents }, { channel: 'x2', parties: outside })).toEqual([
    ...['Caller', 'Agent alice bob', 'Outside +861'],
  ]);
});
