import type { GraphRecording } from '../../protocol/media.ts';
import { TapRingWriter } from '../audio/tap-ring.ts';
import type { RecordRing } from './messages.ts';

const frameSamples = 160;
const stereo = new Int16Array(frameSamples * 2);

/** What a frame in a recording's ring is marked with; the recorder knows the same numbers. */
const marks = { on: 0, paused: 1, masked: 2 } as const;

/** A leg as a recording needs it: what it said and heard in the present 20 ms. */
interface RecordedLeg {
  readonly frame: Int16Array;
  readonly heard: Int16Array;
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
  tick(legs: ReadonlyMap<string, RecordedLeg>): void {
    for (const { recordingId, endpointId, state } of this.#wanted) {
      const ring = this.#rings.get(recordingId);
      const leg = legs.get(endpointId);
      if (ring === undefined || leg === undefined) continue;
      if (state === 'on') {
        stereo.set(leg.frame, 0);
        stereo.set(leg.heard, frameSamples);
      } else stereo.fill(0);
      ring.writer.write(stereo, ring.timeMs, marks[state]);
      ring.timeMs += 20;
    }
  }
}
