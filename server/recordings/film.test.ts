/** Recordings with pictures: what ffmpeg makes of them is decoded by ffmpeg again, and what is seen compared with what is heard. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../base/logger.ts';
import { flashesIn, onsetsIn } from '../../test/support/flashes.ts';
import { compress } from '../../media/audio/g711.ts';
import { encoded, packetsOf, type SentPacket } from '../../media/recording/film/packets.test-support.ts';
import { ringOf } from '../../media/recording/fixture.test-support.ts';
import {
  type PictureCodec,
  type PictureSide,
  recordingPath,
  RecordingWriter,
  type Voice,
} from '../../media/recording/index.ts';
import { strength } from '../../test/support/audio-measure.ts';
import { Archive, Conversions, opusOf, type RecordingLedger, recordingOf, wavOf } from './index.ts';

const keys = ringOf(1);
const lengthMs = 6000;
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'jackfield-film-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** White for 100 ms at every full second after the first, black otherwise. */
const flashing = (size: string): string =>
  `color=black:size=${size}:rate=20:duration=6,drawbox=color=white:t=fill:enable='gte(t,0.99)*lt(mod(t+0.001,1),0.1)'`;
const flashMs = [1000, 2000, 3000, 4000, 5000];

/** Both sides beep for 100 ms at every full second. */
function frameAt(mediaMs: number): { left: Uint8Array; right: Uint8Array } {
  const loud = mediaMs >= 1000 && mediaMs % 1000 < 100;
  const pcm = Int16Array.from({ length: 160 }, (_, at) => (loud ? 8000 * Math.sin(at * 0.8) : 0));
  return { left: compress('PCMU', pcm), right: compress('PCMU', pcm) };
}

interface Shown {
  readonly side: PictureSide;
  readonly codec: PictureCodec;
  readonly packets: readonly SentPacket[];
}

/** While several were heard, each by themselves: from 2 to 4 s. */
function voicesAt(mediaMs: number): Voice[] {
  if (mediaMs < 2000 || mediaMs >= 4000) return [];
  const tone = (hertz: number): Uint8Array =>
    compress(
      'PCMU',
      Int16Array.from({ length: 160 }, (_, at) => 6000 * Math.sin(((mediaMs * 8 + at) * hertz * 2 * Math.PI) / 8000)),
    );
  return [
    { channel: 'agent', bytes: tone(500) },
    { channel: 'x2', bytes: tone(900) },
  ];
}

/** Writes a recording of six seconds with these pictures, masked between `masked`, in which others come to the talk if `several`. */
function record(shown: readonly Shown[], masked: readonly [number, number] = [0, 0], several = false): void {
  const opened = RecordingWriter.open({ recordingId: 'c.r1', callId: 'c', directory }, keys, () => 1_000_000);
  if (!opened.ok) throw new Error(opened.error.message);
  const writer = opened.value;
  for (let mediaMs = 0; mediaMs < lengthMs; mediaMs += 20) {
    const mark = mediaMs >= masked[0] && mediaMs < masked[1] ? 'masked' : 'audio';
    writer.write({ mediaMs, mark, ...frameAt(mediaMs), ...(several && { voices: voicesAt(mediaMs) }) });
    if (mediaMs % 800 !== 780) continue;
    for (const { side, codec, packets } of shown) {
      const due = packets.filter(({ atMs }) => atMs > mediaMs - 800 && atMs <= mediaMs);
      const [first] = due;
      if (first !== undefined)
        writer.picture({ type: 'picture', fromMs: first.atMs, wallMs: 1_000_000, side, codec, packets: due });
    }
  }
  writer.finish('ended');
}

/** The same by two writers: the first dies after `diesMs`, the second takes the file up `goneMs` later. */
function recordTwice(packets: readonly SentPacket[], diesMs: number, goneMs: number): void {
  let wall = 1_000_000;
  const write = (fromMs: number, toMs: number) => {
    wall = 1_000_000 + fromMs;
    const opened = RecordingWriter.open({ recordingId: 'c.r1', callId: 'c', directory }, keys, () => wall);
    if (!opened.ok) throw new Error(opened.error.message);
    for (let mediaMs = fromMs; mediaMs < toMs; mediaMs += 20) {
      wall = 1_000_000 + mediaMs;
      opened.value.write({ mediaMs: mediaMs - fromMs, mark: 'audio', ...frameAt(mediaMs) });
      const due = packets.filter(({ atMs }) => atMs >= mediaMs && atMs < mediaMs + 20);
      const own = due.map(({ atMs, bytes }) => ({ atMs: atMs - fromMs, bytes }));
      const [first] = own;
      const picture = { type: 'picture', wallMs: wall, side: 'caller', codec: 'VP8', packets: own } as const;
      if (first !== undefined) opened.value.picture({ ...picture, fromMs: first.atMs });
    }
    return opened.value;
  };
  write(0, diesMs).abandon();
  write(diesMs + goneMs, lengthMs).finish('ended');
}

/** Converts it as after a call. */
async function converted(keepAs: 'opus' | 'g711' = 'opus', ffmpeg = 'ffmpeg') {
  const rows = [
    { type: 'recording-started', at: 1, facts: { recording: 'c.r1' }, erased: false },
    {
      ...{ type: 'recording-finished', at: 2, erased: false },
      facts: { lengthMs, hash: 'aa', pictures: ['caller', 'agent'] },
    },
  ];
  const ledger: RecordingLedger = {
    rows: () => rows,
    put: ({ type, facts }) => {
      rows.push({ type, at: 3, facts: facts as never, erased: false });
      return { durable: Promise.resolve() };
    },
  };
  const archive = new Archive(directory, keys);
  const conversions = new Conversions({ archive, ledger, logger: silentLogger, keepAs, ffmpeg });
  const before = recordingOf(rows);
  if (before !== undefined) conversions.later('c', before);
  await conversions.idle;
  const opened = await archive.open('c.r1');
  if (!opened.ok) throw new Error(opened.error.message);
  const sound = opened.value;
  const file = join(directory, 'film');
  writeFileSync(file, sound.read(0, sound.size));
  return { sound, file, facts: recordingOf(rows), archive };
}

interface Probe {
  readonly format: { readonly duration: string; readonly format_name: string };
  readonly streams: readonly { codec_name: string; width?: number; channels?: number; tags?: { title?: string } }[];
  readonly chapters: readonly { start_time: string; end_time: string; tags: { title: string } }[];
}

function probe(file: string): Probe {
  const how = ['-v', 'error', '-print_format', 'json', '-show_format', '-show_streams', '-show_chapters', file];
  return JSON.parse(execFileSync('ffprobe', how, { encoding: 'utf8' })) as Probe;
}

describe('a film of a recorded call', () => {
  const caller = encoded('VP8', flashing('320x240'));
  const agent = encoded('VP8', flashing('160x120'));

  it('has both pictures and the sound on one clock, as WebM that says how long it is and where one can begin', async () => {
    const half = agent.filter(({ atMs }) => atMs >= 2500);
    record([
      { side: 'caller', codec: 'VP8', packets: packetsOf('VP8', caller) },
      { side: 'agent', codec: 'VP8', packets: packetsOf('VP8', half, { ssrc: 4 }) },
    ]);
    const { sound, file, facts, archive } = await converted();
    expect(sound.type).toBe('video/webm');
    const { format, streams } = probe(file);
    expect(Number(format.duration)).toBeCloseTo(6, 1);
    expect(streams.map(({ codec_name: codec, width, tags }) => [codec, width, tags?.title])).toEqual([
      ['opus', undefined, undefined],
      ['vp8', 320, 'caller'],
      ['vp8', 160, 'agent'],
    ]);
    const heard = await onsetsIn(file);
    for (const at of flashMs)
      expect(
        heard.some((each) => Math.abs(each - at) <= 20),
        `${heard.join(' ')}`,
      ).toBe(true);
    const seen = await flashesIn(file, 0);
    expect(seen.map((at) => Math.round(at / 50) * 50)).toEqual(flashMs);
    // The agent's picture begins with a key frame.
    expect((await flashesIn(file, 1)).map((at) => Math.round(at / 50) * 50)).toEqual(
      [3000, 4000, 5000].filter((at) => at >= 3000),
    );
    expect(facts).toMatchObject({
      content: 'video/webm',
      bytes: readFileSync(recordingPath(directory, 'c.r1')).length,
    });
    expect(await archive.verify('c.r1')).toMatchObject({ value: { whole: true, hash: facts?.hash, lengthMs } });
    expect(readFileSync(recordingPath(directory, 'c.r1')).includes(sound.read(5000, 5032))).toBe(false);
    // From the middle: a player goes by the cues.
    const seek = execFileSync(
      'ffprobe',
      [
        '-v',
        'error',
        '-read_intervals',
        '3.5%+#1',
        '-select_streams',
        'v:0',
        '-show_entries',
        'packet=pts_time',
        '-of',
        'csv=p=0',
        file,
      ],
      { encoding: 'utf8' },
    );
    expect(Number(seek.split(',')[0])).toBeCloseTo(3, 1);
    sound.close();
  });

  it.each(['opus', 'g711'] as const)('has everybody’s own channels as a second sound, kept as %s', async (keepAs) => {
    record([{ side: 'caller', codec: 'VP8', packets: packetsOf('VP8', caller) }], [0, 0], true);
    const { sound, file } = await converted(keepAs);
    expect(probe(file).streams.map(({ channels, tags }) => [channels, tags?.title])).toEqual([
      [2, undefined],
      [undefined, 'caller'],
      [3, 'caller agent x2'],
    ]);
    expect(sound.channels).toBe(3);
    const [two, all, ogg] = [await wavOf(sound), await wavOf(sound, 'all'), await opusOf(sound, 'all')];
    if (!two.ok || !all.ok || !ogg.ok) throw new Error('ffmpeg made no sound of it');
    expect([two.value.readUInt16LE(22), all.value.readUInt16LE(22), ogg.value.toString('latin1', 0, 4)]).toEqual([
      ...[2, 3, 'OggS'],
    ]);
    const side = (channel: number): Int16Array =>
      Int16Array.from({ length: 8000 }, (_, at) => all.value.readInt16LE(68 + ((20_000 + at) * 3 + channel) * 2));
    const levels = [1, 2].map((channel) => [500, 900].map((hertz) => strength(side(channel), hertz) > 1000));
    expect(levels).toEqual([
      [true, false],
      [false, true],
    ]);
    sound.close();
  });

  it('gives its sound alone, as Ogg and as WAV', async () => {
    record([{ side: 'caller', codec: 'VP8', packets: packetsOf('VP8', caller) }]);
    const { sound } = await converted();
    const [ogg, wav] = [await opusOf(sound), await wavOf(sound)];
    if (!ogg.ok || !wav.ok) throw new Error('ffmpeg made no sound of it');
    expect(ogg.value.toString('latin1', 0, 4)).toBe('OggS');
    expect(wav.value.readUInt16LE(22)).toBe(2);
    expect((wav.value.length - 44) / 4 / 8).toBeGreaterThan(lengthMs - 50);
    sound.close();
  });

  it('stands still while it is masked, which is a chapter with that name', async () => {
    const packets = packetsOf('VP8', caller).filter(({ atMs }) => atMs < 1400 || atMs >= 3600);
    record([{ side: 'caller', codec: 'VP8', packets }], [1400, 3600]);
    const { sound, file } = await converted();
    const { chapters } = probe(file);
    expect(chapters.map(({ start_time: from, end_time: to, tags }) => [Number(from), Number(to), tags.title])).toEqual([
      [0, 1.4, 'recorded'],
      [1.4, 3.6, 'masked'],
      [3.6, 6, 'recorded'],
    ]);
    expect((await flashesIn(file, 0)).map((at) => Math.round(at / 50) * 50)).toEqual([1000, 4000, 5000]);
    sound.close();
  });

  it('is one after a death of whoever wrote it, with the gap', async () => {
    recordTwice(packetsOf('VP8', caller), 2500, 1000);
    const { sound, file } = await converted();
    expect((await flashesIn(file, 0)).map((at) => Math.round(at / 50) * 50)).toEqual([1000, 2000, 4000, 5000]);
    expect((await onsetsIn(file)).map((at) => Math.round(at / 50) * 50)).toEqual([1000, 2000, 4000, 5000]);
    // What was not in the file when it died is part of the gap.
    expect(probe(file).chapters.map(({ tags }) => tags.title)).toEqual(['recorded', 'media-failure', 'recorded']);
    sound.close();
  });

  it('is Matroska with H.264, which WebM has not', async () => {
    const h264 = encoded('H264', flashing('320x240'));
    record([
      { side: 'caller', codec: 'H264', packets: packetsOf('H264', h264) },
      { side: 'agent', codec: 'VP8', packets: packetsOf('VP8', agent, { ssrc: 4 }) },
    ]);
    const { sound, file } = await converted();
    expect(sound.type).toBe('video/x-matroska');
    expect(probe(file).streams.map(({ codec_name: codec }) => codec)).toEqual(['opus', 'h264', 'vp8']);
    for (const picture of [0, 1])
      expect((await flashesIn(file, picture)).map((at) => Math.round(at / 50) * 50)).toEqual(flashMs);
    expect((await opusOf(sound)).ok).toBe(true);
    sound.close();
  });

  it('keeps the sound as it was received where the site keeps G.711', async () => {
    record([{ side: 'caller', codec: 'VP8', packets: packetsOf('VP8', caller) }]);
    const { sound, file } = await converted('g711');
    expect(sound.type).toBe('video/x-matroska');
    expect(probe(file).streams.map(({ codec_name: codec }) => codec)).toEqual(['pcm_mulaw', 'vp8']);
    sound.close();
  });

  it('is a recording of sound where no picture can be shown', async () => {
    const noKeyFrame = packetsOf('VP8', caller).filter(({ atMs }) => atMs > 0 && atMs < 1000);
    record([{ side: 'caller', codec: 'VP8', packets: noKeyFrame }]);
    const { sound } = await converted();
    expect(sound.type).toBe('audio/ogg');
    sound.close();
  });

  it('waits as it was received, and can be heard, where ffmpeg is missing or fails', async () => {
    record([{ side: 'caller', codec: 'VP8', packets: packetsOf('VP8', caller) }]);
    for (const program of ['jackfield-no-such-program', 'false']) {
      const { sound, facts } = await converted('opus', program);
      expect([sound.type, facts?.content]).toEqual(['audio/wav', 'g711']);
      expect(readdirSync(directory).filter((name) => name.includes('converted'))).toEqual([]);
      sound.close();
    }
  });
});
