/**
 * The session with an outside recorder (RFC 7866), as one value: two endpoints opened, one INVITE, both streams forked,
 * re-INVITEs as the talk changes, BYE. Whatever fails is told once and tried again later; the call never hears of it.
 */
import { assertNever } from '../../base/assert-never.ts';
import { answersOf, offerOf } from './description.ts';
import { sameTalk, type StreamName, streams, type Talk } from './talk.ts';

/** What both streams are sent from, by stream; `null`: the recorder does not want it. */
export type ForkedStreams = Readonly<Record<StreamName, string | null>>;

export interface Session {
  readonly type: 'opening' | 'inviting' | 'recording' | 'waiting' | 'over';
  readonly uri: string;
  /** Counts attempts, also over restarts: no id is used twice. */
  readonly attempt: number;
  readonly talk: Talk;
  /** What the recorder was told last. */
  readonly told: Talk;
  readonly offers: readonly [string | null, string | null];
  /** Of the last offer. */
  readonly version: number;
  /** A re-INVITE is under way. */
  readonly updating: boolean;
  /** Failures in a row. */
  readonly failures: number;
}

export type SessionEvent =
  | { readonly type: 'talk-changed'; readonly talk: Talk }
  | { readonly type: 'opened'; readonly endpointId: string; readonly sdp: string }
  /** An endpoint could not be opened or is gone, the recorder refused, or its dialog ended. */
  | { readonly type: 'failed'; readonly id: string; readonly reason: string }
  | { readonly type: 'answered'; readonly legId: string; readonly sdp: string }
  | { readonly type: 'updated'; readonly legId: string; readonly ok: boolean }
  | { readonly type: 'retry' }
  | { readonly type: 'ended' };

export type SessionEffect =
  | { readonly type: 'open'; readonly endpointId: string }
  | { readonly type: 'close'; readonly endpointId: string }
  | { readonly type: 'answer'; readonly endpointId: string; readonly sdp: string }
  | {
      readonly type: 'invite';
      readonly legId: string;
      readonly uri: string;
      readonly offer: string;
      readonly talk: Talk;
    }
  | { readonly type: 'update'; readonly legId: string; readonly offer: string; readonly talk: Talk }
  | { readonly type: 'bye'; readonly legId: string }
  /** The call's graph sends to these from now on; null: to none. */
  | { readonly type: 'fork'; readonly attempt: number; readonly streams: ForkedStreams | null }
  | { readonly type: 'retry-later'; readonly ms: number }
  | { readonly type: 'record'; readonly row: string; readonly facts: Readonly<Record<string, unknown>> };

export interface SessionStep {
  readonly session: Session;
  readonly effects: readonly SessionEffect[];
}

const firstRetryMs = 5000;
const longestRetryMs = 300_000;

/** The leg towards the recorder, and the endpoints its streams are sent from. */
export function legOf({ talk, attempt }: Pick<Session, 'talk' | 'attempt'>): string {
  return `${talk.callId}.srs${String(attempt)}`;
}
export function endpointOf(session: Pick<Session, 'talk' | 'attempt'>, stream: StreamName): string {
  return `${legOf(session)}-${stream}`;
}

/** Is this the id of a leg or of an endpoint of such a session? */
export function isOfRecorder(id: string): boolean {
  return /\.srs\d+(-|$)/.test(id);
}

const step = (session: Session, ...effects: SessionEffect[]): SessionStep => ({ session, effects });
const endpointsOf = (session: Session): readonly string[] => streams.map((stream) => endpointOf(session, stream));

/** The first attempt; `attempt` is one more than any before it in this call. */
export function begin(uri: string, talk: Talk, attempt: number): SessionStep {
  const session: Session = {
    ...{ type: 'opening', uri, attempt, talk, told: talk, offers: [null, null] },
    ...{ version: 0, updating: false, failures: 0 },
  };
  return step(session, ...opening(session));
}

function opening(session: Session): SessionEffect[] {
  return endpointsOf(session).map((endpointId) => ({ type: 'open', endpointId }));
}

export function transition(session: Session, event: SessionEvent): SessionStep {
  if (session.type === 'over') return step(session);
  switch (event.type) {
    case 'talk-changed':
      return updateIfNeeded({ ...session, talk: event.talk });
    case 'opened':
      return onOpened(session, event.endpointId, event.sdp);
    case 'failed':
      return [legOf(session), ...endpointsOf(session)].includes(event.id) && session.type !== 'waiting'
        ? failed(session, event.reason)
        : step(session);
    case 'answered':
      return event.legId === legOf(session) ? onAnswered(session, event.sdp) : step(session);
    case 'updated':
      return event.legId === legOf(session) && session.updating ? onUpdated(session, event.ok) : step(session);
    case 'retry':
      return session.type === 'waiting' ? onRetry(session) : step(session);
    case 'ended':
      return step({ ...session, type: 'over' }, ...leaving(session));
    default:
      return assertNever(event);
  }
}

function onOpened(session: Session, endpointId: string, sdp: string): SessionStep {
  const at = endpointsOf(session).indexOf(endpointId);
  if (session.type !== 'opening' || at < 0) return step(session, { type: 'close', endpointId });
  const [caller, other] = session.offers;
  const offers = at === 0 ? ([sdp, other] as const) : ([caller, sdp] as const);
  const { talk, uri } = session;
  const opened: Session = { ...session, offers };
  if (offers[0] === null || offers[1] === null) return step(opened);
  const offer = offerOf([offers[0], offers[1]], 0);
  return step({ ...opened, type: 'inviting', told: talk }, { type: 'invite', legId: legOf(session), uri, offer, talk });
}

function onAnswered(session: Session, sdp: string): SessionStep {
  if (session.type !== 'inviting') return step(session);
  const answers = answersOf(sdp);
  const wanted = streams.map((stream, at) => (answers[at] === null ? null : endpointOf(session, stream)));
  const [caller = null, other = null] = wanted;
  if (caller === null && other === null) return failed(session, 'the recorder wants neither stream');
  const taken = streams.flatMap((stream, at): SessionEffect[] => {
    const answer = answers[at] ?? null;
    return answer === null ? [] : [{ type: 'answer', endpointId: endpointOf(session, stream), sdp: answer }];
  });
  const recording: Session = { ...session, type: 'recording', failures: 0 };
  const facts = { recorder: session.uri, streams: wanted.filter((each) => each !== null).length };
  const begun = step(
    recording,
    ...taken,
    { type: 'fork', attempt: session.attempt, streams: { caller, other } },
    { type: 'record', row: 'siprec-started', facts },
  );
  const next = updateIfNeeded(recording);
  return step(next.session, ...begun.effects, ...next.effects);
}

/** Tells the recorder what changed; one re-INVITE at a time, the last state counts. */
function updateIfNeeded(session: Session): SessionStep {
  const { type, updating, talk, told, offers } = session;
  const [caller, other] = offers;
  if (type !== 'recording' || updating || sameTalk(talk, told) || caller === null || other === null)
    return step(session);
  const version = session.version + 1;
  const offer = offerOf([caller, other], version);
  const updated: Session = { ...session, version, updating: true, told: talk };
  return step(updated, { type: 'update', legId: legOf(session), offer, talk });
}

/** A refused update leaves the session as it was (RFC 3261 section 14.1): what is not to be heard is not sent anyway. */
function onUpdated(session: Session, ok: boolean): SessionStep {
  const settled: Session = { ...session, updating: false };
  const refused: SessionEffect[] = ok
    ? []
    : [{ type: 'record', row: 'siprec-update-refused', facts: { recorder: session.uri } }];
  const next = updateIfNeeded(settled);
  return step(next.session, ...refused, ...next.effects);
}

function failed(session: Session, reason: string): SessionStep {
  const failures = session.failures + 1;
  const ms = Math.min(longestRetryMs, firstRetryMs * 2 ** (failures - 1));
  // Told once for failures in a row: the ledger is no log.
  const told: SessionEffect[] =
    failures === 1 ? [{ type: 'record', row: 'siprec-failed', facts: { recorder: session.uri, reason } }] : [];
  const waiting: Session = { ...session, type: 'waiting', failures, updating: false };
  return step(waiting, ...leaving(session), ...told, { type: 'retry-later', ms });
}

function onRetry(session: Session): SessionStep {
  const again: Session = {
    ...{ ...session, type: 'opening', attempt: session.attempt + 1, told: session.talk },
    ...{ offers: [null, null], version: 0 },
  };
  return step(again, ...opening(again));
}

/** The order of the end: nothing is sent any more, then the dialog, then the endpoints. */
function leaving(session: Session): SessionEffect[] {
  if (session.type === 'waiting') return [];
  const legs: SessionEffect[] = session.type === 'opening' ? [] : [{ type: 'bye', legId: legOf(session) }];
  const fork: SessionEffect[] =
    session.type === 'recording' ? [{ type: 'fork', attempt: session.attempt, streams: null }] : [];
  return [...fork, ...legs, ...endpointsOf(session).map((endpointId) => ({ type: 'close', endpointId }) as const)];
}
