import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TapRingWriter, tapRingMemory } from '../audio/tap-ring.ts';
import { ringOf, timelineOf } from './fixture.test-support.ts';
import {
  bytesOf,
  channelsOf,
  type FromRecorder,
  recordingPath,
  RecorderSession,
  wavBytes,
  wavPlace,
  wavSize,
} from './index.ts';

const keys = ringOf(1);
const stereo = new Int16Array(320);
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'jackfield-session-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A session, and a way to say a second. */
function session(place = directory) {
  const told: FromRecorder[] = [];
  let wall = 1_000_000;
  const recorder = new RecorderSession(
    place,
    keys,
    () => wall,
    (message) => told.push(message),
  );
  const begin = (recordingId: string) => {
    const memory = tapRingMemory(320);
    const writer = new TapRingWriter(memory);
    let timeMs = 0;
    recorder.take({ type: 'open', recordingId, callId: `call-${recordingId}`, memory });
    return (frames: number): void => {
      for (let at = 0; at < frames; at++) {
        writer.write(stereo.fill(1000), timeMs);
        timeMs += 20;
        wall += 20;
        if (at % 5 === 4) recorder.drain();
      }
    };
  };
  return { recorder, told, begin };
}

describe('whoever writes recordings', () => {
  it('finishes one with its length, size and hash', () => {
    const { recorder, told, begin } = session();
    begin('r1')(100);
    recorder.take({ type: 'close', recordingId: 'r1', reason: 'ended' });
    const file = readFileSync(recordingPath(directory, 'r1'));
    const hash = createHash('sha256').update(file).digest('hex');
    expect(told).toEqual([
      {
        ...{ type: 'ended', recordingId: 'r1', callId: 'call-r1', lengthMs: 2000, reason: 'ended', dropped: 0 },
        ...{ bytes: file.length, hash, keyId: keys.current.keyId, pictures: [] },
      },
    ]);
    expect(timelineOf(file, keys)).toMatchObject({
      lengthMs: 2000,
      gaps: [],
      end: 'ended',
      head: { callId: 'call-r1' },
    });
  });

  it('keeps voices by themselves beside both channels, each from when they come to when they go', () => {
    const { recorder, told } = session();
    const rings = new Map(
      ['both', 'agent', 'x2', 's3'].map((name) => [name, tapRingMemory(name === 'both' ? 320 : 160)]),
    );
    const ring = (name: string): SharedArrayBuffer => rings.get(name) ?? new SharedArrayBuffer(0);
    const writers = new Map([...rings].map(([name, memory]) => [name, new TapRingWriter(memory)]));
    recorder.take({ type: 'open', recordingId: 'r1', callId: 'c', memory: ring('both') });
    let timeMs = 0;
    const say = (frames: number, who: Readonly<Record<string, number>>): void => {
      for (let at = 0; at < frames; at++, timeMs += 20) {
        for (const [name, level] of Object.entries(who))
          writers.get(name)?.write(new Int16Array(160).fill(level), timeMs);
        writers.get('both')?.write(new Int16Array(320).fill(500), timeMs);
      }
      recorder.drain();
    };
    const voice = (type: 'voice' | 'voice-ended', channel: string): void =>
      recorder.take(
        type === 'voice'
          ? { type, recordingId: 'r1', channel, memory: ring(channel) }
          : { type, recordingId: 'r1', channel },
      );
    say(50, {});
    voice('voice', 'agent');
    voice('voice', 'x2');
    say(50, { agent: 1000, x2: 2000 });
    voice('voice-ended', 'x2');
    voice('voice', 's3');
    say(50, { agent: 1000, s3: 3000 });
    voice('voice-ended', 'agent');
    voice('voice-ended', 's3');
    say(50, {});
    recorder.take({ type: 'close', recordingId: 'r1', reason: 'ended' });
    expect(told).toMatchObject([{ type: 'ended', lengthMs: 4000, dropped: 0, voices: ['x2', 's3'] }]);
    const file = readFileSync(recordingPath(directory, 'r1'));
    const timeline = timelineOf(file, keys);
    expect(timeline).toMatchObject({ gaps: [], damages: [] });
    const channels = channelsOf(timeline);
    expect(channels).toEqual(['caller', 'agent', 'x2', 's3']);
    const wav = wavBytes(bytesOf(file), keys, timeline, 0, wavSize(timeline, 4), channels);
    /** What is on each channel in the middle of each second, in hundreds. */
    const levels = channels.map((_, channel) =>
      [500, 1500, 2500, 3500].map((ms) => Math.round(wav.readInt16LE(wavPlace(ms, 4) + channel * 2) / 100)),
    );
    // Alone with the caller, the agent's channel has all that the caller hears.
    expect(levels).toEqual([
      [5, 5, 5, 5],
      [5, 10, 10, 5],
      [0, 20, 0, 0],
      [0, 0, 30, 0],
    ]);
    expect([wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(4)]).toEqual([0xfffe, 4, wav.length - 8]);
  });

  it('marks what was said before it looked for the first time', () => {
    const { recorder, told } = session();
    const memory = tapRingMemory(320);
    recorder.take({ type: 'open', recordingId: 'r1', callId: 'c', memory });
    const writer = new TapRingWriter(memory);
    for (let frame = 0; frame < 300; frame++) writer.write(stereo.fill(1000), 5000 + frame * 20);
    recorder.take({ type: 'close', recordingId: 'r1', reason: 'ended' });
    expect(told).toMatchObject([{ type: 'ended', lengthMs: 6000, dropped: 173 }]);
    expect(timelineOf(readFileSync(recordingPath(directory, 'r1')), keys).gaps).toMatchObject([
      { fromMs: 0, toMs: 3460, reason: 'dropped' },
    ]);
  });

  it('marks what a slow disk made it lose, and counts it', () => {
    const { recorder, told } = session();
    const memory = tapRingMemory(320);
    recorder.take({ type: 'open', recordingId: 'r1', callId: 'c', memory });
    const writer = new TapRingWriter(memory);
    writer.write(stereo, 0);
    recorder.drain();
    for (let at = 1; at <= 300; at++) writer.write(stereo, at * 20);
    recorder.take({ type: 'close', recordingId: 'r1', reason: 'ended' });
    expect(told).toMatchObject([{ type: 'ended', dropped: 300 - 127, lengthMs: 6020 }]);
    const { gaps } = timelineOf(readFileSync(recordingPath(directory, 'r1')), keys);
    expect(gaps).toEqual([{ fromMs: 20, toMs: 20 + (300 - 127) * 20, reason: 'dropped' }]);
  });

  it('takes a recording up again under the same name, with the gap marked', () => {
    const first = session();
    first.begin('r1')(100);
    // This one dies here; the next one is another process, whose clock went on.
    const second = session();
    const say = second.begin('r1');
    say(50);
    second.recorder.take({ type: 'stop' });
    const { gaps, parts, lengthMs } = timelineOf(readFileSync(recordingPath(directory, 'r1')), keys);
    expect(second.told.map(({ type }) => type)).toEqual(['ended', 'stopped']);
    // Of the first the 20 frames that made no chunk yet are gone.
    expect({ gaps: gaps.length, parts: parts.length, lengthMs }).toEqual({ gaps: 0, parts: 2, lengthMs: 1600 + 1000 });
  });

  it('leaves one whose shard died as it is, nothing lost, and goes on in it when it is asked for again', () => {
    const { recorder, begin, told } = session();
    begin('r1')(50);
    recorder.take({ type: 'leave', recordingId: 'r1' });
    expect(told).toEqual([]);
    expect(timelineOf(readFileSync(recordingPath(directory, 'r1')), keys)).toMatchObject({ lengthMs: 1000, end: null });
    begin('r1')(50);
    recorder.take({ type: 'close', recordingId: 'r1', reason: 'ended' });
    expect(told).toMatchObject([{ type: 'ended', lengthMs: 2000 }]);
  });

  it('refuses one by name that goes on under a key it does not have, and leaves its file alone', () => {
    session().begin('r1')(50);
    const before = readFileSync(recordingPath(directory, 'r1'));
    const told: FromRecorder[] = [];
    const other = new RecorderSession(directory, ringOf(2), Date.now, (message) => told.push(message));
    other.take({ type: 'open', recordingId: 'r1', callId: 'c', memory: tapRingMemory(320) });
    expect(told).toMatchObject([{ type: 'failed', code: 'wrong-key', recordingId: 'r1' }]);
    expect(readFileSync(recordingPath(directory, 'r1')).equals(before)).toBe(true);
  });

  it('ends a recording with an alarm when the disk is full, and what was written plays', () => {
    const program = new URL('./full-disk.test-support.ts', import.meta.url).pathname;
    const command = 'ulimit -f 64; exec "$0" "$1" "$2"';
    const output = execFileSync('bash', ['-c', command, process.execPath, program, directory], { encoding: 'utf8' });
    const told = JSON.parse(output) as FromRecorder[];
    expect(told).toMatchObject([{ type: 'failed', recordingId: 'r1', code: 'EFBIG' }]);
    const timeline = timelineOf(readFileSync(recordingPath(directory, 'r1')), keys);
    expect(timeline).toMatchObject({ damages: [], end: null });
    // 64 KiB hold five chunks of 0.8 s.
    expect(timeline.lengthMs).toBe(4000);
  });

  it('does so too where the file system itself has no room left', () => {
    const program = new URL('./full-disk.test-support.ts', import.meta.url).pathname;
    // A tmpfs of its own, seen by this command alone: as root, or as root of a user namespace. Where neither is allowed, the
    // limit of the test before this one.
    const small = 'mount -t tmpfs -o size=64k jackfield "$2" && "$0" "$1" "$2" && cp "$2"/* "$3"';
    const limited = 'ulimit -f 60; "$0" "$1" "$2" && cp "$2"/* "$3"';
    const disk = mkdtempSync(join(tmpdir(), 'jackfield-small-'));
    const ways = [
      ['unshare', '--mount', 'bash', '-c', small],
      ['unshare', '--user', '--map-root-user', '--mount', 'bash', '-c', small],
      ['bash', '-c', limited],
    ];
    let output = '';
    for (const [command = '', ...args] of ways) {
      const run = spawnSync(command, [...args, process.execPath, program, disk, directory], { encoding: 'utf8' });
      if (run.status === 0) output = run.stdout;
      if (output !== '') break;
    }
    rmSync(disk, { recursive: true, force: true });
    const told = JSON.parse(output) as FromRecorder[];
    expect(told).toMatchObject([{ type: 'failed', recordingId: 'r1' }]);
    const [failed] = told;
    expect(['ENOSPC', 'EFBIG']).toContain(failed?.type === 'failed' ? failed.code : '');
    console.log(`the disk was full by ${failed?.type === 'failed' ? failed.code : '?'}`);
    const timeline = timelineOf(readFileSync(recordingPath(directory, 'r1')), keys);
    expect(timeline).toMatchObject({ damages: [], end: null });
    expect(timeline.lengthMs).toBeGreaterThanOrEqual(2400);
  });
});
