/** Our codecs beside ffmpeg's (nobody here wrote it): G.722 must be the same bit for bit. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { G722Decoder, G722Encoder } from '../../media/audio/g722.ts';

function ffmpeg(from: readonly string[], to: readonly string[], input: Uint8Array): Buffer {
  const args = ['-v', 'error', ...from, '-i', 'pipe:0', ...to, 'pipe:1'];
  return execFileSync('ffmpeg', args, { input, timeout: 30_000, maxBuffer: 1 << 26 });
}

const pcm = ['-f', 's16le', '-ar', '16000', '-ac', '1'];

/** A voice, sweeps up to full scale, noise, silence: eight seconds in which every code of the quantisers comes up. */
function signal(): Int16Array {
  let state = 7;
  const noise = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) / 2 ** 31;
  return Int16Array.from({ length: 128_000 }, (_, at) => {
    const part = Math.floor(at / 16_000);
    const loud = [300, 3000, 32_000, 0, 9000, 32_767, 60, 15_000][part] ?? 0;
    return loud * (part % 2 === 0 ? Math.sin(at * (at % 16_000) * 1.5e-6) : noise());
  });
}

it("G.722 is ffmpeg's, bit for bit, both ways", () => {
  const sound = signal();
  const bytes = ffmpeg(pcm, ['-c:a', 'g722', '-f', 'g722'], new Uint8Array(sound.buffer));
  expect(new Set(bytes).size).toBeGreaterThan(200);
  const encoder = new G722Encoder();
  const ours = Buffer.concat(
    Array.from({ length: sound.length / 320 }, (_, at) => encoder.encode(sound.subarray(at * 320, at * 320 + 320))),
  );
  expect(ours.equals(bytes)).toBe(true);
  const decoder = new G722Decoder();
  const back = Buffer.concat(
    Array.from(
      { length: bytes.length / 160 },
      (_, at) => new Uint8Array(decoder.decode(bytes.subarray(at * 160, at * 160 + 160)).buffer),
    ),
  );
  expect(back.equals(ffmpeg(['-f', 'g722'], ['-f', 's16le'], bytes))).toBe(true);
});
