/** Recordings made smaller after the call, one after the other: what was received gives way only to what the ledger knows. */
import type { Logger } from '../../base/logger.ts';
import type { Archive } from './archive.ts';
import { opusOf } from './convert.ts';
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
  later(callId: string, { state, content }: RecordingFacts): void {
    if (this.#options.keepAs === 'g711' || state !== 'finished' || content !== 'g711') return;
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
    const { archive, ledger, ffmpeg } = this.#options;
    const facts = this.#facts(callId);
    if (archive === undefined || facts?.state !== 'finished') return;
    const { recordingId, lengthMs, startedAt } = facts;
    // The converted file is one piece of sound: what of it is a pause, the ledger has to know.
    const gaps = (await archive.gapsOf(recordingId))?.slice(0, mostGaps) ?? [];
    const opened = await archive.open(recordingId);
    if (!opened.ok || opened.value.type !== 'audio/wav') return;
    const made = await opusOf(opened.value, ffmpeg).finally(() => opened.value.close());
    if (!made.ok) return this.#failed(callId, made.error);
    this.#converter = 'there';
    const file = { content: 'audio/ogg', file: made.value, lengthMs: lengthMs ?? 0, at: startedAt };
    const { commit, ...sealed } = archive.replace(recordingId, callId, file);
    const row = { recording: recordingId, content: 'audio/ogg', gaps, ...sealed };
    await ledger.put({ type: 'recording-converted', callId, facts: row }).durable;
    // Somebody may have had it removed meanwhile.
    commit(this.#facts(callId)?.state !== 'removed');
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
