/** What the telephones say: something like a voice, always the same. */
import { compress } from '../../media/audio/g711.ts';
import { openOpusEncoder, warmUpOpus } from '../../media/audio/opus.ts';

const seconds = 3;

/** Harmonics of a pitch that wanders, in syllables with pauses between. */
export function voice(rate: number): Int16Array {
  let phase = 0;
  return Int16Array.from({ length: rate * seconds }, (_, at) => {
    const t = at / rate;
    phase += (120 + 30 * Math.sin(2 * Math.PI * 0.7 * t)) / rate;
    const loud = Math.max(0, Math.sin(2 * Math.PI * 3 * t)) * (t % 1.5 < 1.1 ? 1 : 0);
    let sum = 0;
    for (let harmonic = 1; harmonic <= 20; harmonic++)
      sum += Math.sin(2 * Math.PI * phase * harmonic) / (1 + Math.abs(harmonic - 5) / 2);
    return Math.round(3000 * loud * sum);
  });
}

/** Cut into so many samples. */
function frames(samples: Int16Array, length: number): Int16Array[] {
  return Array.from({ length: Math.floor(samples.length / length) }, (_, at) =>
    samples.subarray(at * length, (at + 1) * length),
  );
}

/** The voice as PCMU, 20 ms a payload. */
export function voiceInPcmu(): Uint8Array[] {
  return frames(voice(8000), 160).map((frame) => compress('PCMU', frame));
}

/** The voice as Opus, 20 ms a payload. */
export async function voiceInOpus(): Promise<Uint8Array[]> {
  await warmUpOpus();
  const encoder = openOpusEncoder();
  if (encoder === undefined) throw new Error('libopus is not there');
  const made = frames(voice(16_000), 320).map((frame) => encoder.encode(frame.slice()).slice());
  encoder.close();
  return made;
}
