/** PCM16 mono WAV files and the few operations prompts need, on Float64Array samples between -1 and 1. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Reads a mono PCM16 file. */
export function readWav(file) {
  const bytes = readFileSync(file);
  let rate = 0;
  for (let at = 12; at + 8 <= bytes.length;) {
    const tag = bytes.toString('latin1', at, at + 4);
    const length = Math.min(bytes.readUInt32LE(at + 4), bytes.length - at - 8);
    if (tag === 'fmt ') rate = bytes.readUInt32LE(at + 12);
    if (tag === 'data') {
      const samples = new Float64Array(length >> 1);
      for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(at + 8 + 2 * i) / 32768;
      return { rate, samples };
    }
    at += 8 + length + (length % 2);
  }
  throw new Error(`${file} has no sound in it`);
}

/** Writes a mono PCM16 file. */
export function writeWav(file, samples, rate) {
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + 2 * samples.length, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(2 * rate, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(2 * samples.length, 40);
  for (let i = 0; i < samples.length; i++)
    bytes.writeInt16LE(Math.round(Math.max(-1, Math.min(1, samples[i])) * 32767), 44 + 2 * i);
  writeFileSync(file, bytes);
}

/** Another sample rate, by a windowed sinc that cuts off just below the lower Nyquist frequency. */
export function resample(samples, from, to) {
  if (from === to) return samples;
  const cutoff = 0.94 * Math.min(1, to / from);
  const reach = Math.ceil(24 / cutoff);
  const out = new Float64Array(Math.floor((samples.length * to) / from));
  for (let n = 0; n < out.length; n++) {
    const centre = (n * from) / to;
    let sum = 0;
    for (let i = Math.max(0, Math.ceil(centre - reach)); i <= Math.min(samples.length - 1, centre + reach); i++) {
      const x = centre - i;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x * cutoff) / (Math.PI * x * cutoff);
      sum += samples[i] * cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / reach));
    }
    out[n] = sum;
  }
  return out;
}

/** Without the silence at both ends (quieter than `threshold`). */
export function trim(samples, threshold = 0.01) {
  let first = 0;
  let last = samples.length - 1;
  while (first < last && Math.abs(samples[first]) < threshold) first++;
  while (last > first && Math.abs(samples[last]) < threshold) last--;
  return samples.subarray(first, last + 1);
}

/** The level of what is not silence, in dBFS (RMS over the 20 ms frames that are within 30 dB of the loudest). */
export function activeLevel(samples, rate) {
  const size = Math.round(rate / 50);
  const powers = [];
  for (let at = 0; at + size <= samples.length; at += size) {
    let power = 0;
    for (let i = at; i < at + size; i++) power += samples[i] ** 2;
    powers.push(power / size);
  }
  const loudest = Math.max(...powers);
  const active = powers.filter((power) => power > loudest / 1000);
  return 10 * Math.log10(active.reduce((sum, power) => sum + power, 0) / active.length);
}

/** Scaled so that its active level is `level` dBFS; peaks above -1 dBFS are rounded off softly. */
export function normalise(samples, rate, level = -20) {
  const gain = 10 ** ((level - activeLevel(samples, rate)) / 20);
  return samples.map((sample) => {
    const scaled = sample * gain;
    return Math.abs(scaled) < 0.7
      ? scaled
      : Math.sign(scaled) * (0.7 + 0.19 * Math.tanh((Math.abs(scaled) - 0.7) / 0.19));
  });
}

/** Pieces one after the other; a number is that many seconds of silence. */
export function join(pieces, rate) {
  const parts = pieces.map((piece) => (typeof piece === 'number' ? new Float64Array(Math.round(piece * rate)) : piece));
  const out = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
