import { afterEach, beforeEach, expect, it } from 'vitest';
import { LedgerBench, sampleRow } from '../../../test/support/ledger-bench.ts';
import type { Ledger } from '../ledger.ts';
import type { LedgerRow, Row } from '../types.ts';
import { agentHistory } from './agent-history.ts';
import { foldCall } from './call-fold.ts';
import { callStory, listCalls } from './calls.ts';
import { QueueCounters } from './queue-counters.ts';

let bench: LedgerBench;
let ledger: Ledger;
beforeEach(async () => {
  bench = new LedgerBench();
  ledger = await bench.open();
});
afterEach(() => bench.scope.close());

const whole = (callId: string, from: string, at: number, agentId = 'alice'): Row[] => {
  const subject = ledger.subjectOf(from);
  const row = (type: string, ms: number, facts = {}, personal = {}): Row => ({
    type,
    callId,
    at: at + ms,
    facts,
    ...(Object.keys(personal).length > 0 ? { personal: { subject, fields: personal } } : {}),
  });
  return [
    row('call-invited', 0, { to: '+8653100000', transport: 'udp' }, { from }),
    row('route-chosen', 1, { route: 'main' }),
    row('queued', 500, { queue: 'support', ticket: 't1' }),
    row('something-of-next-year', 600, { shape: ['unknown'] }),
    { ...row('answered', 2_500, { agent: agentId, offer: 'o1', waitedMs: 2_000 }), agentId },
    row('alert-raised', 3_000, { rule: 'refund' }, { evidence: 'refund' }),
    row('call-ended', 9_500, { cause: 'caller-hangup', talkedMs: 7_000 }),
    row('wrapup-ended', 12_000, { disposition: 'solved' }),
  ];
};

it('tells a call that an agent made from one that came in', async () => {
  const subject = ledger.subjectOf('+861');
  const at = { callId: 'c9', at: 5 };
  const dialled = { ...at, type: 'call-dialled', agentId: 'alice', facts: { from: '+865', queue: 'support' } };
  await ledger.append([
    { ...dialled, personal: { subject, fields: { to: '+861' } } },
    { ...at, type: 'call-ended', facts: { cause: 'busy' } },
  ]).written;
  const outbound = { id: 'c9', direction: 'outbound', from: '+865', to: '+861', agent: 'alice', cause: 'busy' };
  expect(listCalls(ledger, { limit: 10, number: '+861' }).items).toMatchObject([outbound]);
  expect(listCalls(ledger, { limit: 10, agent: 'alice' }).items).toMatchObject([outbound]);
  expect(listCalls(ledger, { limit: 10, queue: 'support' }).items).toEqual([]);
});

it('folds the rows of a call into one line', async () => {
  await ledger.append(whole('c1', '+861', 1_000)).written;
  expect(listCalls(ledger, { limit: 10 }).items).toEqual([
    {
      id: 'c1',
      startedAt: 1_000,
      direction: 'inbound',
      from: '+861',
      to: '+8653100000',
      state: 'ended',
      route: 'main',
      queue: 'support',
      agent: 'alice',
      answeredAt: 3_500,
      endedAt: 10_500,
      cause: 'caller-hangup',
      disposition: 'solved',
      waitedMs: 2_000,
      talkedMs: 7_000,
      alerts: 1,
    },
  ]);
  const story = callStory(ledger, 'c1');
  expect(story?.story.map(({ type }) => type)).toContain('something-of-next-year');
  expect(story?.story[0]).toMatchObject({ personal: { from: '+861' }, erased: false });
  expect(callStory(ledger, 'c2')).toBeUndefined();
});

it('stands rows of any shape', () => {
  const odd: LedgerRow = {
    type: 'answered',
    at: 1_000,
    facts: { waitedMs: 'long' },
    id: 'x',
    node: 'n',
    seq: 1,
    hash: '',
    erased: false,
  };
  const call = foldCall('c', [odd, { ...odd, type: 'call-invited', erased: true }]);
  expect(call).toMatchObject({ from: '', to: '', state: 'active' });
});

it('pages and filters', async () => {
  for (const n of [1, 2, 3, 4, 5])
    await ledger.append(whole(`c${n}`, `+86${n % 2}`, n * 1_000, n > 3 ? 'bob' : 'alice')).written;
  await ledger.append(whole('c6', '+860', 6_000).slice(0, 3)).written;
  const ids = (filter: Partial<Parameters<typeof listCalls>[1]>): string[] =>
    listCalls(ledger, { limit: 10, ...filter }).items.map(({ id }) => id);
  const page = listCalls(ledger, { limit: 2 });
  expect(page.items.map(({ id }) => id)).toEqual(['c6', 'c5']);
  expect(page.next).toBe('c5');
  expect(ids({ before: 'c5', limit: 9 })).toEqual(['c4', 'c3', 'c2', 'c1']);
  expect(listCalls(ledger, { limit: 9, before: 'c5' }).next).toBeUndefined();
  expect(ids({ state: 'active' })).toEqual(['c6']);
  expect(ids({ state: 'ended', agent: 'bob' })).toEqual(['c5', 'c4']);
  expect(ids({ number: '+86 1' })).toEqual(['c5', 'c3', 'c1']);
  expect(ids({ queue: 'support', since: 2_000, until: 4_000 })).toEqual(['c3', 'c2']);
  expect(ids({ queue: 'sales' })).toEqual([]);
});

it('tells an agent’s day', async () => {
  const change = (at: number, facts: object): Row => ({
    type: 'agent-state-changed',
    agentId: 'alice',
    at,
    facts: { ...facts },
  });
  await ledger.append([
    change(1, { presence: 'available', activity: 'idle' }),
    change(5, { presence: 'paused', reason: 'lunch', activity: 'idle' }),
  ]).written;
  expect(agentHistory(ledger, 'alice', 10)).toMatchObject([
    { from: 1, until: 5, presence: 'available' },
    { from: 5, presence: 'paused', reason: 'lunch' },
  ]);
});

it('counts queues as it hears the rows', async () => {
  const counters = new QueueCounters();
  ledger.subscribe(counters.count);
  await ledger.append(whole('c1', '+861', 1_000)).written;
  await ledger.append([sampleRow('abandoned', { facts: { queue: 'support', waitedMs: 500 } })]).written;
  expect(counters.counts.get('support')).toEqual({ queued: 1, answered: 1, abandoned: 1, waitedMs: 2_500 });
});
