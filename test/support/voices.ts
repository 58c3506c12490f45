/** The sounds of end-to-end tests: two chirps in bands of their own, so that each voice can be told from its echo. */
import { writeFileSync } from 'node:fs';
import { writeWav } from '../../cli/caller/index.ts';
import { chirp, correlate, join } from './audio-measure.ts';

/** What the caller says: one second from 300 to 1,500 Hz, again and again without a pause. */
export const callerChirp = chirp(1, { from: 300, to: 1500 });
/** What the agent's microphone hears: one second from 1,700 to 3,300 Hz. */
export const agentChirp = chirp(1, { from: 1700, to: 3300 });

/**
 * How well the agent's chirp is found in what a telephone heard, and where. A browser's clock is not the telephone's, so
 * the chirp is tried at every eighth of a sample: at 3 kHz half a sample alone would cost a quarter of the correlation.
 */
export function agentHeardIn(heard: Int16Array): { readonly offset: number; readonly peak: number } {
  const tries = agentChirps().map((delayed) => correlate(heard, delayed));
  return tries.reduce((best, each) => (each.peak > best.peak ? each : best));
}

let delayedChirps: readonly Int16Array[] | undefined;

/** The agent's chirp, and the same later by one to seven eighths of a sample. */
function agentChirps(): readonly Int16Array[] {
  if (delayedChirps !== undefined) return delayedChirps;
  const fine = chirp(1, { from: 1700, to: 3300, rate: 64_000 });
  delayedChirps = Array.from({ length: 8 }, (_, eighth) =>
    Int16Array.from({ length: 7999 }, (_, at) => fine[at * 8 + eighth] ?? 0),
  );
  return delayedChirps;
}

/** `seconds` of a chirp repeated. */
export function repeated(piece: Int16Array, seconds: number): Int16Array {
  return join(...Array.from({ length: seconds }, () => piece));
}

/** Writes the agent's chirp as a microphone for Chromium: 48 kHz, one second, which it plays over and over. */
export function writeMicrophone(file: string): string {
  writeFileSync(file, writeWav(chirp(1, { from: 1700, to: 3300, rate: 48_000 }), 48_000));
  return file;
}

/** A microphone in a quiet room, for agents who have nothing to say: Chromium's own fake one beeps every second. */
export function writeQuietMicrophone(file: string): string {
  const room = Int16Array.from({ length: 48_000 }, (_, at) => (at * 7919) % 5);
  writeFileSync(file, writeWav(room, 48_000));
  return file;
}
