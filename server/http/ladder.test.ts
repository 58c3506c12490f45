import { afterEach, beforeEach, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { fakeLive } from '../../test/support/fake-live.ts';
import { LedgerBench, sampleRow } from '../../test/support/ledger-bench.ts';
import { Crm } from '../crm/index.ts';
import { openStore, type Role } from '../store/index.ts';
import { createHttp, type Route } from './index.ts';

let bench: LedgerBench;
let ladder: Route | undefined;

beforeEach(async () => {
  bench = new LedgerBench();
  const clock = new SimulatedClock(1);
  const ledger = await bench.open();
  const personal = { subject: ledger.subjectOf('+861'), fields: { from: '+861' } };
  await ledger.append([sampleRow('call-invited', { callId: 'c1', facts: { to: '+862' }, personal })]).written;
  const store = openStore(ledger, clock, { passwordCost: 8 });
  const crm = new Crm({ contacts: store.contacts, normalise: (number) => number });
  const live = fakeLive({ clock, agents: () => [], ready: () => ({ ready: true, parts: {} }), hungUp: [] });
  const ports = { ledger, store, crm, live, logger: silentLogger, clock };
  const http = createHttp(ports, { adminToken: 'a', softphone: '/nowhere' });
  bench.scope.defer('http', () => http.close());
  ladder = http.routes.find(({ path }) => path === '/api/v1/calls/{id}/ladder');
});
afterEach(() => bench.scope.close());

async function asked(id: string, unmasked: string, role: Role): Promise<number | boolean> {
  const account = { id: 'x', login: 'x', name: 'X', role, demo: false };
  const request = { params: { id }, query: { unmasked }, body: {}, caller: { account, token: '' } };
  const answer = await ladder?.handle({
    ...request,
    source: { address: '127.0.0.1', network: '127.0.0.1', loopback: true },
  });
  if (answer === undefined) throw new Error('there is no such route');
  return 'problem' in answer ? answer.problem.status : (answer.body as { masked: boolean }).masked;
}

it('shows ladders masked to supervisors, and in clear to admins alone', async () => {
  expect(ladder?.access).toBe('supervisor');
  expect(await asked('c1', 'false', 'supervisor')).toBe(true);
  expect(await asked('c1', 'true', 'supervisor')).toBe(403);
  expect(await asked('c1', 'true', 'admin')).toBe(false);
  expect(await asked('c9', 'false', 'admin')).toBe(404);
});
