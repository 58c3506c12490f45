import { compress } from '../audio/g711.ts';
import { TapRingReader } from '../audio/tap-ring.ts';
import type { Voice } from './track.ts';

interface Channel {
  readonly reader: TapRingReader;
  /** Frames that came and have not been asked for, by their time. */
  readonly waiting: Map<number, Uint8Array>;
}

/**
 * The rings of those who have a channel of their own in a recording. A shard writes a voice's frame before the frame of both channels
 * with the same time, so whoever has read the latter finds the former here.
 */
export class VoiceFrames {
  readonly #channels = new Map<string, Channel>();

  add(channel: string, memory: SharedArrayBuffer): void {
    this.#channels.set(channel, { reader: new TapRingReader(memory), waiting: new Map() });
  }

  remove(channel: string): void {
    this.#channels.delete(channel);
  }

  /** Every voice's frame of that time, G.711; those who have none then are not among them. Asked for in the order of time, each once. */
  at(timeMs: number): readonly Voice[] {
    const voices: Voice[] = [];
    for (const [channel, { reader, waiting }] of this.#channels) {
      reader.drain((frame, at) => void waiting.set(at, compress('PCMU', frame)));
      const bytes = waiting.get(timeMs);
      for (const at of waiting.keys()) if (at <= timeMs) waiting.delete(at);
      if (bytes !== undefined) voices.push({ channel, bytes });
    }
    return voices;
  }
}
