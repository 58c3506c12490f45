/** kamailio, which nobody here wrote, between the engine and its peers: it record-routes, bridges transports and forks. */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { startBaresip } from '../support/baresip.ts';
import { type Kamailio, type KamailioOptions, startKamailio } from '../support/kamailio.ts';
import { answerSdp, silenced } from '../support/sip/calls.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import { random, type RawPeer, type RequestFacts, tcpPeer, testSdp } from '../support/sip/raw-peer.ts';
import { realm, startSide, testAccount } from '../support/sip/registering.ts';
import type { SrfDialog, SrfRequest, SrfResponse } from '../support/sip/srf.ts';
import { embedded, portOf, useBench } from '../support/sip/target.ts';

type Transport = 'udp' | 'tcp';

const routesIn = (message: RawMessage): string[] =>
  message.headers('Record-Route').flatMap((line) => line.split(/,\s*(?=<)/));

/** A request of the peer along its route set, whose first hop is kamailio. */
function along(
  routes: readonly string[],
  { peer, kamailio }: { readonly peer: RawPeer; readonly kamailio: Kamailio },
  method: string,
  facts: RequestFacts,
): RawMessage {
  return peer.send(method, kamailio.port, { ...facts, headers: routes.map((route) => `Route: ${route}`) });
}

const contactOf = (message: RawMessage): string => /<([^>]+)>/.exec(message.header('Contact'))?.[1] ?? '';

describe.runIf(embedded)('behind kamailio', () => {
  const bench = useBench({ timers: { t1: 500, t2: 4000, t4: 5000, d: 32_000 } });

  async function kamailioTo(transport: Transport, more: Partial<KamailioOptions> = {}): Promise<Kamailio> {
    const port = portOf(bench.engine, transport);
    const behind = `sip:127.0.0.1:${String(port)};transport=${transport}`;
    const kamailio = await startKamailio({ behind, ...more });
    bench.later(() => kamailio.close());
    return kamailio;
  }

  /** An app that answers every call and every re-INVITE. */
  async function answering(): Promise<{ readonly dialogs: SrfDialog[]; readonly reinvites: string[] }> {
    const dialogs: SrfDialog[] = [];
    const reinvites: string[] = [];
    await bench.appWith((srf) =>
      srf.invite((request, response) => {
        void srf.createUAS(request, response, { localSdp: answerSdp }).then((dialog) => {
          dialogs.push(dialog);
          dialog.on('modify', (again: SrfRequest, reply: SrfResponse) => {
            reinvites.push(again.get('Via'));
            reply.send(200, { body: answerSdp });
          });
        });
      }),
    );
    return { dialogs, reinvites };
  }

  /** A call of a peer through kamailio, answered and acknowledged. */
  async function call(near: Transport, kamailio: Kamailio) {
    const peer = near === 'udp' ? await bench.udp() : await tcpPeer(kamailio.port);
    if (near === 'tcp') bench.later(() => peer.close());
    const invite = peer.send('INVITE', kamailio.port, { body: testSdp });
    const answer = await peer.response(200, 'INVITE');
    const routes = routesIn(answer).reverse();
    const facts = {
      uri: contactOf(answer),
      ...{ callId: invite.header('Call-ID'), from: invite.header('From'), to: answer.header('To') },
    };
    const say = (method: string, cseq: number, body?: string): RawMessage =>
      along(routes, { peer, kamailio }, method, { ...facts, cseq, ...(body === undefined ? {} : { body }) });
    say('ACK', 1);
    return { peer, routes, say };
  }

  it.each([
    ['udp', 'udp', 1],
    ['tcp', 'udp', 2],
    ['udp', 'tcp', 2],
  ] as const)('takes calls from %s over %s, with every request of both sides through it', async (near, far, hops) => {
    const kamailio = await kamailioTo(far);
    const { dialogs, reinvites } = await answering();
    const { peer, routes, say } = await call(near, kamailio);
    expect(routes).toHaveLength(hops);

    say('INVITE', 2, testSdp);
    expect((await peer.response(200, 'INVITE')).header('CSeq')).toBe('2 INVITE');
    say('ACK', 2);
    expect(reinvites).toEqual([expect.stringContaining(`127.0.0.1:${String(kamailio.port)}`)]);

    const [dialog] = dialogs;
    if (dialog === undefined) throw new Error('the app has no dialog');
    const modified = dialog.modify(testSdp.replace('sendrecv', 'sendonly'));
    const again = await peer.request('INVITE');
    expect(again.header('Via')).toContain(`127.0.0.1:${String(kamailio.port)}`);
    expect(again.headers('Route')).toEqual([]);
    peer.answer(again, '200 OK', { body: testSdp.replace('sendrecv', 'recvonly') });
    expect(await modified).toContain('recvonly');
    const ack = await peer.next(
      ({ method, header }) => method === 'ACK' && header('CSeq') === again.header('CSeq').replace('INVITE', 'ACK'),
    );
    expect(ack.header('Via')).toContain(`127.0.0.1:${String(kamailio.port)}`);

    const gone = dialog.destroy();
    const bye = await peer.request('BYE');
    expect(bye.header('Via')).toContain(`127.0.0.1:${String(kamailio.port)}`);
    peer.answer(bye, '200 OK');
    await gone;

    const second = await call(near, kamailio);
    while (dialogs.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const ended = dialogs[1] === undefined ? [] : once(dialogs[1], 'destroy');
    second.say('BYE', 2);
    await second.peer.response(200, 'BYE');
    await ended;
    expect(bench.engine.counts().dialogs).toBe(0);
  });

  it('calls out through it, and either side can go on and hang up', async () => {
    const kamailio = await kamailioTo('udp');
    const app = await bench.app();
    const peer = await bench.udp();
    const made = silenced(
      app.srf.createUAC(peer.contact, { localSdp: testSdp, proxy: `sip:127.0.0.1:${String(kamailio.port)}` }),
    );
    const invite = await peer.request('INVITE');
    const answer = peer.answer(invite, '200 OK', { tag: 'far', body: answerSdp });
    const dialog = await made;
    expect((await peer.request('ACK')).header('Via')).toContain(`127.0.0.1:${String(kamailio.port)}`);
    const modified = dialog.modify(testSdp);
    const again = await peer.request('INVITE');
    expect(again.headers('Via')).toHaveLength(2);
    peer.answer(again, '200 OK', { body: answerSdp });
    await modified;
    const ended = once(dialog, 'destroy');
    along(routesIn(invite), { peer, kamailio }, 'BYE', {
      uri: contactOf(invite),
      ...{ callId: invite.header('Call-ID'), from: answer.header('To'), to: invite.header('From') },
    });
    await peer.response(200, 'BYE');
    await ended;
  });

  it('acknowledges and ends the second of two forks that both answered', async () => {
    const [first, second] = [await bench.udp(), await bench.udp()];
    const kamailio = await kamailioTo('udp', { forks: [first.contact, second.contact] });
    const app = await bench.app();
    const made = silenced(app.srf.createUAC(`sip:fork@127.0.0.1:${String(kamailio.port)}`, { localSdp: testSdp }));
    const late = await second.request('INVITE');
    second.answer(late, '180 Ringing', { tag: 'second' });
    first.answer(await first.request('INVITE'), '200 OK', { tag: 'first', body: answerSdp });
    const dialog = await made;
    expect(dialog.sip.remoteTag).toBe('first');
    await first.request('ACK');
    // Its 200 crosses the CANCEL that kamailio sends it.
    second.answer(await second.request('CANCEL'), '200 OK', { tag: 'second' });
    second.answer(late, '200 OK', { tag: 'second', body: answerSdp });
    expect((await second.request('ACK')).tag('To')).toBe('second');
    const bye = await second.request('BYE');
    expect(bye.headers('Via')).toHaveLength(2);
    second.answer(bye, '200 OK');
    const ended = dialog.destroy();
    first.answer(await first.request('BYE'), '200 OK');
    await ended;
    expect(first.count(({ method }) => method === 'BYE')).toBe(1);
  });

  it.each(['udp', 'tcp'] as const)('a phone registered through it over %s is called by its Path', async (transport) => {
    const side = await startSide(bench.engine, bench.target.secret, [testAccount('alice-desk', 'alice')]);
    bench.later(() => side.sip.close());
    const kamailio = await kamailioTo(transport);
    const account = { domain: realm, password: 'alice-desk'.repeat(2), registrar: kamailio.port, transport };
    const phone = await startBaresip({ user: 'alice-desk', account, answers: true });
    bench.later(() => phone.close());
    const [binding] = await side.until('alice', (bindings) => bindings.length > 0);
    if (binding === undefined) throw new Error('alice has no device');
    expect(binding.path).toEqual([expect.stringContaining(`127.0.0.1:${String(kamailio.port)}`)]);
    const legId = `${random()}.x1`;
    const destination = { type: 'agent', agentId: 'alice', offerId: 'o1', deviceId: binding.id } as const;
    side.sip.invite({ legId, callId: legId, destination, sdp: testSdp, from: '+8610' });
    expect(await side.event('leg-answered')).toMatchObject({ legId });
    await phone.event('CALL_ESTABLISHED');
    await kamailio.relayed('INVITE');
    side.sip.bye(legId, 'normal');
    await phone.event('CALL_CLOSED');
    await kamailio.relayed('BYE');
  });
});
