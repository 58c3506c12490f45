import { expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { fakeLive } from '../../test/support/fake-live.ts';
import type { Context } from './context.ts';
import { protectionRoutes } from './routes/protection.ts';

const clock = new SimulatedClock(1);
const live = fakeLive({ clock, agents: () => [], ready: () => ({ ready: true, parts: {} }), hungUp: [] });
// The two routes ask nothing else of what is around them.
const [blocked, unblock] = protectionRoutes({ live } as unknown as Context);
const account = { id: 'x', login: 'x', name: 'X', role: 'admin', demo: false } as const;
const asked = {
  params: {},
  query: {},
  caller: { account, token: '' },
  source: { address: '127.0.0.1', network: '127.0.0.1', loopback: true },
};

it('tells a supervisor whom the defences hold back', async () => {
  expect(blocked?.access).toBe('supervisor');
  expect(await blocked?.handle({ ...asked, body: {} })).toMatchObject({
    body: { dropped: { 'source-rate': 3 }, held: [{ source: '192.0.2.66' }] },
  });
});

it('lets an admin release one of them', async () => {
  expect(unblock?.access).toBe('admin');
  expect(await unblock?.handle({ ...asked, body: { source: '192.0.2.66' } })).toMatchObject({ status: 200 });
  expect(await unblock?.handle({ ...asked, body: { source: '192.0.2.7' } })).toMatchObject({
    problem: { status: 404 },
  });
});
