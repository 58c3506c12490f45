/** RTP bleed and injection: what strangers send to the ports of SIP legs. Twenty calls at once in each scenario. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../base/result.ts';
import { writeBye, writeReport } from '../../media/edge/rtcp.ts';
import { writeRtp } from '../../media/edge/rtp.ts';
import type { MediaError } from '../../protocol/media.ts';
import { damaged, randomFrom } from '../support/damaged-packets.ts';
import { startNode, type NodeUnderTest } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';

const repeats = 20;
/** Last bytes of payloads: who said it; the one before counts. (What begins a source may be blended with the one before.) */
const rightful = 0x2a;
const injected = 0x7e;
const silence = 0xff;

let under: NodeUnderTest;
beforeAll(async () => {
  under = await startNode({ rtpTimeoutMs: 60_000 });
});
afterAll(() => under.close());

function good<T>(answer: Result<T, MediaError>): T {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value;
}

function payload(who: number, count: number): Uint8Array {
  return new Uint8Array(160).fill(who).fill(count, 158, 159);
}

const whoSaid = ({ payload }: { readonly payload: Uint8Array }): number | undefined => payload.at(-1);

let opened = 0;

/** A call of two SIP legs: what `a` says is heard by `b`. An attacker, and another at the address of `a`, know a's port. */
class Attacked {
  readonly callId = `attacked-${++opened}`;
  readonly idA = `${this.callId}-a`;
  readonly idB = `${this.callId}-b`;
  readonly a: RtpPeer;
  readonly b: RtpPeer;
  readonly attacker: RtpPeer;
  readonly neighbour: RtpPeer;
  readonly #more: RtpPeer[] = [];
  /** How many packets `a` said, and the RTP clock of it. */
  said = 0;
  #sequence = 1000;

  private constructor(peers: readonly [RtpPeer, RtpPeer, RtpPeer, RtpPeer]) {
    [this.a, this.b, this.attacker, this.neighbour] = peers;
  }

  /** `address`: what a's description says instead of where it is. */
  static async open(address?: string, signalledFrom?: string): Promise<Attacked> {
    const at = (where: string): Promise<RtpPeer> => RtpPeer.open({ address: where });
    const call = new Attacked(
      await Promise.all([at('127.0.0.1'), at('127.0.0.1'), at('127.0.0.9'), at('127.0.0.1')] as const),
    );
    const { a, b, idA, idB, callId } = call;
    await call.describe(a.sdp('sendrecv', address), signalledFrom);
    const { localSdp } = good(
      await under.client.call('open', { endpointId: idB, callId, kind: 'sip', remoteSdp: b.sdp() }),
    );
    b.aim(localSdp);
    const edges = [
      { from: idA, to: idB },
      { from: idB, to: idA },
    ];
    good(await under.client.call('apply', { callId, revision: 1, graph: { edges } }));
    return call;
  }

  /** The offer of `a`; everybody learns the port of its answer. */
  async describe(remoteSdp: string, signalledFrom?: string): Promise<void> {
    const hint = signalledFrom === undefined ? {} : { signalledFrom };
    const params = { endpointId: this.idA, callId: this.callId, kind: 'sip', remoteSdp, ...hint } as const;
    const { localSdp } = good(await under.client.call('open', params));
    for (const peer of [this.a, this.attacker, this.neighbour, ...this.#more]) peer.aim(localSdp);
    // The answer is here before the thread of the leg knows it, and loopback is quicker than any SIP: this asks the thread.
    good(await under.client.call('inventory', {}));
  }

  /** `a` from another port. */
  async moved(): Promise<RtpPeer> {
    const peer = await RtpPeer.open();
    this.#more.push(peer);
    return peer;
  }

  /** A packet that `b` has to hear, from `a` or where it has moved to. */
  say(from: RtpPeer = this.a): void {
    const sequence = this.#sequence++;
    const { ssrc } = this.a;
    from.packet({ ssrc, sequence, timestamp: sequence * 160, payload: payload(rightful, this.said++) });
  }

  /** A packet like the next of `a`, but with this in it instead. */
  inject(from: RtpPeer, other: { ssrc?: number; ahead?: number } = {}): void {
    const sequence = (this.#sequence + (other.ahead ?? 0)) & 0xffff;
    const ssrc = other.ssrc ?? this.a.ssrc;
    from.packet({ ssrc, sequence, timestamp: sequence * 160, payload: payload(injected, 0) });
  }

  /** Resolves when `b` has heard all that `a` said. What came to a's port before it is dealt with by then. */
  async heard(): Promise<void> {
    await this.b.until(() => this.#counts().length >= this.said);
  }

  /** `b` says something, until it arrives at `to`: whatever was going elsewhere has gone. */
  async answers(to: RtpPeer): Promise<void> {
    const before = to.received.length;
    this.b.packet({ payload: payload(rightful, 0) });
    await to.until(() => to.received.length > before);
  }

  #counts(): number[] {
    return this.b.received.filter((packet) => whoSaid(packet) === rightful).map(({ payload }) => payload.at(-2) ?? -1);
  }

  /** What went wrong, in numbers; all zero when nothing did. */
  get verdict(): Readonly<Record<string, number>> {
    const { b, attacker, neighbour } = this;
    const counts = this.#counts();
    return {
      lost: this.said - new Set(counts).size,
      twice: counts.length - new Set(counts).size,
      injected: b.received.map(whoSaid).filter((who) => who !== rightful && who !== silence).length,
      leaked: attacker.packets + neighbour.packets,
    };
  }

  async close(): Promise<void> {
    good(await under.client.call('closeCall', { callId: this.callId }));
    for (const peer of [this.a, this.b, this.attacker, this.neighbour, ...this.#more]) peer.close();
  }
}

const nothingWrong = { lost: 0, twice: 0, injected: 0, leaked: 0 };

/** `a` and its attacker take turns. */
async function turns(call: Attacked, attack: () => void, count = 12): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    attack();
    call.say();
    attack();
    await call.heard();
  }
  await call.answers(call.a);
}

const scenarios: Readonly<Record<string, (call: Attacked) => Promise<void>>> = {
  'who is there before the first packet': async (call) => {
    for (let packet = 0; packet < 8; packet++) call.inject(call.attacker, { ahead: packet });
    await turns(call, () => call.inject(call.attacker));
  },
  'who comes later': async (call) => {
    await turns(call, () => {}, 4);
    await turns(call, () => call.inject(call.attacker, { ssrc: 7 }));
  },
  'from another port of the same address': async (call) => {
    for (let packet = 0; packet < 8; packet++) call.inject(call.neighbour, { ahead: packet });
    await turns(call, () => call.inject(call.neighbour));
  },
  'who knows its SSRC': (call) => turns(call, () => call.inject(call.attacker)),
  'who is ahead of its sequence': (call) => turns(call, () => call.inject(call.attacker, { ahead: 1000 })),
  'who says goodbye in its name': async (call) => {
    await turns(call, () => {}, 2);
    const report = writeReport(call.a.ssrc, { packets: 1, octets: 1, timestamp: 1 }, undefined, Date.now());
    const bye = Buffer.concat([report, writeBye(call.a.ssrc)]);
    const port = call.a.target;
    await turns(call, () => {
      for (const target of [port, port + 1]) {
        call.attacker.aim(target);
        call.attacker.raw(bye);
      }
    });
  },
  'while it is held': async (call) => {
    await turns(call, () => {}, 2);
    await call.describe(call.a.sdp('sendonly'));
    for (let packet = 0; packet < 8; packet++) call.inject(call.attacker, { ahead: packet });
    await call.describe(call.a.sdp('sendrecv'));
    await turns(call, () => call.inject(call.attacker));
  },
  'while it is silent': async (call) => {
    await turns(call, () => {}, 2);
    for (let packet = 0; packet < 20; packet++) call.inject(call.attacker, { ahead: packet });
    await turns(call, () => call.inject(call.neighbour, { ahead: 1 }));
  },
  'after it has moved to another address': async (call) => {
    await turns(call, () => {}, 2);
    const moved = await call.moved();
    await call.describe(moved.sdp());
    // Still on its way from the old place, while the new one is being told.
    call.say();
    for (let packet = 0; packet < 8; packet++) call.inject(call.attacker, { ahead: packet });
    await call.heard();
    for (let packet = 0; packet < 8; packet++) {
      call.inject(call.attacker);
      call.say(moved);
      call.inject(call.neighbour);
      await call.heard();
    }
    await call.answers(moved);
    call.inject(call.a);
    call.say(moved);
    await call.heard();
  },
};

describe('a stranger is neither heard nor sent anything, and the caller loses nothing:', () => {
  test.each(Object.entries(scenarios))('%s', async (_, run) => {
    const calls = await Promise.all(Array.from({ length: repeats }, () => Attacked.open()));
    await Promise.all(calls.map(run));
    expect(calls.map(({ verdict }) => verdict)).toEqual(calls.map(() => nothingWrong));
    await Promise.all(calls.map((call) => call.close()));
  });

  test('where the caller is behind NAT', async () => {
    const calls = await Promise.all(Array.from({ length: repeats }, () => Attacked.open('10.9.8.7', '127.0.0.1')));
    await Promise.all(
      calls.map(async (call) => {
        for (let packet = 0; packet < 8; packet++) call.inject(call.attacker, { ahead: packet });
        for (let packet = 0; packet < 3; packet++) call.say();
        await call.heard();
        await turns(call, () => {
          call.inject(call.attacker);
          call.inject(call.neighbour);
        });
      }),
    );
    expect(calls.map(({ verdict }) => verdict)).toEqual(calls.map(() => nothingWrong));
    await Promise.all(calls.map((call) => call.close()));
  });
});

describe('10,000 damaged packets', () => {
  test.each(['its own place', 'a stranger'])('from %s: nothing of them is heard, the call goes on', async (source) => {
    const call = await Attacked.open();
    const from = source === 'a stranger' ? call.attacker : call.a;
    const random = randomFrom(20_261_122);
    const voice = writeRtp({
      ...{ payloadType: 0, marker: false, sequence: 1010, timestamp: 1010 * 160, ssrc: call.a.ssrc },
      payload: payload(injected, 0),
    });
    const port = call.a.target;
    for (let sent = 0; sent < 5000; sent++) {
      if (sent % 50 === 0) {
        from.aim(port);
        call.say();
        await call.heard();
      }
      const bytes = damaged(voice, random);
      from.aim(port + (sent % 3 === 0 ? 1 : 0));
      from.raw(bytes);
    }
    from.aim(port);
    call.say();
    await call.heard();
    await call.answers(call.a);
    expect(call.verdict).toEqual(nothingWrong);
    const { endpoints } = good(await under.client.call('inventory', {}));
    expect(endpoints.map(({ endpointId }) => endpointId)).toContain(call.idA);
    await call.close();
  });
});
