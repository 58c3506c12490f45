/** The API of consultations, with the real rules of what can be asked when behind it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { fail, ok } from '../base/result.ts';
import { fakeLive, idle } from '../test/support/fake-live.ts';
import { LedgerBench } from '../test/support/ledger-bench.ts';
import {
  answered,
  asked,
  bob,
  callerLeg,
  colleague,
  gone,
  opened,
  run,
  taken,
  toTalk,
} from './calls/transferring.test-support.ts';
import type { CallEvent, Calls, CallState } from './calls/index.ts';
import { Crm } from './crm/index.ts';
import { createHttp } from './http/index.ts';
import { openStore } from './store/index.ts';
import { Transfers, type TransfersOptions } from './transfers.ts';

const toRing = [...toTalk, asked(bob, { consult: true }), opened(colleague)];
const toConsult = [...toRing, answered(colleague), taken(colleague)];
const blind = [...toTalk, asked(bob), opened(colleague)];

let bench: LedgerBench;
let origin: string;
let call: CallState;
let posted: CallEvent[];
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
  const clock = new SimulatedClock(1);
  const ledger = await bench.open();
  const store = openStore(ledger, clock, { passwordCost: 8 });
  const crm = new Crm({ contacts: store.contacts, normalise: (number) => number });
  const live = fakeLive({
    ...{ clock, ready: () => ({ ready: true, parts: {} }), hungUp: [] },
    agents: () => [{ ...idle, callId: '01CALL' }],
    transfers: {
      transfer: () => ok(undefined),
      proceedTransfer(callId, what) {
        const problem = transfers.proceed(callId, what);
        return problem === undefined ? ok(undefined) : fail(problem);
      },
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
): Promise<{ status: number; type: string; body: unknown }> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { connection: 'close', 'content-type': 'application/json', ...authorization };
  const response = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, body: await response.json() };
}

async function login(name: string): Promise<string> {
  return ((await ask('/api/v1/login', undefined, { name, password: 'secret' })).body as { token: string }).token;
}

const proceed = (what: string, id = '01CALL', token?: string) => ask(`/api/v1/calls/${id}/transfer/${what}`, token);

describe.each(['swap', 'complete', 'cancel'] as const)('POST /api/v1/calls/{id}/transfer/%s', (what) => {
  const event = { swap: 'consult-swapped', complete: 'consult-completed', cancel: 'transfer-cancelled' }[what];

  it('is taken from the agent who consults and from a supervisor, and put to the call', async () => {
    call = run(toConsult).state;
    expect(await proceed(what, '01CALL', tokens.alice)).toMatchObject({ status: 202, body: {} });
    expect(await proceed(what, '01CALL', tokens.sue)).toMatchObject({ status: 202, body: {} });
    // Whoever asks, it is the consulting agent's.
    expect(posted).toEqual([
      { type: event, agentId: 'alice' },
      { type: event, agentId: 'alice' },
    ]);
  });

  it('is not for others: 403, and 401 without a login', async () => {
    call = run(toConsult).state;
    const refused = await proceed(what, '01CALL', tokens.bob);
    expect(refused).toMatchObject({ status: 403, type: expect.stringContaining('application/problem+json') as string });
    expect(refused.body).toMatchObject({ status: 403, code: 'not-allowed' });
    expect((await proceed(what)).status).toBe(401);
    expect(posted).toEqual([]);
  });

  it('of a call that is not there is 404, with a problem in both languages', async () => {
    call = run(toConsult).state;
    const none = await proceed(what, '01OTHER', tokens.sue);
    expect(none).toMatchObject({ status: 404, type: expect.stringContaining('application/problem+json') as string });
    expect(none.body).toMatchObject({
      status: 404,
      code: 'no-such-call',
      titleZh: expect.stringMatching(/\p{Script=Han}/u) as string,
    });
  });

  it('where nothing is handed over is 409, and the problem says what would have to be', async () => {
    call = run(toTalk).state;
    const early = await proceed(what, '01CALL', tokens.alice);
    expect(early).toMatchObject({ status: 409, type: expect.stringContaining('application/problem+json') as string });
    expect(early.body).toMatchObject({
      status: 409,
      code: 'not-now',
      detail: expect.stringMatching(/consulting|transferring/) as string,
    });
    expect(posted).toEqual([]);
  });
});

describe('what can be asked of a transfer', () => {
  it.each([
    ['swap', 'while the target rings', toRing, 409],
    ['complete', 'while the target rings', toRing, 202],
    ['cancel', 'while the target rings', toRing, 202],
    ['swap', 'of a blind transfer', blind, 409],
    ['complete', 'of a blind transfer', blind, 409],
    ['cancel', 'of a blind transfer', blind, 202],
    ['swap', 'when the caller has gone', [...toConsult, gone(callerLeg)], 409],
  ] as const)('%s %s', async (what, _when, events, status) => {
    call = run(events).state;
    expect(await proceed(what, '01CALL', tokens.alice)).toMatchObject({ status });
  });
});
