import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../base/logger.ts';
import { Capture } from './capture.ts';
import { hepPacket } from './hep.ts';
import { callIdOf, ladderOf } from './ladder.ts';
import { Ring } from './ring.ts';
import { bytesOf } from './wire.ts';
import type { Direction, WireMessage } from './wire.ts';

const ends = {
  protocol: 'udp',
  remote: { host: '192.0.2.7', port: 5062 },
  local: { host: '192.0.2.1', port: 5060 },
} as const;

function message(text: string, at = 1000, direction: Direction = 'in'): WireMessage {
  return { at, direction, ends, parts: [Buffer.from(text)] };
}

const sip = (callId: string, start = 'OPTIONS sip:a@b SIP/2.0', more = ''): string =>
  `${start}\r\nVia: SIP/2.0/UDP x\r\nCall-ID: ${callId}\r\n${more}\r\n`;

describe('the ring', () => {
  it('keeps the latest, by size and by age', async () => {
    const ring = new Ring({ bytes: 10_000, age: 60_000 });
    for (let count = 0; count < 2000; count++) ring.add(message(sip(`c${count}`), count));
    expect(ring.bytes).toBeLessThanOrEqual(10_000);
    const kept = await ring.search(() => true);
    expect(kept.map(callIdOf)).toEqual(Array.from({ length: ring.size }, (_, n) => `c${2000 - ring.size + n}`));
    expect(ring.size).toBeGreaterThan(10);
    ring.add(message(sip('late'), 100_000));
    expect((await ring.search(() => true)).map(callIdOf)).toEqual(['late']);
  });

  it('keeps nothing when it may not', async () => {
    const ring = new Ring({ bytes: 0, age: 60_000 });
    ring.add(message(sip('c')));
    expect(await ring.search(() => true)).toEqual([]);
  });
});

describe('the ladder', () => {
  it('is that of the dialogs named, and of those that carry the mark', async () => {
    const ring = new Ring({ bytes: 1_000_000, age: 60_000 });
    const mark = { header: 'X-Jackfield-Call', value: 'call-1' };
    ring.add(message(sip('caller'), 1));
    ring.add(message(sip('other'), 2));
    ring.add(message(sip('agent', 'INVITE sip:a@b SIP/2.0', 'X-Jackfield-Call: call-1\r\n'), 3, 'out'));
    ring.add(message(sip('near', 'INVITE sip:a@b SIP/2.0', 'X-Jackfield-Call: call-10\r\n'), 4, 'out'));
    ring.add(message(sip('agent', 'SIP/2.0 200 OK'), 5));
    ring.add(message(`SIP/2.0 200 OK\r\ni:caller\r\n\r\n\r\nCall-ID: other`, 6, 'out'));
    const found = await ladderOf([ring], { callIds: ['caller', ''], mark });
    expect(found.map(({ at }) => at)).toEqual([1, 3, 5, 6]);
    expect(await ladderOf([ring], { callIds: [], mark: undefined })).toEqual([]);
  });

  it('has messages whole that came in parts', () => {
    const parts = [Buffer.from('a'), Buffer.from('b')];
    expect(bytesOf({ ...message(''), parts }).toString()).toBe('ab');
  });
});

describe('HEP', () => {
  it('says where from, where to and when', () => {
    const packet = hepPacket(message(sip('c'), 1_700_000_000_123.456), { agent: 7, password: 'secret' });
    expect(packet.toString('latin1', 0, 4)).toBe('HEP3');
    expect(packet.readUInt16BE(4)).toBe(packet.length);
    const chunks = new Map<number, Buffer>();
    for (let at = 6; at < packet.length; at += packet.readUInt16BE(at + 4))
      chunks.set(packet.readUInt16BE(at + 2), packet.subarray(at + 6, at + packet.readUInt16BE(at + 4)));
    const hex = (type: number): string | undefined => chunks.get(type)?.toString('hex');
    expect([hex(1), hex(2), hex(11)]).toEqual(['02', '11', '01']);
    expect([hex(3), hex(4)]).toEqual(['c0000207', 'c0000201']);
    expect([chunks.get(7)?.readUInt16BE(), chunks.get(8)?.readUInt16BE()]).toEqual([5062, 5060]);
    expect([chunks.get(9)?.readUInt32BE(), chunks.get(10)?.readUInt32BE()]).toEqual([1_700_000_000, 123_456]);
    expect([chunks.get(12)?.readUInt32BE(), String(chunks.get(14)), String(chunks.get(17))]).toEqual([
      7,
      'secret',
      'c',
    ]);
    expect(String(chunks.get(15))).toBe(sip('c'));
  });

  it('turns the addresses round for what we sent', () => {
    const packet = hepPacket(message(sip('c'), 0, 'out'), { agent: 7, password: '' });
    expect(packet.indexOf(Buffer.from('c0000201', 'hex'))).toBeLessThan(packet.indexOf(Buffer.from('c0000207', 'hex')));
  });

  it.each([10, 400, 60_000])('fits into a datagram however long message and Call-ID (%i) are', (length) => {
    const long = message(`${sip('c'.repeat(length))}${'b'.repeat(100_000)}`);
    const packet = hepPacket(long, { agent: 7, password: 'secret' });
    expect(packet).toHaveLength(65_507);
    expect(packet.readUInt16BE(4)).toBe(packet.length);
  });
});

it('forgets what it is told to, and keeps count', async () => {
  const ring = new Ring({ bytes: 1_000_000, age: 60_000 });
  for (const callId of ['a', 'b', 'a']) ring.add(message(sip(callId)));
  const before = ring.bytes;
  ring.forget((each) => callIdOf(each) === 'a');
  expect([ring.size, ring.bytes]).toEqual([1, before / 3]);
  expect((await ring.search(() => true)).map(callIdOf)).toEqual(['b']);
});

it('gives a crowd a small share of its memory: it pushes out nobody else, and its ladder is had as well', async () => {
  const isCrowd = ({ remote }: { remote: { host: string } }): boolean => remote.host === '192.0.2.66';
  const capture = new Capture({ bytes: 320_000, age: 60_000 }, silentLogger, isCrowd);
  const crowd = { ...ends, remote: { host: '192.0.2.66', port: 5060 } };
  capture.note('in', ends, [Buffer.from(sip('call'))]);
  for (let at = 0; at < 5000; at++) capture.note('in', crowd, [Buffer.from(sip(`flood${String(at)}`))]);
  capture.note('out', ends, [Buffer.from(sip('call'))]);
  const ladder = (callIds: string[]): Promise<WireMessage[]> => capture.ladder({ callIds, mark: undefined });
  const all = Array.from({ length: 5000 }, (_, at) => `flood${String(at)}`);
  expect(await ladder(['call'])).toHaveLength(2);
  expect((await ladder(all)).length).toBeLessThan(25);
  expect((await ladder(['flood4999', 'call'])).map(callIdOf)).toEqual(['call', 'flood4999', 'call']);
  capture.forget((message) => callIdOf(message) === 'flood4999');
  expect(await ladder(['flood4999'])).toEqual([]);
});
