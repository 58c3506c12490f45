import type { VoiceRate } from './voice.ts';

/** Whatever has something to say, 20 ms at a time. */
export interface Speaker {
  readonly speaking: boolean;
  sound(rate: VoiceRate): Int16Array;
}

/** A speaker, as loud as somebody hears them. */
export interface Part {
  readonly leg: Speaker;
  readonly gainDb: number;
}

const sums: Readonly<Record<VoiceRate, Float64Array>> = { 8000: new Float64Array(160), 16_000: new Float64Array(320) };
const frames: Readonly<Record<VoiceRate, Int16Array>> = { 8000: new Int16Array(160), 16_000: new Int16Array(320) };

/** All who speak, together; undefined if nobody does. The frame is used again by the next mix. */
export function mixed(parts: readonly Part[], rate: VoiceRate): Int16Array | undefined {
  const speaking = parts.filter(({ leg }) => leg.speaking);
  const [only, second] = speaking;
  if (only === undefined) return undefined;
  if (second === undefined && only.gainDb === 0) return only.leg.sound(rate);
  const sum = sums[rate].fill(0);
  for (const { leg, gainDb } of speaking) {
    const factor = gainDb === 0 ? 1 : 10 ** (gainDb / 20);
    const frame = leg.sound(rate);
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) + (frame[at] as number) * factor;
  }
  const frame = frames[rate];
  for (let at = 0; at < frame.length; at++) frame[at] = limited(sum[at] as number);
  return frame;
}

const most = 32_767;
/** Up to here (2.5 dB below the top) a sum is left as it is. */
const knee = 24_576;

/** A sample that fits: beyond the knee it is bent towards the top instead of cut, which would be heard as a crackle. */
function limited(sample: number): number {
  const size = Math.abs(sample);
  if (size <= knee) return sample;
  return Math.sign(sample) * (knee + (most - knee) * Math.tanh((size - knee) / (most - knee)));
}

/** Adds a frame, louder or softer, to another. */
export function addLouder(into: Int16Array, frame: Int16Array, gainDb: number): void {
  const factor = gainDb === 0 ? 1 : 10 ** (gainDb / 20);
  for (let at = 0; at < into.length; at++) into[at] = limited((into[at] ?? 0) + (frame[at] ?? 0) * factor);
}
