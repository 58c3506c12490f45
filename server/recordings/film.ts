/** A recording with pictures as one Matroska stream for ffmpeg: the sound as PCM, each picture as it was sent, on one clock. */
import {
  type Bytes,
  bothSides,
  channelsOf,
  decodeTrack,
  type Frame,
  FrameReader,
  type FrameShape,
  type Gap,
  type Keyring,
  type PictureCodec,
  type PictureSide,
  readRecord,
  recordKind,
  sampleRate,
  type Timeline,
  wavBytes,
  wavPlace,
} from '../../media/recording/index.ts';
import { element, float, ids, openHead, text, uint } from './ebml.ts';

/** One picture of a film: of whom, and how it is coded. Another codec of the same side is another track. */
export interface FilmTrack {
  readonly side: PictureSide;
  readonly codec: PictureCodec;
  readonly shape: FrameShape;
}

/** What a film is made of. */
export interface FilmSource {
  readonly bytes: Bytes;
  readonly keys: Keyring;
  readonly timeline: Timeline;
}

const soundTrack = 1;
const clusterMs = 1000;
/** Frames come out of their packets so much later at most: what is lost is waited for. */
const aheadMs = 2000;
const codecIds = { VP8: 'V_VP8', H264: 'V_MPEG4/ISO/AVC' } as const;

/** The pictures that can be shown, the caller's first. Reads as far as the first key frame of each. */
export function filmTracks(source: FilmSource): FilmTrack[] {
  const tracks: FilmTrack[] = [];
  for (const side of ['caller', 'agent'] as const)
    for (const codec of ['VP8', 'H264'] as const) {
      const shape = firstShape(source, side, codec);
      if (shape !== undefined) tracks.push({ side, codec, shape });
    }
  return tracks;
}

function firstShape(source: FilmSource, side: PictureSide, codec: PictureCodec): FrameShape | undefined {
  const reader = new FrameReader(codec);
  for (const stretch of source.timeline.pictures) {
    if (stretch.side !== side || stretch.codec !== codec) continue;
    for (const frame of framesOf(source, reader, stretch.offset)) if (frame.shape !== undefined) return frame.shape;
  }
  return reader.finish().find(({ shape }) => shape !== undefined)?.shape;
}

function framesOf({ bytes, keys, timeline }: FilmSource, reader: FrameReader, offset: number): Frame[] {
  const part = timeline.parts.findLast((each) => each.offset < offset);
  const content = part && readRecord(bytes, keys, part.head, offset);
  const record = content && decodeTrack(recordKind.picture, content);
  if (record?.type !== 'picture') return [];
  return record.packets.flatMap(({ atMs, bytes: packet }) => reader.push(atMs, packet));
}

/** The stream, about a second at a time. */
export function* filmOf(source: FilmSource, tracks: readonly FilmTrack[]): Generator<Buffer> {
  const { timeline } = source;
  const sounds = soundsOf(timeline, tracks.length);
  yield head(timeline, tracks, sounds);
  const readers = tracks.map(({ codec }) => new FrameReader(codec));
  const frames: Frame[][] = tracks.map(() => []);
  let read = 0;
  for (let fromMs = 0; fromMs < timeline.lengthMs; fromMs += clusterMs) {
    const toMs = Math.min(fromMs + clusterMs, timeline.lengthMs);
    for (let stretch = timeline.pictures[read]; stretch !== undefined; stretch = timeline.pictures[read]) {
      if (stretch.fromMs >= toMs + aheadMs) break;
      const { side, codec, offset } = stretch;
      const at = tracks.findIndex((track) => track.side === side && track.codec === codec);
      const reader = readers[at];
      if (reader !== undefined) frames[at]?.push(...framesOf(source, reader, offset));
      read++;
    }
    if (read >= timeline.pictures.length) readers.forEach((reader, at) => frames[at]?.push(...reader.finish()));
    const blocks = frames.flatMap((queue, at) => {
      const due = queue.findIndex(({ atMs }) => atMs >= toMs);
      return queue.splice(0, due < 0 ? queue.length : due).map((frame) => ({ number: soundTrack + 1 + at, ...frame }));
    });
    yield cluster(fromMs, [...sounds.flatMap((sound) => soundBlocks(source, sound, fromMs, toMs)), ...blocks]);
  }
}

interface Block {
  readonly number: number;
  readonly atMs: number;
  readonly key: boolean;
  readonly data: Uint8Array;
}

const soundMs = 100;

/** A track of sound: what both sides hear, for players as they are, and where several were heard everybody's own channels behind the pictures. */
interface FilmSound {
  readonly number: number;
  readonly name: string;
  readonly channels: readonly string[];
}

function soundsOf(timeline: Timeline, pictures: number): FilmSound[] {
  const all = channelsOf(timeline);
  const first = { number: soundTrack, name: 'sound', channels: bothSides };
  return all.length === 2
    ? [first]
    : [first, { number: soundTrack + 1 + pictures, name: all.join(' '), channels: all }];
}

function soundBlocks(
  { bytes, keys, timeline }: FilmSource,
  { number, channels }: FilmSound,
  fromMs: number,
  toMs: number,
): Block[] {
  const place = (ms: number): number => wavPlace(ms, channels.length);
  const pcm = wavBytes(bytes, keys, timeline, place(fromMs), place(toMs), channels);
  const blocks: Block[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += soundMs) {
    const data = pcm.subarray(place(atMs) - place(fromMs), place(Math.min(atMs + soundMs, toMs)) - place(fromMs));
    blocks.push({ number, atMs, key: true, data });
  }
  return blocks;
}

/** RFC 9559 section 5.1.3. */
function cluster(fromMs: number, blocks: readonly Block[]): Buffer {
  const inOrder = blocks.toSorted((one, other) => one.atMs - other.atMs);
  return element(
    ids.cluster,
    uint(ids.timestamp, fromMs),
    ...inOrder.map(({ number, atMs, key, data }) => {
      const start = Buffer.alloc(4);
      start.writeUInt8(0x80 | number, 0);
      start.writeInt16BE(Math.max(-32_768, Math.min(32_767, atMs - fromMs)), 1);
      start.writeUInt8(key ? 0x80 : 0, 3);
      return element(ids.simpleBlock, start, data);
    }),
  );
}

function head(timeline: Timeline, tracks: readonly FilmTrack[], sounds: readonly FilmSound[]): Buffer {
  const ebml = element(
    ids.ebml,
    ...[uint(ids.ebmlVersion, 1), uint(ids.ebmlReadVersion, 1), uint(ids.ebmlMaxIdLength, 4)],
    ...[uint(ids.ebmlMaxSizeLength, 8), text(ids.docType, 'matroska')],
    ...[uint(ids.docTypeVersion, 4), uint(ids.docTypeReadVersion, 2)],
  );
  const info = element(
    ids.info,
    ...[uint(ids.timestampScale, 1_000_000), float(ids.duration, timeline.lengthMs)],
    ...[text(ids.muxingApp, 'jackfield'), text(ids.writingApp, 'jackfield')],
  );
  const pictures = tracks.map((track, at) => entryOf(track, soundTrack + 1 + at));
  const [first = Buffer.alloc(0), ...more] = sounds.map(soundEntry);
  const entries = element(ids.tracks, first, ...pictures, ...more);
  return Buffer.concat([ebml, openHead(ids.segment), info, entries, chapters(timeline.gaps, timeline.lengthMs)]);
}

function soundEntry({ number, name, channels }: FilmSound): Buffer {
  const shape = [float(ids.samplingFrequency, sampleRate), uint(ids.channels, channels.length), uint(ids.bitDepth, 16)];
  return element(
    ids.trackEntry,
    ...[uint(ids.trackNumber, number), uint(ids.trackUid, number), uint(ids.trackType, 2), uint(ids.flagLacing, 0)],
    ...(number === soundTrack ? [] : [text(ids.name, name)]),
    ...[text(ids.codecId, 'A_PCM/INT/LIT'), element(ids.audio, ...shape)],
  );
}

function entryOf({ side, codec, shape }: FilmTrack, number: number): Buffer {
  const { width, height, configuration } = shape;
  return element(
    ids.trackEntry,
    ...[uint(ids.trackNumber, number), uint(ids.trackUid, number), uint(ids.trackType, 1)],
    ...[uint(ids.flagLacing, 0), text(ids.name, side), text(ids.codecId, codecIds[codec])],
    ...(configuration === undefined ? [] : [element(ids.codecPrivate, configuration)]),
    element(ids.video, uint(ids.pixelWidth, width), uint(ids.pixelHeight, height)),
  );
}

/** Where something is missing is a chapter of its own, with the reason as its name. */
function chapters(gaps: readonly Gap[], lengthMs: number): Buffer {
  const [first] = gaps;
  if (first === undefined) return Buffer.alloc(0);
  const marks: { fromMs: number; toMs: number; name: string }[] = [];
  let atMs = 0;
  for (const { fromMs, toMs, reason } of gaps) {
    if (fromMs > atMs) marks.push({ fromMs: atMs, toMs: fromMs, name: 'recorded' });
    marks.push({ fromMs, toMs, name: reason });
    atMs = toMs;
  }
  if (atMs < lengthMs) marks.push({ fromMs: atMs, toMs: lengthMs, name: 'recorded' });
  const atoms = marks.map(({ fromMs, toMs, name }, at) =>
    element(
      ids.chapterAtom,
      uint(ids.chapterUid, at + 1),
      ...[uint(ids.chapterTimeStart, fromMs * 1e6), uint(ids.chapterTimeEnd, toMs * 1e6)],
      element(ids.chapterDisplay, text(ids.chapString, name), text(ids.chapLanguage, 'eng')),
    ),
  );
  return element(ids.chapters, element(ids.editionEntry, ...atoms));
}
