/** The engine died and took its calls with it, journal and all: those at the other end hear BYE all the same. */
import { afterAll, expect, it } from 'vitest';
import type { SipOptions } from '../../server/sip/index.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import { random, testSdp } from '../support/sip/raw-peer.ts';
import { noTrunks, type ServerSide, startServerSide } from '../support/sip/server-side.ts';
import { startTestEngine, useBench } from '../support/sip/target.ts';
import { trunksOf } from '../support/sip/trunk-plans.ts';

const bench = useBench();
const plan = trunksOf('trunks: { carrier: { addresses: [loopback], calls: in } }');
const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
});

/** The server before and after: the second one has another engine, which knows of nothing. */
async function afterDeath(before: ServerSide): Promise<ServerSide> {
  const remembered = [...before.dialogs].map(([legId, dialog]) => ({ legId, dialog }));
  before.sip.close();
  const engine = await startTestEngine();
  closers.push(() => engine.close());
  const options: Partial<SipOptions> = { link: { host: '127.0.0.1', port: engine.ports.link ?? 0 } };
  const restored = JSON.parse(JSON.stringify({ dialogs: remembered, bindings: [] })) as Parameters<
    ServerSide['sip']['start']
  >[0];
  const after = await startServerSide(engine, options, plan, () => undefined, restored);
  bench.later(() => after.sip.close());
  return after;
}

const routesIn = (message: RawMessage): string[] => message.headers('Route').flatMap((line) => line.split(', '));

it('sends BYE for a forgotten call by the proxies it came through, nearest first', async () => {
  const [near, caller] = [await bench.udp(), await bench.udp()];
  const routes = [`<sip:127.0.0.1:${near.wire.port};lr>`, '<sip:far.example;lr>'];
  const before = await startServerSide(bench.engine, { trunks: noTrunks }, plan, (sip, { legId }) =>
    sip.answer(legId, testSdp),
  );
  const invite = near.send('INVITE', bench.target.udp, {
    body: testSdp,
    contact: caller.contact,
    headers: [`Record-Route: ${routes[0] ?? ''}`, `Record-Route: ${routes[1] ?? ''}`],
  });
  const answer = await near.response(200, 'INVITE');
  near.inDialog('ACK', bench.target.udp, invite, answer);
  await before.event('leg-confirmed');
  expect([...before.dialogs.values()][0]?.routes).toEqual(routes);
  const after = await afterDeath(before);
  expect(await after.event('leg-ended')).toMatchObject({ cause: 'signalling-lost' });
  const bye = await near.request('BYE');
  near.answer(bye, '200 OK');
  expect(bye.start).toBe(`BYE ${caller.contact} SIP/2.0`);
  expect(routesIn(bye)).toEqual(routes);
  expect([bye.tag('From'), bye.tag('To')]).toEqual([answer.tag('To'), invite.tag('From')]);
  expect(caller.seen).toEqual([]);
});

it('does so for a call it placed, in the order from here', async () => {
  const [proxy, callee] = [await bench.udp(), await bench.udp()];
  const before = await startServerSide(bench.engine, { trunks: noTrunks }, plan);
  const destination = { type: 'outside', to: `sip:bob@127.0.0.1:${proxy.wire.port}` } as const;
  before.sip.invite({ legId: 'a.x1', callId: 'a', destination, sdp: testSdp, from: '1000' });
  const invite = await proxy.request('INVITE');
  const [far, near] = ['<sip:far.example;lr>', `<sip:127.0.0.1:${proxy.wire.port};lr>`];
  const answer = proxy.answer(invite, '200 OK', {
    ...{ tag: random(), body: testSdp, contact: false },
    lines: [`Contact: <${callee.contact}>`, `Record-Route: ${far}, ${near}`],
  });
  await proxy.request('ACK');
  await before.event('leg-answered');
  const after = await afterDeath(before);
  await after.event('leg-ended');
  const bye = await proxy.request('BYE');
  proxy.answer(bye, '200 OK');
  expect(bye.start).toBe(`BYE ${callee.contact} SIP/2.0`);
  expect(routesIn(bye)).toEqual([near, far]);
  expect([bye.tag('From'), bye.tag('To')]).toEqual([invite.tag('From'), answer.tag('To')]);
  expect(callee.seen).toEqual([]);
});
