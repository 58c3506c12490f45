/** A call that is handed over: its target is rung while the caller hears music, and the agent may wait for it or leave. */
import { onConsulting } from './consulting.ts';
import { membersOf, mostMembers } from './conferenced.ts';
import type { CallEffect, CallEvent } from './events.ts';
import {
  fail,
  leave,
  music,
  type On,
  part,
  recall,
  releaseTarget,
  type TransferringCall,
  transferRow,
} from './handing.ts';
import { advance, enterQueue } from './plan.ts';
import { type CallState, type Leg, newLeg } from './state.ts';
import { andThen, record, type Step, step, withTimer } from './step.ts';
import { isOfTarget, onRungTarget, openTarget } from './target.ts';
import { notifyReferrer } from './teardown.ts';
import { type Consult, nameOfTarget, type RungTarget } from './transferred.ts';

/** Somebody asks for a transfer: only the agent in the call has one to ask for, and one at a time. */
export function onTransferAsked(state: CallState, event: On<'transfer-asked'>, now: number): Step {
  const { order, refer = null } = event;
  const { by, way, target } = order;
  const own = way === 'recall' ? state.offer === null && state.other === null : state.offer?.agentId === by;
  if (state.phase !== 'talking' || state.transfer !== null || !own || !fitsConference(state, order))
    return step(state, ...releaseTarget(target), ...refuse(event));
  const accepted: CallEffect[] = refer === null ? [] : [{ type: 'answer-refer', ...refer, status: 202 }];
  const asked: CallState = {
    ...state,
    transferredBy: by,
    transferFailure: null,
    referral: refer === null ? null : { legId: refer.legId, referredBy: event.referredBy ?? null },
  };
  const told = way === 'recall' ? [] : [transferAsked(order)];
  return andThen(step(asked, ...told, ...accepted), (next) =>
    target.type === 'queue' || target.type === 'route' ? handOver(next, event, now) : ring(next, event, target, now),
  );
}

/** Of a talk of more than two nobody is handed over unseen, and only so many fit into it. */
function fitsConference(state: CallState, { consult, joins }: On<'transfer-asked'>['order']): boolean {
  const members = membersOf(state).length;
  return members === 0 || (consult === true && (joins !== true || members < mostMembers));
}

/** Not now: said to the phone that asked. */
function refuse({ refer, phone }: On<'transfer-asked'>): CallEffect[] {
  return [
    ...(refer === undefined ? [] : [{ type: 'answer-refer', ...refer, status: 491 } as const]),
    ...(phone === undefined
      ? []
      : [{ type: 'reject-leg', legId: phone.legId, status: 486, reason: 'Busy Here' } as const]),
  ];
}

function transferAsked({ by, way, target, consult = false, joins = false }: On<'transfer-asked'>['order']): CallEffect {
  const to = nameOfTarget(target);
  const facts = { by, way, target: target.type, ...(target.type === 'outside' ? {} : { to }) };
  return record(joins ? 'conference-asked' : consult ? 'consult-asked' : 'transfer-asked', facts, {
    agentId: by,
    ...(target.type === 'outside' ? { personal: { to } } : {}),
  });
}

function ring(state: CallState, event: On<'transfer-asked'>, target: RungTarget, now: number): Step {
  const { by, way, country, ringMs } = event.order;
  const letter = target.type === 'agent' ? 'a' : 'x';
  const devices = target.type === 'agent' && target.devices.length > 0 ? target.devices : [undefined];
  const legs = devices.map((device, index) =>
    newLeg(`${state.callId}.${letter}${String(state.legs + index + 1)}`, device?.kind ?? 'sip', device),
  );
  const [leg, ...others] = legs as [Leg, ...Leg[]];
  const progress = { rung: false, early: false, heard: false, taking: 0, tried: [] };
  const consult = consultOf(event);
  // Whoever is added is rung while agent and caller talk on.
  const waiting = consult?.joins === true ? { ...state, playing: null } : music(state);
  const ringing: CallState = {
    ...withTimer(waiting, 'ring', now + ringMs),
    legs: state.legs + legs.length,
    held: false,
    transfer: { by, way, target, leg, others, consult, askedAt: now, until: now + ringMs, country, ...progress },
  };
  return step(
    ringing,
    ...notifyReferrer(ringing, 100, 'Trying'),
    ...openTarget({ leg, others }),
    ...(event.phone === undefined || consult?.phone == null ? [] : [openPhone(event.phone)]),
  );
}

function consultOf({ order, phone }: On<'transfer-asked'>): Consult | null {
  if (order.consult !== true) return null;
  const second = phone === undefined ? null : newLeg(phone.legId, 'sip', phone.device ?? undefined);
  const begins = { since: null, muted: false, callerLeft: false, phone: second, answer: null };
  return order.joins === true ? { ...begins, with: 'caller', joins: true } : { ...begins, with: 'target' };
}

function openPhone({ legId, sdp }: { readonly legId: string; readonly sdp: string }): CallEffect {
  return { type: 'open-endpoint', legId, kind: 'sip', remoteSdp: sdp === '' ? null : sdp, token: null };
}

/** The caller goes to a queue, or through a route of the plan; the agent is done. */
function handOver(state: CallState, { order }: On<'transfer-asked'>, now: number): Step {
  const { target } = order;
  const talkedMs = state.talkingSince === null ? 0 : now - state.talkingSince;
  const row = transferRow(order, target, { outcome: 'handed-over', talkedMs });
  const told = step(state, row, ...notifyReferrer(state, 200, 'OK'));
  return andThen(
    andThen(told, (next) => part(next, now)),
    (next) => {
      const free: CallState = {
        ...next,
        phase: 'in-plan',
        position: null,
        queue: null,
        playing: null,
        held: false,
        talkingSince: null,
      };
      if (target.type === 'queue') return enterQueue({ ...free, instruction: target.order }, target.order, now);
      const called = target.type === 'route' ? target.called : state.to;
      return step(free, { type: 'begin-plan', called });
    },
  );
}

/** A queue that a transfer put the caller into, and that let nobody have them: there is no plan to go on with. */
export function onForeignQueueLeft(state: CallState, input: Parameters<typeof advance>[1]): Step {
  if (state.position !== null || state.transferredBy === null) return advance(state, input);
  const waiting: CallState = { ...music(state), phase: 'talking', instruction: null };
  return recall(waiting);
}

/** What an event does to a call that is being transferred; undefined: what it does to any other. */
export function onTransferring(state: TransferringCall, event: CallEvent, now: number): Step | undefined {
  const { transfer, other, caller } = state;
  const consulting = onConsulting(state, event, now);
  if (consulting !== undefined) return consulting;
  if (isOfTarget(state, event)) return onRungTarget(state, event, now);
  const ofAgent = 'legId' in event && event.legId === other?.legId;
  switch (event.type) {
    case 'leg-ended':
    case 'leg-failed':
      return ofAgent ? leave(state, true, now) : undefined;
    case 'endpoint-lost':
      return ofAgent ? leave(state, false, now) : undefined;
    case 'hang-up-asked':
      return event.cause === 'agent-hangup' && other !== null ? leave(state, false, now) : undefined;
    case 'transfer-cancelled': {
      if (state.offer?.agentId !== event.agentId) return step(state);
      const back = fail(state, { cause: 'rejected', status: 487, reason: 'cancelled' }, now);
      return { ...back, state: { ...back.state, transferFailure: null } };
    }
    case 'transfer-declined': {
      const { target } = transfer;
      if (target.type !== 'agent' || target.offerId !== event.offerId) return step(state);
      return fail(state, { cause: 'rejected', status: 603, reason: 'declined' }, now);
    }
    case 'resumed':
    case 'held':
      return step(state);
    case 'keyed':
      return transfer.consult === null ? step(state) : undefined;
    case 'timer':
      if (event.timer !== 'ring') return undefined;
      return fail(withTimer(state, 'ring', null), { cause: 'no-answer', status: 487, reason: 'rang too long' }, now);
    case 'play-ended':
      return state.playing?.playId === event.playId && event.cause === 'finished' && caller.open
        ? step(music(state))
        : undefined;
    default:
      return undefined;
  }
}
