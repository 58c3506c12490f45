import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DualToneDetector } from '../../media/audio/dual-tone.ts';
import { compress, expandInto } from '../../media/audio/g711.ts';
import { halve } from '../../media/audio/resample.ts';
import { toneFrame } from '../../media/audio/tone.ts';
import { readWav } from '../../media/audio/wav.ts';

/** The digits heard in a signal that came by mu-law. */
function heard(signal: Int16Array): string {
  const line = new Int16Array(signal.length);
  expandInto('PCMU', compress('PCMU', signal), line);
  const detector = new DualToneDetector();
  let digits = '';
  for (let at = 0; at + 160 <= line.length; at += 160)
    for (const { digit } of detector.frame(line.subarray(at, at + 160))) digits += digit;
  return digits;
}

it('tones are not heard in speech (ITU-T Q.24, talk-off): three voices', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-talk-'));
  try {
    const text = readFileSync(new URL('../data/held-out-sentences.txt', import.meta.url), 'utf8').slice(0, 500);
    const speak: readonly (readonly [string, readonly string[]])[] = [
      ['flite', ['-voice', 'slt', '-t', text, '-o']],
      ['flite', ['-voice', 'rms', '-t', text, '-o']],
      ['espeak-ng', ['-v', 'en+f3', text, '-w']],
    ];
    for (const [program, args] of speak) {
      const file = join(folder, 'talk.wav');
      execFileSync(program, [...args, file], { timeout: 30_000 });
      const signal = talk(readFileSync(file));
      expect(signal.length / 8000).toBeGreaterThan(15);
      // The proof that this could fail: a key pressed in the middle of it is heard.
      const pressed = Int16Array.from(signal);
      for (let at = 0; at < 6; at++) pressed.set(toneFrame('4', at), 16_000 + at * 160);
      expect(heard(pressed)).toBe('4');
      // At the pitch of the voice, and of smaller and larger people.
      for (const every of [1, 0.8, 1.25])
        expect([program, args[1], every, heard(paced(signal, every))]).toEqual([program, args[1], every, '']);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
/** 8 kHz of a WAV file of any rate, by the nearest samples where it must be. */
function talk(bytes: Buffer): Int16Array {
  const rate = bytes.readUInt32LE(24);
  if (rate === 22_050) {
    const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + (bytes.length & ~1)));
    return paced(samples, rate / 8000);
  }
  const wav = readWav(bytes);
  if (!wav.ok) throw new Error(wav.error);
  return wav.value.sampleRate === 16_000 ? halve(wav.value.samples) : wav.value.samples;
}

function paced(samples: Int16Array, every: number): Int16Array {
  return Int16Array.from({ length: Math.floor(samples.length / every) }, (_, at) => {
    const place = at * every;
    const low = Math.floor(place);
    return (samples[low] ?? 0) * (1 - place + low) + (samples[low + 1] ?? 0) * (place - low);
  });
}
