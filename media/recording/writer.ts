import { existsSync } from 'node:fs';
import { fail, ok, type Result } from '../../base/result.ts';
import { Chunker, type StereoFrame } from './chunker.ts';
import { GrowingFile, OpenFile, recordingPath } from './file.ts';
import type { Keyring } from './keys.ts';
import { type PartFacts, Sealer, tagBytes } from './sealed.ts';
import { ownChannels, readTimeline, type Timeline } from './timeline.ts';
import {
  agentChannel,
  encodeTrack,
  frameMs,
  type EndReason,
  type PictureRecord,
  type PictureSide,
  sampleRate,
  type TrackRecord,
} from './track.ts';

/** Which recording it is, and where it goes. */
export interface Recorded {
  readonly recordingId: string;
  readonly callId: string;
  readonly directory: string;
}

/** What a finished recording is. */
export interface Finished {
  readonly recordingId: string;
  readonly callId: string;
  readonly lengthMs: number;
  readonly bytes: number;
  /** SHA-256 of the file, in hex. */
  readonly hash: string;
  readonly keyId: string;
  /** Frames that were lost on the way to the file. */
  readonly dropped: number;
  /** Whose pictures are in it. */
  readonly pictures: PictureSide[];
  /** The channels it has beside the caller's and the agent's; absent: none. */
  readonly voices?: string[];
  readonly reason: EndReason;
}

/** Why a recording could not go on. `code` of the system, or `wrong-key`. */
export interface RecordFailure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** The clock on the wall, and when the first frame was to come by it. */
interface RecordingClock {
  readonly wall: () => number;
  readonly began: number | undefined;
}

/** What went wrong, from whatever was thrown. */
export function failureOf(error: unknown): RecordFailure {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
  return { code, message: error instanceof Error ? error.message : String(error), retryable: code === 'ENOSPC' };
}

function partOf({ recordingId, callId }: Recorded, at: number): PartFacts {
  return { recordingId, callId, content: 'g711', codec: 'PCMU', sampleRate, channels: ['caller', 'agent'], at };
}

/** One recording being written. Every method but `open` may throw what the disk throws; then it is of no use any more. */
export class RecordingWriter {
  readonly #recorded: Recorded;
  readonly #keys: Keyring;
  readonly #wall: () => number;
  readonly #file: GrowingFile;
  readonly #sealer: Sealer;
  readonly #chunker: Chunker;
  /** Where frames that begin at zero belong on the recording's clock. */
  readonly #offsetMs: number;
  readonly #pictures: Set<PictureSide>;
  readonly #voices: Set<string>;

  private constructor(
    recorded: Recorded,
    keys: Keyring,
    { wall, began }: RecordingClock,
    before: Timeline | undefined,
  ) {
    this.#recorded = recorded;
    this.#keys = keys;
    this.#wall = wall;
    this.#pictures = new Set(before?.pictures.map(({ side }) => side));
    this.#voices = new Set(before === undefined ? [] : ownChannels(before));
    const path = recordingPath(recorded.directory, recorded.recordingId);
    const now = began ?? wall();
    if (before === undefined) {
      this.#sealer = new Sealer(keys.current);
      this.#file = GrowingFile.create(path, this.#sealer.begin(partOf(recorded, now)));
      this.#offsetMs = 0;
    } else {
      this.#sealer = new Sealer(keys.current, tagBefore(path, before.wholeTo));
      this.#file = GrowingFile.resume(path, before.wholeTo);
      this.#file.append(this.#sealer.begin(partOf(recorded, now)));
      this.#offsetMs = before.lengthMs + Math.max(0, Math.round((now - before.lastWallMs) / frameMs) * frameMs);
      const reason = before.end === null ? 'media-failure' : 'paused';
      if (this.#offsetMs > before.lengthMs)
        this.#append({ type: 'gap', fromMs: before.lengthMs, toMs: this.#offsetMs, wallMs: before.lastWallMs, reason });
    }
    this.#chunker = new Chunker((record) => this.#append(record), wall, this.#offsetMs);
  }

  /**
   * Begins a recording, or takes it up again where it was left. `wall`: ms since the epoch; `began`: when its first frame was
   * to come by that clock, if that is not now.
   */
  static open(
    recorded: Recorded,
    keys: Keyring,
    wall: () => number,
    began?: number,
  ): Result<RecordingWriter, RecordFailure> {
    const clock = { wall, began };
    try {
      const path = recordingPath(recorded.directory, recorded.recordingId);
      if (!existsSync(path)) return ok(new RecordingWriter(recorded, keys, clock, undefined));
      const bytes = new OpenFile(path);
      try {
        const before = readTimeline(bytes, keys);
        if (!before.ok) return fail(before.error);
        return ok(new RecordingWriter(recorded, keys, clock, before.value));
      } finally {
        bytes.close();
      }
    } catch (error) {
      return fail(failureOf(error));
    }
  }

  /** A frame; its time counts from this writer's beginning. */
  write(frame: StereoFrame): void {
    this.#chunker.write({ ...frame, mediaMs: frame.mediaMs + this.#offsetMs });
  }

  /** Packets of a picture; their times count from this writer's beginning. */
  picture(record: PictureRecord): void {
    const by = this.#offsetMs;
    this.#pictures.add(record.side);
    const packets = record.packets.map(({ atMs, bytes }) => ({ atMs: atMs + by, bytes }));
    this.#append({ ...record, fromMs: record.fromMs + by, packets });
  }

  /** The last record, the hash of the whole, and all of it on the disk. */
  finish(reason: EndReason): Finished {
    this.#chunker.flush();
    const { nextMs, dropped } = this.#chunker;
    this.#append({ type: 'end', atMs: nextMs, wallMs: this.#wall(), reason });
    this.#file.sync();
    const { recordingId, callId } = this.#recorded;
    const { keyId } = this.#keys.current;
    const hash = this.#file.hash();
    const bytes = this.#file.size;
    this.#file.close();
    const pictures = [...this.#pictures].toSorted();
    const voices = this.#voices.size === 0 ? {} : { voices: [...this.#voices] };
    return { recordingId, callId, lengthMs: nextMs, bytes, hash, keyId, dropped, pictures, ...voices, reason };
  }

  /** Writes what was gathered, and leaves the file without an end: it is to be taken up again. */
  leave(): void {
    this.#chunker.flush();
    this.#file.close();
  }

  /** Leaves the file as it is. */
  abandon(): void {
    this.#file.close();
  }

  #append(record: TrackRecord): void {
    if (record.type === 'voices')
      for (const { channel } of record.voices) if (channel !== agentChannel) this.#voices.add(channel);
    const { kind, content } = encodeTrack(record);
    this.#file.append(this.#sealer.seal(kind, content));
  }
}

function tagBefore(path: string, offset: number): Buffer {
  const bytes = new OpenFile(path);
  try {
    return offset < tagBytes ? Buffer.alloc(tagBytes) : Buffer.from(bytes.read(offset - tagBytes, tagBytes));
  } finally {
    bytes.close();
  }
}
