/** Who may read what of a call, door by door. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import type { AgentSummary } from '../../protocol/rest.ts';
import { fakeLive, idle } from '../../test/support/fake-live.ts';
import { LedgerBench, sampleRow } from '../../test/support/ledger-bench.ts';
import { Crm } from '../crm/index.ts';
import type { Ledger, Row } from '../ledger/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createHttp, type Http, type LivePort } from './index.ts';

const adminToken = 'admin-token-of-the-test';
const agentIds = ['alice', 'bob', 'carol', 'dave', 'erin'] as const;
const quality = (legId: string) =>
  ({
    legId,
    side: 'agent',
    kind: 'webrtc',
    codec: 'opus',
    live: true,
    level: 'good',
    mos: 4.4,
    worstMos: 4.3,
    costUs: 113,
  }) as const;
let bench: LedgerBench;
let ledger: Ledger;
let store: Store;
let http: Http;
let server: Server;
let origin: string;
let agents: AgentSummary[];

function live(clock: SimulatedClock): LivePort {
  const port = fakeLive({ clock, agents: () => agents, ready: () => ({ ready: true, parts: {} }), hungUp: [] });
  const figures = { lossPercent: 0, jitterMs: 1, seconds: 9 };
  return {
    ...port,
    quality: () => ['c1.c', 'c1.a1', 'c1.s3'].map((legId) => ({ ...quality(legId), ...figures })),
  };
}

beforeEach(async () => {
  bench = new LedgerBench();
  const clock = new SimulatedClock(1_000_000);
  ledger = await bench.open(bench.folder());
  store = openStore(ledger, clock, { passwordCost: 8 });
  agents = [idle];
  tokens.clear();
  const crm = new Crm({ contacts: store.contacts, normalise: (number) => number });
  http = createHttp(
    { ledger, store, crm, live: live(clock), logger: silentLogger, clock },
    { adminToken, softphone: join('no', 'softphone'), checkAnswers: false },
  );
  server = createServer(http.listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const id of [...agentIds, 'sue'])
    await store.accounts.put(
      { id, login: id, name: id, role: id === 'sue' ? 'supervisor' : 'agent', demo: false },
      'secret',
    );
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  http.close();
  await bench.scope.close();
});

/** One login for each in a test. */
const tokens = new Map<string, string>();

async function tokenOf(name: string): Promise<string> {
  const known = name === 'admin' ? adminToken : tokens.get(name);
  if (known !== undefined) return known;
  const body = JSON.stringify({ name, password: 'secret' });
  const response = await fetch(`${origin}/api/v1/login`, { method: 'POST', body, headers: { connection: 'close' } });
  const { token } = (await response.json()) as { token: string };
  tokens.set(name, token);
  return token;
}

async function read(name: string, path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { authorization: `Bearer ${await tokenOf(name)}`, connection: 'close' };
  const response = await fetch(`${origin}${path}`, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const idsOf = (body: Record<string, unknown>, name = 'id'): unknown[] =>
  (body['items'] as Record<string, unknown>[]).map((item) => item[name]);

/** A call that alice answered, in which she consulted bob and added carol; sue supervised it; dave was only rung. */
async function happened(announced: boolean | undefined, callId = 'c1'): Promise<void> {
  const row = (type: string, facts = {}, agentId?: string): Row => ({
    ...sampleRow(type, { callId, facts }),
    ...(agentId === undefined ? {} : { agentId }),
  });
  const by = { by: 'sue', mode: 'listen', agent: 'alice' };
  await ledger.append([
    row('call-invited', { to: '100' }),
    row('offer-refused', { agent: 'dave' }, 'dave'),
    row('answered', { agent: 'alice' }, 'alice'),
    row('supervision-asked', { ...by, ...(announced === undefined ? {} : { announced }) }, 'sue'),
    row('supervision-started', by, 'sue'),
    row('leg-lost', { leg: 'supervisor', cause: 'x' }),
    row('leg-silent', { legId: `${callId}.s3`, ms: 9 }),
    row('consult-connected', { target: 'agent', to: 'bob' }, 'alice'),
    row('conference-joined', { member: 'agent', agent: 'carol' }, 'alice'),
    row('supervision-ended', { by: 'sue', mode: 'listen' }, 'sue'),
    row('quality', { legId: `${callId}.s3` }),
    row('quality', { legId: `${callId}.a1` }),
    row('alert-raised', { rule: 'refund', severity: 'critical' }),
    row('call-ended', { cause: 'caller-hangup' }),
  ]).written;
}

describe('an agent', () => {
  const doors = ['/api/v1/calls/c1', '/api/v1/calls/c1/quality', '/api/v1/calls/c1/recording/facts'] as const;

  it.each(['alice', 'bob', 'carol'])('reads a call they took part in: %s', async (name) => {
    await happened(false);
    for (const door of doors) expect([door, (await read(name, door)).status]).toEqual([door, 200]);
    expect(idsOf((await read(name, '/api/v1/calls')).body)).toEqual(['c1']);
    expect(idsOf((await read(name, '/api/v1/alerts')).body, 'callId')).toEqual(['c1']);
  });

  it.each(['dave', 'erin'])(
    'reads none of a call they took no part in, were they rung for it or not: %s',
    async (name) => {
      await happened(true);
      for (const door of doors)
        expect([door, await read(name, door)]).toMatchObject([door, { status: 403, body: { code: 'call-of-others' } }]);
      expect((await read(name, '/api/v1/calls/none')).status).toBe(404);
      for (const path of ['/api/v1/calls', '/api/v1/calls?agent=alice', '/api/v1/alerts', '/api/v1/alerts?call=c1'])
        expect([path, (await read(name, path)).body]).toEqual([path, { items: [] }]);
    },
  );

  it('pages through their own calls alone', async () => {
    for (const callId of ['c1', 'c2', 'c3', 'c4', 'c5'])
      await ledger.append(
        callId === 'c2' || callId === 'c4'
          ? [sampleRow('call-invited', { callId })]
          : [sampleRow('call-invited', { callId }), { ...sampleRow('answered', { callId }), agentId: 'erin' }],
      ).written;
    const first = await read('erin', '/api/v1/calls?limit=2');
    expect([idsOf(first.body), first.body['next']]).toEqual([['c5', 'c3'], 'c3']);
    expect(idsOf((await read('erin', '/api/v1/calls?limit=2&cursor=c3')).body)).toEqual(['c1']);
  });

  it.each([
    ['was not told of', false],
    ['of whom no row says that they were told', undefined],
  ])('reads nothing of a supervisor they %s', async (_, announced) => {
    await happened(announced);
    const { body } = await read('alice', '/api/v1/calls/c1');
    expect(JSON.stringify(body)).not.toMatch(/sue|supervis|\.s3/);
    expect((body['story'] as unknown[]).length).toBe(8);
    const { body: legs } = await read('alice', '/api/v1/calls/c1/quality');
    expect(JSON.stringify(legs)).toContain('c1.a1');
    expect(JSON.stringify(legs)).not.toMatch(/\.s3|costUs/);
  });

  it('reads of a supervisor they were told of, and not of their phone', async () => {
    await happened(true);
    const { body } = await read('alice', '/api/v1/calls/c1');
    const types = (body['story'] as { type: string }[]).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['supervision-asked', 'supervision-started', 'supervision-ended']));
    expect(JSON.stringify(body)).not.toContain('.s3');
  });

  it('is not told in which call others are: a supervisor who listens would stand there', async () => {
    agents = [
      { ...idle, activity: 'talking', callId: 'c1' },
      { ...idle, id: 'sue', name: 'Sue', activity: 'talking', callId: 'c1' },
    ];
    const own = { id: 'alice', callId: 'c1' };
    const { body } = await read('alice', '/api/v1/agents');
    expect(body['items']).toMatchObject([own, { id: 'sue', activity: 'talking' }]);
    expect((body['items'] as object[])[1]).not.toHaveProperty('callId');
    expect((await read('sue', '/api/v1/agents')).body['items']).toMatchObject([own, { id: 'sue', callId: 'c1' }]);
  });
});

it.each(['sue', 'admin'])('a supervisor and the command line read every call, whole: %s', async (name) => {
  await happened(false);
  const { status, body } = await read(name, '/api/v1/calls/c1');
  expect([status, (body['story'] as unknown[]).length]).toEqual([200, 14]);
  expect(JSON.stringify((await read(name, '/api/v1/calls/c1/quality')).body)).toMatch(/c1\.s3.*costUs/);
  expect((await read(name, '/api/v1/calls/c1/recording/facts')).status).toBe(200);
  expect(idsOf((await read(name, '/api/v1/calls')).body)).toEqual(['c1']);
  expect(idsOf((await read(name, '/api/v1/alerts')).body, 'callId')).toEqual(['c1']);
});
