/** Recordings of calls: decided by the dialplan, told by the media node, kept under retention and legal hold, listened to. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { MediaEvent } from '../protocol/media.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import type { RecordingTimeline, RecordingVerdict } from '../protocol/rest.ts';
import { afterOrder, callOfLeg, type Calls, type CallState, hasEnded, type RecordingOrder } from './calls/index.ts';
import type { Plan } from './dialplan/index.ts';
import type { Ledger } from './ledger/index.ts';
import {
  type Archive,
  Conversions,
  decide,
  Keeping,
  type ListeningOptions,
  named,
  opusOf,
  readPolicy,
  type RecordingFacts,
  type RecordingLedger,
  recordingOf,
  type Sound,
  soundOf,
  wavOf,
} from './recordings/index.ts';
import type { Rows } from './rows.ts';

export interface RecordingOptions {
  /** Undefined where the site has no key: nothing can be listened to. */
  readonly archive: Archive | undefined;
  readonly calls: () => Calls;
  readonly plan: () => Plan | undefined;
  readonly rows: Pick<Rows, 'put'>;
  readonly ledger: Pick<Ledger, 'rows'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** At least 0, less than 1. */
  readonly dice: () => number;
  readonly keepAs: 'opus' | 'g711';
  /** 0: for ever, where the queue says nothing. */
  readonly keepDays: number;
  /** The converter, for tests. */
  readonly ffmpeg?: string;
}

type Ended = Extract<MediaEvent, { type: 'recording-ended' }>;
type Failed = Extract<MediaEvent, { type: 'recording-failed' }>;

/** A file that nobody has written to for so long was left behind: chunks come every 0.8 s, pauses too. */
const leftBehindMs = 15_000;
const lookEveryMs = 5000;
const retentionEveryMs = 3_600_000;
/** Who listens to the same recording again within this is one listener. */
const oneListeningMs = 600_000;
const mostRows = 100_000;

/** What is recorded and what was: each call decided on, each file followed from its first second to its removal. */
export class CallRecordings {
  readonly #options: RecordingOptions;
  /** Recordings that have begun and are not known to be finished, by call. */
  readonly #open = new Map<string, string>();
  readonly #listened = new Map<string, number>();
  readonly #cancels = new Map<string, () => void>();
  readonly #conversions: Conversions;
  readonly #keeping: Keeping;
  #closed = false;

  constructor(options: RecordingOptions) {
    this.#options = options;
    const ledger: RecordingLedger = {
      rows: (callId) => options.ledger.rows({ callId, limit: mostRows }),
      put: (row) => options.rows.put(row),
    };
    const { archive, logger, keepAs, ffmpeg } = options;
    this.#conversions = new Conversions({ archive, ledger, logger, keepAs, ffmpeg });
    this.#keeping = new Keeping({ archive, ledger });
  }

  /** Takes up what a server before this one left: files to be finished, converted or removed. */
  start(): void {
    for (const recordingId of this.#options.archive?.list() ?? []) {
      const callId = callOfLeg(recordingId);
      const facts = this.facts(callId);
      if (facts?.state === 'recording') this.#open.set(callId, recordingId);
      else if (facts !== undefined) this.#conversions.takeUp(callId, facts);
    }
    this.#every('look', lookEveryMs, () => this.#finishLeft());
    this.#every('retention', retentionEveryMs, () => this.applyRetention());
  }

  /** Resolves when nothing is being converted any more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#cancels.values()) cancel();
    await this.#conversions.close();
  }

  /** In a word, for the status. */
  get summary(): string {
    if (this.#options.archive === undefined) return 'the key of recordings cannot be read: no call is recorded';
    if (this.#options.keepAs === 'g711') return 'kept as G.711';
    return this.#conversions.missing
      ? 'ffmpeg is not installed: kept as G.711 (apt-get install ffmpeg)'
      : 'kept as Opus';
  }

  /** Decides whether a call is recorded, at the moment when two people talk. */
  callChanged(state: CallState): void {
    const { recording, callId } = state;
    if (recording?.state === 'on') this.#open.set(callId, recording.recordingId);
    if (recording !== undefined || state.phase !== 'talking' || hasEnded(state)) return;
    const plan = this.#options.plan();
    const queue = plan?.queues.get(state.queue?.queueId ?? state.dial?.queueId ?? '')?.record ?? null;
    const route = plan?.routes.get(routeOf(state) ?? '')?.record ?? null;
    const read = (text: string | null) => (text === null ? null : readPolicy(text));
    const decided = decide(read(queue), read(route), this.#options.dice());
    this.#options.calls().post(callId, { type: 'recording-decided', ...decided });
  }

  /** What an agent or a supervisor asks for; a problem says why not. */
  ask(callId: string, order: RecordingOrder, by: string): Problem | undefined {
    const call = this.#options.calls().get(callId);
    if (call === undefined || hasEnded(call)) return makeProblem('no-such-call');
    const state = call.recording?.state ?? 'off';
    if (call.phase !== 'talking' || afterOrder(state, order) === undefined)
      return makeProblem('recording-not-now', { state: call.phase === 'talking' ? state : call.phase });
    this.#options.calls().post(callId, { type: 'recording-asked', order, by });
    return undefined;
  }

  /** Takes in what the media node tells. */
  told(event: Ended | Failed): void {
    if (event.type === 'recording-failed') return this.failed(event);
    this.ended(event).catch((err: unknown) =>
      this.#options.logger.error({ err, callId: event.callId }, 'the end of a recording could not be written down'),
    );
  }

  /** The media node finished one. The hash is in the ledger, on the disk, before anything is done with the file. */
  async ended(event: Ended): Promise<void> {
    const { callId, recordingId, lengthMs, bytes, hash, keyId, dropped, pictures = [], voices, reason } = event;
    const before = this.facts(callId);
    // Told again after a restart of this server, or gone on after a pause.
    if (before?.hash === hash) return;
    this.#open.delete(callId);
    const days = this.#options.plan()?.queues.get(before?.queue ?? '')?.keepRecordingsDays ?? this.#options.keepDays;
    const shown = { ...(pictures.length === 0 ? {} : { pictures }), ...(voices === undefined ? {} : { voices }) };
    const facts = { recording: recordingId, lengthMs, bytes, hash, keyId, dropped, ...shown, reason };
    const row = { type: 'recording-finished', callId, facts: { ...facts, keepDays: days === 0 ? null : days } };
    await this.#options.rows.put(row).durable;
    const now = this.facts(callId);
    if (now !== undefined) this.#conversions.later(callId, now);
  }

  /** It cannot be written any more: the alarm. The call takes care of ledger and desk, if it is there. */
  failed({ callId, recordingId, code, message }: Failed): void {
    this.#options.logger.error({ callId, recordingId, code, reason: message }, 'a recording failed; the call goes on');
    if (this.#options.calls().post(callId, { type: 'recording-failed', recordingId, code })) return;
    this.#options.rows.put({ type: 'recording-failed', callId, facts: { recording: recordingId, code } });
  }

  /** What the ledger tells of a call's recording. */
  facts(callId: string): RecordingFacts | undefined {
    return recordingOf(this.#options.ledger.rows({ callId, limit: mostRows }));
  }

  /** Opens a recording to be listened to, on two channels or on all. Close it. */
  async open(
    callId: string,
    { format, channels = 'two' }: ListeningOptions,
    by: string,
  ): Promise<Result<Sound & { readonly tag: string }, Problem>> {
    const { archive, ffmpeg } = this.#options;
    const facts = this.#there(callId);
    if (!facts.ok) return facts;
    if (archive === undefined) return fail(makeProblem('recording-no-key', { key: facts.value.keyId ?? '' }));
    const opened = await archive.open(facts.value.recordingId, channels);
    if (!opened.ok)
      return fail(
        opened.error.code === 'wrong-key'
          ? makeProblem('recording-no-key', { key: opened.error.keyId })
          : makeProblem('no-recording'),
      );
    const sound = opened.value;
    if (format === 'film' && !sound.type.startsWith('video/')) {
      sound.close();
      return fail(makeProblem('recording-no-film'));
    }
    this.#listenedTo(callId, by);
    const of = sound.channels === 2 ? '' : `-${channels}`;
    const tag = `${facts.value.hash ?? String(sound.size)}-${format ?? ''}${of}`;
    // An Ogg file of several is not what most players can play: they get two channels of it.
    const folds = sound.type === 'audio/ogg' && sound.channels > 2 && channels === 'two';
    const asIs = format === undefined || format === 'film' || sound.type === `audio/${format}`;
    if (asIs && !folds) return ok({ ...sound, tag });
    try {
      const made = format === 'wav' ? await wavOf(sound, channels, ffmpeg) : await opusOf(sound, channels, ffmpeg);
      const type = format === 'wav' ? 'audio/wav' : 'audio/ogg';
      if (made.ok) return ok({ ...soundOf(type, made.value, channels === 'two' ? 2 : sound.channels), tag });
      return fail(makeProblem('recording-no-converter', { reason: made.error.message }));
    } finally {
      sound.close();
    }
  }

  /** When it began, where it has no sound, and who is on which channel. */
  async timeline(callId: string): Promise<Result<RecordingTimeline, Problem>> {
    const facts = this.#there(callId);
    if (!facts.ok) return facts;
    const { recordingId, startedAt, content, gaps, channels } = facts.value;
    const found = await this.#options.archive?.told(recordingId);
    const silent = content === 'g711' ? (found?.gaps ?? []) : gaps;
    return ok({
      startedAt,
      gaps: [...silent],
      channels: found === undefined ? channels : named(channels, found.channels),
    });
  }

  /** Checks the file against itself and against the ledger. */
  async verify(callId: string): Promise<Result<RecordingVerdict, Problem>> {
    const facts = this.#there(callId);
    if (!facts.ok) return facts;
    const checked = await this.#options.archive?.verify(facts.value.recordingId);
    if (checked === undefined) return fail(makeProblem('recording-no-key', { key: facts.value.keyId ?? '' }));
    if (checked.ok) {
      const { damages, ...rest } = checked.value;
      const gaps = rest.content === 'g711' ? rest.gaps : facts.value.gaps;
      return ok({ ...rest, damages: [...damages], gaps: [...gaps], matches: rest.hash === facts.value.hash });
    }
    const { error } = checked;
    return fail(
      error.code === 'wrong-key' ? makeProblem('recording-no-key', { key: error.keyId }) : makeProblem('no-recording'),
    );
  }

  /** Legal hold: nothing removes it until it is released. Resolves when durable. */
  hold(callId: string, held: boolean, by: string): Promise<Problem | undefined> {
    return this.#keeping.hold(callId, held, by);
  }

  /** Removes a recording for good. Resolves when durable. */
  remove(callId: string, by: string): Promise<Problem | undefined> {
    return this.#keeping.remove(callId, by);
  }

  /** A person is erased: the recordings of their calls go, those under legal hold stay. Gives how many of each. */
  erase(callIds: readonly string[]): Promise<{ readonly removed: number; readonly held: number }> {
    return this.#keeping.erase(callIds);
  }

  /** Removes what is older than its queue wants it kept, and what an erasure without this server left behind. */
  applyRetention(): Promise<void> {
    const { archive, clock } = this.#options;
    return this.#keeping.applyRetention((archive?.list() ?? []).map(callOfLeg), clock.now());
  }

  #there(callId: string): Result<RecordingFacts, Problem> {
    const facts = this.facts(callId);
    if (facts === undefined || facts.state === 'removed') return fail(makeProblem('no-recording'));
    return ok(facts);
  }

  #listenedTo(callId: string, by: string): void {
    const now = this.#options.clock.now();
    const key = `${by} ${callId}`;
    if (now - (this.#listened.get(key) ?? -Infinity) < oneListeningMs) return;
    for (const [each, at] of this.#listened) if (now - at >= oneListeningMs) this.#listened.delete(each);
    this.#listened.set(key, now);
    this.#options.rows.put({ type: 'recording-listened', callId, facts: { by } });
  }

  /** Files whose writer died: their calls are over, and nobody has written to them for a while. */
  async #finishLeft(): Promise<void> {
    const { archive, calls, clock } = this.#options;
    for (const [callId, recordingId] of this.#open) {
      const call = calls().get(callId);
      if (archive === undefined || (call !== undefined && !hasEnded(call))) continue;
      const touchedAt = archive.touchedAt(recordingId);
      if (touchedAt !== undefined && clock.now() - touchedAt < leftBehindMs) continue;
      this.#open.delete(callId);
      if (touchedAt === undefined || this.facts(callId)?.state !== 'recording') continue;
      const finished = archive.finish(recordingId, callId, 'media-failure');
      if (finished.ok) await this.ended({ ...finished.value, type: 'recording-ended' });
      else
        this.failed({
          type: 'recording-failed',
          callId,
          recordingId,
          code: finished.error.code,
          message: 'left behind',
        });
    }
  }

  #every(name: string, everyMs: number, run: () => void | Promise<void>): void {
    const { clock, logger } = this.#options;
    const again = (): void => {
      this.#cancels.set(
        name,
        clock.at(clock.now() + everyMs, () => void due()),
      );
    };
    const due = async (): Promise<void> => {
      try {
        await run();
      } catch (err) {
        logger.error({ err, name }, 'recordings could not be looked after');
      }
      if (!this.#closed) again();
    };
    again();
  }
}

/** The route the call is in; the plan's position is opaque to the call, not to us. */
function routeOf({ position }: CallState): string | undefined {
  return position !== null && 'route' in position && typeof position.route === 'string' ? position.route : undefined;
}
