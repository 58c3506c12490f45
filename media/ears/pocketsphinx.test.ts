import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { Emitter } from '../../base/emitter.ts';
import { silentLogger } from '../../base/logger.ts';
import { synthesise, toTelephoneRate } from '../../test/support/speech.ts';
import { RecognisingEars } from './ears.ts';
import { createEars, englishHint } from './index.ts';
import { buildEars, earsInstall, englishModel } from './native/build.mjs';
import { PocketsphinxRecogniser } from './pocketsphinx.ts';
import { frameMs, frameSamples, type Ears } from './ports.ts';

const language = 'en-US';
const refund = { phraseId: 'refund', text: 'refund', language } as const;

function once<T>(emitter: Emitter<T>, test: (value: T) => boolean): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  const cancel = emitter.on((value) => {
    if (!test(value)) return;
    cancel();
    resolve(value);
  });
  return promise;
}

/** Frames of speech with half a second of silence before and a second after. */
async function frames(text: string): Promise<readonly Int16Array[]> {
  const said = toTelephoneRate(await synthesise(text, { voice: 'awb', language }));
  const padded = new Int16Array(Math.ceil((said.length + 12_000) / frameSamples) * frameSamples);
  padded.set(said, 4000);
  return Array.from({ length: padded.length / frameSamples }, (_, at) =>
    padded.subarray(at * frameSamples, (at + 1) * frameSamples),
  );
}

function program(): string {
  const built = buildEars();
  if (!built.ok) throw new Error(`${built.reason}: ${built.hint}`);
  return built.path;
}

let open: Ears | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

/** Ears that only spot: light enough for a unit test. */
async function spotting(): Promise<{ ears: Ears; recogniser: PocketsphinxRecogniser }> {
  const recogniser = new PocketsphinxRecogniser({
    program: program(),
    model: englishModel,
    writers: 0,
    clock: systemClock,
    logger: silentLogger,
  });
  const ears = new RecognisingEars([recogniser], silentLogger);
  open = ears;
  await ears.start();
  return { ears, recogniser };
}

describe('the ears with pocketsphinx', () => {
  it('spot a phrase that was set in the middle of the utterance, and tell where it was', async () => {
    const { ears } = await spotting();
    const tap = ears.openTap({ callId: 'c', endpointId: 'e', language });
    const spotted = once(ears.observations, ({ kind }) => kind === 'spotted');
    const all = await frames('hello, my order has not arrived and I want a refund');
    const half = Math.floor(all.length / 2);
    for (const [at, frame] of all.slice(0, half).entries()) tap.write(frame, at * frameMs);
    expect(await ears.setPhrases([refund, { phraseId: 'no', text: 'zorgblat', language }])).toEqual([
      { phraseId: 'no', reason: 'not in the dictionary: zorgblat' },
    ]);
    for (const [at, frame] of all.slice(half).entries()) tap.write(frame, (half + at) * frameMs);
    const { callId, endpointId, phraseId, startMs, endMs } = await spotted;
    expect({ callId, endpointId, phraseId }).toEqual({ callId: 'c', endpointId: 'e', phraseId: 'refund' });
    expect(startMs).toBeGreaterThan(2500);
    expect(endMs).toBeLessThan(all.length * frameMs);
  });

  it('are degraded while a child is dead, then hear again with the same phrases', async () => {
    const { ears, recogniser } = await spotting();
    await ears.setPhrases([refund]);
    const degraded = once(ears.changed, ([english]) => english?.state === 'degraded');
    const ready = once(ears.changed, ([english]) => english?.state === 'ready');
    for (const pid of recogniser.pids) process.kill(pid, 'SIGKILL');
    expect((await degraded)[0]?.hint).toBeDefined();
    await ready;
    const spotted = once(ears.observations, ({ kind }) => kind === 'spotted');
    const tap = ears.openTap({ callId: 'c', endpointId: 'e', language });
    for (const [at, frame] of (await frames('I want a refund, please')).entries()) tap.write(frame, at * frameMs);
    expect((await spotted).phraseId).toBe('refund');
  });

  it('drop and count what comes while the child is away, and never throw', async () => {
    const { ears, recogniser } = await spotting();
    const tap = ears.openTap({ callId: 'c', endpointId: 'e', language });
    const all = await frames('I want a refund, please');
    const degraded = once(ears.changed, ([english]) => english?.state === 'degraded');
    for (const pid of recogniser.pids) process.kill(pid, 'SIGKILL');
    await degraded;
    for (const [at, frame] of all.entries()) tap.write(frame, at * frameMs);
    expect(recogniser.dropped).toBeGreaterThan(10);
  });
});

describe('a machine without a recogniser', () => {
  it('has absent ears with the command that installs them', async () => {
    const ears = createEars({ program: join(tmpdir(), 'no-such-program') });
    await ears.start();
    expect(ears.state).toMatchObject([
      { language: 'en-US', state: 'absent', hint: englishHint },
      { language: 'zh-CN', state: 'absent' },
    ]);
    ears.openTap({ callId: 'c', endpointId: 'e', language }).write(new Int16Array(frameSamples), 0);
    expect(await ears.setPhrases([refund])).toMatchObject([{ phraseId: 'refund' }]);
    await ears.close();
  });

  it('says why the child cannot be built', () => {
    const cache = mkdtempSync(join(tmpdir(), 'jackfield-build-'));
    try {
      expect(buildEars({ cache, compiler: 'no-such-compiler' })).toEqual({
        ok: false,
        reason: 'no C compiler (no-such-compiler) is installed',
        hint: earsInstall,
      });
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  });
});
