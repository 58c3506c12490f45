import { describe, expect, it } from 'vitest';
import { aggregateOf, lookAtH264, ParameterSets } from './h264.ts';

// SPS 0 and PPS 0 of x264, SPS 0 of another camera.
const sps = Uint8Array.of(0x67, 0x42, 0xc0, 0x1f, 0xd9, 0x00, 0xb0);
const other = Uint8Array.of(0x67, 0x42, 0xe0, 0x1f, 0x8c, 0x8d, 0x40);
const pps = Uint8Array.of(0x68, 0xcb, 0x83, 0xcb, 0x20);
const idr = Uint8Array.of(0x65, 0x88, 0x84, 0x00);
const slice = Uint8Array.of(0x41, 0x9a, 0x24);
const fragment = (head: number) => Uint8Array.of(0x7c, head, 1, 2, 3);

describe('what an H.264 packet carries', () => {
  it.each([
    ['a key frame in one packet', idr, 0, true],
    ['another frame', slice, 0, false],
    ['a sequence set', sps, 1, false],
    ['sets and a key frame together', aggregateOf([sps, pps, idr]), 2, true],
    ['the beginning of a key frame in fragments', fragment(0x85), 0, true],
    ['the middle of one', fragment(0x05), 0, false],
    ['the beginning of another frame', fragment(0x81), 0, false],
    ['nothing', new Uint8Array(0), 0, false],
    ['an aggregate that is cut off', aggregateOf([sps, pps]).subarray(0, 12), 1, false],
    ['an aggregate with an empty unit', Uint8Array.of(0x78, 0, 0, 0, 0), 0, false],
  ])('%s', (_name, payload, sets, keyFrame) => {
    const look = lookAtH264(payload);
    expect([look.sets.length, look.keyFrame]).toEqual([sets, keyFrame]);
  });

  it('aggregates with the importance of its units', () => {
    expect([...aggregateOf([sps, pps])]).toEqual([0x78, 0, 7, ...sps, 0, 5, ...pps]);
  });
});

describe('the parameter sets of a stream', () => {
  it('go before each key frame that comes without them, once a picture', () => {
    const kept = new ParameterSets();
    expect(kept.before(sps, 1)).toEqual([]);
    expect(kept.before(pps, 1)).toEqual([]);
    expect(kept.before(idr, 1), 'they were there').toEqual([]);
    expect(kept.before(slice, 2)).toEqual([]);
    expect(kept.before(fragment(0x85), 3)).toEqual([sps, pps]);
    expect(kept.before(fragment(0x85), 3), 'the next slice of the same picture').toEqual([]);
    expect(kept.before(idr, 4)).toEqual([sps, pps]);
    expect(kept.before(aggregateOf([sps, pps, idr]), 5)).toEqual([]);
  });

  it('are put in by kind: one that came alone does not stand for both', () => {
    const kept = new ParameterSets();
    kept.learn([sps, pps]);
    kept.before(sps, 1);
    expect(kept.before(idr, 1)).toEqual([pps]);
    expect(kept.before(idr, 1), 'the next slice').toEqual([]);
    kept.before(pps, 2);
    expect(kept.before(idr, 2), 'the PPS after what it is read by').toEqual([sps, pps]);
    expect(kept.before(aggregateOf([sps, idr]), 3)).toEqual([pps]);
  });

  it('may stand in the description alone, and a new one takes the place of the old one', () => {
    const kept = new ParameterSets();
    kept.learn([pps, sps]);
    expect(kept.before(idr, 1)).toEqual([sps, pps]);
    kept.before(other, 2);
    expect(kept.before(idr, 3)).toEqual([other, pps]);
  });

  it('are kept apart from the packet they came in', () => {
    const kept = new ParameterSets();
    const packet = Uint8Array.from(sps);
    kept.before(packet, 1);
    packet.fill(0);
    expect(kept.before(idr, 2)).toEqual([sps]);
  });

  it('are no more than a camera has, and nothing is put in where none are known', () => {
    const kept = new ParameterSets();
    expect(kept.before(idr, 1)).toEqual([]);
    // PPS 0 to 30: 1 bit, 010, 011, 00100 ...
    for (let id = 0; id < 31; id++) {
      const bits = (id + 1).toString(2);
      const code = `${'0'.repeat(bits.length - 1)}${bits}`.padEnd(16, '1');
      kept.before(Uint8Array.of(0x68, Number.parseInt(code.slice(0, 8), 2), Number.parseInt(code.slice(8), 2)), 2);
    }
    kept.learn([
      Uint8Array.of(0x68, 0, 0, 0, 0),
      Uint8Array.of(0x67),
      Uint8Array.of(),
      new Uint8Array(5000).fill(0x68),
    ]);
    expect(kept.before(idr, 3).length).toBe(8);
  });
});
