/**
 * A leg whose endpoint died under it (a mediasoup worker, a shard or the whole media node) is moved to a fresh one: the
 * media node makes a new offer, a re-INVITE takes it to the far side, and the graph is asked for again. Where the far side
 * refuses, the endpoint counts as lost for good.
 */
import { spread } from '../../base/spread.ts';
import { membersOf } from './conferenced.ts';
import type { CallEffect, CallEvent } from './events.ts';
import type { On } from './handing.ts';
import { type CallState, type Leg, legsOf, type Move } from './state.ts';
import { record, type Step, step, withTimer } from './step.ts';
import { supervisorsOf } from './supervised.ts';

/** How long a move may take until it is given up, ms. */
export const moveMs = 15_000;
/** How long the far side (and the media node) may take over one try, ms. */
const tryMs = 6000;
/** Before a media node that has no room or no worker yet is asked again, ms. */
const againMs = 250;
/** More moves of one call within this time mean that the call itself is what kills its endpoints. */
const stormMs = 60_000;
const stormMoves = 8;

/** What was done, and what is still to be taken in by the rest of the machine, in order. */
export interface Moved {
  readonly step: Step;
  readonly then: readonly CallEvent[];
}

const goneWithNode = new Set(['node-died', 'worker-died', 'shard-died', 'endpoint-gone']);
/** In the worker it is in, a browser would keep its old DTLS session and hear nothing: only another worker will do. */
const goneWithWorker = new Set(['node-died', 'worker-died']);

/** Whether a re-INVITE can bring this leg's audio back. */
export function isMovable({ kind, signalling }: Leg, cause: string): boolean {
  if (signalling !== 'confirmed') return false;
  return kind === 'sip' ? goneWithNode.has(cause) : goneWithWorker.has(cause);
}

function moves(state: CallState): readonly Move[] {
  return state.moves ?? [];
}

/** Whether the endpoint of this leg is being replaced. */
export function isMoving(state: CallState, legId: string): boolean {
  return moves(state).some((move) => move.legId === legId);
}

/** What an event does to legs that are being moved, or have to be; undefined: nothing. */
export function onMoving(state: CallState, event: CallEvent, now: number): Moved | undefined {
  if (event.type === 'timer') return event.timer === 'move' ? onTime(withTimer(state, 'move', null), now) : undefined;
  if (event.type === 'recovered') return again(state, now);
  if (event.type === 'agent-seen') return onSeen(state, event, now);
  if (!('legId' in event)) return undefined;
  const move = moves(state).find(({ legId }) => legId === event.legId);
  if (event.type === 'endpoint-lost') return onLost(state, event, move, now);
  return move === undefined ? undefined : onOwn(state, event, move, now);
}

/** The state without moves of legs that are there no more, and its timer set for the next deadline. */
export function tidied(state: CallState): CallState {
  if (state.moves === undefined || (state.moves.length === 0 && state.timers.move === undefined)) return state;
  const there = new Set(legsOf(state).map(({ legId }) => legId));
  const left = state.moves.filter(({ legId }) => there.has(legId));
  const due = left.length === 0 ? null : Math.min(...left.map(({ due: at }) => at));
  const kept = left.length === state.moves.length ? state : { ...state, moves: left };
  return kept.timers.move === (due ?? undefined) ? kept : withTimer(kept, 'move', due);
}

function onLost(state: CallState, event: On<'endpoint-lost'>, move: Move | undefined, now: number): Moved | undefined {
  const { legId, cause } = event;
  const leg = legsOf(state).find((each) => each.legId === legId);
  if (leg === undefined || !isMovable(leg, cause)) return move === undefined ? undefined : given(state, move, event);
  // Lost again in the middle of a move: from the start, as long as there is time.
  if (move?.way === 'ice') return onLost(without(state, legId), event, undefined, now);
  if (move !== undefined) return now < move.until ? open(state, move, now) : failed(state, move);
  if (!leg.open) return undefined;
  const begun = [...(state.movedAt ?? []).filter((at) => at > now - stormMs), now];
  if (begun.length > stormMoves) return undefined;
  const since = Math.min(event.since ?? now, now);
  const fresh: Move = { legId, since, until: now + moveMs, due: now + tryMs, stage: 'opening', tries: 0 };
  const closed = patchLeg({ ...state, movedAt: begun, moves: [...moves(state), fresh] }, legId, { open: false });
  const lost = record('leg-lost', { leg: roleOf(state, legId), cause }, agentOf(state, legId));
  const opening = open(closed, fresh, now);
  return { ...opening, step: step(opening.step.state, lost, ...opening.step.effects) };
}

/** The leg at a page of this agent, whatever their part in the talk: its agent, who is consulted, a member, a supervisor. */
function pageLeg(state: CallState, agentId: string): Leg | undefined {
  const { other, offer, transfer } = state;
  const legs = [
    ...(offer?.agentId === agentId ? [other] : []),
    ...(transfer?.target.type === 'agent' && transfer.target.agentId === agentId ? [transfer.leg] : []),
    ...membersOf(state).flatMap(({ who, leg }) => (who.type === 'agent' && who.agentId === agentId ? [leg] : [])),
    ...supervisorsOf(state).flatMap((each) => (each.agentId === agentId ? [each.leg] : [])),
  ];
  return legs.find((leg) => leg?.kind === 'webrtc' && leg.signalling === 'confirmed' && leg.open) ?? undefined;
}

/**
 * The agent's page is registered over another connection: its network has changed, and its audio has to find the new way
 * before ICE notices that the old one is dead. The page is the same, so its peer connection is.
 */
function onSeen(state: CallState, event: On<'agent-seen'>, now: number): Moved | undefined {
  const leg = state.phase === 'talking' ? pageLeg(state, event.agentId) : undefined;
  if (leg === undefined) return undefined;
  const { legId, device } = leg;
  const page = event.pages.find(({ deviceId }) => deviceId === device?.deviceId);
  if (page?.flow === undefined || page.flow === device?.flow) return undefined;
  const found = patchLeg(state, legId, { device: page });
  // One that was rung before its connection was noted: there is nothing to compare with.
  if (device?.flow === undefined || isMoving(state, legId)) return { step: step(found), then: [event] };
  const times = { since: now, until: now + moveMs, due: now + tryMs };
  const move: Move = { legId, ...times, stage: 'opening', tries: 0, way: 'ice' };
  return { ...open({ ...found, moves: [...moves(found), move] }, move, now), then: [event] };
}

/** The media node is asked for a fresh endpoint, or for a new way to the old one, and for our offer. */
function open(state: CallState, move: Move, now: number): Moved {
  const kind = legsOf(state).find(({ legId }) => legId === move.legId)?.kind ?? 'sip';
  const opening: Move = { ...move, stage: 'opening', due: Math.min(now + tryMs, move.until), tries: move.tries + 1 };
  const { legId } = move;
  if (move.way === 'ice') return done(step(withMove(state, opening), { type: 'restart-ice', legId }));
  const asked = { type: 'open-endpoint', legId, kind, remoteSdp: null, token: null, again: true } as const;
  return done(step(withMove(patchLeg(state, move.legId, { open: false }), opening), asked));
}

function onOwn(state: CallState, event: CallEvent, move: Move, now: number): Moved | undefined {
  const { legId } = move;
  switch (event.type) {
    case 'endpoint-opened':
      if (event.token !== null) return reoffered(state, event, move, now);
      if (move.stage !== 'opening') return done(step(state));
      return done(
        step(withMove(state, { ...move, stage: 'offered', due: due(move, now) }), {
          ...{ type: 'reinvite-leg', legId, sdp: event.localSdp },
        }),
      );
    case 'endpoint-failed':
      if (event.token !== null) return undefined;
      return move.stage === 'opening' ? wait(state, move, now, againMs) : failed(state, move);
    case 'leg-reanswered':
      if (move.stage !== 'offered') return done(step(state));
      return done(
        step(withMove(state, { ...move, stage: 'answering', due: due(move, now) }), {
          ...{ type: 'answer-endpoint', legId, sdp: event.sdp },
        }),
      );
    case 'leg-reinvite-failed':
      return move.stage === 'offered' ? onRefused(state, event.status, move, now) : done(step(state));
    case 'endpoint-answered':
      return move.stage === 'answering' ? done(arrive(state, move, now)) : undefined;
    case 'leg-ended':
    case 'leg-failed':
      return given(state, move, event);
    default:
      return undefined;
  }
}

/** The far side's own re-INVITE found the fresh endpoint first: its answer is all that was missing. */
function reoffered(state: CallState, event: CallEvent, move: Move, now: number): Moved {
  const { state: arrived, effects } = arrive(state, move, now);
  return { step: step(arrived, ...effects), then: [event] };
}

function onRefused(state: CallState, status: number, move: Move, now: number): Moved {
  // RFC 3261 section 14.1: after 491 whoever made the Call-ID waits 2.1 to 4 s, the other side at most 2 s.
  const owner = move.legId !== state.caller.legId || state.dial !== null;
  const key = `${move.legId}${String(move.tries)}`;
  if (status === 491) return wait(state, move, now, owner ? spread(key, 2100, 4000) : spread(key, 0, 2000));
  // 500 and 503: the far side or our engine is not ready; RFC 3261 section 14.2 asks for it while a request is open.
  if (status === 500 || status === 503) return wait(state, move, now, spread(key, 100, 1000));
  // RFC 3261 section 12.2.1.2: the dialog is gone with the page that had it.
  return failed(state, move, status === 408 || status === 481);
}

/** Both ends have each other's new description: the graph goes back to what it was. */
function arrive(state: CallState, move: Move, now: number): Step {
  const { legId, since, way } = move;
  if (way === 'ice')
    return step(without(state, legId), record('ice-restarted', { leg: roleOf(state, legId) }, agentOf(state, legId)));
  const row = record('leg-resumed', { leg: roleOf(state, legId), gapMs: now - since }, agentOf(state, legId));
  return step(patchLeg(without(state, legId), legId, { open: true }), row);
}

function wait(state: CallState, move: Move, now: number, forMs: number): Moved {
  if (now + forMs >= move.until) return failed(state, move);
  return done(step(withMove(state, { ...move, stage: 'waiting', due: now + forMs })));
}

function onTime(state: CallState, now: number): Moved {
  let moved: Moved = done(step(state));
  for (const move of moves(state).filter(({ due: at }) => at <= now)) {
    const { state: before, effects } = moved.step;
    const next = now < move.until ? open(before, move, now) : failed(before, move);
    moved = { step: step(next.step.state, ...effects, ...next.step.effects), then: [...moved.then, ...next.then] };
  }
  return moved;
}

/** After a restart of the server nobody knows what became of the re-INVITE: it is made again. */
function again(state: CallState, now: number): Moved | undefined {
  if (moves(state).length === 0) return undefined;
  const late = { ...state, moves: moves(state).map((move) => ({ ...move, due: now, until: now + moveMs })) };
  return { ...onTime(late, now), then: [{ type: 'recovered' }] };
}

/**
 * The endpoint is lost for good: whoever deals with that takes it from here. One whose ICE could not be restarted may be well
 * all the same, unless its dialog is gone: the media node tells if it is not.
 */
function failed(state: CallState, move: Move, dialogGone = false): Moved {
  const { legId, way } = move;
  if (way === 'ice' && !dialogGone) return done(step(without(state, legId)));
  return given(state, move, { type: 'endpoint-lost', legId, cause: 'move-failed' });
}

function given(state: CallState, { legId }: Move, event: CallEvent): Moved {
  return { step: step(without(state, legId)), then: [event] };
}

function done(made: Step): Moved {
  return { step: made, then: [] };
}

function due({ until }: Move, now: number): number {
  return Math.min(now + tryMs, until);
}

function without(state: CallState, legId: string): CallState {
  return { ...state, moves: moves(state).filter((move) => move.legId !== legId) };
}

function withMove(state: CallState, move: Move): CallState {
  return { ...state, moves: moves(state).map((each) => (each.legId === move.legId ? move : each)) };
}

function roleOf(state: CallState, legId: string): 'caller' | 'agent' | 'member' | 'supervisor' | 'other' {
  if (legId === state.caller.legId) return 'caller';
  if (state.conference?.some(({ leg }) => leg.legId === legId) === true) return 'member';
  if (state.supervision?.some(({ leg }) => leg.legId === legId) === true) return 'supervisor';
  return legId === state.other?.legId && state.offer !== null ? 'agent' : 'other';
}

function agentOf(state: CallState, legId: string): { readonly agentId?: string } {
  const agentId = roleOf(state, legId) === 'agent' ? state.offer?.agentId : undefined;
  return agentId === undefined ? {} : { agentId };
}

/** The state with this leg changed, wherever it stands. */
export function patchLeg(state: CallState, legId: string, change: Partial<Leg>): CallState {
  const patched = <L extends Leg | null>(leg: L): L => (leg?.legId === legId ? { ...leg, ...change } : leg);
  const { transfer } = state;
  return {
    ...state,
    caller: patched(state.caller),
    other: patched(state.other),
    ...(state.conference === undefined
      ? {}
      : { conference: state.conference.map((member) => ({ ...member, leg: patched(member.leg) })) }),
    ...(state.supervision === undefined
      ? {}
      : { supervision: state.supervision.map((each) => ({ ...each, leg: patched(each.leg) })) }),
    transfer:
      transfer === null
        ? null
        : {
            ...transfer,
            leg: patched(transfer.leg),
            others: transfer.others.map(patched),
            consult: transfer.consult && { ...transfer.consult, phone: patched(transfer.consult.phone) },
          },
  };
}

/** Our offer for a leg that is moved. */
export type ReinviteLeg = Extract<CallEffect, { type: 'reinvite-leg' }>;
