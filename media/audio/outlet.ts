import { openDecoder, openEncoder } from './codecs.ts';
import { compress, expandInto, silenceByte } from './g711.ts';
import { G722Encoder } from './g722.ts';
import { opusSilence } from './opus.ts';
import { Resampler } from './resampler.ts';
import { FrameSeam, PayloadSeam } from './seam.ts';
import { voiceRate, type VoiceCodec, type VoiceDecoder, type VoiceEncoder, type VoiceRate } from './voice.ts';

const silentBytes = (byte: number): Uint8Array<ArrayBuffer> => new Uint8Array(160).fill(byte);
const settled = (): Uint8Array<ArrayBuffer> => {
  const encoder = new G722Encoder();
  encoder.encode(new Int16Array(3200));
  return encoder.encode(new Int16Array(320));
};

/** 20 ms of silence in each codec, for a stream in which nobody speaks. */
export const silentPayload: Readonly<Record<VoiceCodec, Uint8Array<ArrayBuffer>>> = {
  PCMU: silentBytes(silenceByte.PCMU),
  PCMA: silentBytes(silenceByte.PCMA),
  G722: settled(),
  opus: opusSilence,
};

const quiet = {};

/** What one far side is sent, as far as it has to be encoded here: one encoder, made when first needed. */
export class Outlet {
  #codec: VoiceCodec = 'PCMU';
  #encoder: VoiceEncoder | undefined;
  #monitor: VoiceDecoder | undefined;
  #from: VoiceRate = 8000;
  #resampler: Resampler | undefined;
  #down: Resampler | undefined;
  #seam: FrameSeam | undefined;
  #made: Uint8Array | undefined;
  readonly #payloads = new PayloadSeam();
  #loss = 0;

  /** The codec that is sent. Another one begins anew. */
  set codec(value: VoiceCodec) {
    if (value === this.#codec) return;
    this.close();
    this.#codec = value;
  }

  /** The rate at which frames need no resampling. */
  get rate(): VoiceRate {
    return voiceRate[this.#codec];
  }

  /** What the far side loses, of 100. */
  expectLoss(percent: number): void {
    this.#loss = percent;
    this.#encoder?.expectLoss(percent);
  }

  /**
   * 20 ms of sound at `rate`. Another `source` than before fades in while the last one fades out. (G.711 is not blended
   * here but where all its payloads pass: see `PayloadSeam`.)
   */
  encode(source: object, frame: Int16Array, rate: VoiceRate): Uint8Array<ArrayBuffer> {
    const codec = this.#codec;
    const fitting = rate === this.rate ? frame : this.#resampled(frame, rate);
    if (codec === 'PCMU' || codec === 'PCMA') return compress(codec, fitting);
    if (this.#encoder === undefined) {
      this.#encoder = openEncoder(codec);
      this.#encoder?.expectLoss(this.#loss);
      this.#seam = new FrameSeam(this.rate);
      // It begins after something that was not encoded here: from silence, not from the middle of a wave.
      this.#seam.join(quiet, new Int16Array(this.rate / 50));
    }
    const made = this.#encoder?.encode(this.#seam?.join(source, fitting) ?? fitting);
    this.#made = made;
    return made ?? silentPayload[codec];
  }

  /** 20 ms of silence, after whatever was encoded before. */
  silence(): Uint8Array<ArrayBuffer> {
    if (this.#encoder === undefined) return silentPayload[this.#codec];
    return this.encode(quiet, new Int16Array(this.rate / 50), this.rate);
  }

  /** What is to be sent of a payload, encoded here or not: another `source` than before is blended in. */
  pass(source: object, payload: Uint8Array, nowMs: number): Uint8Array {
    // What one encoder made is one stream, blended before it was encoded.
    const stream = payload === this.#made ? (this.#encoder ?? source) : source;
    return this.#payloads.join(this.#codec, stream, payload, nowMs);
  }

  /** Nothing is encoded here for now: what passes by comes from elsewhere. */
  rest(): void {
    if (this.#encoder !== undefined) this.close();
  }

  /** How a payload that was not encoded here sounds, at 8 kHz, written into `frame`. */
  monitor(payload: Uint8Array, frame: Int16Array): void {
    const codec = this.#codec;
    if (codec === 'PCMU' || codec === 'PCMA') return expandInto(codec, payload, frame);
    this.#monitor ??= openDecoder(codec);
    this.#down ??= new Resampler(16_000, 8000);
    const sound = this.#monitor?.decode(payload);
    if (sound?.length === frame.length * 2) frame.set(this.#down.frame(sound));
  }

  close(): void {
    this.#encoder?.close();
    this.#monitor?.close();
    this.#encoder = undefined;
    this.#monitor = undefined;
    this.#seam = undefined;
    this.#resampler = undefined;
    this.#down = undefined;
  }

  #resampled(frame: Int16Array, rate: VoiceRate): Int16Array {
    if (this.#resampler === undefined || this.#from !== rate) {
      this.#from = rate;
      this.#resampler = new Resampler(rate, this.rate);
    }
    return this.#resampler.frame(frame);
  }
}
