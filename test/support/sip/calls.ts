import { once } from 'node:events';
import { firstRequest } from './srf.ts';
import type { App, SrfDialog, SrfRequest, SrfResponse } from './srf.ts';
import { random, testSdp } from './raw-peer.ts';
import type { RawPeer } from './raw-peer.ts';
import type { RawMessage } from './raw-message.ts';
import type { Bench } from './target.ts';

/** What the called side of a test call answers. */
export const answerSdp = testSdp.replace('40000', '40002');

/** A promise whose failure is looked at later: its rejection is not a stray one. */
export function silenced<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** An INVITE of a peer that the app has not answered yet. */
export async function ringing(
  bench: Bench,
  peer: RawPeer,
  headers: readonly string[] = [],
): Promise<{ app: App; invite: RawMessage; request: SrfRequest; response: SrfResponse }> {
  const app = await bench.app();
  const incoming = firstRequest(app.srf, 'invite');
  const invite = peer.send('INVITE', bench.target.udp, { body: testSdp, headers });
  return { app, invite, ...(await incoming) };
}

/** A call of a peer, answered by the app and acknowledged. */
export async function callIn(
  bench: Bench,
  peer: RawPeer,
  headers: readonly string[] = [],
): Promise<{ app: App; dialog: SrfDialog; invite: RawMessage; answer: RawMessage }> {
  const { app, invite, request, response } = await ringing(bench, peer, headers);
  const dialog = await app.srf.createUAS(request, response, { localSdp: answerSdp });
  const answer = await peer.response(200, 'INVITE');
  const acked = once(dialog, 'ack');
  peer.inDialog('ACK', bench.target.udp, invite, answer);
  await acked;
  return { app, dialog, invite, answer };
}

/** A call of the app, answered by a peer; `lines` are further headers of its 200. */
export async function callOut(
  app: App,
  peer: RawPeer,
  lines: readonly string[] = [],
): Promise<{ dialog: SrfDialog; invite: RawMessage; answer: RawMessage }> {
  const made = silenced(app.srf.createUAC(peer.contact, { localSdp: testSdp }));
  const invite = await peer.request('INVITE');
  const answer = peer.answer(invite, '200 OK', { tag: random(), body: answerSdp, lines });
  await peer.request('ACK');
  return { dialog: await made, invite, answer };
}
