/** Conference and supervision on a real media node: who hears whose tone, who does not, and whose channel of a recording has it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../base/result.ts';
import {
  bytesOf,
  channelsOf,
  readKeys,
  readTimeline,
  recordingPath,
  wavBytes,
  wavSize,
} from '../../media/recording/index.ts';
import type { GraphRecording, MediaError } from '../../protocol/media.ts';
import { strength, tone } from '../support/audio-measure.ts';
import { startNode, type NodeUnderTest } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';

let under: NodeUnderTest;
let directory: string;
const key = '17'.repeat(32);
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'jackfield-mixing-'));
  under = await startNode({ recordings: { directory, keys: key } });
});
afterAll(async () => {
  await under.close();
  rmSync(directory, { recursive: true, force: true });
});

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
  async apply(hears: Hears, gains: Partial<Record<Name, number>> = {}, voices?: readonly Name[]): Promise<void> {
    const edges: Edge[] = names.flatMap((to) =>
      (hears[to] ?? []).map((from) => ({ from: this.#id(from), to: this.#id(to), gainDb: gains[from] ?? 0 })),
    );
    const revision = ++this.#revision;
    const recordings = voices === undefined ? [] : [this.#recording(voices)];
    good(await under.client.call('apply', { callId: this.#callId, revision, graph: { edges, recordings } }));
  }

  #recording(voices: readonly Name[]): GraphRecording {
    const named = voices.map((name) => ({ channel: name, endpointId: this.#id(name) }));
    return { recordingId: this.#callId, endpointId: this.#id('caller'), state: 'on', voices: named };
  }

  /** The recording of the call once it has ended: of each channel how loud each tone is at its loudest, over half a second. */
  async recorded(): Promise<Record<string, Record<Name, number>>> {
    await under.event('recording-ended', ({ callId }) => callId === this.#callId);
    const keys = readKeys(key);
    if (!keys.ok) throw new Error(keys.error);
    const bytes = bytesOf(readFileSync(recordingPath(directory, this.#callId)));
    const timeline = readTimeline(bytes, keys.value);
    if (!timeline.ok) throw new Error(timeline.error.message);
    const channels = channelsOf(timeline.value);
    const wav = wavBytes(bytes, keys.value, timeline.value, 68, wavSize(timeline.value, channels.length), channels);
    const samples = new Int16Array(wav.buffer, wav.byteOffset, wav.length / 2);
    const loudest = (channel: number, hertz: number): number => {
      const side = samples.filter((_, at) => at % channels.length === channel);
      const pieces = Array.from({ length: Math.floor(side.length / 4000) }, (_, at) =>
        side.subarray(at * 4000, (at + 1) * 4000),
      );
      return Math.round(Math.max(...pieces.map((piece) => strength(piece, hertz))));
    };
    const tonesOf = (channel: number) =>
      Object.fromEntries(names.map((name) => [name, loudest(channel, tones[name])])) as Record<Name, number>;
    return Object.fromEntries(channels.map((channel, at) => [channel, tonesOf(at)]));
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

  /** Resolves when somebody has heard so many more packets. */
  passes(name: Name, packets = 5): Promise<void> {
    return this.#peer(name).hear(packets);
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
  const settled = (): boolean => {
    const { agent, third } = party.loudness('caller');
    return Math.abs(third - softer) <= 300 && Math.abs(agent - before) < 600;
  };
  for (let looked = 0; !settled(); looked++) {
    expect(looked, JSON.stringify(party.loudness('caller'))).toBeLessThan(60);
    await party.passes('caller');
  }
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

test.concurrent(
  'of a conference each has a channel of their own in the recording, and nobody is on another’s',
  async () => {
    const party = new Party('channels');
    await party.join('caller', 'agent', 'third', 'supervisor');
    // Supervisor and agent talk to each other all the time, and of the supervisor the caller hears only the barge.
    const among: Hears = {
      ...three,
      agent: ['caller', 'third', 'supervisor'],
      supervisor: ['caller', 'agent', 'third'],
    };
    await party.apply(among, {}, ['agent', 'third']);
    await party.passes('caller', 60);
    await party.apply({ ...among, caller: ['agent', 'third', 'supervisor'] }, {}, ['agent', 'third', 'supervisor']);
    await party.passes('caller', 60);
    // The agent whispers with the supervisor, while the third talks on with the caller.
    await party.apply({ ...among, caller: ['third'] }, {}, ['agent', 'third']);
    await party.passes('caller', 60);
    await party.apply(among);
    const recorded = await party.recorded();
    await party.end();
    expect(Object.keys(recorded)).toEqual(['caller', 'agent', 'third', 'supervisor']);
    // A slow machine chops the tones up; whose they are can be told all the same.
    for (const [channel, loud] of Object.entries(recorded))
      for (const name of names)
        if (name === channel) expect(loud[name], JSON.stringify(recorded)).toBeGreaterThan(1000);
        else expect(loud[name], `${name} on the channel of ${channel}: ${JSON.stringify(recorded)}`).toBeLessThan(100);
  },
);
