/** What every voice codec can do, so that whoever plays, mixes or transcodes needs to know none of them. */

/** The voice codecs an edge leg speaks. */
export type VoiceCodec = 'PCMU' | 'PCMA' | 'G722' | 'opus';

/** Samples a second inside: what a codec is decoded to and encoded from. */
export type VoiceRate = 8000 | 16_000;

/** The rate at which a codec is handled here. Opus speaks of 48 kHz only in its timestamps; a voice needs no more than 16. */
export const voiceRate: Readonly<Record<VoiceCodec, VoiceRate>> = {
  PCMU: 8000,
  PCMA: 8000,
  G722: 16_000,
  opus: 16_000,
};

/** Ticks of the RTP clock in a millisecond. G.722's runs at 8 kHz by an old mistake (RFC 3551 section 4.5.2). */
export const ticksPerMs: Readonly<Record<VoiceCodec, number>> = { PCMU: 8, PCMA: 8, G722: 8, opus: 48 };

/** From payloads to sound. Keeps the state of one stream. */
export interface VoiceDecoder {
  readonly rate: VoiceRate;
  /** The sound of a payload; undefined if it cannot be decoded. */
  decode(payload: Uint8Array): Int16Array | undefined;
  /** What may have been in `samples` that were lost, as the ear would go on. */
  conceal(samples: number): Int16Array;
  /** What was lost just before `payload`, if that carries a copy of it. */
  recover(payload: Uint8Array, samples: number): Int16Array | undefined;
  close(): void;
}

/** From 20 ms of sound to a payload. Keeps the state of one stream. */
export interface VoiceEncoder {
  readonly rate: VoiceRate;
  encode(frame: Int16Array): Uint8Array<ArrayBuffer>;
  /** What the far side loses, of 100: more is spent on repeating then. */
  expectLoss(percent: number): void;
  close(): void;
}

/** Milliseconds of each frame size a first byte of Opus can name (RFC 6716 section 3.1). */
function opusFrameMs(toc: number): number {
  const config = toc >> 3;
  if (config < 12) return [10, 20, 40, 60][config & 3] ?? 20;
  return config < 16 ? ([10, 20][config & 1] ?? 20) : ([2.5, 5, 10, 20][config & 3] ?? 20);
}

/** How long a payload sounds, in ticks of its RTP clock. Zero for one that is not possible. */
export function payloadTicks(codec: VoiceCodec, payload: Uint8Array): number {
  if (codec !== 'opus') return payload.length;
  const [toc, count] = payload;
  if (toc === undefined) return 0;
  const frames = [1, 2, 2, (count ?? 0) & 63][toc & 3] ?? 0;
  const ms = frames * opusFrameMs(toc);
  return ms > 120 ? 0 : ms * ticksPerMs.opus;
}
