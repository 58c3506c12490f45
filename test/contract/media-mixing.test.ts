/** Conference and supervision on a real media node: who hears whose tone, and who does not. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../base/result.ts';
import type { MediaError } from '../../protocol/media.ts';
import { strength, tone } from '../support/audio-measure.ts';
import { startNode, type NodeUnderTest } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';

let under: NodeUnderTest;
beforeAll(async () => {
  under = await startNode();
});
afterAll(() => under.close());

function good<T>(answer: Result<T, MediaError>): T {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value;
}

/** Hertz of what each says all the time: two of its periods fit into no period of another. */
const tones = { caller: 500, agent: 900, third: 1300, supervisor: 1700 } as const;
type Name = keyof typeof tones;
const names = Object.keys(tones) as Name[];
type Hears = Partial<Record<Name, readonly Name[]>>;

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly gainDb?: number;
}

/** A call in which everybody says a tone of their own until it is over. */
class Party {
  readonly #callId: string;
  readonly #peers = new Map<Name, RtpPeer>();
  readonly #over = new AbortController();
  readonly #talking: Promise<void>[] = [];
  #revision = 0;

  constructor(callId: string) {
    this.#callId = callId;
  }

  async join(...who: readonly Name[]): Promise<void> {
    for (const name of who) {
      const peer = await RtpPeer.open({ law: name === 'agent' ? 'PCMA' : 'PCMU' });
      const open = { endpointId: this.#id(name), callId: this.#callId, kind: 'sip', remoteSdp: peer.sdp() } as const;
      peer.aim(good(await under.client.call('open', open)).localSdp);
      this.#peers.set(name, peer);
      this.#talking.push(peer.talk(tone(tones[name], 60, { amplitude: 6000 }), this.#over.signal));
    }
  }

  /** `hears.caller: [agent]`: the caller hears the agent. `gains`: of whom, dB. */
  async apply(hears: Hears, gains: Partial<Record<Name, number>> = {}): Promise<void> {
    const edges: Edge[] = names.flatMap((to) =>
      (hears[to] ?? []).map((from) => ({ from: this.#id(from), to: this.#id(to), gainDb: gains[from] ?? 0 })),
    );
    const revision = ++this.#revision;
    good(await under.client.call('apply', { callId: this.#callId, revision, graph: { edges } }));
  }

  /** How loud each tone is in the last 400 ms that somebody heard. */
  loudness(name: Name): Record<Name, number> {
    const lately = this.#peer(name).recording().subarray(-3200);
    const of = (hertz: number): number => Math.round(strength(lately, hertz));
    return { caller: of(500), agent: of(900), third: of(1300), supervisor: of(1700) };
  }

  /** Resolves when all hear exactly those, for half a second on end. */
  async hear(hears: Hears): Promise<void> {
    for (const [name, whom] of Object.entries(hears) as [Name, readonly Name[]][]) {
      const peer = this.#peer(name);
      let right = 0;
      for (let looked = 0; right < 5; looked++) {
        if (looked > 60) throw new Error(`${name} should hear ${whom.join()}: ${JSON.stringify(this.loudness(name))}`);
        await peer.hear(5);
        const loud = this.loudness(name);
        right = names.every((each) => (whom.includes(each) ? loud[each] > 3000 : loud[each] < 300)) ? right + 1 : 0;
      }
    }
  }

  /** Resolves when somebody has heard 100 ms more. */
  passes(name: Name): Promise<void> {
    return this.#peer(name).hear(5);
  }

  async end(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#talking);
    good(await under.client.call('closeCall', { callId: this.#callId }));
    for (const [name, peer] of this.#peers) {
      expect(peer.sequenceGaps(), name).toBe(0);
      expect(peer.sources().size, name).toBe(1);
      peer.close();
    }
  }

  #id(name: Name): string {
    return `${this.#callId}.${name}`;
  }

  #peer(name: Name): RtpPeer {
    const peer = this.#peers.get(name);
    if (peer === undefined) throw new Error(`${name} is not there`);
    return peer;
  }
}

const three: Hears = { caller: ['agent', 'third'], agent: ['caller', 'third'], third: ['caller', 'agent'] };
const two: Hears = { caller: ['agent'], agent: ['caller'], third: [] };

test.concurrent('three hear each other, and nobody themselves; one leaves, one is muted, one is louder', async () => {
  const party = new Party('conference');
  await party.join('caller', 'agent', 'third');
  await party.apply(two);
  await party.hear(two);
  await party.apply(three);
  await party.hear(three);
  const muted: Hears = { ...three, caller: ['agent'], agent: ['caller'] };
  await party.apply(muted);
  await party.hear(muted);
  const before = party.loudness('caller').agent;
  await party.apply(three, { third: -6 });
  const softer = 6000 / 10 ** (6 / 20);
  for (let looked = 0; Math.abs(party.loudness('caller').third - softer) > 300; looked++) {
    expect(looked, JSON.stringify(party.loudness('caller'))).toBeLessThan(60);
    await party.passes('caller');
  }
  expect(Math.abs(party.loudness('caller').agent - before)).toBeLessThan(600);
  await party.apply(two);
  await party.hear(two);
  await party.end();
});

test.concurrent('a supervisor listens, whispers to the agent and barges in', async () => {
  const party = new Party('supervision');
  await party.join('caller', 'agent', 'supervisor');
  const listen: Hears = { caller: ['agent'], agent: ['caller'], supervisor: ['caller', 'agent'] };
  await party.apply(listen);
  await party.hear(listen);
  const whisper: Hears = { ...listen, agent: ['caller', 'supervisor'] };
  await party.apply(whisper);
  await party.hear(whisper);
  const barge: Hears = { ...whisper, caller: ['agent', 'supervisor'] };
  await party.apply(barge);
  await party.hear(barge);
  await party.apply(listen);
  await party.hear(listen);
  await party.end();
});
