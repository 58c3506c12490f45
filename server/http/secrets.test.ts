import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { SimulatedClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { fakeLive } from '../../test/support/fake-live.ts';
import { LedgerBench } from '../../test/support/ledger-bench.ts';
import { Crm } from '../crm/index.ts';
import { openStore } from '../store/index.ts';
import { createHttp, type Route } from './index.ts';

let bench: LedgerBench;
let routes: readonly Route[] = [];

beforeEach(async () => {
  bench = new LedgerBench();
  const clock = new SimulatedClock(1);
  const ledger = await bench.open();
  const store = openStore(ledger, clock, { passwordCost: 8 });
  const crm = new Crm({ contacts: store.contacts, normalise: (number) => number });
  const live = fakeLive({ clock, agents: () => [], ready: () => ({ ready: true, parts: {} }), hungUp: [] });
  const http = createHttp(
    { ledger, store, crm, live, logger: silentLogger, clock },
    { adminToken: 'a', softphone: '/x' },
  );
  bench.scope.defer('http', () => http.close());
  routes = http.routes;
});
afterEach(() => bench.scope.close());

/** Names of properties anywhere in a schema. */
function namesIn(schema: z.ZodType): string[] {
  const names: string[] = [];
  JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any' }), (key, value: unknown) => {
    names.push(key);
    return value;
  });
  return names;
}

it('no answer with a password or a token is remembered under an Idempotency-Key', () => {
  const telling = routes.filter(
    ({ method, responses }) =>
      method === 'post' &&
      Object.values(responses).some((schema) => namesIn(schema).some((name) => /^(password|token)$/.test(name))),
  );
  expect(telling.map(({ path }) => path).sort()).toEqual([
    ...[
      '/api/v1/agents/{id}/devices',
      '/api/v1/agents/{id}/password',
      '/api/v1/login',
      '/api/v1/sip-credentials',
      '/api/v1/web-passes',
    ],
  ]);
  expect(telling.filter(({ secret }) => secret !== true)).toEqual([]);
});

it.each([
  ['get', '/api/v1/agents/{id}/devices'],
  ['delete', '/api/v1/agents/{id}/devices/{device}'],
])('%s %s of nobody is 404', async (method, path) => {
  const found = routes.find((each) => each.method === method && each.path === path);
  const account = { id: 'admin', login: 'admin', name: 'admin', role: 'admin', demo: false } as const;
  const answer = await found?.handle({
    ...{ params: { id: 'nobody', device: 'desk' }, query: {}, body: {} },
    caller: { account, token: '' },
    source: { address: '127.0.0.1', network: '127.0.0.1', loopback: true },
  });
  expect(answer).toMatchObject({ problem: { status: 404, code: 'not-found' } });
});
