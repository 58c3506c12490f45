import { expect, test } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { callQuality, type CallLegQuality } from '../protocol/quality.ts';
import { newLeg } from './calls/leg.ts';
import type { CallRow } from './calls/index.ts';
import { newCall } from './calls/state.ts';
import { QualityWatch } from './quality-watch.ts';
import type { LegStatistics } from './quality/index.ts';

const caller = { ...newLeg('c.caller', 'sip'), signalling: 'confirmed' } as const;
const page = { deviceId: 'p', kind: 'webrtc', name: null } as const;
const agent = { ...newLeg('c.a1', 'webrtc', page), signalling: 'confirmed' } as const;
const begun = newCall({ callId: 'c', from: '1', to: '2', phase: 'talking', language: 'en-US', caller }, 0);
const talking = { ...begun, other: agent };

const ice = { state: 'proven', nominated: true, since: 5 } as const;

function counters(endpointId: string, kind: 'sip' | 'webrtc', seconds: number, lossRatio: number): LegStatistics {
  const expected = 50 * seconds;
  const lost = Math.round(expected * lossRatio);
  return {
    ...{ endpointId, callId: 'c', kind, connected: true, codec: 'PCMA', strangers: 0, unknown: 0 },
    ...{ packetsReceived: expected - lost, packetsSent: expected, octetsReceived: 1, octetsSent: 1 },
    received: { expected, lost, gaps: lost, jitterMs: 3 },
    roundTripMs: 40,
    ...{
      sends: kind === 'sip' ? 'forwarded' : 'transcoded',
      decoded: kind === 'sip',
      costUs: kind === 'sip' ? 1.5 : 93,
    },
    ...(kind === 'sip' ? { ice: { ...ice, remote: { address: '198.51.100.9', port: 61_000 } } } : {}),
  };
}

function bench(call = talking, callerKind: 'sip' | 'webrtc' = 'sip') {
  const clock = new SimulatedClock();
  const rows: (CallRow & { readonly callId?: string })[] = [];
  const told: (readonly CallLegQuality[])[] = [];
  let asked = 0;
  const site = { active: 1, agentLoss: 0, callerLoss: 0 };
  const watch = new QualityWatch({
    ...{ clock, logger: silentLogger },
    rows: {
      put(row) {
        rows.push(row);
        return { written: Promise.resolve([]), durable: Promise.resolve() };
      },
    },
    ledger: {
      rows: () => rows.map((row, at) => ({ ...row, id: String(at), node: 'n', seq: at, at, erased: false, hash: '' })),
    },
    calls: () => ({ active: site.active, get: () => call }),
    statistics() {
      asked++;
      const seconds = clock.now() / 1000;
      return Promise.resolve([
        counters('c.caller', callerKind, seconds, site.callerLoss),
        counters('c.a1', 'webrtc', seconds, site.agentLoss),
      ]);
    },
    changed: (_callId, legs) => told.push(legs),
  });
  const pass = async (looks: number): Promise<void> => {
    for (let look = 0; look < looks; look++) {
      clock.advance(5000);
      await watch.look();
    }
  };
  return { watch, rows, told, site, pass, clock, asked: () => asked };
}

test('a desk is told once while all is well, and again with the cause when it is not', async () => {
  const { watch, told, site, pass } = bench();
  await pass(6);
  expect(told).toHaveLength(1);
  expect(told[0]?.map((leg) => leg.ice?.remote?.port)).toEqual([61_000, undefined]);
  expect(told[0]).toMatchObject([
    { legId: 'c.caller', side: 'outside', level: 'good', live: true, sends: 'forwarded', decoded: true, costUs: 1.5 },
    { legId: 'c.a1', side: 'agent', level: 'good', live: true, sends: 'transcoded', costUs: 93 },
  ]);
  site.agentLoss = 0.2;
  await pass(1);
  expect(told.at(-1)?.[1]).toMatchObject({ cause: 'agent-network', evidence: { roundTripMs: 40 } });
  expect(watch.live('c')[0]).not.toHaveProperty('cause');
});

test('a caller in a browser is the other side, and what is bad there is not the agent’s', async () => {
  const web = { route: 'main', video: false, name: 'Ann' };
  const { told, site, pass } = bench({ ...talking, signals: { web }, caller: { ...caller, kind: 'webrtc' } }, 'webrtc');
  site.callerLoss = 0.2;
  await pass(2);
  expect(told.at(-1)).toMatchObject([
    { legId: 'c.caller', side: 'outside', cause: 'caller-network' },
    { legId: 'c.a1', side: 'agent', level: 'good' },
  ]);
});

test('the end of a leg is a row, with all it had counted; the API reads it; the other leg goes on', async () => {
  const { watch, rows, site, pass, clock } = bench();
  site.agentLoss = 0.1;
  await pass(5);
  clock.advance(2000);
  watch.callChanged({ ...talking, other: null });
  expect([rows.length, watch.live('c').length]).toEqual([0, 1]);
  watch.closed([counters('c.a1', 'webrtc', 27, 0.1)]);
  expect(rows).toMatchObject([
    { type: 'quality', callId: 'c', facts: { legId: 'c.a1', lossPercent: 10, cause: 'agent-network', seconds: 22 } },
  ]);
  const legs = watch.of('c');
  expect(callQuality.safeParse({ legs }).success).toBe(true);
  expect(legs.map(({ legId, live }) => [legId, live])).toEqual([
    ['c.a1', false],
    ['c.caller', true],
  ]);
  watch.callChanged({ ...talking, phase: 'over' });
  watch.callChanged({ ...talking, phase: 'over' });
  watch.closed([counters('c.caller', 'sip', 27, 0)]);
  watch.closed([counters('c.caller', 'sip', 27, 0), counters('c.a1', 'webrtc', 27, 0)]);
  expect(rows).toHaveLength(2);
  // Where somebody is, is not for the ledger.
  expect(rows.at(-1)?.facts).toMatchObject({ legId: 'c.caller', ice });
  expect(JSON.stringify(rows)).not.toContain('198.51.100.9');
  expect(watch.live('c')).toEqual([]);
});

test('a leg that was over before anybody looked has its row; one of no second has none', () => {
  const { watch, rows, clock } = bench();
  watch.callChanged({ ...talking, other: null });
  clock.advance(3500);
  watch.callChanged(talking);
  clock.advance(500);
  watch.callChanged({ ...talking, phase: 'over' });
  watch.closed([counters('c.caller', 'sip', 4, 0.5), counters('c.a1', 'webrtc', 4, 0)]);
  expect(rows).toMatchObject([{ facts: { legId: 'c.caller', lossPercent: 50, level: 'bad', seconds: 4 } }]);
});

test('a leg whose endpoint cannot be asked any more is judged by what was seen of it', async () => {
  const { watch, rows, site, pass } = bench();
  await pass(5);
  watch.callChanged({ ...talking, phase: 'over' });
  site.active = 0;
  expect(rows).toEqual([]);
  await pass(1);
  expect(rows.map(({ facts }) => facts?.['seconds'])).toEqual([20, 20]);
});

test('nobody is asked while there is no call', async () => {
  const { site, pass, asked } = bench();
  site.active = 0;
  await pass(3);
  expect(asked()).toBe(0);
});
