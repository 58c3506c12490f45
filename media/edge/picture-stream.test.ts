import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PictureStream } from './picture-stream.ts';
import { readRtp, type RtpPacket } from './rtp.ts';

const begin = { sequence: 65_530, timestamp: 1000 };
const packet = (sequence: number, timestamp: number, ssrc = 7, marker = false): RtpPacket => ({
  ...{ payloadType: 99, marker, sequence, timestamp, ssrc },
  payload: Uint8Array.of(sequence & 0xff),
});

function told(packets: readonly Buffer[]): string[] {
  return packets.map((each) => {
    const read = readRtp(each);
    return `${String(read?.sequence)} ${String(read?.timestamp)}${read?.marker === true ? ' m' : ''}`;
  });
}

it('has one name and one number for all sources, and no leap between them', () => {
  const stream = new PictureStream(42, 97, begin);
  expect(told(stream.take(packet(10, 500_000), [], 0))).toEqual(['65530 1000']);
  expect(told(stream.take(packet(11, 503_000, 7, true), [], 33))).toEqual(['65531 4000 m']);
  const [first] = stream.take(packet(3000, 90, 8), [], 1033);
  expect(told(first === undefined ? [] : [first])).toEqual([`65532 ${4000 + 90_000}`]);
  expect(readRtp(first ?? Buffer.alloc(0))).toMatchObject({ ssrc: 42, payloadType: 97 });
  // The same source after a leap, as after a restart of the camera.
  expect(told(stream.take(packet(40_000, 90, 8), [], 1034))).toEqual([`65533 ${4000 + 90_000 + 33 * 90}`]);
});

it('shows what the network lost, and puts what comes late where it belongs', () => {
  const stream = new PictureStream(42, 97, begin);
  stream.take(packet(10, 0), [], 0);
  expect(told(stream.take(packet(13, 0), [], 0))).toEqual(['65533 1000']);
  expect(told(stream.take(packet(12, 0), [], 0))).toEqual(['65532 1000']);
});

it('goes on where the clock of a source is set back while its numbers go on, and shows what was lost there', () => {
  const stream = new PictureStream(42, 97, { sequence: 100, timestamp: 0 });
  stream.take(packet(10, 900_000), [], 0);
  expect(told(stream.take(packet(11, 1_260_000), [], 4000))).toEqual(['101 360000']);
  // Pictures in the order of their decoding go back a little.
  expect(told(stream.take(packet(12, 1_251_000), [], 4000))).toEqual(['102 351000']);
  expect(told(stream.take(packet(14, 900_000), [], 5000)), 'the film begins again').toEqual(['104 441000']);
  expect(told(stream.take(packet(15, 906_000), [], 5066))).toEqual(['105 447000']);
  expect(told(stream.take(packet(13, 1_263_000), [], 5067)), 'of the time before').toEqual([]);
  expect(told(stream.take(packet(16, 912_000), [], 5133))).toEqual(['106 453000']);
});

it('makes room for what is put in, without a mark of its own', () => {
  const stream = new PictureStream(42, 97, { sequence: 100, timestamp: 0 });
  const sets = [Uint8Array.of(1), Uint8Array.of(2)];
  stream.take(packet(10, 0), [], 0);
  expect(told(stream.take(packet(12, 0, 7, true), sets, 0))).toEqual(['102 0', '103 0', '104 0 m']);
  expect(told(stream.take(packet(11, 0), sets, 0)), 'late: before what was put in').toEqual(['101 0']);
  expect(told(stream.take(packet(13, 0), [], 0))).toEqual(['105 0']);
  expect(stream.countsAt(10)).toEqual({ packets: 6, octets: 6, timestamp: 900 });
  expect(stream.timestampOf({ ssrc: 7, timestamp: 9 })).toBe(9);
  expect(stream.timestampOf({ ssrc: 8, timestamp: 9 })).toBeUndefined();
});

it('goes on after what was put in, however long ago that was', () => {
  const stream = new PictureStream(42, 97, { sequence: 0, timestamp: 0 });
  const wrong: number[] = [];
  for (let at = 0; at < 70_000; at++) {
    // Things are put in before the first, and again after the circle of numbers has gone round.
    const sets = at === 0 || at === 66_000 ? [Uint8Array.of(1)] : [];
    const sent = stream.take(packet(at & 0xffff, at), sets, 0);
    const last = (at + (at < 66_000 ? 1 : 2)) & 0xffff;
    if (sent.length !== sets.length + 1 || sent.at(-1)?.readUInt16BE(2) !== last) wrong.push(at);
  }
  expect(wrong.slice(0, 3)).toEqual([]);
});

it('has no room before what is late, or comes again', () => {
  const stream = new PictureStream(42, 97, begin);
  const inOrder = (sequence: number, ssrc?: number): boolean => stream.inOrder(packet(sequence, 0, ssrc));
  expect(inOrder(10), 'the first').toBe(true);
  stream.take(packet(10, 0), [], 0);
  expect([inOrder(9), inOrder(10), inOrder(11), inOrder(13), inOrder(9, 8)]).toEqual([false, false, true, true, true]);
});

it('never gives two packets one number, nor leaves one out, whatever comes', () => {
  const event = fc.record({ source: fc.constantFrom(7, 8, 9), sets: fc.nat({ max: 3 }), skip: fc.nat({ max: 1 }) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), fc.nat({ max: 65_535 }), (events, start) => {
      const stream = new PictureStream(42, 97, { sequence: start, timestamp: 0 });
      const sequences = new Map([7, 8, 9].map((ssrc) => [ssrc, ssrc * 9000]));
      let expected = start;
      let before: number | undefined;
      for (const { source, sets, skip } of events) {
        const lost = source === before ? skip : 0;
        const sequence = ((sequences.get(source) ?? 0) + 1 + lost) & 0xffff;
        sequences.set(source, sequence);
        before = source;
        const sent = stream.take(packet(sequence, 0, source), Array<Uint8Array>(sets).fill(Uint8Array.of(1)), 0);
        expected += lost;
        for (const each of sent) expect(readRtp(each)?.sequence).toBe(expected++ & 0xffff);
      }
    }),
    { numRuns: 50 },
  );
});
