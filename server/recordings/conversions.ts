/** Recordings made smaller after the call, one after the other: what was received gives way only to what the ledger knows. */
import type { Logger } from '../../base/logger.ts';
import { ok, type Result } from '../../base/result.ts';
import type { Archive } from './archive.ts';
import { type ConvertError, muxed, opusOf } from './convert.ts';
import { FilmFront } from './film-front.ts';
import { filmOf, filmTracks } from './film.ts';
import type { Replacement } from './replacement.ts';
import { type RecordingFacts, recordingOf } from './facts.ts';
import type { RecordingLedger } from './ports.ts';

export interface ConversionOptions {
  readonly archive: Archive | undefined;
  readonly ledger: RecordingLedger;
  readonly logger: Logger;
  readonly keepAs: 'opus' | 'g711';
  /** The converter, for tests. */
  readonly ffmpeg?: string | undefined;
}

/** A call has some pauses; more gaps than this are a broken one. */
const mostGaps = 500;

/** A converted file, and what the ledger is told of it. */
type Made = Result<
  { readonly replacement: Replacement; readonly content: string } & ReturnType<Replacement['finish']>,
  ConvertError
>;

/** What is converted: what the ledger knows of it, and the channels of its file. */
interface Received {
  readonly facts: RecordingFacts;
  readonly channels: string[];
}

/** In what ffmpeg makes of a film the sound is track 1. */
const firstPicture = 2;

/** Writes it; whatever goes wrong on the way leaves no file behind. */
async function written(
  replacement: Replacement,
  content: string,
  lengthMs: number,
  write: () => Promise<Result<undefined, ConvertError>>,
): Promise<Made> {
  try {
    const made = await write();
    if (made.ok) return ok({ replacement, content, ...replacement.finish(lengthMs) });
    replacement.fail();
    return made;
  } catch (error) {
    replacement.fail();
    throw error;
  }
}

export class Conversions {
  readonly #options: ConversionOptions;
  #queue: Promise<void> = Promise.resolve();
  #converter: 'unknown' | 'there' | 'missing' = 'unknown';
  #closed = false;

  constructor(options: ConversionOptions) {
    this.#options = options;
  }

  /** ffmpeg was wanted and is not installed. */
  get missing(): boolean {
    return this.#converter === 'missing';
  }

  /** Resolves when nothing is being converted any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue;
  }

  /** Resolves when everything asked for so far is done. */
  get idle(): Promise<void> {
    return this.#queue;
  }

  /** Converts a finished recording when its turn comes. */
  later(callId: string, { state, content, pictures }: RecordingFacts): void {
    // Pictures have no place beside G.711: such a recording becomes a film in any case.
    const asIs = this.#options.keepAs === 'g711' && pictures.length === 0;
    if (asIs || state !== 'finished' || content !== 'g711') return;
    this.#enqueue(callId);
  }

  /**
   * What a death in the middle left: the ledger may know a converted file that has not taken its place yet, or there is
   * one that the ledger does not know.
   */
  takeUp(callId: string, facts: RecordingFacts): void {
    const { archive, logger } = this.#options;
    const { recordingId, state, content, hash } = facts;
    if (archive === undefined) return;
    const settled = archive.settle(recordingId, state === 'finished' && content !== 'g711' ? hash : null);
    if (settled === 'swapped')
      logger.info({ callId, recordingId }, 'a conversion that a death interrupted is finished');
    // The disk lost what the ledger knows: what was received is still there and is converted once more.
    if (settled === 'lost') this.#enqueue(callId);
    else this.later(callId, facts);
  }

  #enqueue(callId: string): void {
    this.#queue = this.#queue
      .then(() => (this.#closed ? undefined : this.#convert(callId)))
      .catch((err: unknown) => this.#options.logger.error({ err, callId }, 'a recording could not be converted'));
  }

  #facts(callId: string): RecordingFacts | undefined {
    return recordingOf(this.#options.ledger.rows(callId));
  }

  async #convert(callId: string): Promise<void> {
    const { archive, ledger } = this.#options;
    const facts = this.#facts(callId);
    if (archive === undefined || facts?.state !== 'finished') return;
    // The converted file is one piece of sound: what of it is a pause, the ledger has to know.
    const told = await archive.told(facts.recordingId);
    const gaps = told?.gaps.slice(0, mostGaps) ?? [];
    const from = { facts, channels: [...(told?.channels ?? [])] };
    const made = (await this.#film(archive, callId, from)) ?? (await this.#sound(archive, callId, from));
    if (made === undefined) return;
    if (!made.ok) return this.#failed(callId, made.error);
    this.#converter = 'there';
    const { replacement, ...row } = made.value;
    const { recordingId: recording } = facts;
    await ledger.put({ type: 'recording-converted', callId, facts: { recording, gaps, ...row } }).durable;
    // Somebody may have had it removed meanwhile.
    if (this.#facts(callId)?.state === 'removed') replacement.abandon();
    else replacement.commit();
  }

  /** Sound and pictures in one; undefined where there are no pictures to be shown. */
  async #film(archive: Archive, callId: string, { facts, channels }: Received): Promise<Made | undefined> {
    const { keepAs: sound, ffmpeg } = this.#options;
    const { recordingId, startedAt: at } = facts;
    const source = await archive.openFilm(recordingId);
    try {
      const tracks = source === undefined ? [] : filmTracks(source);
      if (source === undefined || tracks.length === 0) return undefined;
      const plain = sound === 'opus' && tracks.every(({ codec }) => codec === 'VP8');
      const type = plain ? 'video/webm' : 'video/x-matroska';
      const replacement = archive.replace(recordingId, { callId, content: type, at, channels });
      const how = { type, sound, channels: channels.length } as const;
      const front = new FilmFront((bytes) => replacement.write(bytes), firstPicture);
      return await written(replacement, type, source.timeline.lengthMs, async () => {
        const made = await muxed(filmOf(source, tracks), how, (piece) => front.push(piece), ffmpeg);
        if (made.ok) replacement.front(front.finish(source.timeline.lengthMs));
        return made;
      });
    } finally {
      source?.close();
    }
  }

  async #sound(archive: Archive, callId: string, { facts, channels }: Received): Promise<Made | undefined> {
    const { recordingId, lengthMs, startedAt: at } = facts;
    if (this.#options.keepAs === 'g711') return undefined;
    const opened = await archive.open(recordingId, 'all');
    if (!opened.ok || opened.value.type !== 'audio/wav') return undefined;
    const made = await opusOf(opened.value, 'all', this.#options.ffmpeg).finally(() => opened.value.close());
    if (!made.ok) return made;
    const replacement = archive.replace(recordingId, { callId, content: 'audio/ogg', at, channels });
    return written(replacement, 'audio/ogg', lengthMs ?? 0, () => {
      replacement.write(made.value);
      return Promise.resolve(ok(undefined));
    });
  }

  #failed(callId: string, { code, message }: { readonly code: string; readonly message: string }): void {
    const { logger } = this.#options;
    if (code !== 'no-converter') {
      logger.error({ callId, reason: message }, 'a recording could not be converted; it is kept as G.711');
      return;
    }
    // Told once, not for every call.
    if (!this.missing)
      logger.warn({ reason: message }, 'recordings are kept as G.711: install ffmpeg to have them as Opus');
    this.#converter = 'missing';
  }
}
