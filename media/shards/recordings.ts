import type { GraphRecording } from '../../protocol/media.ts';
import { packMark } from '../audio/record-mark.ts';
import { TapRingWriter } from '../audio/tap-ring.ts';
import type { RecordRing } from './messages.ts';

const frameSamples = 160;
const stereo = new Int16Array(frameSamples * 2);

/** A leg as a recording needs it: what it said and heard in the present 20 ms. */
interface RecordedLeg {
  readonly frame: Int16Array;
  readonly heard: Int16Array;
  readonly waitingMs: number;
}

/** Whom the recorded leg hears has waited as long as the others did: of several, the longest. */
function waitOfOthers(legs: ReadonlyMap<string, RecordedLeg>, endpointId: string): number {
  let longest = 0;
  for (const [id, { waitingMs }] of legs) if (id !== endpointId) longest = Math.max(longest, waitingMs);
  return longest;
}

/** The recordings of one call: each gets a frame on both channels every 20 ms, on a clock of its own that begins at zero. */
export class Recordings {
  readonly #rings = new Map<string, { readonly writer: TapRingWriter; timeMs: number }>();
  #wanted: readonly GraphRecording[] = [];

  /** Makes these the recordings of the call; `records` are the rings of the new ones. */
  apply(wanted: readonly GraphRecording[], records: readonly RecordRing[]): void {
    this.#wanted = wanted;
    for (const { recordingId, memory } of records)
      this.#rings.set(recordingId, { writer: new TapRingWriter(memory), timeMs: 0 });
    for (const recordingId of this.#rings.keys())
      if (!wanted.some((each) => each.recordingId === recordingId)) this.#rings.delete(recordingId);
  }

  /** Is this endpoint recorded? */
  has(endpointId: string): boolean {
    return this.#wanted.some((each) => each.endpointId === endpointId);
  }

  /** The 20 ms that have just been heard and said. */
  tick(legs: ReadonlyMap<string, RecordedLeg>, wallMs = Date.now()): void {
    for (const { recordingId, endpointId, state } of this.#wanted) {
      const ring = this.#rings.get(recordingId);
      const leg = legs.get(endpointId);
      if (ring === undefined || leg === undefined) continue;
      if (state === 'on') {
        stereo.set(leg.frame, 0);
        stereo.set(leg.heard, frameSamples);
      } else stereo.fill(0);
      const rightWaitMs = waitOfOthers(legs, endpointId);
      const mark = packMark({ state, wallMs, leftWaitMs: leg.waitingMs, rightWaitMs });
      ring.writer.write(stereo, ring.timeMs, mark);
      ring.timeMs += 20;
    }
  }
}
