/** More than two in a talk: an agent adds people, any of them may leave, and the others go on as long as two are left. */
import { memberFacts, type Member, membersOf, offerOf } from './conferenced.ts';
import type { CallEffect, CallEvent } from './events.ts';
import { fail, type On, part, type TransferringCall, withTransfer } from './handing.ts';
import { isHold } from './legs.ts';
import type { CallState } from './state.ts';
import { andThen, record, type Step, step, withCaller, withOther, withTimer } from './step.ts';
import { dismiss, end, legGoodbye } from './teardown.ts';

const cancelled = { cause: 'rejected', status: 487, reason: 'cancelled' } as const;

/** The one who is consulted joins the talk: all hear each other from now on. */
export function joinConference(state: TransferringCall, now: number): Step {
  const { target, leg, by, way, askedAt, consult } = state.transfer;
  const who =
    target.type === 'outside'
      ? ({ type: 'outside', to: target.to } as const)
      : ({ type: 'agent', agentId: target.agentId, offerId: target.offerId } as const);
  const muted = consult?.muted === true;
  const member: Member = { leg: { ...leg, signalling: 'confirmed' }, who, by, since: now, muted, gainDb: 0 };
  const conference = [...membersOf(state), member];
  const { facts, personal } = memberFacts(member);
  const joined: CallState = {
    ...withTimer(state, 'ring', null),
    ...{ transfer: null, transferFailure: null, transferredBy: null, referral: null },
    ...{ playing: null, held: false, conference },
  };
  const told = { by, way, ...facts, parties: conference.length + 2, ringMs: (consult?.since ?? now) - askedAt };
  return step(joined, record('conference-joined', told, { agentId: by, ...(personal && { personal }) }));
}

/** The agent who consults somebody takes them into the talk with the caller. */
function onMerged(state: CallState, { agentId }: On<'conference-merged'>, now: number): Step {
  const { transfer } = state;
  const consult = transfer?.consult ?? null;
  if (transfer === null || consult === null || consult.phone !== null || consult.callerLeft) return step(state);
  if (transfer.by !== agentId || state.offer?.agentId !== agentId) return step(state);
  // While they still ring, they will join as soon as they answer.
  if (consult.since === null)
    return step(withTransfer(state, { consult: { ...consult, joins: true, with: 'caller' } }));
  return joinConference({ ...state, transfer }, now);
}

/** A member has left, or is sent away; the others go on. `by` absent: of their own accord. */
function memberLeft(state: CallState, member: Member, gone: boolean, by: string | undefined, now: number): Step {
  const { facts, personal } = memberFacts(member);
  const told = { ...facts, by: by ?? 'self', talkedMs: now - member.since };
  const { legId } = member.leg;
  const goodbye: CallEffect[] = [
    ...(gone ? [] : legGoodbye(member.leg, 'conference-left')),
    { type: 'close-endpoint', legId },
  ];
  const rest = { ...state, conference: membersOf(state).filter((each) => each !== member) };
  const left = step(rest, record('conference-left', told, personal && { personal }), ...goodbye);
  return andThen(
    andThen(left, (next) => dismiss(next, member, now)),
    (next) => alone(next, now),
  );
}

/** Whoever is left alone has nobody to talk to. */
function alone(state: CallState, now: number): Step {
  const { caller, transfer, away = null } = state;
  if (membersOf(state).length > 0 || caller.signalling !== 'ended' || away !== null) return step(state);
  const consult = transfer?.consult ?? null;
  if (consult === null || consult.since === null) return end(state, 'caller-hangup', now);
  // Agent and target may say goodbye to each other.
  return step(withTransfer({ ...state, held: false }, { consult: { ...consult, callerLeft: true, with: 'target' } }));
}

/** The caller hangs up, and the others go on. */
function callerLeft(state: CallState, gone: boolean, cause: string, now: number): Step {
  const { caller } = state;
  const { legId } = caller;
  const left = withCaller(state, { signalling: 'ended', open: false });
  const goodbye = gone ? [] : legGoodbye(caller, 'media-failure');
  const told = step(left, record('caller-left', { cause }), ...goodbye, { type: 'close-endpoint', legId });
  return andThen(told, (next) => alone(next, now));
}

/** The agent leaves; a colleague who is in the talk becomes the caller's agent, else whoever was added first is the other party. */
export function leaveConference(state: CallState, gone: boolean, now: number): Step {
  const members = membersOf(state);
  const heir = members.find(({ who }) => who.type === 'agent') ?? members[0];
  if (heir === undefined) return step(state);
  const agentId = state.offer?.agentId;
  const facts = { member: agentId === undefined ? 'outside' : 'agent', by: 'self' };
  const talkedMs = now - (state.offer?.answeredAt ?? state.talkingSince ?? now);
  const told = record('conference-left', { ...facts, talkedMs }, agentId === undefined ? {} : { agentId });
  return andThen(
    andThen(step(gone ? withOther(state, { signalling: 'ended' }) : state, told), (next) => withoutOther(next, now)),
    (next) => {
      const rest = members.filter((each) => each !== heir);
      const handed: CallState = {
        ...next,
        ...{ other: heir.leg, offer: offerOf(heir), muted: heir.muted, held: false, playing: null, conference: rest },
      };
      return alone(handed, now);
    },
  );
}

function withoutOther(state: CallState, now: number): Step {
  const { other, offer } = state;
  if (offer !== null) return part(state, now);
  if (other === null) return step(state);
  const { legId } = other;
  const goodbye = legGoodbye(other, 'conference-left');
  return step({ ...state, other: null }, ...goodbye, { type: 'close-endpoint', legId });
}

/** What happens to a member's dialog and endpoint. */
function onMember(state: CallState, member: Member, event: CallEvent, now: number): Step | undefined {
  const { leg } = member;
  switch (event.type) {
    case 'leg-ended':
    case 'leg-failed':
      return memberLeft(state, member, true, undefined, now);
    case 'endpoint-lost':
      return memberLeft(state, member, false, 'media-failure', now);
    case 'leg-reinvited': {
      const { legId, token, sdp } = event;
      return step(state, { type: 'open-endpoint', legId, kind: leg.kind, remoteSdp: sdp === '' ? null : sdp, token });
    }
    case 'endpoint-opened': {
      if (event.token === null) return step(state);
      const { legId, token, localSdp: sdp } = event;
      const heldByPeer = isHold(event.remoteDirection);
      const held = change(state, member, { leg: { ...leg, heldByPeer } });
      return step(held, { type: 'answer-reinvite', legId, token, sdp });
    }
    default:
      return undefined;
  }
}

function change(state: CallState, member: Member, changes: Partial<Member>): CallState {
  return { ...state, conference: membersOf(state).map((each) => (each === member ? { ...each, ...changes } : each)) };
}

/** What is asked at the desks of those who are in it. */
function onAsked(state: CallState, event: CallEvent, now: number): Step | undefined {
  const members = membersOf(state);
  switch (event.type) {
    case 'conference-dropped': {
      const member = members.find(({ leg }) => leg.legId === event.member);
      return member === undefined ? step(state) : memberLeft(state, member, false, event.by, now);
    }
    case 'conference-set':
      return onSet(state, event);
    case 'conference-left': {
      const member = members.find(({ who }) => who.type === 'agent' && who.agentId === event.agentId);
      return member === undefined ? step(state) : memberLeft(state, member, false, undefined, now);
    }
    case 'muted': {
      const own = members.find(({ who }) => who.type === 'agent' && who.agentId === event.agentId);
      return own === undefined ? undefined : onSet(state, { ...event, member: own.leg.legId, by: event.agentId });
    }
    case 'hang-up-asked':
      return event.cause === 'agent-hangup' ? agentLeft(state, false, now) : undefined;
    default:
      return undefined;
  }
}

function onSet(
  state: CallState,
  { member: legId, by, muted, gainDb }: Pick<On<'conference-set'>, 'member' | 'by' | 'muted' | 'gainDb'>,
): Step {
  const member = membersOf(state).find(({ leg }) => leg.legId === legId);
  if (member === undefined) return step(state);
  const wanted = { muted: muted ?? member.muted, gainDb: gainDb ?? member.gainDb };
  if (wanted.muted === member.muted && wanted.gainDb === member.gainDb) return step(state);
  const { facts, personal } = memberFacts(member);
  const told = record('conference-changed', { ...facts, ...wanted, by }, personal && { personal });
  return step(change(state, member, wanted), told);
}

/** The agent leaves while somebody is still rung, or is consulted: the one who is consulted takes their place. */
function agentLeft(state: CallState, gone: boolean, now: number): Step | undefined {
  const { transfer } = state;
  if (transfer === null) return leaveConference(state, gone, now);
  if (transfer.consult?.since != null) return undefined;
  return andThen(fail({ ...state, transfer }, cancelled, now), (next) => leaveConference(next, gone, now));
}

/** Somebody was being added by an agent who leaves before they answer. */
function onAdding(state: CallState, event: CallEvent, now: number): Step | undefined {
  const { transfer, other } = state;
  if (transfer?.consult?.joins !== true || transfer.consult.since !== null) return undefined;
  const asked = event.type === 'hang-up-asked' && event.cause === 'agent-hangup';
  const hungUp = (event.type === 'leg-ended' || event.type === 'leg-failed') && event.legId === other?.legId;
  if (!asked && !hungUp) return undefined;
  const left = hungUp ? withOther(state, { signalling: 'ended' }) : state;
  return andThen(fail({ ...left, transfer }, cancelled, now), (next) => end(next, 'agent-hangup', now));
}

/** What an event does to a talk of more than two, or makes one; undefined: what it does to any other. */
export function onConference(state: CallState, event: CallEvent, now: number): Step | undefined {
  if (state.phase !== 'talking') return undefined;
  if (event.type === 'conference-merged') return onMerged(state, event, now);
  const members = membersOf(state);
  if (members.length === 0) return onAdding(state, event, now);
  if (!('legId' in event)) return onAsked(state, event, now);
  const member = members.find(({ leg }) => leg.legId === event.legId);
  if (member !== undefined) return onMember(state, member, event, now);
  const ended = event.type === 'leg-ended' || event.type === 'leg-failed';
  if (!ended && event.type !== 'endpoint-lost') return undefined;
  if (event.legId === state.caller.legId) {
    if (state.caller.signalling === 'ended') return step(state);
    const cause = event.type === 'endpoint-lost' ? 'media-failure' : nameOfLeaving(state);
    return callerLeft(state, ended, cause, now);
  }
  if (event.legId !== state.other?.legId) return undefined;
  // An agent's page that is gone is awaited; the others talk on meanwhile.
  if (!ended && state.transfer === null && state.offer !== null && state.other.kind === 'webrtc') return undefined;
  return agentLeft(state, ended, now);
}

function nameOfLeaving({ dial }: CallState): string {
  return dial === null ? 'caller-hangup' : 'callee-hangup';
}
