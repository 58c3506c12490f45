import { describe, expect, test } from 'vitest';
import { ShardRig } from '../../test/support/shard-rig.ts';
import { compress, expandTable } from '../audio/g711.ts';
import { toneFrame } from '../audio/tone.ts';
import { TapRingReader, tapRingMemory } from '../audio/tap-ring.ts';

const bridge = {
  edges: [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'a' },
  ],
};
/** What each packet ends with: its beginning may be blended with what was heard before. */
const bytesOf = (packets: readonly { payload: Uint8Array }[]): number[] =>
  packets.map(({ payload }) => payload.at(-1) ?? -1);
async function pair(rig: ShardRig, options: Parameters<ShardRig['open']>[1] = {}) {
  return { a: await rig.open('a', options), b: await rig.open('b') };
}

describe('forwarding', () => {
  test('bytes pass untouched between equal codecs, at once', async () => {
    const rig = new ShardRig();
    const { a, b } = await pair(rig);
    rig.apply(bridge);
    rig.say('a', { payload: Uint8Array.of(1, 2, 3) });
    expect(b.sent[0]?.payload).toEqual(Buffer.from([1, 2, 3]));
    expect(a.sent).toHaveLength(0);
  });

  test('laws are translated, also when the far side changes its own in the middle', async () => {
    const rig = new ShardRig();
    const { b } = await pair(rig);
    rig.apply(bridge);
    rig.say('a', { payloadType: 8, payload: Uint8Array.of(0xd5) });
    rig.say('a', { payloadType: 0, payload: Uint8Array.of(0xff) });
    expect(b.sent.map(({ payloadType, payload }) => [payloadType, payload[0]])).toEqual([
      [0, expect.toSatisfy((byte: number) => Math.abs(expandTable.PCMU[byte] ?? 99) <= 8) as number],
      [0, 0xff],
    ]);
  });

  test('a gain changes the level of one direction only', async () => {
    const rig = new ShardRig();
    const { a, b } = await pair(rig);
    rig.apply({
      edges: [
        { from: 'a', to: 'b', gainDb: -12 },
        { from: 'b', to: 'a' },
      ],
    });
    const loud = compress('PCMU', Int16Array.of(16_000));
    rig.say('a', { payload: loud });
    rig.say('b', { payload: loud });
    const level = (byte = 0): number => expandTable.PCMU[byte] ?? 0;
    expect(Math.round(level(b.sent[0]?.payload[0]) / 1000)).toBe(4);
    expect(a.sent[0]?.payload[0]).toBe(loud[0]);
  });

  test('two who speak to one are mixed; either alone is heard', async () => {
    const rig = new ShardRig();
    const { b } = await pair(rig);
    await rig.open('x');
    rig.apply({
      edges: [
        { from: 'a', to: 'b' },
        { from: 'x', to: 'b' },
      ],
    });
    const voice = (level: number) => ({ payload: compress('PCMU', new Int16Array(160).fill(level)) });
    rig.tick(10, (step) => {
      rig.say('a', { ...voice(4000), sequence: step, timestamp: step * 160 });
      if (step >= 5) rig.say('x', { ...voice(2000), sequence: step, timestamp: step * 160 });
    });
    const levels = bytesOf(b.sent).map((byte) => Math.round((expandTable.PCMU[byte] ?? 0) / 1000));
    expect(levels).toEqual([0, 0, 0, 4, 4, 4, 4, 4, 6, 6]);
    expect(b.sent.every(({ timestamp }, at) => at === 0 || timestamp - (b.sent[at - 1]?.timestamp ?? 0) === 160)).toBe(
      true,
    );
  });

  test('a source that falls silent is filled after 200 ms, and joins again without a gap in the sequence', async () => {
    const rig = new ShardRig();
    const { b } = await pair(rig);
    rig.apply(bridge);
    rig.tick(5, () => rig.say('a'));
    rig.tick(20);
    rig.tick(5, () => rig.say('a'));
    const bytes = bytesOf(b.sent);
    expect(bytes.filter((byte) => byte === 0x80)).toHaveLength(10);
    expect(bytes.filter((byte) => byte === 0xff)).toHaveLength(12);
    for (const [at, { sequence }] of b.sent.entries())
      if (at > 0) expect(sequence).toBe((b.sent[at - 1]?.sequence ?? 0) + 1);
    expect(new Set(b.sent.map(({ ssrc }) => ssrc))).toEqual(new Set([77]));
  });

  test('a graph that names a leg before it is there works when it comes', async () => {
    const rig = new ShardRig();
    await rig.open('a');
    rig.apply(bridge);
    const b = await rig.open('b');
    rig.say('a');
    expect(bytesOf(b.sent)).toEqual([0x80]);
    rig.shard.take({ type: 'close', endpointId: 'b' });
    expect(b.closed).toBe(true);
    rig.say('a');
    expect(b.sent).toHaveLength(1);
  });
});

describe('what a leg is sent when nobody feeds it', () => {
  test('nothing before it is in use: a ringing phone must not believe that media has come', async () => {
    const rig = new ShardRig();
    const a = await rig.open('a');
    rig.tick(10);
    expect(a.sent).toHaveLength(0);
    rig.apply({ taps: [{ endpointId: 'a' }] });
    rig.tick(10);
    expect(a.sent).toHaveLength(0);
  });

  test('silence every 20 ms once it spoke or a graph names it', async () => {
    const rig = new ShardRig();
    const a = await rig.open('a', { codec: 'PCMA' });
    rig.say('a');
    rig.tick(10);
    expect(bytesOf(a.sent)).toEqual(new Array(10).fill(0xd5));
  });

  test.each(['sendonly', 'inactive'] as const)(
    'nothing while it holds us (%s), and its sound is dropped',
    async (direction) => {
      const rig = new ShardRig(1000);
      const { a, b } = await pair(rig);
      rig.apply(bridge);
      rig.configure('a', { direction });
      rig.tick(100, () => {
        rig.say('a');
        rig.say('b');
      });
      expect(a.sent).toHaveLength(0);
      expect(new Set(bytesOf(b.sent))).toEqual(new Set([0xff]));
      rig.tick(100, () => rig.say('b'));
      expect(rig.happened('endpoint-lost')).toEqual([]);
      rig.configure('a', { direction: 'sendrecv' });
      rig.say('b');
      expect(bytesOf(a.sent)).toEqual([0x80]);
    },
  );

  test('an old-style hold without an address keeps the lock', async () => {
    const rig = new ShardRig();
    const { b } = await pair(rig);
    rig.apply(bridge);
    rig.say('a');
    rig.shard.take({
      type: 'configure',
      endpointId: 'a',
      media: {
        remote: undefined,
        remoteControl: undefined,
        send: { codec: 'PCMU', payloadType: 0 },
        sendEvents: undefined,
        receive: [{ codec: 'PCMU', payloadType: 0 }],
        receiveEvents: [],
        direction: 'sendrecv',
      },
    });
    rig.say('a', {}, { address: '203.0.113.66', port: 9 });
    expect(b.sent).toHaveLength(1);
    rig.say('a');
    expect(b.sent).toHaveLength(2);
  });
});

describe('strangers', () => {
  test('are not heard, are counted, and do not connect a leg', async () => {
    const rig = new ShardRig();
    const { b } = await pair(rig);
    rig.apply(bridge);
    rig.say('a');
    for (let packets = 0; packets < 50; packets++) rig.say('a', { ssrc: 6 }, { address: '203.0.113.66', port: 4444 });
    rig.leg('a').take(Buffer.from('not rtp at all'), rig.leg('a').place);
    expect(b.sent).toHaveLength(1);
    rig.shard.take({ type: 'counters', request: 9 });
    const counters = rig.told.find((message) => message.type === 'counters');
    expect(counters).toMatchObject({
      legs: [
        { endpointId: 'a', connected: true, packetsReceived: 1, strangers: 50 },
        { endpointId: 'b', connected: false, packetsReceived: 0, packetsSent: 1 },
      ],
    });
    expect(rig.happened('endpoint-connected')).toEqual([{ type: 'endpoint-connected', callId: 'c', endpointId: 'a' }]);
  });
});

describe('digits', () => {
  const event = (code: number, duration: number, end: boolean) => ({
    payloadType: 101,
    timestamp: 160_000,
    payload: Uint8Array.of(code, end ? 0x8a : 0x0a, duration >> 8, duration & 0xff),
  });

  test('pressed: told once, never forwarded', async () => {
    const rig = new ShardRig();
    const { b } = await pair(rig);
    rig.apply(bridge);
    for (const end of [false, false, true, true, true]) rig.say('a', event(7, 800, end));
    expect(rig.happened('digit')).toEqual([
      { type: 'digit', callId: 'c', endpointId: 'a', digit: '7', durationMs: 100, mode: 'rfc4733' },
    ]);
    expect(b.sent).toHaveLength(0);
  });

  /** A key as a tone in the voice, then silence. */
  const tone = (rig: ShardRig, digit: string): void =>
    rig.tick(20, (step) =>
      rig.say('a', { payload: compress('PCMU', step < 8 ? toneFrame(digit, step) : new Int16Array(160)) }),
    );

  test('as a tone: heard from a peer without events, until its first event came', async () => {
    const rig = new ShardRig();
    await pair(rig, { events: false });
    tone(rig, '9');
    expect(rig.happened('digit')).toMatchObject([{ endpointId: 'a', digit: '9', mode: 'tone' }]);
    rig.say('a', event(7, 800, true));
    tone(rig, '3');
    expect(rig.happened('digit').map(({ digit, mode }) => `${digit} ${mode}`)).toEqual(['9 tone', '7 rfc4733']);
  });

  test('as a tone by a peer that agreed on events: not heard, so that nothing counts twice', async () => {
    const rig = new ShardRig();
    await pair(rig);
    rig.apply({ ...bridge, taps: [{ endpointId: 'a' }] }, [{ endpointId: 'a', memory: tapRingMemory() }]);
    tone(rig, '9');
    expect(rig.happened('digit')).toEqual([]);
  });

  test('whose end was lost: told after a while', async () => {
    const rig = new ShardRig();
    await pair(rig);
    rig.say('a', event(3, 320, false));
    rig.tick(9);
    expect(rig.happened('digit')).toEqual([]);
    rig.tick(2);
    expect(rig.happened('digit')).toMatchObject([{ digit: '3', durationMs: 40 }]);
  });

  test('sent: as events, once over revisions, voice waits', async () => {
    const rig = new ShardRig();
    const { a } = await pair(rig);
    const graph = { ...bridge, dtmf: [{ dtmfId: 'd', to: 'a', digits: '12' }] };
    rig.apply(graph);
    rig.tick(20, () => rig.say('b'));
    rig.apply(graph);
    rig.tick(40, () => rig.say('b'));
    const events = a.sent.filter(({ payloadType }) => payloadType === 101);
    expect(events.map(({ payload }) => payload[0])).toEqual([
      ...new Array<number>(11).fill(1),
      ...new Array<number>(11).fill(2),
    ]);
    expect(events.filter(({ payload }) => (payload[1] ?? 0) >= 0x80)).toHaveLength(6);
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(2);
    expect(events.filter(({ marker }) => marker)).toHaveLength(2);
    expect(rig.happened('dtmf-sent')).toEqual([{ type: 'dtmf-sent', callId: 'c', dtmfId: 'd' }]);
    for (const [at, { sequence }] of a.sent.entries())
      if (at > 0) expect(sequence).toBe((a.sent[at - 1]?.sequence ?? 0) + 1);
  });

  test('sent to a peer without events: as tones', async () => {
    const rig = new ShardRig();
    const { a } = await pair(rig, { events: false });
    rig.apply({ dtmf: [{ dtmfId: 'd', to: 'a', digits: '5' }] });
    rig.tick(16);
    // In the ninth it fades away.
    expect(a.sent.filter(({ payload }) => new Set(payload.subarray(60)).size > 10)).toHaveLength(8);
    expect(rig.happened('dtmf-sent')).toHaveLength(1);
  });
});

describe('silence of the far side', () => {
  test('is told once per silence, from its last packet on', async () => {
    const rig = new ShardRig(1000);
    await pair(rig);
    rig.say('a');
    rig.tick(49);
    expect(rig.happened('endpoint-lost')).toEqual([]);
    rig.tick(100);
    expect(rig.happened('endpoint-lost')).toEqual([
      { type: 'endpoint-lost', callId: 'c', endpointId: 'a', cause: 'rtp-timeout' },
    ]);
    rig.say('a');
    rig.tick(60);
    expect(rig.happened('endpoint-lost')).toHaveLength(2);
  });

  test('is not told of a leg that nobody expects to speak', async () => {
    const rig = new ShardRig(1000);
    await pair(rig);
    rig.tick(200);
    expect(rig.happened('endpoint-lost')).toEqual([]);
    rig.configure('a', { direction: 'recvonly' });
    rig.apply({ edges: [{ from: 'a', to: 'nobody' }] });
    rig.tick(200);
    expect(rig.happened('endpoint-lost')).toEqual([]);
  });

  test('RTCP is a sign of life, from where the far side said it would be', async () => {
    const rig = new ShardRig(1000);
    const { a } = await pair(rig);
    rig.say('a');
    const report = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 5]);
    rig.tick(100, (step) => step % 40 === 0 && a.takeControl(report, { ...a.place, port: a.place.port + 1 }));
    expect(rig.happened('endpoint-lost')).toEqual([]);
    rig.tick(100, (step) => {
      if (step % 40 === 0)
        for (const address of [a.place.address, '203.0.113.66']) a.takeControl(report, { address, port: 9 });
    });
    expect(rig.happened('endpoint-lost')).toHaveLength(1);
  });
});

describe('taps', () => {
  test('get de-jittered frames of one leg, on their own clock', async () => {
    const rig = new ShardRig();
    await pair(rig);
    const memory = tapRingMemory();
    rig.apply({ ...bridge, taps: [{ endpointId: 'a' }] }, [{ endpointId: 'a', memory }]);
    const say = (index: number): void =>
      rig.say('a', {
        sequence: index,
        timestamp: index * 160,
        payload: compress('PCMU', new Int16Array(160).fill((index + 1) * 1000)),
      });
    rig.tick(8, (step) => {
      if (step === 1) say(2);
      else if (step === 2) say(1);
      else if (step !== 3) say(step);
    });
    const got: (readonly [number, number])[] = [];
    new TapRingReader(memory).drain((frame, timeMs) => got.push([timeMs, Math.round((frame[100] ?? 0) / 1000)]));
    // The fourth never came: it is drawn out of the third.
    expect(got).toEqual([
      [0, 0],
      [20, 0],
      [40, 0],
      [60, 1],
      [80, 2],
      [100, 3],
      [120, 3],
      [140, 5],
    ]);
    rig.apply(bridge);
    rig.tick(1);
    new TapRingReader(memory).drain((_, timeMs) => expect(timeMs).toBeLessThanOrEqual(140));
  });
});

test('a mistake in one call costs that call only', async () => {
  const rig = new ShardRig();
  const { a } = await pair(rig);
  rig.apply(bridge);
  rig.tick();
  Object.defineProperty(a.sent, 'push', {
    value: () => {
      throw new Error('a mistake');
    },
  });
  rig.tick();
  expect(rig.told.find(({ type }) => type === 'call-died')).toMatchObject({
    callId: 'c',
    reason: expect.stringContaining('a mistake') as string,
  });
  expect(a.closed).toBe(true);
  rig.tick(5);
});

test('a call that is forgotten closes its sockets', async () => {
  const rig = new ShardRig();
  const { a, b } = await pair(rig);
  rig.shard.take({ type: 'forget', callId: 'c' });
  expect([a.closed, b.closed]).toEqual([true, true]);
  rig.say('a');
  rig.tick();
  expect(b.sent).toHaveLength(0);
});
