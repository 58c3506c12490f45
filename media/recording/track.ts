/** What the records of a recorded call hold: audio, gaps and the end, each with its place on the media clock. Pure. */

/** The media clock: one step is a frame of 20 ms on both channels, 160 samples each. */
export const frameMs = 20;
export const frameSamples = 160;
export const sampleRate = 8000;
/** Frames in a record. Less than a second by so much that, what waits on the way included, no death costs more than one. */
export const chunkFrames = 40;

/** Why there is no audio. `lost` and `damaged` are what a reader finds, the others are written. */
export const gapReasons = ['paused', 'masked', 'silent', 'dropped', 'media-failure', 'lost', 'damaged'] as const;
export type GapReason = (typeof gapReasons)[number];

/** Whose picture it is, as the channels of the sound are. */
export const pictureSides = ['caller', 'agent'] as const;
export type PictureSide = (typeof pictureSides)[number];

/** How a picture is coded; nothing is transcoded. */
export const pictureCodecs = ['VP8', 'H264'] as const;
export type PictureCodec = (typeof pictureCodecs)[number];

/** RTP packets of one picture as they came, at most a second of them. Places as of the sound that came with them. */
export interface PictureRecord {
  readonly type: 'picture';
  readonly fromMs: number;
  readonly wallMs: number;
  readonly side: PictureSide;
  readonly codec: PictureCodec;
  readonly packets: readonly { readonly atMs: number; readonly bytes: Uint8Array }[];
}

/** The channel of whoever is the caller's agent just now. */
export const agentChannel = 'agent';

/** One of several whom the caller hears, as the caller hears them: a channel of their own. */
export interface Voice {
  /** `agent`, or a name of its own for everybody who comes to a talk of two. */
  readonly channel: string;
  /** G.711. */
  readonly bytes: Uint8Array;
}

/** While several are heard by the caller: each of them by themselves, over the same time as the audio record after it. */
export interface VoicesRecord {
  readonly type: 'voices';
  readonly fromMs: number;
  readonly wallMs: number;
  readonly voices: readonly Voice[];
}

/** Why a recording ended. */
export const endReasons = ['ended', 'stopped', 'media-failure', 'recorder-failed'] as const;
export type EndReason = (typeof endReasons)[number];

/** A record of a recorded call. Media times are ms since the recording began; `wallMs` is the clock at `fromMs`. */
export type TrackRecord =
  | {
      readonly type: 'audio';
      readonly fromMs: number;
      readonly wallMs: number;
      readonly left: Uint8Array;
      readonly right: Uint8Array;
    }
  | {
      readonly type: 'gap';
      readonly fromMs: number;
      readonly toMs: number;
      readonly wallMs: number;
      readonly reason: GapReason;
    }
  | PictureRecord
  | VoicesRecord
  | { readonly type: 'end'; readonly atMs: number; readonly wallMs: number; readonly reason: EndReason };

/** Kinds of records, beside the head of a part (1). */
export const recordKind = { audio: 2, gap: 3, end: 4, piece: 5, picture: 6, front: 7, voices: 8 } as const;

const times = 12;

function placed(length: number, mediaMs: number, wallMs: number): Buffer {
  const bytes = Buffer.alloc(times + length);
  bytes.writeUInt32LE(mediaMs, 0);
  bytes.writeDoubleLE(wallMs, 4);
  return bytes;
}

/** The kind and content of a record. */
export function encodeTrack(record: TrackRecord): { readonly kind: number; readonly content: Buffer } {
  switch (record.type) {
    case 'audio': {
      const content = placed(record.left.length + record.right.length, record.fromMs, record.wallMs);
      content.set(record.left, times);
      content.set(record.right, times + record.left.length);
      return { kind: recordKind.audio, content };
    }
    case 'gap': {
      const content = placed(5, record.fromMs, record.wallMs);
      content.writeUInt32LE(record.toMs, times);
      content.writeUInt8(gapReasons.indexOf(record.reason), times + 4);
      return { kind: recordKind.gap, content };
    }
    case 'picture':
      return { kind: recordKind.picture, content: encodePicture(record) };
    case 'voices':
      return { kind: recordKind.voices, content: encodeVoices(record) };
    case 'end': {
      const content = placed(1, record.atMs, record.wallMs);
      content.writeUInt8(endReasons.indexOf(record.reason), times);
      return { kind: recordKind.end, content };
    }
  }
}

/** The record again; undefined for what this version does not know. */
export function decodeTrack(kind: number, content: Buffer): TrackRecord | undefined {
  if (content.length < times) return undefined;
  const at = content.readUInt32LE(0);
  const wallMs = content.readDoubleLE(4);
  if (kind === recordKind.audio && (content.length - times) % 2 === 0) {
    const half = (content.length - times) / 2;
    const left = content.subarray(times, times + half);
    return { type: 'audio', fromMs: at, wallMs, left, right: content.subarray(times + half) };
  }
  if (kind === recordKind.gap && content.length === times + 5) {
    const reason = gapReasons[content.readUInt8(times + 4)];
    return reason && { type: 'gap', fromMs: at, toMs: content.readUInt32LE(times), wallMs, reason };
  }
  if (kind === recordKind.picture) return decodePicture(at, wallMs, content.subarray(times));
  if (kind === recordKind.voices) return decodeVoices(at, wallMs, content.subarray(times));
  if (kind === recordKind.end && content.length === times + 1) {
    const reason = endReasons[content.readUInt8(times)];
    return reason && { type: 'end', atMs: at, wallMs, reason };
  }
  return undefined;
}

const packetHead = 4;

function encodePicture({ fromMs, wallMs, side, codec, packets }: PictureRecord): Buffer {
  const length = packets.reduce((sum, { bytes }) => sum + packetHead + bytes.length, 2);
  const content = placed(length, fromMs, wallMs);
  content.writeUInt8(pictureSides.indexOf(side), times);
  content.writeUInt8(pictureCodecs.indexOf(codec), times + 1);
  let at = times + 2;
  for (const { atMs, bytes } of packets) {
    content.writeUInt16LE(Math.max(0, Math.min(0xffff, Math.round(atMs - fromMs))), at);
    content.writeUInt16LE(bytes.length, at + 2);
    content.set(bytes, at + packetHead);
    at += packetHead + bytes.length;
  }
  return content;
}

function decodePicture(fromMs: number, wallMs: number, content: Buffer): PictureRecord | undefined {
  if (content.length < 2) return undefined;
  const side = pictureSides[content.readUInt8(0)];
  const codec = pictureCodecs[content.readUInt8(1)];
  if (side === undefined || codec === undefined) return undefined;
  const packets: { atMs: number; bytes: Buffer }[] = [];
  for (let at = 2; at + packetHead <= content.length;) {
    const end = at + packetHead + content.readUInt16LE(at + 2);
    if (end > content.length) return undefined;
    packets.push({ atMs: fromMs + content.readUInt16LE(at), bytes: content.subarray(at + packetHead, end) });
    at = end;
  }
  return { type: 'picture', fromMs, wallMs, side, codec, packets };
}

/** Before a voice: the length of its channel's name and of its bytes. */
const voiceHead = 3;

function encodeVoices({ fromMs, wallMs, voices }: VoicesRecord): Buffer {
  const named = voices.map(({ channel, bytes }) => ({ name: Buffer.from(channel, 'latin1'), bytes }));
  const length = named.reduce((sum, { name, bytes }) => sum + voiceHead + name.length + bytes.length, 0);
  const content = placed(length, fromMs, wallMs);
  let at = times;
  for (const { name, bytes } of named) {
    content.writeUInt8(name.length, at);
    content.writeUInt16LE(bytes.length, at + 1);
    content.set(name, at + voiceHead);
    content.set(bytes, at + voiceHead + name.length);
    at += voiceHead + name.length + bytes.length;
  }
  return content;
}

function decodeVoices(fromMs: number, wallMs: number, content: Buffer): VoicesRecord | undefined {
  const voices: Voice[] = [];
  for (let at = 0; at < content.length;) {
    if (at + voiceHead > content.length) return undefined;
    const begin = at + voiceHead + content.readUInt8(at);
    const end = begin + content.readUInt16LE(at + 1);
    if (end > content.length) return undefined;
    voices.push({ channel: content.toString('latin1', at + voiceHead, begin), bytes: content.subarray(begin, end) });
    at = end;
  }
  return { type: 'voices', fromMs, wallMs, voices };
}

/** Milliseconds of a channel's bytes. */
export function lengthMs(bytes: number): number {
  return (bytes * 1000) / sampleRate;
}
