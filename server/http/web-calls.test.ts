import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { fakeLive } from '../../test/support/fake-live.ts';
import { LedgerBench } from '../../test/support/ledger-bench.ts';
import { Crm } from '../crm/index.ts';
import { openStore } from '../store/index.ts';
import { createHttp } from './index.ts';

let bench: LedgerBench;
let origin: string;
let softphone: string;

beforeEach(async () => {
  bench = new LedgerBench();
  const options = bench.folder();
  softphone = join(options.folder, 'softphone');
  const clock = new SimulatedClock(1_000_000);
  const ledger = await bench.open(options);
  const store = openStore(ledger, clock, { passwordCost: 8 });
  const crm = new Crm({ contacts: store.contacts, normalise: (number) => number });
  const live = fakeLive({ clock, agents: () => [], ready: () => ({ ready: true, parts: {} }), hungUp: [] });
  const http = createHttp(
    { ledger, store, crm, live, logger: silentLogger, clock },
    { adminToken: 'a', softphone, checkAnswers: true, webSockets: ['ws://127.0.0.1:5066'] },
  );
  bench.scope.defer('http', () => http.close());
  const server = createServer(http.listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  bench.scope.defer('server', () => {
    server.closeAllConnections();
    server.close();
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => bench.scope.close());

function ask(path: string, body?: unknown): Promise<Response> {
  const headers = { connection: 'close', 'content-type': 'application/json' };
  return fetch(`${origin}${path}`, {
    ...{ headers, redirect: 'manual' },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
}

it('needs nobody signed in for a pass, and gives an address only so many a minute', async () => {
  const routes = await ask('/api/v1/web-routes');
  expect(await routes.json()).toMatchObject({ items: [{ id: 'main', video: true }] });
  const pass = () => ask('/api/v1/web-passes', { route: 'main', name: ' Ann ' });
  const first = await pass();
  expect(await first.json()).toMatchObject({ target: 'sip:main@jackfield.local', sip: { username: 'guest-1' } });
  for (let more = 2; more <= 6; more++) expect((await pass()).status).toBe(200);
  const refused = await pass();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10']);
  expect(await refused.json()).toMatchObject({ code: 'web-too-often' });
});

it.each(['a\nb', 'x'.repeat(61), ''])(
  'takes no name such as %j, which would break a line or the page',
  async (name) => {
    expect((await ask('/api/v1/web-passes', { route: 'main', name })).status).toBe(400);
  },
);

it('serves its page with a policy of its own, and only where its files are found from', async () => {
  for (const page of ['/call', '/listen']) expect([page, (await ask(page)).status]).toEqual([page, 503]);
  mkdirSync(softphone, { recursive: true });
  writeFileSync(join(softphone, 'call.html'), '<!doctype html><title>call</title>');
  const page = await ask('/call?to=main');
  expect([page.status, await page.text()]).toEqual([200, '<!doctype html><title>call</title>']);
  const policy = page.headers.get('content-security-policy');
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
  expect(policy).toContain("connect-src 'self' ws://127.0.0.1:5066;");
  expect(policy).not.toContain('unsafe');
  const elsewhere = await ask('/call/?to=main');
  expect([elsewhere.status, elsewhere.headers.get('location')]).toEqual([308, '/call?to=main']);
});
