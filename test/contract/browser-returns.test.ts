/** The engine dies under the calls of two browsers: one comes back and keeps its call, the other's is over after 30 s. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { answerSdp } from '../support/sip/calls.ts';
import { EngineProgram } from '../support/sip/engine-program.ts';
import { LinkClient } from '../support/sip/link.ts';
import { random, testSdp, webSocketPeer } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { registerPeer } from '../support/sip/registering.ts';
import { type ServerSide, startServerSide } from '../support/sip/server-side.ts';
import { until } from '../support/until.ts';

const secret = 'contract-secret';
const folder = mkdtempSync(join(tmpdir(), 'jackfield-returns-'));
const journal = join(folder, 'engine.journal');
const engine = new EngineProgram({ journal, secret });
const closers: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
  await engine.stop();
  rmSync(folder, { recursive: true });
});

interface Browser {
  readonly agentId: string;
  readonly host: string;
  readonly peer: RawPeer;
}

/** A page of the agent, registered; with `host` the same page again. */
async function browser(side: ServerSide, agentId: string, host = `${random()}.invalid`): Promise<Browser> {
  const peer = await webSocketPeer(`ws://127.0.0.1:${String(engine.port('ws'))}`, agentId, host);
  closers.push(() => peer.close());
  const { username, password } = side.sip.mint(agentId, Date.now() + 3_600_000);
  await until(async () => {
    const wanted = { username, password, record: agentId, algorithm: 'MD5', expires: 600 } as const;
    return (await registerPeer(peer, engine, wanted)).answer.status === 200;
  });
  return { agentId, host, peer };
}

/** The server calls the page, which answers. */
async function talk(side: ServerSide, { agentId, peer }: Browser): Promise<string> {
  const legId = `${agentId}.x1`;
  const destination = { type: 'agent', agentId, offerId: 'o' } as const;
  side.sip.invite({ legId, callId: agentId, destination, sdp: testSdp, from: '1000' });
  peer.answer(await peer.request('INVITE'), '200 OK', { tag: random(), body: answerSdp });
  await peer.request('ACK');
  await until(() => side.dialogs.has(legId));
  const id = side.dialogs.get(legId)?.id ?? '';
  await until(() => readFileSync(journal, 'utf8').includes(`"put","dialog":{"id":"${id}"`));
  return legId;
}

it('a browser that registers again within 30 s has its call, one that does not loses it then', async () => {
  await engine.start();
  const clock = new SimulatedClock(Date.now());
  const link = { host: '127.0.0.1', port: engine.ports.link ?? 0 };
  const side = await startServerSide(engine, { link, clock });
  closers.push(() => side.sip.close());
  const [alice, bob] = [await browser(side, 'alice'), await browser(side, 'bob')];
  const legs = { alice: await talk(side, alice), bob: await talk(side, bob) };

  await engine.kill();
  await engine.start();
  const asked = await LinkClient.greet(link.port, secret);
  closers.push(() => asked.close());
  const held = async () => (await asked.dialogs()).filter(({ reachable }) => reachable).length;
  // The server has taken its calls up again, and nobody can be reached.
  await until(async () => (await asked.dialogs()).every(({ parked }) => !parked));
  expect([(await asked.dialogs()).length, await held()]).toEqual([2, 0]);
  await until(() => side.sip.connected);
  const again = await browser(side, 'alice', alice.host);
  expect(await held()).toBe(1);

  clock.advance(29_000);
  expect(side.events.filter(({ type }) => type === 'leg-ended')).toEqual([]);
  // When it began to wait is the server's own matter: the link may have come up after the first second.
  await until(() => {
    clock.advance(1000);
    return side.events.some(({ type }) => type === 'leg-ended');
  });
  expect(await side.event('leg-ended')).toMatchObject({ legId: legs.bob, cause: 'signalling-lost' });
  expect([...side.dialogs.keys()]).toEqual([legs.alice]);

  // In the call that stayed both sides still talk to each other.
  side.sip.bye(legs.alice, 'normal');
  const bye = await again.peer.request('BYE');
  again.peer.answer(bye, '200 OK');
  await until(async () => (await asked.dialogs()).length === 0);
  expect(side.events.filter(({ type }) => type === 'leg-ended')).toHaveLength(1);
});
