/** libopus as WebAssembly (libopus-wasm), at 16 kHz and one channel. Its handles are made in advance: making one is asynchronous. */
import { Application, createDecoder, createEncoder, Signal } from 'libopus-wasm';
import type { OpusDecoderHandle, OpusEncoderHandle } from 'libopus-wasm';
import type { VoiceDecoder, VoiceEncoder } from './voice.ts';

const rate = 16_000;
/** A wide-band voice: what browsers send by default. */
const bitrate = 32_000;
/** Of 10: 8 kbit/s more bring more than the effort of 2 did, for three fifths of its time (measured: docs/decisions.md). */
const complexity = 0;
/** From this loss on (of 100) each packet repeats the one before it in small. */
const repeatFrom = 1;
/** What the encoder is told at least then (of 100), and what it may spend: the copies are good enough from here on. */
const copiesFor = 20;
const bitrateWithCopies = 40_000;
/** How many of each are ready. */
const spares = 2;

/** 20 ms of silence (RFC 6716: one frame of CELT, nothing in it), for streams that have no encoder. */
export const opusSilence = Uint8Array.of(0xf8, 0xff, 0xfe);

class Spares<T> {
  readonly #make: () => Promise<T>;
  readonly #ready: T[] = [];
  #filling: Promise<void> | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  take(): T | undefined {
    const taken = this.#ready.shift();
    void this.fill();
    return taken;
  }

  fill(): Promise<void> {
    this.#filling ??= this.#fill().finally(() => (this.#filling = undefined));
    return this.#filling;
  }

  async #fill(): Promise<void> {
    while (this.#ready.length < spares) this.#ready.push(await this.#make());
  }
}

const decoders = new Spares<OpusDecoderHandle>(() => createDecoder({ sampleRate: rate, channels: 1 }));
const encoders = new Spares<OpusEncoderHandle>(() =>
  createEncoder({
    ...{ sampleRate: rate, channels: 1, application: Application.Voip, signal: Signal.Voice },
    ...{ bitrate, complexity, frameSize: rate / 50 },
  }),
);

/** Loads the library; what is taken afterwards is there at once. */
export async function warmUpOpus(): Promise<void> {
  await Promise.all([decoders.fill(), encoders.fill()]);
}

class OpusVoiceDecoder implements VoiceDecoder {
  readonly rate = rate;
  readonly #handle: OpusDecoderHandle;

  constructor(handle: OpusDecoderHandle) {
    this.#handle = handle;
  }

  decode(payload: Uint8Array): Int16Array | undefined {
    try {
      return this.#handle.decode(payload, { maxFrameSize: (rate * 120) / 1000 });
    } catch {
      return undefined;
    }
  }

  conceal(samples: number): Int16Array {
    const made = new Int16Array(samples);
    // libopus makes what was lost in steps of 2.5 ms, and no more than a packet can hold.
    const step = rate / 400;
    for (let at = 0; at < samples;) {
      const length = Math.min(Math.ceil((samples - at) / step) * step, rate / 50);
      made.set(this.#handle.decodePacketLoss(length).subarray(0, samples - at), at);
      at += length;
    }
    return made;
  }

  recover(payload: Uint8Array, samples: number): Int16Array | undefined {
    try {
      return this.#handle.decode(payload, { decodeFec: true, frameSize: samples });
    } catch {
      return undefined;
    }
  }

  close(): void {
    this.#handle.free();
  }
}

class OpusVoiceEncoder implements VoiceEncoder {
  readonly rate = rate;
  readonly #handle: OpusEncoderHandle;
  #loss = 0;

  constructor(handle: OpusEncoderHandle) {
    this.#handle = handle;
  }

  encode(frame: Int16Array): Uint8Array<ArrayBuffer> {
    return this.#handle.encode(frame) as Uint8Array<ArrayBuffer>;
  }

  expectLoss(percent: number): void {
    const loss = Math.max(0, Math.min(50, Math.round(percent)));
    if (loss === this.#loss) return;
    this.#loss = loss;
    this.#handle.setFec(loss >= repeatFrom);
    // What the small copies are worth follows this number: at 5 % of loss and told so they left audible dips.
    this.#handle.setPacketLossPercent(loss >= repeatFrom ? Math.max(copiesFor, loss) : 0);
    this.#handle.setBitrate(loss >= repeatFrom ? bitrateWithCopies : bitrate);
  }

  close(): void {
    this.#handle.free();
  }
}

/** A decoder; undefined while the library is still being loaded. */
export function openOpusDecoder(): VoiceDecoder | undefined {
  const handle = decoders.take();
  return handle === undefined ? undefined : new OpusVoiceDecoder(handle);
}

/** An encoder; undefined while the library is still being loaded. */
export function openOpusEncoder(): VoiceEncoder | undefined {
  const handle = encoders.take();
  return handle === undefined ? undefined : new OpusVoiceEncoder(handle);
}
