import { describe, expect, test } from 'vitest';
import { Egress } from './egress.ts';
import { readRtp, type RtpPacket } from './rtp.ts';

const silence = new Uint8Array(160).fill(0xff);
const first = {};
const second = {};

function rig(seed = 5000) {
  const sent: RtpPacket[] = [];
  const egress = new Egress(77, 0, seed, (bytes) => {
    const packet = readRtp(bytes);
    if (packet !== undefined) sent.push(packet);
  });
  const forward = (run: object, sequence: number, timestamp: number, now: number, marker = false): void => {
    const packet = { payloadType: 0, marker, sequence, timestamp, ssrc: 1, payload: silence };
    egress.forward({ run, packet, payload: silence }, now);
  };
  return { egress, sent, forward };
}

const sequences = (sent: readonly RtpPacket[]): number[] => sent.map(({ sequence }) => sequence);
const times = (sent: readonly RtpPacket[]): number[] => sent.map(({ timestamp }) => timestamp);

describe('Egress', () => {
  test('keeps the source distances and its own numbers', () => {
    const { sent, forward } = rig();
    for (const step of [0, 1, 2]) forward(first, 9000 + step, 800_000 + step * 160, step * 160);
    expect(sequences(sent)).toEqual([5001, 5002, 5003]);
    expect(times(sent)).toEqual([5000, 5160, 5320]);
    expect(sent.map(({ marker }) => marker)).toEqual([true, false, false]);
    expect(new Set(sent.map(({ ssrc }) => ssrc))).toEqual(new Set([77]));
  });

  test('a lost packet leaves a hole in time, none in the sequence', () => {
    const { sent, forward } = rig();
    forward(first, 1, 0, 0);
    forward(first, 3, 320, 320);
    expect(sequences(sent)).toEqual([5001, 5002]);
    expect(times(sent)).toEqual([5000, 5320]);
  });

  test('a sender that begins anew under its old SSRC is heard after two packets in order', () => {
    const { egress, sent, forward } = rig();
    forward(first, 9000, 0, 0);
    for (const step of [1, 2, 3]) forward(first, 100 + step, step * 160, step * 160);
    expect(egress.late).toBe(1);
    expect(sequences(sent)).toEqual([5001, 5002, 5003]);
    forward(first, 50, 640, 640);
    forward(first, 51, 800, 800);
    expect(egress.late).toBe(3);
  });

  test('a packet older than the last, or the same again, is dropped', () => {
    const { egress, sent, forward } = rig();
    forward(first, 10, 1600, 0);
    forward(first, 9, 1440, 10);
    forward(first, 10, 1600, 20);
    expect(sent).toHaveLength(1);
    expect(egress.late).toBe(2);
  });

  test('a switch of sources is marked, and time goes on with the media clock', () => {
    const { egress, sent, forward } = rig();
    forward(first, 1, 0, 0);
    forward(second, 60_000, 4_000_000_000, 1600);
    egress.frame(first, silence, 1760);
    egress.frame(first, silence, 1920);
    forward(second, 60_001, 4_000_000_160, 2080);
    expect(sequences(sent)).toEqual([5001, 5002, 5003, 5004, 5005]);
    expect(times(sent)).toEqual([5000, 6600, 6760, 6920, 7080]);
    expect(sent.map(({ marker }) => marker)).toEqual([true, true, true, false, true]);
  });

  test('a switch faster than the clock does not go back in time', () => {
    const { sent, forward } = rig();
    forward(first, 1, 0, 0);
    forward(second, 1, 0, 0);
    expect(times(sent)).toEqual([5000, 5160]);
  });

  test('a source whose clock leaps, either way, goes on smoothly', () => {
    const { sent, forward } = rig();
    forward(first, 1, 0, 0);
    forward(first, 2, 1_000_000, 160);
    forward(first, 3, 500, 320);
    expect(times(sent)).toEqual([5000, 5160, 5320]);
    expect(sequences(sent)).toEqual([5001, 5002, 5003]);
  });

  test('sequence and timestamp wrap', () => {
    const { egress, sent } = rig(2 ** 32 - 160);
    for (let step = 0; step < 70_000; step++) egress.frame(first, silence, step * 160);
    const gaps = sent.filter(
      ({ sequence }, at) => at > 0 && ((sequence - (sent[at - 1]?.sequence ?? 0)) & 0xffff) !== 1,
    );
    expect(gaps).toEqual([]);
    expect(times(sent).slice(0, 3)).toEqual([2 ** 32 - 160, 0, 160]);
  });

  test('never starts at sequence 0', () => {
    for (const seed of [0, 20_000, 2 ** 32 - 1]) {
      const { egress, sent } = rig(seed);
      egress.frame(first, silence, 0);
      expect(sent[0]?.sequence).toBeGreaterThan(0);
    }
  });

  test('frames that were not sent for a while catch up with the clock', () => {
    const { egress, sent } = rig();
    egress.frame(first, silence, 0);
    egress.frame(first, silence, 80_000);
    expect(times(sent)).toEqual([5000, 85_000]);
    expect(sent[1]?.marker).toBe(true);
  });

  test('all packets of an event share a timestamp, and voice goes on after it', () => {
    const { egress, sent } = rig();
    egress.frame(first, silence, 0);
    const at = egress.startTimestamp(160);
    for (const step of [0, 1, 2]) egress.event(Uint8Array.of(1, 10, 0, 160), 101, at, step === 0);
    egress.frame(first, silence, 640);
    expect(times(sent)).toEqual([5000, 5160, 5160, 5160, 5640]);
    expect(sent.map(({ payloadType }) => payloadType)).toEqual([0, 101, 101, 101, 0]);
    expect(sequences(sent)).toEqual([5001, 5002, 5003, 5004, 5005]);
  });
});
