import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { setImmediate as breath } from 'node:timers/promises';
import { fail, ok, type Result } from '../../base/result.ts';
import type { FilmSource } from './film.ts';
import { PieceReader } from './piece-reader.ts';
import { Replacement, type ReplacementFacts } from './replacement.ts';
import type { Channels, Sound } from './sound.ts';
import {
  bothSides,
  channelsOf,
  type EndReason,
  extension,
  type Finished,
  type Keyring,
  OpenFile,
  readSealed,
  readTimelineGently,
  recordingPath,
  RecordingWriter,
  type Timeline,
  type Unreadable,
  wavBytes,
  wavSize,
} from '../../media/recording/index.ts';

export type ArchiveError =
  Unreadable | { readonly code: 'missing'; readonly message: string; readonly retryable: false };

/** What a check of a file found. */
export interface Verdict {
  /** Every record is in its place, and the end is there. */
  readonly whole: boolean;
  readonly hash: string;
  readonly damages: Timeline['damages'];
  readonly gaps: Timeline['gaps'];
  readonly lengthMs: number;
  readonly content: string;
}

/** The files of recordings. Reading never blocks for longer than some records take. */
export class Archive {
  readonly #directory: string;
  readonly #keys: Keyring;

  constructor(directory: string, keys: Keyring) {
    this.#directory = directory;
    this.#keys = keys;
  }

  /** The ids of every recording there is a file of. */
  list(): string[] {
    if (!existsSync(this.#directory)) return [];
    const names = readdirSync(this.#directory).filter((name) => name.endsWith(extension));
    return names.map((name) => name.slice(0, -extension.length));
  }

  /** Opens a recording as it is kept: as WAV where it is G.711 (without its pictures), as the file it was converted to otherwise, on all its channels. */
  async open(recordingId: string, wanted: Channels = 'two'): Promise<Result<Sound, ArchiveError>> {
    const bytes = this.#file(recordingId);
    if (bytes === undefined) return missing();
    const timeline = await readTimelineGently(bytes, this.#keys, breath);
    if (!timeline.ok) {
      bytes.close();
      return timeline;
    }
    if (timeline.value.head.content !== 'g711') {
      const pieces = new PieceReader(bytes, this.#keys, timeline.value);
      const type = typeOf(timeline.value.head.content);
      const read = (from: number, to: number): Buffer => pieces.read(from, to);
      const channels = timeline.value.head.channels.length;
      return ok({ type, channels, size: pieces.size, read, close: () => bytes.close() });
    }
    const keys = this.#keys;
    const channels = wanted === 'all' ? channelsOf(timeline.value) : bothSides;
    return ok({
      type: 'audio/wav',
      channels: channels.length,
      size: wavSize(timeline.value, channels.length),
      read: (from, to) => wavBytes(bytes, keys, timeline.value, from, to, channels),
      close: () => bytes.close(),
    });
  }

  /** The names of a file's channels, and where it has no sound if it is as it was received; undefined if it is not to be read. */
  async told(
    recordingId: string,
  ): Promise<(Pick<Timeline, 'gaps'> & { readonly channels: readonly string[] }) | undefined> {
    const bytes = this.#file(recordingId);
    if (bytes === undefined) return undefined;
    try {
      const timeline = await readTimelineGently(bytes, this.#keys, breath);
      return timeline.ok ? { gaps: timeline.value.gaps, channels: channelsOf(timeline.value) } : undefined;
    } finally {
      bytes.close();
    }
  }

  /** What a recording was received as, with its pictures; undefined where it has none, or was converted. Close it. */
  async openFilm(recordingId: string): Promise<(FilmSource & { close(): void }) | undefined> {
    const bytes = this.#file(recordingId);
    const timeline = bytes && (await readTimelineGently(bytes, this.#keys, breath));
    if (bytes !== undefined && timeline?.ok === true && timeline.value.pictures.length > 0)
      return { bytes, keys: this.#keys, timeline: timeline.value, close: () => bytes.close() };
    bytes?.close();
    return undefined;
  }

  /** Checks every record of a file, and hashes it. */
  async verify(recordingId: string): Promise<Result<Verdict, ArchiveError>> {
    const bytes = this.#file(recordingId);
    if (bytes === undefined) return missing();
    try {
      const timeline = await readTimelineGently(bytes, this.#keys, breath);
      if (!timeline.ok) return timeline;
      const { damages, gaps, end, lengthMs, head } = timeline.value;
      const hash = await hashOf(recordingPath(this.#directory, recordingId));
      const whole = damages.length === 0 && end !== null;
      return ok({ whole, hash, damages, gaps, lengthMs, content: head.content });
    } finally {
      bytes.close();
    }
  }

  /** Finishes a file that its writer left behind by dying. */
  finish(recordingId: string, callId: string, reason: EndReason): Result<Finished, { readonly code: string }> {
    if (!existsSync(recordingPath(this.#directory, recordingId))) return fail({ code: 'missing' });
    // The clock stands where the audio ends: the gap is not part of the call.
    const opened = RecordingWriter.open({ recordingId, callId, directory: this.#directory }, this.#keys, () => 0);
    return opened.ok ? ok(opened.value.finish(reason)) : opened;
  }

  /**
   * Writes a converted file beside what was received, sealed likewise. Throws what the disk throws; `abandon` it then. It takes the
   * place of what was received by `commit`: when its hash is in the ledger.
   */
  replace(recordingId: string, facts: ReplacementFacts): Replacement {
    return new Replacement(recordingPath(this.#directory, recordingId), this.#keys, { recordingId, ...facts });
  }

  /**
   * After a death: puts a converted file that the ledger knows by `hash` in its place, removes one it does not know
   * (`hash`: null where it knows none). `lost`: the ledger knows one, and the file is still what was received.
   */
  settle(recordingId: string, hash: string | null): 'settled' | 'swapped' | 'lost' {
    const path = recordingPath(this.#directory, recordingId);
    const converted = `${path}.converted`;
    rmSync(`${converted}.new`, { force: true });
    if (hash !== null && existsSync(converted) && hashNow(converted) === hash) {
      renameSync(converted, path);
      return 'swapped';
    }
    rmSync(converted, { force: true });
    return hash !== null && this.#isReceived(path) ? 'lost' : 'settled';
  }

  #isReceived(path: string): boolean {
    if (!existsSync(path)) return false;
    const bytes = new OpenFile(path);
    try {
      const [first] = readSealed(bytes, this.#keys);
      return first?.type === 'part' && first.head.content === 'g711';
    } finally {
      bytes.close();
    }
  }

  /** When a file was last written to, ms since the epoch; undefined if it is not there. */
  touchedAt(recordingId: string): number | undefined {
    return statSync(recordingPath(this.#directory, recordingId), { throwIfNoEntry: false })?.mtimeMs;
  }

  /** Removes a file; false if there was none. */
  remove(recordingId: string): boolean {
    const path = recordingPath(this.#directory, recordingId);
    const there = existsSync(path);
    rmSync(path, { force: true });
    rmSync(`${path}.converted`, { force: true });
    return there;
  }

  #file(recordingId: string): OpenFile | undefined {
    try {
      return new OpenFile(recordingPath(this.#directory, recordingId));
    } catch {
      return undefined;
    }
  }
}

function missing(): Result<never, ArchiveError> {
  return fail({ code: 'missing', message: 'the file of this recording is not there', retryable: false });
}

function typeOf(content: string): Sound['type'] {
  return content === 'video/webm' || content === 'video/x-matroska' ? content : 'audio/ogg';
}

/** Of a file that a death left: there is one at most for each start. */
function hashNow(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 18 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}
