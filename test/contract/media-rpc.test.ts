import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import type { Result } from '../../base/result.ts';
import type { MediaError } from '../../protocol/media.ts';
import { MediaClient } from '../../server/media-client.ts';
import { startNode, testSecret, type NodeUnderTest } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';

const clock = new SimulatedClock(1_000_000);
let under: NodeUnderTest;
beforeAll(async () => {
  under = await startNode({ mostEndpoints: 4, leaseInSeconds: 7 }, { clock });
});
afterAll(() => under.close());

/** The version in the origin of a description (RFC 4566 section 5.2). */
function versionOf(sdp: string): number {
  return Number(/^o=\S+ \d+ (\d+) /m.exec(sdp)?.[1]);
}

function good<T>(answer: Result<T, MediaError>): T {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value;
}

/** A connection that sends lines as they are. */
class RawBrain {
  readonly socket: Socket;
  readonly #lines: AsyncIterator<string>;
  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port });
    this.#lines = createInterface({ input: this.socket })[Symbol.asyncIterator]();
  }
  send(...lines: readonly unknown[]): void {
    this.socket.write(lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  }
  /** The next line, or undefined when the node hung up. */
  async line(): Promise<Record<string, unknown> | undefined> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : (JSON.parse(value) as Record<string, unknown>);
  }
}

const hello = (epoch: number, secret = testSecret, brain = 'brain') => ({
  id: 1,
  verb: 'hello',
  params: { secret, brain, epoch },
});

describe('bad input', () => {
  test.each<[string, unknown, string]>([
    ['no JSON', 'this is not JSON', 'bad-request'],
    ['no request', { hello: 'world' }, 'bad-request'],
    ['no such verb', { id: 1, verb: 'destroy', params: {} }, 'bad-request'],
    ['a verb of every object', { id: 1, verb: 'constructor', params: {} }, 'bad-request'],
    ['no hello first', { id: 1, verb: 'inventory', params: {} }, 'unauthorised'],
    ['a wrong secret', hello(1, 'wrong'), 'unauthorised'],
    ['a hello without an epoch', { id: 1, verb: 'hello', params: { secret: testSecret, brain: 'b' } }, 'bad-request'],
    ['an older epoch', hello(0), 'stale-epoch'],
    ['the same epoch of another brain', hello(1, testSecret, 'other'), 'stale-epoch'],
    ['a line without end', 'x'.repeat(10_000), 'bad-request'],
  ])('%s is answered with a reason, and the brain in charge notices nothing', async (_, line, code) => {
    const raw = new RawBrain(under.node.rpcPort);
    raw.send(line);
    expect(await raw.line()).toMatchObject({ ok: false, error: { code } });
    raw.socket.destroy();
    expect(under.client.isConnected).toBe(true);
    expect((await under.client.call('inventory', {})).ok).toBe(true);
  });

  test.each([
    ['open', { endpointId: 'a b', callId: 'c', kind: 'sip' }, 'bad-request'],
    ['open', { endpointId: 'a', callId: 'c', kind: 'pots' }, 'bad-request'],
    ['open', { endpointId: 'a', callId: 'c', kind: 'sip', remoteSdp: 'v=0\r\n' }, 'unsupported-sdp'],
    [
      'open',
      { endpointId: 'a', callId: 'c', kind: 'webrtc', remoteSdp: 'v=0\r\nm=audio 9 RTP/AVP 0\r\n' },
      'unsupported-sdp',
    ],
    [
      'open',
      { endpointId: 'a', callId: 'c', kind: 'sip', remoteSdp: 'v=0\r\nc=IN IP6 ::1\r\nm=audio 9 RTP/AVP 0\r\n' },
      'unsupported-sdp',
    ],
    ['answer', { endpointId: 'nobody', remoteSdp: 'v=0' }, 'unknown-endpoint'],
    ['restartIce', { endpointId: 'nobody' }, 'unknown-endpoint'],
    ['apply', { callId: 'nobody', revision: 1, graph: {} }, 'unknown-call'],
    ['apply', { callId: 'c', revision: -1, graph: {} }, 'bad-request'],
    ['apply', { callId: 'c', revision: 1, graph: { plays: [{ playId: 'p', to: 'a', files: [] }] } }, 'bad-request'],
    ['apply', { callId: 'c', revision: 1, graph: { edges: [{ from: 'a', to: 'b', gainDb: 99 }] } }, 'bad-request'],
    ['subscribe', { from: 'the beginning' }, 'bad-request'],
  ] as const)('%s %j is refused: %s', async (verb, params, code) => {
    const answer = await under.client.call(verb, params as never);
    expect(answer).toMatchObject({ ok: false, error: { code } });
    expect(good(await under.client.call('inventory', {})).endpoints).toEqual([]);
  });
});

describe('desired state', () => {
  test('repeating changes nothing, an older revision is ignored, closing twice is no error', async () => {
    const peer = await RtpPeer.open();
    const open = { endpointId: 'e', callId: 'c1', kind: 'sip', remoteSdp: peer.sdp() } as const;
    const first = good(await under.client.call('open', open));
    expect(good(await under.client.call('open', open))).toEqual(first);
    expect(await under.client.call('open', { ...open, callId: 'c2' })).toMatchObject({
      error: { code: 'bad-request' },
    });
    const apply = async (revision: number) =>
      good(await under.client.call('apply', { callId: 'c1', revision, graph: {} })).applied;
    expect([await apply(5), await apply(5), await apply(4), await apply(6)]).toEqual([true, false, false, true]);
    const held = good(await under.client.call('inventory', {}));
    expect(held.bootId).toBe(under.node.bootId);
    expect(held.graphs).toEqual([{ callId: 'c1', revision: 6 }]);
    expect(held.endpoints).toMatchObject([{ endpointId: 'e', callId: 'c1', kind: 'sip', connected: false }]);
    const { closed } = good(await under.client.call('close', { endpointId: 'e' }));
    expect(closed).toEqual(held.endpoints);
    expect(good(await under.client.call('close', { endpointId: 'e' }))).toEqual({ closed: [] });
    good(await under.client.call('closeCall', { callId: 'c1' }));
    expect(good(await under.client.call('inventory', {}))).toMatchObject({ endpoints: [], graphs: [] });
    peer.close();
  });

  test('our offer is answered once; the next is a new version', async () => {
    const peer = await RtpPeer.open();
    const setup = { endpointId: 'e', callId: 'c', kind: 'sip' } as const;
    const offer = good(await under.client.call('open', setup));
    expect(good(await under.client.call('open', setup))).toEqual(offer);
    good(await under.client.call('answer', { endpointId: 'e', remoteSdp: peer.sdp() }));
    good(await under.client.call('answer', { endpointId: 'e', remoteSdp: peer.sdp() }));
    // A 200 that differs from the 183 before it counts.
    good(await under.client.call('answer', { endpointId: 'e', remoteSdp: peer.sdp('sendonly') }));
    const again = good(await under.client.call('open', setup));
    expect(again.localSdp).not.toBe(offer.localSdp);
    expect(versionOf(again.localSdp)).toBe(versionOf(offer.localSdp) + 1);
    good(await under.client.call('open', { ...setup, remoteSdp: peer.sdp('recvonly') }));
    expect(await under.client.call('answer', { endpointId: 'e', remoteSdp: peer.sdp() })).toMatchObject({
      error: { code: 'bad-request' },
    });
    good(await under.client.call('close', { endpointId: 'e' }));
    peer.close();
  });

  test('a node that is full refuses new calls and tells so; a call that is there gets another leg, and one that comes from a dead node', async () => {
    const open = (endpointId: string, callId = endpointId, more = {}) =>
      under.client.call('open', { endpointId, callId, kind: 'sip', ...more });
    for (const endpointId of ['1', '2', '3']) good(await open(endpointId));
    expect(await under.event('capacity-changed')).toMatchObject({ full: 'endpoints' });
    expect(await open('4')).toMatchObject({ ok: false, error: { code: 'overloaded', retryable: true } });
    good(await open('1b', '1'));
    expect(await open('1c', '1')).toMatchObject({ error: { message: 'too many endpoints are open' } });
    good(await under.client.call('close', { endpointId: '1b' }));
    good(await open('4', '4', { again: true }));
    for (const endpointId of ['1', '2', '3']) good(await under.client.call('close', { endpointId }));
    expect(await under.event('capacity-changed', ({ full }) => full === null)).toMatchObject({ full: null });
    good(await open('5'));
    for (const callId of ['4', '5']) good(await under.client.call('closeCall', { callId }));
  });

  test('phrases: an older revision is ignored', async () => {
    const phrase = (text: string) => [{ phraseId: text, text, language: 'en-US' as const }];
    const set = async (revision: number, text: string) =>
      good(await under.client.call('setPhrases', { revision, phrases: phrase(text) })).rejected.map(
        ({ phraseId }) => phraseId,
      );
    expect([await set(2, 'refund'), await set(1, 'old'), await set(3, 'new')]).toEqual([
      ['refund'],
      ['refund'],
      ['new'],
    ]);
  });
});

describe('a brain that comes back', () => {
  const options = (epoch: number) => ({
    host: '127.0.0.1',
    port: under.node.rpcPort,
    secret: testSecret,
    brain: 'brain',
    epoch,
    retryMs: 10,
  });

  test('gets the events it missed, each once, and its calls went on', async () => {
    const peer = await RtpPeer.open();
    const open = { endpointId: 'e', callId: 'c', kind: 'sip', remoteSdp: peer.sdp() } as const;
    peer.aim(good(await under.client.call('open', open)).localSdp);
    const before = under.events.length;
    const lost = new Promise<void>((resolve) => under.client.lost.on(() => resolve()));
    under.client.close();
    await lost;
    await peer.press('7');
    await peer.press('8');

    const next = new MediaClient(options(2), silentLogger);
    const seen: { seq: number; type: string }[] = [];
    const digits = new Promise<void>((resolve) =>
      next.events.on(({ seq, event }) => {
        seen.push({ seq, type: event.type });
        if (event.type === 'digit' && event.digit === '8') resolve();
      }),
    );
    const connection = await next.connect();
    expect(connection).toMatchObject({ bootId: under.node.bootId, newBoot: false, complete: true });
    await digits;
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
    expect(seen.slice(before).map(({ type }) => type)).toEqual(['endpoint-connected', 'digit', 'digit']);
    expect(good(await next.call('inventory', {})).endpoints).toMatchObject([{ endpointId: 'e', connected: true }]);

    // The lease runs out while nobody is there.
    next.close();
    const raw = new RawBrain(under.node.rpcPort);
    raw.send(hello(1));
    expect(await raw.line()).toMatchObject({ error: { code: 'stale-epoch' } });
    clock.advance(7000);
    const last = new MediaClient(options(3), silentLogger);
    const expired = new Promise((resolve) =>
      last.onEvent((event) => {
        if (event.type === 'endpoint-lost') resolve(event);
      }),
    );
    await last.connect();
    expect(await expired).toEqual({ type: 'endpoint-lost', callId: 'c', endpointId: 'e', cause: 'lease-expired' });
    expect(good(await last.call('inventory', {})).endpoints).toEqual([]);

    // A newer brain takes over; the older one is refused for good and says so.
    const refused = new Promise<MediaError>((resolve) => last.refused.on(resolve));
    const newest = new MediaClient(options(4), silentLogger);
    await newest.connect();
    expect((await refused).code).toBe('stale-epoch');
    expect(await last.call('inventory', {})).toMatchObject({ ok: false, error: { retryable: true } });
    newest.close();
    peer.close();
  });
});
