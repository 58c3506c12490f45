import { describe, expect, it } from 'vitest';
import { packMark } from '../audio/record-mark.ts';
import { PictureClock } from './picture-clock.ts';
import { PictureTracks } from './picture-tracks.ts';
import type { PictureRecord } from './track.ts';

const began = 1_790_000_000_000;
const mark = (wallMs: number, leftWaitMs = 60, rightWaitMs = 60): number =>
  packMark({ state: 'on', wallMs, leftWaitMs, rightWaitMs });

describe('the clock of pictures', () => {
  it('puts a picture where the sound that came with it will be, each side by its own wait', () => {
    const clock = new PictureClock();
    expect(clock.at('caller', began)).toBeUndefined();
    for (let at = 0; at < 200; at++) clock.frame(at * 20, mark(began + at * 20, 100, 40), began + at * 20);
    expect([clock.at('caller', began + 4000), clock.at('agent', began + 4000)]).toEqual([4110, 4050]);
  });

  it('stands still with the recording’s clock when the machine did', () => {
    const clock = new PictureClock();
    for (let at = 0; at < 50; at++) clock.frame(at * 20, mark(began + at * 20), began + at * 20);
    // Two seconds were skipped; a second later it is seen.
    for (let at = 50; at < 110; at++) clock.frame(at * 20, mark(began + 2000 + at * 20), began + 2000 + at * 20);
    expect(clock.at('caller', began + 4180)).toBe(2250);
  });

  it('goes by what came least late, not by what the network held up', () => {
    const clock = new PictureClock();
    for (let at = 0; at < 100; at++) clock.frame(at * 20, mark(began + at * 20, 140 - (at % 5) * 20), began + at * 20);
    expect(clock.at('caller', began + 2000)).toBe(2150);
  });

  it('believes in the usual wait until a side says something, and in its last one while it is silent', () => {
    const clock = new PictureClock();
    clock.frame(0, mark(began, 0, 0), began);
    expect(clock.at('caller', began)).toBe(70);
    for (let at = 1; at < 300; at++) clock.frame(at * 20, mark(began + at * 20, 120, 0), began + at * 20);
    for (let at = 300; at < 400; at++) clock.frame(at * 20, mark(began + at * 20, 0, 0), began + at * 20);
    expect(clock.at('caller', began + 8000)).toBeCloseTo(8130, 0);
  });
});

describe('pictures on their way into the file', () => {
  const packet = (ssrc: number, length = 100): Uint8Array => {
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint32(8, ssrc);
    return bytes;
  };

  function tracks() {
    const records: PictureRecord[] = [];
    const made = new PictureTracks((record) => records.push(record));
    made.add({ port: 4000, ssrc: 7, side: 'caller', codec: 'VP8' });
    /** 20 ms with one packet, looked at every 100 ms. */
    const step = (at: number, { on = true, ssrc = 7, port = 4000, length = 100 } = {}): void => {
      made.frame(at * 20, mark(began + at * 20), began + at * 20, on);
      made.packet(port, packet(ssrc, length), began + at * 20);
      if (at % 5 === 4) made.drain();
    };
    return { records, made, step };
  }

  it('are kept less than a second at a time, in their places', () => {
    const { records, made, step } = tracks();
    for (let at = 0; at < 100; at++) step(at);
    made.finish();
    expect(records.map(({ fromMs, packets }) => [fromMs, packets.length])).toEqual([
      [70, 40],
      [870, 40],
      [1670, 20],
    ]);
    expect(records[0]).toMatchObject({ type: 'picture', side: 'caller', codec: 'VP8', wallMs: began });
  });

  it('are those that were asked for: no stranger’s, and nothing of a pause', () => {
    const { records, made, step } = tracks();
    for (let at = 0; at < 10; at++) step(at);
    for (let at = 10; at < 20; at++) step(at, { on: false });
    for (let at = 20; at < 30; at++) step(at, { ssrc: 8 });
    for (let at = 30; at < 40; at++) step(at, { port: 4001 });
    made.packet(4000, new Uint8Array(3), began + 800);
    made.remove(4000);
    step(41);
    made.finish();
    expect(records.map(({ fromMs, packets }) => [fromMs, packets.length])).toEqual([[70, 10]]);
  });

  it('never make a record that is too long to be read', () => {
    const { records, made, step } = tracks();
    for (let at = 0; at < 40; at++) for (let each = 0; each < 30; each++) step(at, { length: 1200 });
    made.finish();
    const sizes = records.map(({ packets }) => packets.reduce((sum, { bytes }) => sum + bytes.length, 0));
    expect(sizes.reduce((sum, each) => sum + each, 0)).toBe(40 * 30 * 1200);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(512 * 1024);
  });
});
