import { describe, expect, test } from 'vitest';
import { ShardRig } from '../../test/support/shard-rig.ts';
import { Reception, type ReportBlock } from '../edge/reception.ts';
import { readCompound, writeReport } from '../edge/rtcp.ts';

async function pair(rig: ShardRig) {
  return { a: await rig.open('a'), b: await rig.open('b') };
}

describe('RTCP', () => {
  test('reports come about every 5 s and count what was sent', async () => {
    const rig = new ShardRig();
    const { a } = await pair(rig);
    rig.say('a');
    rig.tick(1000, () => rig.say('a'));
    expect(a.control.length).toBeGreaterThanOrEqual(3);
    expect(a.control.length).toBeLessThanOrEqual(9);
    const last = a.control.at(-1) ?? Buffer.alloc(0);
    expect(last[1]).toBe(200);
    expect(last.readUInt32BE(20)).toBeGreaterThan(500);
  });

  test('a goodbye is the last that a far side hears which heard something; one that heard nothing gets none', async () => {
    const rig = new ShardRig();
    const { a, b } = await pair(rig);
    rig.apply({ edges: [{ from: 'b', to: 'a' }] });
    rig.say('b');
    rig.shard.take({ type: 'close', endpointId: 'a' });
    expect(readCompound(a.control.at(-1) ?? Buffer.alloc(0))).toMatchObject({ ssrc: 77, bye: true });
    rig.shard.take({ type: 'close', endpointId: 'b' });
    expect(b.control).toEqual([]);
  });

  test('goes to the port of RTP where the peer asked for that (RFC 5761)', async () => {
    const rig = new ShardRig();
    const { a } = await pair(rig);
    rig.configure('a', { mux: true });
    rig.tick(500, () => rig.say('a'));
    expect(a.control).toEqual([]);
    expect(a.muxed.length).toBeGreaterThan(0);
  });

  test('what was lost either way, jitter and round trip are counted', async () => {
    const rig = new ShardRig();
    const { a } = await pair(rig);
    for (const sequence of [1, 2, 4, 5]) rig.say('a', { sequence });
    rig.tick(200);
    const ours = readCompound(a.control[0] ?? Buffer.alloc(0));
    const theirs = new Reception();
    theirs.packet(
      { payloadType: 0, marker: false, sequence: 9, timestamp: 0, ssrc: 77, payload: new Uint8Array(1) },
      0,
    );
    theirs.senderReport(ours?.ntpMiddle ?? 0, 0);
    const block = { ...theirs.block(500), ssrc: 77, fractionLost: 64, lost: 12, jitter: 80 } as ReportBlock;
    const report = writeReport(5, { packets: 0, octets: 0, timestamp: 0 }, block, 0);
    a.takeControl(report, { address: '203.0.113.66', port: a.place.port + 1 });
    rig.shard.take({ type: 'counters', request: 1 });
    a.takeControl(report, { ...a.place, port: a.place.port + 1 });
    rig.shard.take({ type: 'counters', request: 2 });
    const told = rig.told.flatMap((message) => (message.type === 'counters' ? message.legs : []));
    const [before, after] = told.filter(({ endpointId }) => endpointId === 'a');
    expect(before).toMatchObject({ received: { expected: 5, lost: 1 }, strangers: 1, octetsReceived: 640 });
    expect([before?.sent, before?.roundTripMs]).toEqual([undefined, undefined]);
    expect(after?.sent).toEqual({ lossRatio: 0.25, lost: 12, jitterMs: 10 });
    expect(after?.roundTripMs).toBeGreaterThan(0);
  });
});
