import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../base/logger.ts';
import { frameOf, recordingOf as fileOf, ringOf } from '../../media/recording/fixture.test-support.ts';
import { recordingPath, RecordingWriter, wavHeadOf } from '../../media/recording/index.ts';
import { strength } from '../../test/support/audio-measure.ts';
import {
  Archive,
  Conversions,
  decide,
  isExpired,
  opusOf,
  readPolicy,
  type RecordingLedger,
  recordingOf,
  type RecordingRow,
  wavOf,
} from './index.ts';

const keys = ringOf(1);
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'jackfield-archive-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));
const frames = (count: number) => Array.from({ length: count }, (_, at) => frameOf(at));

describe('which calls are recorded', () => {
  it.each([
    ['always', 'never', 0.99, 'on'],
    [null, 'always', 0.99, 'on'],
    ['never', 'always', 0, 'off'],
    [null, null, 0, 'off'],
    ['on-demand', null, 0, 'on-demand'],
    ['25%', null, 0.249, 'on'],
    ['25%', null, 0.25, 'on-demand'],
    ['0%', null, 0, 'on-demand'],
    ['100%', null, 0.9999, 'on'],
  ] as const)('queue %s, route %s, dice %d: %s', (queue, route, dice, decision) => {
    const read = (text: string | null) => (text === null ? null : readPolicy(text));
    expect(decide(read(queue), read(route), dice).decision).toBe(decision);
  });
});

const row = (type: string, at: number, facts: RecordingRow['facts'] = {}): RecordingRow => ({ type, at, facts });

describe('what the ledger tells of a recording', () => {
  const begun = row('recording-started', 1, { recording: 'c.r1', queue: 'support' });
  const finished = row('recording-finished', 5, { lengthMs: 4, bytes: 9, hash: 'aa', keyId: 'k', keepDays: 2 });

  it('is nothing where there was none', () => {
    expect(recordingOf([row('call-invited', 1), row('recording-held', 2)])).toBeUndefined();
  });

  it('goes from recording to finished to converted to removed', () => {
    expect(recordingOf([begun])).toMatchObject({ recordingId: 'c.r1', state: 'recording', queue: 'support' });
    expect(recordingOf([begun, finished])).toMatchObject({ state: 'finished', hash: 'aa', until: 5 + 2 * 86_400_000 });
    const converted = row('recording-converted', 6, { bytes: 3, hash: 'bb', content: 'audio/ogg' });
    expect(recordingOf([begun, finished, converted])).toMatchObject({
      hash: 'bb',
      bytes: 3,
      content: 'audio/ogg',
      gaps: [],
    });
    const gaps = [{ fromMs: 20, toMs: 40, reason: 'masked' }];
    const withGaps = { ...converted, facts: { ...converted.facts, gaps } };
    expect(recordingOf([begun, finished, withGaps])?.gaps).toEqual(gaps);
    const removed = row('recording-removed', 7, { reason: 'retention' });
    expect(recordingOf([begun, finished, removed])).toMatchObject({ state: 'removed', reason: 'retention' });
  });

  it('knows who is on which channel, and since when; of one that is finished, in the order of its file', () => {
    const channel = (at: number, facts: object, personal?: object) =>
      ({
        ...row('recording-channel', at, { recording: 'c.r1', ...facts }),
        ...(personal && { personal }),
      }) as RecordingRow;
    const rows = [
      begun,
      channel(2001, { channel: 'agent', member: 'agent', agent: 'alice' }),
      channel(2001, { channel: 'x2', member: 'outside' }, { to: '+861' }),
      channel(3001, { channel: 's3', member: 'supervisor', agent: 'sue' }),
      channel(4001, { channel: 'agent', member: 'agent', agent: 'bob' }),
      channel(4001, { channel: 'x9', member: 'nobody known' }),
    ];
    const agents = [
      { member: 'agent', agent: 'alice', fromMs: 2000 },
      { member: 'agent', agent: 'bob', fromMs: 4000 },
    ];
    const sue = { channel: 's3', parties: [{ member: 'supervisor', agent: 'sue', fromMs: 3000 }] };
    const outside = { channel: 'x2', parties: [{ member: 'outside', to: '+861', fromMs: 2000 }] };
    const both = [
      { channel: 'caller', parties: [] },
      { channel: 'agent', parties: agents },
    ];
    expect(recordingOf(rows)?.channels).toEqual([...both, outside, sue]);
    const ended = { ...finished, facts: { ...finished.facts, voices: ['s3', 'x2'] } };
    expect(recordingOf([...rows, ended])?.channels).toEqual([...both, sue, outside]);
    expect(recordingOf([begun, finished])?.channels).toEqual(
      ['caller', 'agent'].map((each) => ({ channel: each, parties: [] })),
    );
  });

  it('expires after its days, but not under legal hold', () => {
    const later = 5 + 2 * 86_400_000;
    const facts = (...more: RecordingRow[]) => recordingOf([begun, finished, ...more]);
    const expired = (at: number, ...more: RecordingRow[]): boolean => {
      const found = facts(...more);
      return found !== undefined && isExpired(found, at);
    };
    expect(expired(later - 1)).toBe(false);
    expect(expired(later)).toBe(true);
    expect(expired(later, row('recording-held', 6))).toBe(false);
    expect(expired(later, row('recording-held', 6), row('recording-released', 7))).toBe(true);
    expect(expired(later, row('recording-removed', 6))).toBe(false);
  });
});

describe('the archive', () => {
  it('plays what is there, checks it, and names the key it does not have', async () => {
    writeFileSync(recordingPath(directory, 'c.r1'), fileOf(keys, frames(100)).file);
    const archive = new Archive(directory, keys);
    expect(archive.list()).toEqual(['c.r1']);
    const opened = await archive.open('c.r1');
    expect(opened).toMatchObject({ ok: true, value: { type: 'audio/wav', size: 44 + 2 * 8000 * 4 } });
    expect(await archive.verify('c.r1')).toMatchObject({ ok: true, value: { whole: true, lengthMs: 2000 } });
    expect(await new Archive(directory, ringOf(2)).open('c.r1')).toMatchObject({
      ok: false,
      error: { code: 'wrong-key' },
    });
    expect(await archive.open('other')).toMatchObject({ ok: false, error: { code: 'missing' } });
  });

  it('says of a file that was cut that it is not whole', async () => {
    const { file } = fileOf(keys, frames(100));
    writeFileSync(recordingPath(directory, 'c.r1'), file.subarray(0, file.length - 60));
    expect(await new Archive(directory, keys).verify('c.r1')).toMatchObject({ ok: true, value: { whole: false } });
  });

  it('finishes what a writer left behind, without a gap that nobody spoke in', async () => {
    const recorded = { recordingId: 'c.r1', callId: 'c', directory };
    const writer = RecordingWriter.open(recorded, keys, () => 1_000_000);
    if (!writer.ok) throw new Error(writer.error.message);
    for (const frame of frames(90)) writer.value.write(frame);
    writer.value.abandon();
    const archive = new Archive(directory, keys);
    const finished = archive.finish('c.r1', 'c', 'media-failure');
    // The ten frames that made no chunk yet died with it.
    expect(finished).toMatchObject({ ok: true, value: { lengthMs: 1600, reason: 'media-failure' } });
    const hash = finished.ok ? finished.value.hash : '';
    expect(await archive.verify('c.r1')).toMatchObject({ ok: true, value: { whole: true, hash, gaps: [] } });
  });

  it('keeps a converted file sealed, as the same bytes', async () => {
    writeFileSync(recordingPath(directory, 'c.r1'), fileOf(keys, frames(100)).file);
    const archive = new Archive(directory, keys);
    const file = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at & 0xff));
    const replacement = archive.replace('c.r1', {
      callId: 'c',
      content: 'audio/ogg',
      at: 5,
      channels: ['caller', 'agent'],
    });
    replacement.write(file.subarray(100));
    replacement.front(file.subarray(0, 100));
    const made = replacement.finish(2000);
    expect((await archive.open('c.r1')).ok && (await archive.verify('c.r1'))).toMatchObject({
      value: { content: 'g711' },
    });
    replacement.commit();
    const opened = await archive.open('c.r1');
    if (!opened.ok) throw new Error(opened.error.message);
    const { type, size } = opened.value;
    expect([type, size, opened.value.read(0, size).equals(file)]).toEqual(['audio/ogg', file.length, true]);
    for (const [from, to] of [
      [0, 1],
      [99, 101],
      [65_000, 140_000],
      [199_990, 300_000],
    ] as const)
      expect(opened.value.read(from, to).equals(file.subarray(from, to)), `${String(from)}-${String(to)}`).toBe(true);
    opened.value.close();
    expect(await archive.verify('c.r1')).toMatchObject({
      ok: true,
      value: { whole: true, hash: made.hash, lengthMs: 2000, gaps: [], content: 'audio/ogg' },
    });
    expect(readFileSync(recordingPath(directory, 'c.r1')).includes(file.subarray(0, 64))).toBe(false);
    expect([archive.remove('c.r1'), archive.remove('c.r1'), archive.list()]).toEqual([true, false, []]);
  });
});

describe('conversions', () => {
  /** A ledger with one finished recording, and what is written to it. */
  function ledgerOf(hash: string) {
    const rows = [
      row('recording-started', 1, { recording: 'c.r1' }),
      row('recording-finished', 2, { lengthMs: 2000, hash }),
    ].map((each) => ({ ...each, erased: false }));
    const ledger: RecordingLedger = {
      rows: () => rows,
      put: ({ type, facts }) => {
        rows.push({ ...row(type, 3, facts), erased: false });
        return { durable: Promise.resolve() };
      },
    };
    return { rows, ledger };
  }
  const received = fileOf(keys, frames(100)).file;
  const ogg = Buffer.from('OggS and what follows');
  const path = (): string => recordingPath(directory, 'c.r1');

  async function afterDeath(known: boolean, change: (made: { readonly hash: string }) => void = () => {}) {
    writeFileSync(path(), received);
    const archive = new Archive(directory, keys);
    const { rows, ledger } = ledgerOf('aa');
    // The process died before `commit`.
    const replacement = archive.replace('c.r1', {
      callId: 'c',
      content: 'audio/ogg',
      at: 5,
      channels: ['caller', 'agent'],
    });
    replacement.write(ogg);
    const made = replacement.finish(2000);
    if (known) ledger.put({ type: 'recording-converted', callId: 'c', facts: { ...made, content: 'audio/ogg' } });
    change(made);
    const conversions = new Conversions({ archive, ledger, logger: silentLogger, keepAs: 'opus' });
    const facts = recordingOf(rows);
    if (facts !== undefined) conversions.takeUp('c', facts);
    await conversions.idle;
    const sealed = await archive.verify('c.r1');
    return { sealed: sealed.ok ? sealed.value : undefined, facts: recordingOf(rows), left: readdirSync(directory) };
  }

  it('are finished after a death between the row and the swap of files', async () => {
    const { sealed, facts, left } = await afterDeath(true);
    expect(sealed).toMatchObject({ whole: true, content: 'audio/ogg', hash: facts?.hash });
    expect(left).toEqual(['c.r1.jfr']);
  });

  it('are made anew where the ledger does not know them, or where the disk lost them', async () => {
    for (const lost of [false, true]) {
      const { sealed, facts, left } = await afterDeath(lost, () => lost && rmSync(`${path()}.converted`));
      expect(sealed).toMatchObject({ whole: true, content: 'audio/ogg', hash: facts?.hash });
      expect(left).toEqual(['c.r1.jfr']);
    }
  });

  it('that were damaged meanwhile do not take the place of what was received', async () => {
    const { sealed, left } = await afterDeath(true, () => writeFileSync(`${path()}.converted`, 'rubbish'));
    expect(sealed).toMatchObject({ whole: true, content: 'audio/ogg' });
    expect(left).toEqual(['c.r1.jfr']);
  });
});

describe('the converter', () => {
  /** Ten seconds: 400 Hz on the left, 1,000 Hz on the right. */
  function tones(): Buffer {
    const samples = 80_000;
    const wav = Buffer.alloc(44 + samples * 4);
    Buffer.from('524946460000000057415645666d74201000000001000200401f0000007d00000400100064617461', 'hex').copy(wav);
    wav.writeUInt32LE(wav.length - 8, 4);
    wav.writeUInt32LE(samples * 4, 40);
    for (let at = 0; at < samples; at++) {
      wav.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 400 * at) / 8000)), 44 + at * 4);
      wav.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 1000 * at) / 8000)), 46 + at * 4);
    }
    return wav;
  }
  const sound = (type: 'audio/wav' | 'audio/ogg', whole: Buffer, channels = 2) => ({
    ...{
      type,
      channels,
      size: whole.length,
      read: (from: number, to: number) => whole.subarray(from, to),
      close: () => {},
    },
  });
  /** Level of a tone in the middle of a channel. */
  function level(wav: Buffer, channel: 0 | 1, hz: number): number {
    let [real, imaginary] = [0, 0];
    for (let at = 20_000; at < 60_000; at++) {
      const value = wav.readInt16LE(44 + at * 4 + channel * 2);
      real += value * Math.cos((2 * Math.PI * hz * at) / 8000);
      imaginary += value * Math.sin((2 * Math.PI * hz * at) / 8000);
    }
    return (2 * Math.hypot(real, imaginary)) / 40_000;
  }

  it('makes Opus of a fifth of the size or less whose sides do not hear each other, and WAV of it again', async () => {
    const wav = tones();
    const opus = await opusOf(sound('audio/wav', wav));
    if (!opus.ok) throw new Error(opus.error.message);
    expect(opus.value.toString('latin1', 0, 4)).toBe('OggS');
    // 32 kb/s in all, against 128 of G.711 on two channels.
    expect(opus.value.length).toBeLessThan(10 * 4800);
    const again = await wavOf(sound('audio/ogg', opus.value));
    if (!again.ok) throw new Error(again.error.message);
    expect(again.value.readUInt32LE(24)).toBe(8000);
    expect(again.value.readUInt16LE(22)).toBe(2);
    expect(level(again.value, 0, 400)).toBeGreaterThan(6000);
    expect(level(again.value, 1, 1000)).toBeGreaterThan(6000);
    expect(level(again.value, 0, 1000)).toBeLessThan(30);
    expect(level(again.value, 1, 400)).toBeLessThan(30);
  });

  it('keeps five channels apart as Opus, and folds them to two: the caller left, all others right', async () => {
    const hertz = [400, 700, 1000, 1300, 1600];
    const pcm = Buffer.alloc(80_000 * 10);
    for (let at = 0; at < 80_000; at++)
      for (const [channel, hz] of hertz.entries())
        pcm.writeInt16LE(Math.round(4000 * Math.sin((2 * Math.PI * hz * at) / 8000)), (at * 5 + channel) * 2);
    const opus = await opusOf(sound('audio/wav', Buffer.concat([wavHeadOf(80_000, 5), pcm]), 5), 'all');
    if (!opus.ok) throw new Error(opus.error.message);
    const kept = sound('audio/ogg', opus.value, 5);
    const [all, two] = [await wavOf(kept, 'all'), await wavOf(kept)];
    if (!all.ok || !two.ok) throw new Error('ffmpeg made no WAV of it');
    expect([all.value.readUInt16LE(22), two.value.readUInt16LE(22)]).toEqual([5, 2]);
    /** The level of each tone on a channel. */
    const levels = (wav: Buffer, head: number, channels: number, channel: number): number[] => {
      const side = Int16Array.from({ length: 40_000 }, (_, at) =>
        wav.readInt16LE(head + ((20_000 + at) * channels + channel) * 2),
      );
      return hertz.map((hz) => strength(side, hz));
    };
    const alone = (at: number) =>
      hertz.map((_, each) => (each === at ? (expect.toSatisfy((is: number) => is > 3000) as number) : quiet));
    const quiet = expect.toSatisfy((is: number) => is < 30) as number;
    for (const channel of hertz.keys()) expect(levels(all.value, 68, 5, channel)).toEqual(alone(channel));
    expect(levels(two.value, 44, 2, 0)).toEqual(alone(0));
    const [caller = 0, ...others] = levels(two.value, 44, 2, 1);
    expect(caller).toBeLessThan(30);
    expect(Math.min(...others)).toBeGreaterThan(3000);
  });

  it('says that it is not installed', async () => {
    const made = await opusOf(sound('audio/wav', tones()), 'two', 'jackfield-no-such-program');
    expect(made).toMatchObject({ ok: false, error: { code: 'no-converter' } });
  });

  it('says what is wrong with the input', async () => {
    expect(await opusOf(sound('audio/wav', Buffer.from('no sound')))).toMatchObject({
      ok: false,
      error: { code: 'converter-failed' },
    });
  });
});
