import type { GraphTap } from '../protocol/media.ts';
import { TapRingReader, tapRingMemory } from './audio/tap-ring.ts';
import type { Ears, TapSink } from './ears/ports.ts';
import type { TapRing } from './shards/messages.ts';

/** How often the rings are emptied. */
const drainEveryMs = 20;

interface Tap {
  readonly callId: string;
  readonly language: string;
  readonly sink: TapSink;
  readonly reader: TapRingReader;
}

/** The taps that are open: a ring filled by a shard, emptied here into the ears. */
export class Taps {
  readonly #ears: Ears;
  readonly #open = new Map<string, Tap>();
  #timer: NodeJS.Timeout | undefined;
  #dropped = 0;

  constructor(ears: Ears) {
    this.#ears = ears;
  }

  /** Makes the taps of a call these; returns the rings of the new ones, for its shard. */
  apply(callId: string, taps: readonly GraphTap[]): TapRing[] {
    const wanted = new Map(taps.map((tap) => [tap.endpointId, tap.language ?? 'en-US']));
    for (const [endpointId, tap] of this.#open)
      if (tap.callId === callId && wanted.get(endpointId) !== tap.language) this.close(endpointId);
    const rings: TapRing[] = [];
    for (const [endpointId, language] of wanted) {
      if (this.#open.has(endpointId)) continue;
      const memory = tapRingMemory();
      const sink = this.#ears.openTap({ callId, endpointId, language });
      this.#open.set(endpointId, { callId, language, sink, reader: new TapRingReader(memory) });
      rings.push({ endpointId, memory });
    }
    this.#timer ??= this.#open.size === 0 ? undefined : setInterval(() => this.#drain(), drainEveryMs);
    return rings;
  }

  /** Ends the tap of an endpoint, if it has one. What waits in its ring is still heard. */
  close(endpointId: string): void {
    const tap = this.#open.get(endpointId);
    if (tap === undefined) return;
    this.#open.delete(endpointId);
    tap.reader.drain((frame, timeMs) => tap.sink.write(frame, timeMs));
    this.#dropped += tap.reader.dropped;
    tap.sink.close();
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  closeAll(): void {
    for (const endpointId of [...this.#open.keys()]) this.close(endpointId);
  }

  /** Frames the ears never got because this thread was too slow. */
  get dropped(): number {
    return [...this.#open.values()].reduce((sum, { reader }) => sum + reader.dropped, this.#dropped);
  }

  #drain(): void {
    for (const { reader, sink } of this.#open.values()) reader.drain((frame, timeMs) => sink.write(frame, timeMs));
  }
}
