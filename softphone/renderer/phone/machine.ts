/**
 * The phone, without SIP: what it is doing and what it does next. `link` is its registration, `line` its one call.
 * The runner in `phone.ts` performs the effects with SIP.js and posts what comes of them.
 */
import { assertNever } from '../../../base/assert-never.ts';
import type { Problem } from '../../../protocol/problems/index.ts';
import { linkTransition } from './link.ts';
import type { Link, LinkEffect, LinkEvent } from './link.ts';

/** One INVITE, as the runner numbers them. */
export type SessionId = string;

/** What the headers of an INVITE said. */
export interface Invite {
  readonly session: SessionId;
  /** The offer of the desk feed that this ring belongs to. */
  readonly offerId?: string;
  readonly callId?: string;
  /** The offer in progress whose audio this INVITE brings: back, after a reload or a lost media node, or as they dialled. */
  readonly resume?: string;
  /** Who rings, as far as SIP says; the desk knows better. */
  readonly from?: string;
}

/** The audio of an established call. */
export type Media = 'connecting' | 'up' | 'interrupted' | 'failed';

export type Line =
  | { readonly type: 'idle' }
  /** Ringing out loud. `problem`: why the last try to answer failed. */
  | ({ readonly type: 'ringing'; readonly declined: boolean; readonly problem?: Problem } & Invite)
  /** An INVITE that says it resumes a call, while the desk has not yet said whether there is one. Silent. */
  | ({ readonly type: 'checking' } & Invite)
  | ({ readonly type: 'answering' } & Invite)
  | ({ readonly type: 'dialling' } & Invite)
  | ({ readonly type: 'talking'; readonly muted: boolean; readonly media: Media; readonly since: number } & Invite)
  /** Over; stays until the next call, so that the page can say why. */
  | ({ readonly type: 'ended'; readonly cause: EndCause } & Invite);

export type EndCause = 'cancelled' | 'peer' | 'own' | 'failed';

/** The call the desk feed says this agent is in: unknown until its first snapshot. */
export type InProgress = { readonly known: false } | { readonly known: true; readonly offerId?: string };

export interface PhoneState {
  readonly link: Link;
  readonly line: Line;
  readonly inProgress: InProgress;
}

export type PhoneEvent =
  | LinkEvent
  | { readonly type: 'invited'; readonly invite: Invite }
  | { readonly type: 'desk-told'; readonly offerId?: string }
  | { readonly type: 'answer-asked' }
  | { readonly type: 'decline-asked' }
  | { readonly type: 'hang-up-asked' }
  | { readonly type: 'mute-asked'; readonly muted: boolean }
  | { readonly type: 'dial-asked'; readonly session: SessionId; readonly target: string }
  | { readonly type: 'microphone-failed'; readonly session: SessionId; readonly problem: Problem }
  | { readonly type: 'established'; readonly session: SessionId; readonly at: number }
  | { readonly type: 'cancelled'; readonly session: SessionId }
  | { readonly type: 'session-ended'; readonly session: SessionId }
  | { readonly type: 'media-changed'; readonly session: SessionId; readonly media: Media };

export type PhoneEffect =
  | LinkEffect
  | { readonly type: 'accept'; readonly session: SessionId }
  | { readonly type: 'reject'; readonly session: SessionId; readonly status: number }
  | { readonly type: 'dial'; readonly session: SessionId; readonly target: string }
  /** CANCEL, or BYE: whatever ends it now. */
  | { readonly type: 'end'; readonly session: SessionId }
  | { readonly type: 'set-muted'; readonly session: SessionId; readonly muted: boolean };

export interface PhoneStep {
  readonly state: PhoneState;
  readonly effects: readonly PhoneEffect[];
}

export const initialPhone: PhoneState = { link: { type: 'off' }, line: { type: 'idle' }, inProgress: { known: false } };

/** What the phone does next. Pure and total: every state takes every event; what does not fit is ignored. */
export function phoneTransition(state: PhoneState, event: PhoneEvent): PhoneStep {
  switch (event.type) {
    case 'started':
    case 'stopped':
    case 'socket-opened':
    case 'registered':
    case 'register-refused':
    case 'registration-lost':
    case 'retry-elapsed': {
      const { link, effects } = linkTransition(state.link, event);
      return { state: { ...state, link }, effects };
    }
    case 'socket-closed': {
      const { link, effects } = linkTransition(state.link, event);
      const cut = undecidedCut({ ...state, link });
      return { state: cut.state, effects: [...effects, ...cut.effects] };
    }
    case 'invited':
      return invited(state, event.invite);
    case 'desk-told':
      return deskTold(state, event.offerId);
    case 'answer-asked':
      return state.line.type === 'ringing' ? answer(state, state.line) : same(state);
    case 'decline-asked':
      return decline(state);
    case 'hang-up-asked':
      return hangUp(state);
    case 'mute-asked':
      return mute(state, event.muted);
    case 'dial-asked':
      return dial(state, event.session, event.target);
    case 'microphone-failed':
      return microphoneFailed(state, event.session, event.problem);
    case 'established':
      return established(state, event.session, event.at);
    case 'cancelled':
      return over(state, event.session, 'cancelled');
    case 'session-ended':
      return over(state, event.session, 'peer');
    case 'media-changed':
      return state.line.type === 'talking' && state.line.session === event.session
        ? dropGhost({ ...state, line: { ...state.line, media: event.media } })
        : same(state);
    default:
      return assertNever(event);
  }
}

/**
 * What was not decided went down with the socket: its answer can go no other way, and the server, told so, asks anew. A
 * ring nobody cancels would keep the line busy. A call that stands goes on.
 */
function undecidedCut(state: PhoneState): PhoneStep {
  const { line } = state;
  switch (line.type) {
    case 'ringing':
    case 'checking':
      return moved(
        state,
        { ...inviteOf(line), type: 'ended', cause: 'cancelled' },
        { type: 'reject', session: line.session, status: 480 },
      );
    case 'answering':
    case 'dialling':
      return moved(
        state,
        { ...inviteOf(line), type: 'ended', cause: 'failed' },
        { type: 'end', session: line.session },
      );
    case 'idle':
    case 'talking':
    case 'ended':
      return same(state);
    default:
      return assertNever(line);
  }
}

/** The session the line is busy with, or undefined when it is free. */
export function liveSession(line: Line): SessionId | undefined {
  return line.type === 'idle' || line.type === 'ended' ? undefined : line.session;
}

function same(state: PhoneState): PhoneStep {
  return { state, effects: [] };
}

function moved(state: PhoneState, line: Line, ...effects: readonly PhoneEffect[]): PhoneStep {
  return { state: { ...state, line }, effects };
}

/** The facts of the INVITE alone, so that nothing of the old state of the line is carried into the new one. */
function inviteOf(line: Invite): Invite {
  return {
    session: line.session,
    ...(line.offerId === undefined ? {} : { offerId: line.offerId }),
    ...(line.callId === undefined ? {} : { callId: line.callId }),
    ...(line.resume === undefined ? {} : { resume: line.resume }),
    ...(line.from === undefined ? {} : { from: line.from }),
  };
}

/**
 * The desk says that the call on the line is not in progress (any more). That alone is no end, the BYE may be on its way;
 * but a BYE that was lost with the SIP server never comes.
 */
function isGhost({ line, inProgress }: PhoneState): boolean {
  if (line.type !== 'talking' || line.offerId === undefined || !inProgress.known) return false;
  return inProgress.offerId !== line.offerId && (line.resume === undefined || inProgress.offerId !== line.resume);
}

/** Ends a call that the desk does not know and that has no audio either: nobody is there. */
function dropGhost(state: PhoneState): PhoneStep {
  const { line } = state;
  const silent = line.type === 'talking' && (line.media === 'interrupted' || line.media === 'failed');
  if (!silent || !isGhost(state)) return same(state);
  return moved(state, { ...inviteOf(line), type: 'ended', cause: 'peer' }, { type: 'end', session: line.session });
}

function invited(state: PhoneState, invite: Invite): PhoneStep {
  const { line } = state;
  const busyWith = liveSession(line);
  if (busyWith !== undefined) {
    // The audio of the call in progress is being moved (a new media node, say): take the new one, then drop the old.
    const moves = line.type === 'talking' && invite.resume !== undefined && invite.resume === line.offerId;
    if (!moves && isGhost(state) && invite.resume === undefined)
      return moved(state, { ...invite, type: 'ringing', declined: false }, { type: 'end', session: busyWith });
    if (!moves) return { state, effects: [{ type: 'reject', session: invite.session, status: 486 }] };
    return moved(
      state,
      { ...invite, type: 'answering' },
      { type: 'accept', session: invite.session },
      { type: 'end', session: busyWith },
    );
  }
  if (invite.resume === undefined) return moved(state, { ...invite, type: 'ringing', declined: false });
  // The end of the audio overtook the BYE, and the server takes this page for lost.
  if (wasHungUp(line, invite.resume))
    return { state, effects: [{ type: 'reject', session: invite.session, status: 603 }] };
  return checked(state, invite);
}

/** Whether the agent ended the call of this offer here. */
function wasHungUp(line: Line, offerId: string): boolean {
  return line.type === 'ended' && line.cause === 'own' && (line.offerId === offerId || line.resume === offerId);
}

/** Answers a resuming INVITE only if the desk names the same offer: a header alone must not open the microphone. */
function checked(state: PhoneState, invite: Invite): PhoneStep {
  if (!state.inProgress.known) return moved(state, { ...invite, type: 'checking' });
  return state.inProgress.offerId === invite.resume
    ? answer(state, invite)
    : moved(state, { ...invite, type: 'ringing', declined: false });
}

function deskTold(state: PhoneState, offerId: string | undefined): PhoneStep {
  const inProgress: InProgress = offerId === undefined ? { known: true } : { known: true, offerId };
  const told: PhoneState = { ...state, inProgress };
  // It rang before the desk had said that it is the agent's own call.
  const late = told.line.type === 'ringing' && told.line.resume !== undefined && told.line.resume === offerId;
  return told.line.type === 'checking' || late ? checked(told, inviteOf(told.line)) : dropGhost(told);
}

function answer(state: PhoneState, invite: Invite): PhoneStep {
  return moved(state, { ...inviteOf(invite), type: 'answering' }, { type: 'accept', session: invite.session });
}

/**
 * The agent's "no". The desk command tells the server, which cancels the INVITE; here it only stops the noise. Without
 * a desk the runner's owner asks for `hang-up`, which refuses by SIP.
 */
function decline(state: PhoneState): PhoneStep {
  return state.line.type === 'ringing' ? moved(state, { ...state.line, declined: true }) : same(state);
}

function hangUp(state: PhoneState): PhoneStep {
  const { line } = state;
  switch (line.type) {
    case 'idle':
    case 'ended':
      return same(state);
    case 'ringing':
    case 'checking':
      return moved(
        state,
        { ...inviteOf(line), type: 'ended', cause: 'own' },
        { type: 'reject', session: line.session, status: 486 },
      );
    case 'answering':
    case 'dialling':
    case 'talking':
      return moved(state, { ...inviteOf(line), type: 'ended', cause: 'own' }, { type: 'end', session: line.session });
    default:
      return assertNever(line);
  }
}

function mute(state: PhoneState, muted: boolean): PhoneStep {
  if (state.line.type !== 'talking') return same(state);
  return moved(state, { ...state.line, muted }, { type: 'set-muted', session: state.line.session, muted });
}

function dial(state: PhoneState, session: SessionId, target: string): PhoneStep {
  if (liveSession(state.line) !== undefined || state.link.type !== 'registered') return same(state);
  return moved(state, { session, type: 'dialling' }, { type: 'dial', session, target });
}

/** Back to ringing: the agent may allow the microphone and press answer again while the offer lasts. */
function microphoneFailed(state: PhoneState, session: SessionId, problem: Problem): PhoneStep {
  const { line } = state;
  if (line.type === 'answering' && line.session === session)
    return moved(state, { ...inviteOf(line), type: 'ringing', declined: false, problem });
  if (line.type === 'dialling' && line.session === session)
    return moved(state, { ...inviteOf(line), type: 'ended', cause: 'failed' });
  return same(state);
}

function established(state: PhoneState, session: SessionId, at: number): PhoneStep {
  const { line } = state;
  const expected = (line.type === 'answering' || line.type === 'dialling') && line.session === session;
  if (!expected) {
    // The agent hung up while the answer was under way: nobody is to sit in silence.
    const known = line.type === 'talking' && line.session === session;
    return known ? same(state) : { state, effects: [{ type: 'end', session }] };
  }
  return moved(state, { ...inviteOf(line), type: 'talking', muted: false, media: 'connecting', since: at });
}

function over(state: PhoneState, session: SessionId, cause: 'cancelled' | 'peer'): PhoneStep {
  const { line } = state;
  if (line.type === 'idle' || line.type === 'ended' || line.session !== session) return same(state);
  const failed = line.type === 'answering' && cause === 'peer';
  return moved(state, { ...inviteOf(line), type: 'ended', cause: failed ? 'failed' : cause });
}
