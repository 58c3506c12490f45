/** Where one source ends and another begins, on the one stream somebody hears: a fade of 5 ms instead of a click. */
import { Concealment } from './conceal.ts';
import { compress, expandInto, type Law } from './g711.ts';
import { G722Decoder, G722Encoder } from './g722.ts';
import type { VoiceCodec, VoiceRate } from './voice.ts';

/** How long the old source is drawn out, ever more softly, under the beginning of the new one. */
const fadeMs = 5;
/** So much of the old source shows how it would have gone on (three of its longest periods). */
const knownMs = 45;
/** Nothing was heard for this long: the far side has filled the gap and fallen silent, nothing is left to be drawn out. */
const pauseMs = 100;

/** A seam in frames that are about to be encoded. Frames of one source pass as they are. */
export class FrameSeam {
  readonly #past: Concealment;
  #source: object | undefined;

  constructor(rate: VoiceRate) {
    this.#past = new Concealment(rate);
  }

  /** The frame as it is to be heard; of a new source a copy whose beginning is blended with the end of the old one. */
  join(source: object, frame: Int16Array): Int16Array {
    const cut = this.#source !== undefined && source !== this.#source;
    this.#source = source;
    return cut ? this.#past.joined(frame.slice(), fadeMs) : this.#past.heard(frame);
  }
}

/** G.722 is coded anew for so many payloads after a switch: after them any two encoders of one sound think alike. */
const recoded = 3;

/**
 * The same for payloads of G.711 and G.722, which mostly pass undecoded: the last ones are only kept, and looked at when
 * the source changes. Payloads must not be written to afterwards. (Opus blends by itself: RFC 6716 section 4.5.)
 */
export class PayloadSeam {
  #codec: VoiceCodec | undefined;
  #source: object | undefined;
  #lastMs = 0;
  readonly #kept: Uint8Array[] = [];
  #recoding: Recoding | undefined;

  /**
   * The payload as it is to be sent: the same object, unless the source is another than before. After a pause the new
   * source only fades in. `nowMs` only grows.
   */
  join(codec: VoiceCodec, source: object, payload: Uint8Array, nowMs: number): Uint8Array {
    if (codec !== this.#codec) this.#forget();
    if (nowMs - this.#lastMs > pauseMs) this.#kept.length = 0;
    const cut = this.#source !== undefined && source !== this.#source;
    this.#codec = codec;
    this.#source = source;
    this.#lastMs = nowMs;
    if (codec === 'opus') return payload;
    const joined = codec === 'G722' ? this.#recode(payload, cut) : cut ? this.#blend(codec, payload) : payload;
    this.#kept.push(joined);
    if (this.#kept.length > Math.ceil(knownMs / Math.max(10, joined.length / 8))) this.#kept.shift();
    return joined;
  }

  #forget(): void {
    this.#kept.length = 0;
    this.#source = undefined;
    this.#recoding = undefined;
  }

  #blend(law: Law, payload: Uint8Array): Uint8Array {
    const past = new Concealment(8000);
    for (const kept of this.#kept) past.heard(expanded(law, kept));
    const whole = compress(law, past.joined(expanded(law, payload), fadeMs));
    // What the fade has not touched stays the same to the last bit: the two zeros of mu-law are one sound.
    whole.set(payload.subarray(fadeMs * 8), Math.min(whole.length, fadeMs * 8));
    return whole;
  }

  #recode(payload: Uint8Array, cut: boolean): Uint8Array {
    if (cut) this.#recoding = new Recoding(this.#kept);
    const made = this.#recoding?.next(payload) ?? payload;
    if (this.#recoding?.done === true) this.#recoding = undefined;
    return made;
  }
}

/**
 * G.722 predicts from what it coded before: the first payloads of another source would be understood wrongly by whoever
 * heard the last one. So they are coded anew by an encoder that has just coded the last one's end.
 */
class Recoding {
  readonly #past = new Concealment(16_000);
  readonly #decoder = new G722Decoder();
  readonly #encoder = new G722Encoder();
  #count = 0;

  constructor(kept: readonly Uint8Array[]) {
    const old = new G722Decoder();
    for (const payload of kept) {
      const sound = old.decode(payload);
      this.#encoder.encode(sound);
      this.#past.heard(sound);
    }
  }

  get done(): boolean {
    return this.#count >= recoded;
  }

  next(payload: Uint8Array): Uint8Array {
    const sound = this.#decoder.decode(payload);
    return this.#encoder.encode(this.#count++ === 0 ? this.#past.joined(sound, fadeMs) : sound);
  }
}

function expanded(law: Law, payload: Uint8Array): Int16Array {
  const samples = new Int16Array(payload.length);
  expandInto(law, payload, samples);
  return samples;
}
