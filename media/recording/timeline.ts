import { fail, ok, type Result } from '../../base/result.ts';
import type { Keyring } from './keys.ts';
import { type Bytes, type Damage, mostChannels, type PartHead, readSealed, type Sealed } from './sealed.ts';
import {
  agentChannel,
  decodeTrack,
  type EndReason,
  type GapReason,
  lengthMs,
  type PictureCodec,
  type PictureSide,
  recordKind,
} from './track.ts';

/** A stretch of audio in the file. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly wallMs: number;
  /** Its record in the file. */
  readonly offset: number;
}

export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: GapReason;
}

/** At most a second of one picture in the file. */
export interface PictureStretch {
  readonly fromMs: number;
  readonly side: PictureSide;
  readonly codec: PictureCodec;
  /** Its record in the file. */
  readonly offset: number;
}

/** Voices by themselves beside a stretch of audio, which begins where they do. */
export interface VoiceStretch {
  readonly fromMs: number;
  readonly channels: readonly string[];
  /** Its record in the file. */
  readonly offset: number;
}

/** A piece of a converted file. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  /** Written last, and read first: what is known of a film only when all of it is there. */
  readonly front: boolean;
}

/** Everything a file tells. Media times in ms since its beginning. */
export interface Timeline {
  readonly head: PartHead;
  /** The file's parts: one, and one more for each time it was taken up again. */
  readonly parts: readonly { readonly offset: number; readonly head: PartHead }[];
  readonly stretches: readonly Stretch[];
  readonly gaps: readonly Gap[];
  /** Pictures, in the order they were written. */
  readonly pictures: readonly PictureStretch[];
  /** Where the caller heard several. */
  readonly voices: readonly VoiceStretch[];
  /** Of a converted file. */
  readonly pieces: readonly Piece[];
  readonly lengthMs: number;
  /** Null: the file was never finished. */
  readonly end: EndReason | null;
  readonly damages: readonly { readonly damage: Damage; readonly offset: number }[];
  /** Where the last whole record ends, and the clock where its audio ends. */
  readonly wholeTo: number;
  readonly lastWallMs: number;
}

/** Those who have a channel of their own beside caller and agent, in the order in which they came. */
export function ownChannels({ voices }: Pick<Timeline, 'voices'>): string[] {
  return [...new Set(voices.flatMap(({ channels }) => channels))].filter((channel) => channel !== agentChannel);
}

/** Every channel of a recording: caller, agent, and those who came to their talk. Where more came than a file can have, all are heard on two. */
export function channelsOf({ head, voices }: Pick<Timeline, 'head' | 'voices'>): readonly string[] {
  if (head.content !== 'g711') return head.channels;
  const own = ownChannels({ voices });
  return ['caller', agentChannel, ...(own.length > mostChannels - 2 ? [] : own)];
}

/** Why nothing of a file can be played. */
export type Unreadable =
  | { readonly code: 'wrong-key'; readonly keyId: string; readonly message: string; readonly retryable: false }
  | { readonly code: 'not-a-recording'; readonly message: string; readonly retryable: false };

function notRecording(): Result<never, Unreadable> {
  return fail({ code: 'not-a-recording', message: 'this is not the file of a recording', retryable: false });
}

/** Gathers a timeline from what `readSealed` finds. */
class Gathering {
  head: PartHead | undefined;
  readonly parts: { offset: number; head: PartHead }[] = [];
  end: EndReason | null = null;
  readonly stretches: Stretch[] = [];
  readonly gaps: Gap[] = [];
  readonly pictures: PictureStretch[] = [];
  readonly voices: VoiceStretch[] = [];
  readonly pieces: Piece[] = [];
  readonly damages: { damage: Damage; offset: number }[] = [];
  atMs = 0;
  wholeTo = 0;
  lastWallMs = 0;
  #damaged = false;

  take(found: Exclude<Sealed, { type: 'wrong-key' }>): void {
    if (found.type === 'damaged') {
      this.damages.push({ damage: found.damage, offset: found.offset });
      this.#damaged = true;
      this.wholeTo = found.end;
      return;
    }
    this.wholeTo = found.end;
    if (found.type === 'record') return this.#record(found.kind, found.content, found.offset);
    this.head ??= found.head;
    this.parts.push({ offset: found.offset, head: found.head });
    if (this.parts.length === 1) this.lastWallMs = found.head.at;
  }

  #record(kind: number, content: Buffer, offset: number): void {
    if (kind === recordKind.piece || kind === recordKind.front) {
      this.pieces.push({ offset, length: content.length, front: kind === recordKind.front });
      return;
    }
    const record = decodeTrack(kind, content);
    if (record === undefined) return;
    if (record.type === 'picture') {
      const { fromMs, side, codec } = record;
      this.pictures.push({ fromMs, side, codec, offset });
      return;
    }
    if (record.type === 'voices') {
      const { fromMs, voices } = record;
      this.voices.push({ fromMs, channels: voices.map(({ channel }) => channel), offset });
      return;
    }
    const fromMs = record.type === 'end' ? record.atMs : record.fromMs;
    // A converted file is one piece of another kind: only its end has a place on the clock.
    if (fromMs > this.atMs && this.head?.content === 'g711')
      this.gaps.push({ fromMs: this.atMs, toMs: fromMs, reason: this.#damaged ? 'damaged' : 'lost' });
    this.#damaged = false;
    if (record.type === 'end') {
      this.end = record.reason;
      this.atMs = Math.max(this.atMs, fromMs);
      this.lastWallMs = record.wallMs;
      return;
    }
    this.end = null;
    const toMs = record.type === 'audio' ? fromMs + lengthMs(record.left.length) : record.toMs;
    if (record.type === 'audio') this.stretches.push({ fromMs, toMs, wallMs: record.wallMs, offset });
    else this.#gap({ fromMs, toMs, reason: record.reason });
    this.atMs = Math.max(this.atMs, toMs);
    this.lastWallMs = record.wallMs + (toMs - fromMs);
  }

  /** A pause is written every second, so that a death in it loses no more than one; it is one gap. */
  #gap(gap: Gap): void {
    const last = this.gaps.at(-1);
    if (last?.reason === gap.reason && last.toMs === gap.fromMs)
      this.gaps[this.gaps.length - 1] = { ...last, toMs: gap.toMs };
    else this.gaps.push(gap);
  }
}

function finish(gathering: Gathering): Result<Timeline, Unreadable> {
  const { head, parts, end, stretches, gaps, pictures, voices, pieces, damages, atMs, wholeTo, lastWallMs } = gathering;
  if (head === undefined) return notRecording();
  const places = { lengthMs: atMs, wholeTo, lastWallMs };
  return ok({ head, parts, end, stretches, gaps, pictures, voices, pieces, damages, ...places });
}

/** Reads all of a file at once. */
export function readTimeline(bytes: Bytes, keys: Keyring): Result<Timeline, Unreadable> {
  const gathering = new Gathering();
  for (const found of readSealed(bytes, keys)) {
    if (found.type === 'wrong-key') return wrongKey(found.keyId);
    gathering.take(found);
  }
  return finish(gathering);
}

/** The same with `pause` awaited now and then, so that a long file holds up nothing else. */
export async function readTimelineGently(
  bytes: Bytes,
  keys: Keyring,
  pause: () => Promise<unknown>,
): Promise<Result<Timeline, Unreadable>> {
  const gathering = new Gathering();
  let count = 0;
  for (const found of readSealed(bytes, keys)) {
    if (found.type === 'wrong-key') return wrongKey(found.keyId);
    gathering.take(found);
    if (++count % 64 === 0) await pause();
  }
  return finish(gathering);
}

function wrongKey(keyId: string): Result<never, Unreadable> {
  const message = `the recording is sealed under the key ${keyId}, which this site does not have`;
  return fail({ code: 'wrong-key', keyId, message, retryable: false });
}
