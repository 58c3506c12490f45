import type { GraphEdge, GraphRecording } from '../../protocol/media.ts';
import { addLouder } from '../audio/mixing.ts';
import { packMark } from '../audio/record-mark.ts';
import { TapRingWriter } from '../audio/tap-ring.ts';
import type { RecordRing } from './messages.ts';

const frameSamples = 160;
const stereo = new Int16Array(frameSamples * 2);
const alone = new Int16Array(frameSamples);

/** A leg as a recording needs it: what it said and heard in the present 20 ms. */
interface RecordedLeg {
  readonly speaking: boolean;
  readonly frame: Int16Array;
  readonly heard: Int16Array;
  readonly waitingMs: number;
}

interface Ring {
  readonly writer: TapRingWriter;
  timeMs: number;
  /** Of those who have a channel of their own, by channel. */
  readonly voices: Map<string, TapRingWriter>;
}

/** Whom the recorded leg hears has waited as long as the others did: of several, the longest. */
function waitOfOthers(legs: ReadonlyMap<string, RecordedLeg>, endpointId: string): number {
  let longest = 0;
  for (const [id, { waitingMs }] of legs) if (id !== endpointId) longest = Math.max(longest, waitingMs);
  return longest;
}

/** The recordings of one call: each gets a frame on both channels every 20 ms, on a clock of its own that begins at zero. */
export class Recordings {
  readonly #rings = new Map<string, Ring>();
  #wanted: readonly GraphRecording[] = [];
  #edges: readonly GraphEdge[] = [];

  /** Makes these the recordings of the call, whose legs hear each other by `edges`; `records` are the rings that are new. */
  apply(wanted: readonly GraphRecording[], edges: readonly GraphEdge[], records: readonly RecordRing[]): void {
    this.#wanted = wanted;
    this.#edges = edges;
    for (const { recordingId, channel, memory } of records) {
      const writer = new TapRingWriter(memory);
      if (channel === undefined) this.#rings.set(recordingId, { writer, timeMs: 0, voices: new Map() });
      else this.#rings.get(recordingId)?.voices.set(channel, writer);
    }
    for (const [recordingId, { voices }] of this.#rings) {
      const still = wanted.find((each) => each.recordingId === recordingId);
      if (still === undefined) this.#rings.delete(recordingId);
      for (const channel of voices.keys())
        if (still?.voices?.some((each) => each.channel === channel) !== true) voices.delete(channel);
    }
  }

  /** Is this endpoint recorded? */
  has(endpointId: string): boolean {
    return this.#wanted.some((each) => each.endpointId === endpointId);
  }

  /** The 20 ms that have just been heard and said. */
  tick(legs: ReadonlyMap<string, RecordedLeg>, wallMs = Date.now()): void {
    for (const recording of this.#wanted) {
      const { recordingId, endpointId, state } = recording;
      const ring = this.#rings.get(recordingId);
      const leg = legs.get(endpointId);
      if (ring === undefined || leg === undefined) continue;
      if (state === 'on') {
        // Before the frame of both channels: whoever has read that one finds these.
        if (ring.voices.size > 0) this.#voices(recording, ring, legs);
        stereo.set(leg.frame, 0);
        stereo.set(leg.heard, frameSamples);
      } else stereo.fill(0);
      const rightWaitMs = waitOfOthers(legs, endpointId);
      const mark = packMark({ state, wallMs, leftWaitMs: leg.waitingMs, rightWaitMs });
      ring.writer.write(stereo, ring.timeMs, mark);
      ring.timeMs += 20;
    }
  }

  /** Each as the recorded leg hears them, and silence of whom it does not: what is not for its ears is in no recording. */
  #voices({ voices = [], endpointId }: GraphRecording, ring: Ring, legs: ReadonlyMap<string, RecordedLeg>): void {
    const heard = this.#edges.filter(({ to }) => to === endpointId);
    // What is heard when none of them is (music) is nobody's voice.
    if (!voices.some((voice) => heard.some(({ from }) => from === voice.endpointId))) return;
    for (const voice of voices) {
      const edge = heard.find(({ from }) => from === voice.endpointId);
      const leg = legs.get(voice.endpointId);
      alone.fill(0);
      if (edge !== undefined && leg?.speaking === true) addLouder(alone, leg.frame, edge.gainDb);
      ring.voices.get(voice.channel)?.write(alone, ring.timeMs);
    }
  }
}
