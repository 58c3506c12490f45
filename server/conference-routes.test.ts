/** The API of conferences, with the real rules of what can be asked when behind it, and who may ask for supervision. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { fakeLive, idle } from '../test/support/fake-live.ts';
import { LedgerBench } from '../test/support/ledger-bench.ts';
import { answered, asked, bob, colleague, opened, run, taken, toTalk } from './calls/transferring.test-support.ts';
import type { CallEvent, Calls, CallState } from './calls/index.ts';
import { Conferences } from './conferences.ts';
import { Crm } from './crm/index.ts';
import { createHttp } from './http/index.ts';
import { openStore } from './store/index.ts';
import { Transfers, type TransfersOptions } from './transfers.ts';

const consulting = [...toTalk, asked(bob, { consult: true }), opened(colleague), answered(colleague), taken(colleague)];
const merged: CallEvent = { type: 'conference-merged', agentId: 'alice' };

let bench: LedgerBench;
let origin: string;
let call: CallState;
let posted: CallEvent[];
let supervised: (readonly string[])[];
let tokens: Record<'alice' | 'bob' | 'sue', string>;

const calls = {
  get: (id: string) => (id === call.callId ? call : undefined),
  post: (_id: string, event: CallEvent) => posted.push(event),
} as unknown as Calls;
// Of what transfers want to know, going on with one needs the calls alone.
const transfers = new Transfers({ calls: () => calls } as unknown as TransfersOptions);

beforeEach(async () => {
  bench = new LedgerBench();
  posted = [];
  supervised = [];
  const clock = new SimulatedClock(1);
  const ledger = await bench.open();
  const store = openStore(ledger, clock, { passwordCost: 8 });
  const crm = new Crm({ contacts: store.contacts, normalise: (number) => number });
  const live = fakeLive({
    ...{ clock, ready: () => ({ ready: true, parts: {} }), hungUp: [] },
    agents: () => [{ ...idle, callId: '01CALL' }],
    conferences: new Conferences({ calls: () => calls, transfers }),
    supervision: {
      begin: (...order) => void supervised.push(['begin', ...order]),
      stop: (...order) => void supervised.push(['stop', ...order]),
      takeOver: (...order) => void supervised.push(['take-over', ...order]),
    },
  });
  const http = createHttp(
    { ledger, store, crm, live, logger: silentLogger, clock },
    { adminToken: 'a'.repeat(32), softphone: '/nowhere', checkAnswers: true },
  );
  bench.scope.defer('http', () => http.close());
  const server = createServer(http.listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  bench.scope.defer('server', () => new Promise<void>((resolve) => server.close(() => resolve())));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const roles = { alice: 'agent', bob: 'agent', sue: 'supervisor' } as const;
  for (const id of ['alice', 'bob', 'sue'] as const)
    await store.accounts.put({ id, login: id, name: id, role: roles[id], demo: false }, 'secret');
  tokens = { alice: await login('alice'), bob: await login('bob'), sue: await login('sue') };
});
afterEach(() => bench.scope.close());

async function ask(
  path: string,
  token?: string,
  body: unknown = {},
  method = 'POST',
): Promise<{ status: number; type: string; body: unknown }> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { connection: 'close', 'content-type': 'application/json', ...authorization };
  const response = await fetch(`${origin}${path}`, {
    ...{ method, headers },
    ...(method === 'POST' || method === 'PUT' ? { body: JSON.stringify(body) } : {}),
  });
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, body: await response.json() };
}

async function login(name: string): Promise<string> {
  return ((await ask('/api/v1/login', undefined, { name, password: 'secret' })).body as { token: string }).token;
}

const path = '/api/v1/calls/01CALL/conference';
const member = `${path}/${colleague}`;

describe('the conference of a call', () => {
  it('takes in the one who is consulted, for the agent and for a supervisor', async () => {
    call = run(consulting).state;
    expect(await ask(path, tokens.alice)).toMatchObject({ status: 202 });
    expect(await ask(path, tokens.sue)).toMatchObject({ status: 202 });
    expect(posted).toEqual([merged, merged]);
  });

  it('is listed, and its members are silenced and sent away in the name of whoever asks', async () => {
    call = run([...consulting, merged]).state;
    expect((await ask(path, tokens.alice, {}, 'GET')).body).toEqual({
      items: [expect.objectContaining({ id: colleague, to: 'bob', type: 'agent', by: 'alice', muted: false })],
    });
    expect(await ask(member, tokens.alice, { muted: true }, 'PUT')).toMatchObject({ status: 202 });
    expect(await ask(member, tokens.sue, { gainDb: -6 }, 'PUT')).toMatchObject({ status: 202 });
    expect(await ask(member, tokens.sue, {}, 'DELETE')).toMatchObject({ status: 202 });
    expect(posted).toEqual([
      { type: 'conference-set', member: colleague, by: 'alice', muted: true },
      { type: 'conference-set', member: colleague, by: 'sue', gainDb: -6 },
      { type: 'conference-dropped', member: colleague, by: 'sue' },
    ]);
  });

  it('is not for others, and 401 without a login', async () => {
    call = run([...consulting, merged]).state;
    for (const method of ['GET', 'POST'] as const) expect((await ask(path, tokens.bob, {}, method)).status).toBe(403);
    for (const method of ['PUT', 'DELETE'] as const)
      expect((await ask(member, tokens.bob, {}, method)).status).toBe(403);
    expect((await ask(path)).status).toBe(401);
    expect(posted).toEqual([]);
  });

  it('says what cannot be: nobody is consulted, no such member, no such call, too loud', async () => {
    call = run(toTalk).state;
    expect((await ask(path, tokens.alice)).body).toMatchObject({ code: 'not-now' });
    expect((await ask(member, tokens.alice, {}, 'DELETE')).body).toMatchObject({ code: 'no-such-member', status: 404 });
    expect((await ask('/api/v1/calls/nowhere/conference', tokens.sue)).body).toMatchObject({ code: 'no-such-call' });
    expect((await ask(member, tokens.alice, { gainDb: 60 }, 'PUT')).status).toBe(400);
    expect(posted).toEqual([]);
  });
});

describe('the supervision of a call', () => {
  const monitor = '/api/v1/calls/01CALL/monitor';

  it('is for supervisors, on their own phone', async () => {
    expect((await ask(monitor, tokens.sue, { mode: 'whisper' })).status).toBe(202);
    expect((await ask(`${monitor}/take-over`, tokens.sue)).status).toBe(202);
    expect((await ask(`${monitor}/stop`, tokens.sue, { supervisor: 'sue' })).status).toBe(202);
    expect(supervised).toEqual([
      ['begin', '01CALL', 'sue', 'whisper'],
      ['take-over', '01CALL', 'sue'],
      ['stop', '01CALL', 'sue'],
    ]);
  });

  it('is for no agent, for nobody without a login, and rings nobody else', async () => {
    expect((await ask(monitor, tokens.alice, { mode: 'listen' })).status).toBe(403);
    expect((await ask(monitor, undefined, { mode: 'listen' })).status).toBe(401);
    const other = await ask(monitor, tokens.sue, { mode: 'listen', supervisor: 'bob' });
    expect(other.body).toMatchObject({ code: 'not-allowed' });
    expect(supervised).toEqual([]);
  });

  it('is asked for somebody by the command line alone, in one of three modes', async () => {
    const admin = 'a'.repeat(32);
    expect((await ask(monitor, admin, { mode: 'barge', supervisor: 'sue' })).status).toBe(202);
    expect(supervised).toEqual([['begin', '01CALL', 'sue', 'barge']]);
    expect((await ask(monitor, admin, { mode: 'shout', supervisor: 'sue' })).status).toBe(400);
  });
});
