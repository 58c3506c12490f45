import { Concealment } from './conceal.ts';
import { compress, expandInto, type Law } from './g711.ts';
import { G722Decoder, G722Encoder } from './g722.ts';
import { openOpusDecoder, openOpusEncoder } from './opus.ts';
import type { VoiceCodec, VoiceDecoder, VoiceEncoder, VoiceRate } from './voice.ts';

/** A codec that cannot conceal: its losses are filled by repetition. */
class Filled implements VoiceDecoder {
  readonly rate: VoiceRate;
  readonly #expand: (payload: Uint8Array) => Int16Array;
  readonly #concealment: Concealment;

  constructor(rate: VoiceRate, expand: (payload: Uint8Array) => Int16Array) {
    this.rate = rate;
    this.#expand = expand;
    this.#concealment = new Concealment(rate);
  }

  decode(payload: Uint8Array): Int16Array {
    return this.#concealment.heard(this.#expand(payload));
  }

  conceal(samples: number): Int16Array {
    return this.#concealment.lost(samples);
  }

  recover(): undefined {
    return undefined;
  }

  close(): void {}
}

function expanded(law: Law, payload: Uint8Array): Int16Array {
  const samples = new Int16Array(payload.length);
  expandInto(law, payload, samples);
  return samples;
}

/** A decoder for one stream; undefined while its library is still being loaded. */
export function openDecoder(codec: VoiceCodec): VoiceDecoder | undefined {
  if (codec === 'opus') return openOpusDecoder();
  if (codec !== 'G722') return new Filled(8000, (payload) => expanded(codec, payload));
  const decoder = new G722Decoder();
  return new Filled(16_000, (payload) => decoder.decode(payload));
}

/** An encoder for one stream; undefined while its library is still being loaded. */
export function openEncoder(codec: VoiceCodec): VoiceEncoder | undefined {
  if (codec === 'opus') return openOpusEncoder();
  const rest = { expectLoss() {}, close() {} };
  if (codec !== 'G722') return { rate: 8000, encode: (frame) => compress(codec, frame), ...rest };
  const encoder = new G722Encoder();
  return { rate: 16_000, encode: (frame) => encoder.encode(frame), ...rest };
}
