/** Prompts of a real media node: texts are spoken, loud prompts and quiet ones sound alike, a key ends one at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { speechUri } from '../../base/speech-uri.ts';
import { loudness } from '../../media/audio/loudness.ts';
import { targetLoudness } from '../../media/audio/normalise.ts';
import { writeWav } from '../../media/audio/wav.ts';
import { noEars } from '../../media/ears/ports.ts';
import { rms, tone } from '../support/audio-measure.ts';
import { type NodeUnderTest, startNode } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';

let folder: string;
let under: NodeUnderTest;
let count = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-spoken-'));
  under = await startNode({ prompts: { directory: join(folder, 'kept') } }, { ears: noEars() });
});
afterAll(async () => {
  await under.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A phone that hears what is played to it. */
async function phone() {
  const peer = await RtpPeer.open({ law: 'PCMA' });
  const callId = `prompts-${String(++count)}`;
  const endpointId = `${callId}.c`;
  const opened = await under.client.call('open', { endpointId, callId, kind: 'sip', remoteSdp: peer.sdp() });
  if (!opened.ok) throw new Error(opened.error.message);
  peer.aim(opened.value.localSdp);
  const play = async (file: string, bargeIn = false): Promise<string> => {
    const playId = `play-${String(++count)}`;
    const plays = [{ playId, to: endpointId, files: [file], ...(bargeIn ? { bargeIn } : {}) }];
    const applied = await under.client.call('apply', { callId, revision: count, graph: { plays } });
    if (!applied.ok) throw new Error(applied.error.message);
    return playId;
  };
  const close = async (): Promise<void> => {
    await under.client.call('closeCall', { callId });
    peer.close();
  };
  return { peer, play, close };
}

test('texts are prepared, spoken and heard; what cannot be had is told by name', async () => {
  const texts = [speechUri('en-US', 'Welcome to Jackfield.'), speechUri('zh-CN', '您好，请按 1。')];
  const missing = join(folder, 'missing.wav');
  const prepared = await under.client.call('prepare', { files: [...texts, missing] });
  expect(prepared).toEqual({ ok: true, value: { failed: [{ file: missing, reason: 'there is no such file' }] } });
  const { peer, play, close } = await phone();
  for (const text of texts) {
    const from = peer.voice().length;
    const playId = await play(text);
    expect(await under.event('play-ended', (event) => event.playId === playId)).toMatchObject({ cause: 'finished' });
    const heard = loudness(peer.recording(from), 8000) ?? -Infinity;
    expect({ text, right: Math.abs(heard - targetLoudness) < 2, heard }).toMatchObject({ text, right: true });
  }
  await close();
});

test('a shout and a whisper are heard equally loud', async () => {
  const { peer, play, close } = await phone();
  const levels: number[] = [];
  for (const amplitude of [600, 30_000]) {
    const file = join(folder, `${String(amplitude)}.wav`);
    writeFileSync(file, writeWav({ sampleRate: 48_000, samples: tone(700, 1, { rate: 48_000, amplitude }) }));
    const from = peer.voice().length;
    const playId = await play(file);
    await under.event('play-ended', (event) => event.playId === playId);
    levels.push(loudness(peer.recording(from), 8000) ?? -Infinity);
  }
  expect(Math.abs((levels[0] ?? 0) - (levels[1] ?? 99))).toBeLessThan(0.5);
  await close();
});

test('a key that is held ends a prompt while it is down', async () => {
  const { peer, play, close } = await phone();
  const file = join(folder, 'long.wav');
  writeFileSync(file, writeWav({ sampleRate: 8000, samples: tone(700, 60) }));
  const playId = await play(file, true);
  await peer.until(() => rms(peer.recording(Math.max(0, peer.voice().length - 10))) > 300);
  const pressing = peer.press('5', 50);
  expect(await under.event('play-ended', (event) => event.playId === playId)).toMatchObject({ cause: 'interrupted' });
  // Before the key was let go of, no digit was told.
  await peer.until(() => rms(peer.recording(Math.max(0, peer.voice().length - 5))) < 30);
  const digit = under.event('digit', (event) => event.callId.startsWith('prompts-'));
  await pressing;
  expect(await digit).toMatchObject({ digit: '5' });
  await close();
});
