import { Playout, type PlayoutCounts } from './playout.ts';
import { Resampler } from './resampler.ts';
import type { VoiceCodec, VoiceRate } from './voice.ts';

/** What one far side says, as frames of 20 ms at whatever rate somebody needs; each rate is made once a step. */
export class Speech {
  readonly #playout = new Playout();
  readonly #resamplers = new Map<VoiceRate, Resampler>();
  readonly #made = new Map<VoiceRate, Int16Array>();
  #rate: VoiceRate = 8000;
  /** Does it say anything in these 20 ms? */
  speaking = false;

  get counts(): PlayoutCounts {
    return this.#playout.counts;
  }

  /** How long what comes now will wait to be heard, ms. */
  get waitingMs(): number {
    return this.#playout.waitingMs;
  }

  write(codec: VoiceCodec, timestamp: number, payload: Uint8Array): void {
    this.#playout.write(codec, timestamp, payload);
  }

  /** The source is silent, and says how (RFC 3389). */
  silent(payload: Uint8Array): void {
    this.#playout.silent(payload);
  }

  /** Goes on by 20 ms. */
  step(): void {
    this.speaking = this.#playout.read();
    this.#made.clear();
    if (this.#playout.rate !== this.#rate) this.#resamplers.clear();
    this.#rate = this.#playout.rate;
  }

  /** The 20 ms of the last step; to be read before the next. */
  at(rate: VoiceRate): Int16Array {
    if (rate === this.#rate) return this.#playout.frame;
    const made = this.#made.get(rate) ?? this.#resampler(rate).frame(this.#playout.frame);
    this.#made.set(rate, made);
    return made;
  }

  /** Another source from now on. */
  reset(): void {
    this.#playout.reset();
    this.#resamplers.clear();
  }

  close(): void {
    this.#playout.close();
  }

  #resampler(rate: VoiceRate): Resampler {
    const resampler = this.#resamplers.get(rate) ?? new Resampler(this.#rate, rate);
    this.#resamplers.set(rate, resampler);
    return resampler;
  }
}
