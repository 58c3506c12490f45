import { describe, expect, it } from 'vitest';
import { writeRtp } from '../../edge/rtp.ts';
import { FrameClock } from './frame-clock.ts';
import { type Frame, FrameReader } from './frames.ts';
import { encoded, packetsOf, type SentPacket } from './packets.test-support.ts';

const picture = 'testsrc2=size=320x240:rate=20:duration=3';
const made = { VP8: encoded('VP8', picture), H264: encoded('H264', picture) };

function read(codec: 'VP8' | 'H264', packets: readonly SentPacket[]): Frame[] {
  const reader = new FrameReader(codec);
  return [...packets.flatMap(({ atMs, bytes }) => reader.push(atMs, bytes)), ...reader.finish()];
}

describe.each(['VP8', 'H264'] as const)('frames of %s', (codec) => {
  const frames = made[codec];
  const packets = packetsOf(codec, frames);

  it('are whole again, in their places, over the wrap of both counters', () => {
    const found = read(codec, packets);
    expect(found.map(({ atMs }) => atMs)).toEqual(frames.map(({ atMs }) => atMs));
    expect(found.filter(({ key }) => key)).toHaveLength(3);
    expect(found[0]?.shape).toMatchObject({ width: 320, height: 240 });
    if (codec === 'VP8') expect(found.every(({ data }, at) => frames[at]?.data.equals(data))).toBe(true);
  });

  it('are the same whatever order their packets come in, twice over', () => {
    const mixed = packets.map((each, at) => (at < 4 ? each : (packets[at ^ 3] ?? each)));
    const again = mixed.flatMap((each) => [each, each]);
    expect(read(codec, again).map(({ atMs }) => atMs)).toEqual(frames.map(({ atMs }) => atMs));
  });

  it('that lack a packet are left out, with all that build on them up to the next key frame', () => {
    const lost = packets.findIndex(({ atMs }) => atMs === 300);
    const found = read(codec, packets.toSpliced(lost, 1));
    const kept = frames.map(({ atMs }) => atMs).filter((atMs) => atMs < 300 || atMs >= 1000);
    expect(found.map(({ atMs }) => atMs)).toEqual(kept);
    expect(found.find(({ atMs }) => atMs >= 300)?.key).toBe(true);
  });

  it('begin with a key frame, and go on with one of another source', () => {
    const late = packets.filter(({ atMs }) => atMs >= 100 && atMs < 1500);
    const other = packetsOf(codec, frames, { ssrc: 5, sequence: 9, ticks: 7, fromMs: 2000 });
    const found = read(codec, [...late, ...other.filter(({ atMs }) => atMs >= 2300)]);
    expect(found.map(({ atMs }) => atMs)).toEqual([
      ...frames.map(({ atMs }) => atMs).filter((atMs) => atMs >= 1000 && atMs < 1500),
      ...frames.map(({ atMs }) => atMs + 2000).filter((atMs) => atMs >= 3000),
    ]);
  });

  it('make nothing of rubbish, and forget nothing for it', () => {
    const head = { payloadType: 96, marker: true, ssrc: 77, timestamp: 5 };
    const rubbish = [Buffer.alloc(0), Buffer.from('no rtp at all'), Buffer.alloc(2000, 0xff)];
    for (const bytes of rubbish) expect(read(codec, [{ atMs: 0, bytes }])).toEqual([]);
    for (let length = 0; length < 8; length++) {
      const payload = Buffer.alloc(length, 0xfc);
      expect(read(codec, [{ atMs: 0, bytes: writeRtp({ ...head, sequence: 1, payload }) }])).toEqual([]);
    }
    expect(
      read(
        codec,
        packets.flatMap((each, at) => [each, { atMs: each.atMs, bytes: rubbish[at % 3] ?? each.bytes }]),
      ),
    ).toHaveLength(frames.length);
  });
});

describe('the clock of frames', () => {
  it('is that of the frame which came quickest, not of what others waited', () => {
    const clock = new FrameClock();
    const late = [80, 0, 60, 20, 0, 90, 0];
    const placed = late.map((wait, at) => clock.at(at * 4500, 1000 + at * 50 + wait));
    expect(placed.slice(1)).toEqual([1081, 1100, 1150, 1200, 1250, 1300].map((each, at) => (at === 0 ? 1081 : each)));
  });

  it('follows another clock, a slow one, and never goes back', () => {
    const clock = new FrameClock();
    expect(clock.at(0, 1000)).toBe(1000);
    expect(clock.at(4500, 5000)).toBe(5000);
    expect(clock.at(9000, 1000)).toBe(5001);
    const slow = new FrameClock();
    let last = 0;
    // 100 ppm slow: after ten minutes it is 60 ms behind.
    for (let at = 0; at <= 12_000; at++) last = slow.at(Math.round(at * 4500 * 0.9999), at * 50) - at * 50;
    expect(Math.abs(last)).toBeLessThan(5);
  });
});
