import { describe, expect, it } from 'vitest';
import { gapName, textsOf, tongueOf } from './texts.ts';
import { clockText, orderOf, waveformOf } from './waveform.ts';

/** Both sides, two samples a column. */
function wav(left: readonly number[], right: readonly number[], channels = 2): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(44 + left.length * 4));
  const write = (at: number, text: string): void =>
    [...text].forEach((char, i) => view.setUint8(at + i, char.charCodeAt(0)));
  write(0, 'RIFF');
  write(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 8000, true);
  view.setUint16(34, 16, true);
  write(36, 'data');
  view.setUint32(40, left.length * 4, true);
  left.forEach((sample, at) => view.setInt16(44 + at * 4, sample, true));
  right.forEach((sample, at) => view.setInt16(46 + at * 4, sample, true));
  return view.buffer;
}

describe('the waveform', () => {
  it('is the peak of each column on both sides', () => {
    expect(waveformOf(wav([0, 16_384, -32_768, 3], [8192, 0, 0, 0]), 2)).toEqual({
      ...{ seconds: 4 / 8000, left: [0.5, 1], right: [0.25, 0] },
    });
  });

  it('is none of what is no recording', () => {
    expect(waveformOf(new ArrayBuffer(10), 2)).toBeUndefined();
    expect(waveformOf(new ArrayBuffer(100), 2)).toBeUndefined();
    expect(waveformOf(wav([1], [1], 1), 2)).toBeUndefined();
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
