import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import type { AgentSummary, Readiness } from '../../protocol/rest.ts';
import { fakeLive, idle } from '../../test/support/fake-live.ts';
import { LedgerBench, sampleRow } from '../../test/support/ledger-bench.ts';
import { Crm } from '../crm/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { nobody } from './route.ts';
import { adminTokenFrom, createHttp, type Http, type LivePort } from './index.ts';

const adminToken = 'admin-token-of-the-test';
let bench: LedgerBench;
let ledger: Ledger;
let store: Store;
let http: Http;
let server: Server;
let origin: string;
let folder: string;
let clock: SimulatedClock;
let ready: Readiness;
let agents: AgentSummary[];
let hungUp: string[];

const live = (): LivePort => fakeLive({ clock, agents: () => agents, ready: () => ready, hungUp });

beforeEach(async () => {
  bench = new LedgerBench();
  const options = bench.folder();
  folder = options.folder;
  clock = new SimulatedClock(1_000_000);
  ledger = await bench.open({ ...options, maxPages: 400 });
  store = openStore(ledger, clock, { passwordCost: 8 });
  ready = { ready: true, parts: { ledger: { ready: true, detail: 'written' } } };
  agents = [idle];
  hungUp = [];
  const crm = new Crm({ contacts: store.contacts, normalise: (number) => number.replace(/[\s-]/g, '') });
  http = createHttp(
    { ledger, store, crm, live: live(), logger: silentLogger, clock },
    { adminToken, softphone: join(folder, 'softphone'), checkAnswers: true },
  );
  server = createServer(http.listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await store.accounts.put({ id: 'alice', login: 'alice', name: 'Alice', role: 'agent', demo: true }, 'secret');
  await store.accounts.put({ id: 'sue', login: 'sue', name: 'Sue', role: 'supervisor', demo: false }, 'secret');
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  http.close();
  await bench.scope.close();
});

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

async function call(
  method: string,
  path: string,
  options: { token?: string; body?: unknown; headers?: object } = {},
): Promise<Reply> {
  const { token, body, headers = {} } = options;
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: {
      connection: 'close',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}

async function login(name: string, password = 'secret'): Promise<string> {
  const { body, status } = await call('POST', '/api/v1/login', { body: { name, password } });
  expect(status).toBe(200);
  return (body as { token: string }).token;
}

describe('desk phones', () => {
  const path = '/api/v1/agents/alice/devices';

  it('are made and removed by an admin, who is told the password once', async () => {
    const made = await call('POST', path, { token: adminToken, body: { name: 'home' } });
    expect(made).toMatchObject({ status: 201, body: { username: 'alice-home', password: 'p' } });
    const again = await call('POST', path, { token: adminToken, body: {} });
    expect(again).toMatchObject({ status: 409, body: { code: 'device-exists' } });
    expect((await call('POST', path, { token: adminToken, body: { name: '<b>' } })).status).toBe(400);
    expect((await call('DELETE', `${path}/desk`, { token: adminToken })).status).toBe(200);
    expect((await call('DELETE', `${path}/none`, { token: adminToken })).status).toBe(404);
    expect((await call('POST', path, { token: await login('sue'), body: {} })).status).toBe(403);
  });

  it('are listed to their agent and to supervisors; which are rung is theirs to choose', async () => {
    const [alice, sue] = [await login('alice'), await login('sue')];
    for (const token of [alice, sue])
      expect(await call('GET', path, { token })).toMatchObject({ body: { items: [{ username: 'alice-desk' }] } });
    expect((await call('GET', '/api/v1/agents/sue/devices', { token: alice })).status).toBe(403);
    const chosen = await call('POST', '/api/v1/agents/alice/ring', { token: alice, body: { ring: 'desk' } });
    expect(chosen).toMatchObject({ status: 200, body: { ring: 'desk' } });
    expect((await call('POST', '/api/v1/agents/sue/ring', { token: alice, body: { ring: 'all' } })).status).toBe(403);
    expect((await call('POST', '/api/v1/agents/alice/ring', { token: alice, body: { ring: 'x' } })).status).toBe(400);
  });
});

describe('logging in', () => {
  it('gives a token, SIP credentials and the desk', async () => {
    const reply = await call('POST', '/api/v1/login', { body: { name: 'Alice', password: 'secret' } });
    expect(reply).toMatchObject({
      status: 200,
      body: { agent: { id: 'alice', name: 'Alice' }, deskPath: '/desk', sip: { username: 'alice' } },
    });
    const { token } = reply.body as { token: string };
    expect(http.accountOf(token)?.id).toBe('alice');
    expect(await call('POST', '/api/v1/sip-credentials', { token, body: {} })).toMatchObject({ status: 200 });
    expect((await call('POST', '/api/v1/logout', { token })).status).toBe(200);
    expect(await call('GET', '/api/v1/agents', { token })).toMatchObject({
      status: 401,
      body: { code: 'session-expired' },
    });
  });

  it('refuses a wrong password with a problem in both languages, as RFC 9457 says', async () => {
    const reply = await call('POST', '/api/v1/login', { body: { name: 'alice', password: 'wrong' } });
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(reply).toMatchObject({
      status: 401,
      body: { code: 'wrong-credentials', status: 401, titleZh: '用户名或密码错误。' },
    });
  });

  it('slows down guessing for that name only, and never an agent who is signed in', async () => {
    const token = await login('alice');
    for (let n = 0; n < 5; n++) await call('POST', '/api/v1/login', { body: { name: 'alice', password: `wrong${n}` } });
    const refused = await call('POST', '/api/v1/login', { body: { name: 'ALICE', password: 'secret' } });
    expect(refused).toMatchObject({ status: 429, body: { code: 'too-many-attempts' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    await login('sue');
    expect((await call('GET', '/api/v1/agents', { token })).status).toBe(200);
    clock.advance(1_000);
    await login('alice');
  });

  it('wants a token that is valid and not expired', async () => {
    expect(await call('GET', '/api/v1/calls')).toMatchObject({ status: 401, body: { code: 'not-signed-in' } });
    expect((await call('GET', '/api/v1/calls', { token: 'nonsense' })).status).toBe(401);
    const token = await login('alice');
    clock.advance(12 * 3_600_000);
    expect(await call('GET', '/api/v1/calls', { token })).toMatchObject({
      status: 401,
      body: { code: 'session-expired' },
    });
  });
});

it('refuses demo logins from other machines before it looks at the password', async () => {
  const route = http.routes.find(({ path }) => path === '/api/v1/login');
  const from = (address: string, name: string, password = 'secret') =>
    route?.handle({
      params: {},
      query: {},
      body: { name, password },
      caller: nobody,
      source: { address, network: '127.0.0.1', loopback: address.startsWith('127.') },
    });
  expect(await from('192.0.2.7', 'alice')).toMatchObject({ problem: { code: 'demo-login-not-local' } });
  expect(await from('192.0.2.7', 'alice', 'wrong')).toMatchObject({ problem: { code: 'demo-login-not-local' } });
  expect(await from('127.0.0.1', 'alice')).toMatchObject({ status: 200 });
  expect(await from('192.0.2.7', 'sue')).toMatchObject({ status: 200 });

  const path = '/api/v1/agents/alice/password';
  expect(await call('POST', path, { token: await login('sue'), body: {} })).toMatchObject({ status: 403 });
  const { body } = await call('POST', path, { token: adminToken, body: {} });
  const { password } = body as { password: string };
  expect(await from('192.0.2.7', 'alice', password)).toMatchObject({ status: 200 });
  const nobodyThere = await call('POST', '/api/v1/agents/nobody/password', { token: adminToken, body: {} });
  expect(nobodyThere.status).toBe(404);
});

describe('contacts', () => {
  it('are made, found by number and listed page by page', async () => {
    const token = await login('alice');
    const zhang = { name: 'Zhang San', numbers: ['+86 138-0000-0000'] };
    const made = await call('POST', '/api/v1/contacts', { token, body: zhang });
    expect(made).toMatchObject({ status: 201, body: { name: 'Zhang San', numbers: ['+8613800000000'] } });
    expect((await call('POST', '/api/v1/contacts', { token, body: { ...zhang, name: 'Zhang S.' } })).status).toBe(200);
    for (const n of [1, 2])
      await call('POST', '/api/v1/contacts', { token, body: { name: `n${n}`, numbers: [`+861${n}`] } });
    const first = await call('GET', '/api/v1/contacts?limit=2', { token });
    expect(first.body).toMatchObject({ items: [{ name: 'n2' }, { name: 'n1' }] });
    const { next } = first.body as { next: string };
    const rest = await call('GET', `/api/v1/contacts?limit=2&cursor=${next}`, { token });
    expect(rest.body).toMatchObject({ items: [{ name: 'Zhang S.' }] });
    expect(rest.body).not.toHaveProperty('next');
    expect((await call('GET', '/api/v1/contacts?number=%2B8613800000000', { token })).body).toMatchObject({
      items: [{ name: 'Zhang S.' }],
    });
    expect((await call('GET', '/api/v1/contacts?number=%2B999', { token })).body).toEqual({ items: [] });
  });

  it('name what is wrong with a body', async () => {
    const token = await login('alice');
    const post = (body: unknown): Promise<Reply> => call('POST', '/api/v1/contacts', { token, body });
    expect(await post({ name: '', numbers: ['+861'] })).toMatchObject({
      status: 400,
      body: { code: 'bad-field', place: 'body.name' },
    });
    expect(await post({ name: 'x', numbers: ['+861', ';drop'] })).toMatchObject({
      status: 422,
      body: { place: 'numbers.1' },
    });
    expect(await post('{"name": ')).toMatchObject({ status: 400, body: { code: 'not-json' } });
    expect(await post('7')).toMatchObject({ status: 400 });
    expect(await post({ name: 'x', numbers: ['+861'], notes: 'x'.repeat(70_000) })).toMatchObject({
      status: 413,
      body: { code: 'body-too-large' },
    });
    await post({ name: 'a', numbers: ['+861'] });
    await post({ name: 'b', numbers: ['+862'] });
    expect(await post({ name: 'c', numbers: ['+861', '+862'] })).toMatchObject({
      status: 409,
      body: { code: 'contact-conflict' },
    });
  });

  it('are made once for one Idempotency-Key', async () => {
    const token = await login('alice');
    const post = (key: string, name: string): Promise<Reply> =>
      call('POST', '/api/v1/contacts', {
        token,
        body: { name, numbers: ['+861'] },
        headers: { 'idempotency-key': key },
      });
    const [first, second] = [await post('k1', 'a'), await post('k1', 'a')];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(await post('k1', 'b')).toMatchObject({ status: 422, body: { code: 'idempotency-mismatch' } });
    expect((await post('k2', 'a')).status).toBe(200);
  });

  it('are refused with 503 while nothing can be written', async () => {
    const token = await login('alice');
    const facts = { text: 'x'.repeat(100_000) };
    const rows = Array.from({ length: 30 }, () => sampleRow('transcript-heard', { facts }));
    // They are held: what was refused for good would leave room for a small row.
    await expect(ledger.append(rows).written).rejects.toMatchObject({ code: 'ledger-full', held: true });
    const reply = await call('POST', '/api/v1/contacts', { token, body: { name: 'a', numbers: ['+861'] } });
    expect(reply).toMatchObject({ status: 503, body: { code: 'ledger-not-writable' } });
    expect((await call('GET', '/api/v1/contacts', { token })).status).toBe(200);
    ledger.limitPages(100_000);
  });
});

describe('calls', () => {
  beforeEach(async () => {
    const personal = { subject: ledger.subjectOf('+861'), fields: { from: '+861' } };
    for (const n of [1, 2, 3])
      await ledger.append([sampleRow('call-invited', { callId: `c${n}`, at: n, facts: { to: '100' }, personal })])
        .written;
    await ledger.append([sampleRow('alert-raised', { callId: 'c1', facts: { rule: 'refund', severity: 'critical' } })])
      .written;
  });

  it('are listed newest first with the contact’s name, and tell their story', async () => {
    const token = await login('sue');
    await call('POST', '/api/v1/contacts', { token, body: { name: 'Zhang', numbers: ['+861'] } });
    const page = await call('GET', '/api/v1/calls?limit=2', { token });
    expect(page.body).toMatchObject({
      items: [{ id: 'c3', from: '+861', fromName: 'Zhang' }, { id: 'c2' }],
      next: 'c2',
    });
    expect((await call('GET', '/api/v1/calls?cursor=c2&number=%2B86-1', { token })).body).toMatchObject({
      items: [{ id: 'c1' }],
    });
    expect((await call('GET', '/api/v1/calls/c1', { token })).body).toMatchObject({
      alerts: 1,
      story: [{ type: 'call-invited', personal: { from: '+861' } }, { type: 'alert-raised' }],
    });
    expect(await call('GET', '/api/v1/calls/nothing', { token })).toMatchObject({
      status: 404,
      body: { code: 'not-found' },
    });
    expect(await call('GET', '/api/v1/calls?limit=1000', { token })).toMatchObject({
      status: 400,
      body: { place: 'query.limit' },
    });
  });

  it('are hung up by their agent, a supervisor and the command line, not by others', async () => {
    const token = await login('alice');
    expect(await call('POST', '/api/v1/calls/c1/hangup', { token })).toMatchObject({
      status: 403,
      body: { code: 'not-allowed' },
    });
    agents = [{ ...idle, callId: 'c1' }];
    expect((await call('POST', '/api/v1/calls/c1/hangup', { token })).status).toBe(202);
    expect((await call('POST', '/api/v1/calls/c1/hangup', { token: await login('sue') })).status).toBe(202);
    expect((await call('POST', '/api/v1/calls/c1/hangup', { token: adminToken })).status).toBe(202);
    expect(await call('POST', '/api/v1/calls/c9/hangup', { token: adminToken })).toMatchObject({ status: 404 });
    expect(hungUp).toEqual(['c1', 'c1', 'c1', 'c9']);
  });

  it('list their alerts', async () => {
    const reply = await call('GET', '/api/v1/alerts?call=c1', { token: adminToken });
    expect(reply.body).toMatchObject({ items: [{ callId: 'c1', rule: 'refund', severity: 'critical' }] });
  });

  it('forget a person who is erased, which only an admin may ask', async () => {
    const body = { subject: '+86 1' };
    expect((await call('POST', '/api/v1/erasures', { token: await login('sue'), body })).status).toBe(403);
    expect(await call('POST', '/api/v1/erasures', { token: adminToken, body })).toMatchObject({
      status: 200,
      body: { found: true, rows: 3, scrubbed: true },
    });
    expect((await call('GET', '/api/v1/calls/c1', { token: adminToken })).body).toMatchObject({
      from: '',
      story: [{ erased: true }, {}],
    });
  });
});

describe('the site', () => {
  it('shows agents, queues and the dialplan', async () => {
    const token = await login('alice');
    expect((await call('GET', '/api/v1/agents', { token })).body).toMatchObject({ items: [{ id: 'alice' }] });
    expect((await call('GET', '/api/v1/queues', { token })).body).toMatchObject({ items: [{ waiting: 2 }] });
    expect((await call('GET', '/api/v1/dialplans', { token })).body).toMatchObject({ version: 'abc' });
  });

  it('changes one’s own state, and anybody’s for a supervisor', async () => {
    const token = await login('alice');
    const body = { presence: 'available' };
    expect((await call('POST', '/api/v1/agents/alice/state', { token, body })).body).toMatchObject({
      presence: 'available',
    });
    expect((await call('POST', '/api/v1/agents/bob/state', { token, body })).status).toBe(403);
    expect((await call('POST', '/api/v1/agents/bob/state', { token: adminToken, body })).status).toBe(404);
  });

  it('tells its health, readiness and metrics to everybody', async () => {
    expect(await call('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect((await call('GET', '/readyz')).status).toBe(200);
    ready = { ready: false, parts: { media: { ready: false, detail: 'not connected' } } };
    expect(await call('GET', '/readyz')).toMatchObject({ status: 503, body: { parts: { media: { ready: false } } } });
    await ledger.append([sampleRow('answered', { callId: 'c', facts: { waitedMs: 1_500 } })]).written;
    const { body } = await call('GET', '/metrics');
    for (const line of [
      'jackfield_calls_active 3',
      'jackfield_queue_wait_seconds_count{outcome="answered"} 1',
      'jackfield_queue_waiting{queue="support"} 2',
      'jackfield_agents{state="offline"} 1',
      'jackfield_ledger_writable 1',
    ])
      expect(body).toContain(line);
  });

  it('answers unknown addresses and methods with what is possible', async () => {
    expect(await call('GET', '/api/v1/nothing')).toMatchObject({ status: 404, body: { code: 'not-found' } });
    const wrong = await call('DELETE', '/api/v1/contacts');
    expect(wrong).toMatchObject({ status: 405, body: { code: 'wrong-method' } });
    expect(wrong.headers.get('allow')).toBe('GET, POST');
  });
});

describe('the document', () => {
  it('describes every route of the table and nothing else', async () => {
    const { body } = await call('GET', '/api/openapi.json');
    const { paths, openapi } = body as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    expect(openapi).toBe('3.1.0');
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(described.sort()).toEqual(http.routes.map(({ method, path }) => `${method} ${path}`).sort());
    const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is served: each route answers at its address, and guards itself as it says', async () => {
    for (const { method, path, access } of http.routes) {
      const { status } = await call(
        method.toUpperCase(),
        path.replace('{id}', 'x'),
        method === 'post' ? { body: {} } : {},
      );
      expect([path, status]).not.toEqual([path, 404]);
      expect([path, status === 401]).toEqual([path, access !== 'public']);
    }
  });
});

describe('the agent page', () => {
  it('says what to do when it is not built', async () => {
    const reply = await call('GET', '/', { headers: { accept: 'text/html' } });
    expect(reply).toMatchObject({ status: 503 });
    expect(reply.body).toContain('npm run build');
  });

  it('is served with a strict policy, and for every address that is no file', async () => {
    mkdirSync(join(folder, 'softphone', 'assets'), { recursive: true });
    writeFileSync(join(folder, 'softphone', 'index.html'), '<!doctype html><title>desk</title>');
    writeFileSync(join(folder, 'softphone', 'assets', 'app-1.js'), '1');
    const page = await call('GET', '/calls/7', { headers: { accept: 'text/html' } });
    expect(page).toMatchObject({ status: 200, body: '<!doctype html><title>desk</title>' });
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self' ws: wss:");
    expect((await call('GET', '/assets/app-1.js')).headers.get('cache-control')).toContain('immutable');
    expect(await call('GET', '/assets/gone.js')).toMatchObject({ status: 404 });
    expect((await call('GET', '/..%2f..%2fsite.key')).status).not.toBe(200);
  });
});

it('makes the admin token once, for its owner only', async () => {
  const file = join(folder, 'keys', 'admin.token');
  const token = adminTokenFrom(file);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(adminTokenFrom(file)).toBe(token);
});
