import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ShardRig } from '../../test/support/shard-rig.ts';
import { openDecoder } from '../audio/codecs.ts';
import { warmUpOpus } from '../audio/opus.ts';
import { voiceRate } from '../audio/voice.ts';
import { writeWav } from '../audio/wav.ts';
import type { Codec } from '../sdp/index.ts';
import { systemVoices } from '../speech/index.ts';
import { encodePrompt } from './prompt-file.ts';

/** Milliseconds, each 5 ms apart, in which the sound was more than 6 dB weaker than usual: a gap. */
function gapsIn(samples: Int16Array, rate: number): number[] {
  const step = rate / 200;
  const levels = Array.from({ length: Math.floor(samples.length / step) }, (_, at) =>
    Math.sqrt(samples.subarray(at * step, (at + 1) * step).reduce((sum, each) => sum + each * each, 0) / step),
  );
  const usual = [...levels].sort((a, b) => a - b)[Math.floor(levels.length / 2)] ?? 0;
  return levels.flatMap((level, at) => (level < usual / 2 ? [at * 5] : []));
}

test.each(['PCMU', 'G722', 'opus'] as const)('music in %s has no gap where it begins anew', async (codec: Codec) => {
  await warmUpOpus();
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-gapless-'));
  try {
    // 2.009 s, no whole number of frames; as a ring it is one sine.
    const length = 32_147;
    const ring = Int16Array.from({ length }, (_, at) =>
      Math.round(9000 * Math.sin((2 * Math.PI * 1000 * at) / length)),
    );
    const path = join(folder, 'ring.wav');
    writeFileSync(path, writeWav({ sampleRate: 16_000, samples: ring }));
    const made = await encodePrompt(path, codec, { speech: systemVoices });
    const rig = new ShardRig();
    rig.prompts.set(path, made.ok ? made.value.bytes : new Uint8Array(0));
    const leg = await rig.open('a', { codec });
    rig.apply({ plays: [{ playId: 'm', to: 'a', files: [path], loop: true }] });
    rig.tick(320);
    const decoder = openDecoder(codec);
    const frames = leg.sent.map(({ payload }) => decoder?.decode(payload)?.slice() ?? new Int16Array(0));
    decoder?.close();
    const rate = voiceRate[codec];
    expect(frames.every((frame) => frame.length === rate / 50)).toBe(true);
    const heard = new Int16Array(frames.length * (rate / 50));
    for (const [at, frame] of frames.entries()) heard.set(frame, (at * rate) / 50);
    // The first 60 ms are the codec's own beginning.
    const settled = heard.subarray((rate * 60) / 1000);
    expect(gapsIn(settled, rate)).toEqual([]);
    // The same detector on the same sound with 5 ms missing.
    const broken = settled.slice();
    broken.fill(0, rate, rate + rate / 200);
    expect(gapsIn(broken, rate).length).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
