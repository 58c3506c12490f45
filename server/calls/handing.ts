/** What every transfer has in common, blind or attended: its rows, the agent who leaves, the caller who comes back. */
import type { CallEffect, CallEvent } from './events.ts';
import { enterQueue } from './plan.ts';
import type { CallState, Leg } from './state.ts';
import { andThen, nowPlaying, record, type Step, step, withTimer } from './step.ts';
import { end, legGoodbye, notifyReferrer, phoneGoodbye } from './teardown.ts';
import {
  nameOfTarget,
  type RungTarget,
  type Transfer,
  type TransferFailure,
  type TransferTarget,
} from './transferred.ts';

export type On<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;
/** A call whose transfer's target is being rung, or consulted. */
export type TransferringCall = CallState & { readonly transfer: Transfer };

/** Whether the rules of transfers are the ones in force. */
export function isTransferring(state: CallState): state is TransferringCall {
  return state.phase === 'talking' && state.transfer !== null;
}

export function withTransfer<S extends CallState>(state: S, change: Partial<Transfer>): S {
  return state.transfer === null ? state : { ...state, transfer: { ...state.transfer, ...change } };
}

export function withTarget<S extends CallState>(state: S, change: Partial<Leg>): S {
  return state.transfer === null ? state : withTransfer(state, { leg: { ...state.transfer.leg, ...change } });
}

/** Where the number goes among the personal fields, an id among the facts. */
export function transferRow(
  { by, way, consult = false }: { readonly by: string; readonly way: string; readonly consult?: unknown },
  target: TransferTarget,
  more: object,
): CallEffect {
  const to = nameOfTarget(target);
  const personal = target.type === 'outside' ? { personal: { to } } : {};
  // Nobody was to be handed over: somebody was to be added, and that is what has failed.
  if (isAdding(consult)) {
    const adding = { by, way, target: target.type, ...(target.type === 'outside' ? {} : { to }), ...more };
    return record('conference-failed', adding, { agentId: by, ...personal });
  }
  const type = consult === false || consult === null ? 'blind' : 'attended';
  const facts = { type, by, way, target: target.type, ...(target.type === 'outside' ? {} : { to }), ...more };
  return record('call-transferred', facts, { agentId: by, ...personal });
}

function isAdding(consult: unknown): boolean {
  return typeof consult === 'object' && consult !== null && 'joins' in consult && consult.joins === true;
}

/** The agent of a target that is not wanted any more goes back to what they did. */
export function releaseTarget(target: RungTarget | { readonly type: 'queue' | 'route' }): CallEffect[] {
  return target.type === 'agent' ? [{ type: 'free-agent', agentId: target.agentId, wrapUp: false }] : [];
}

/** What a caller hears who is not talked to. */
export function music(state: CallState): CallState {
  return nowPlaying(state, state.queue?.holdMusic ?? state.dial?.holdMusic ?? [], true);
}

/** The agent leaves the call, which goes on: goodbye to their leg, and they wrap up. */
export function part(state: CallState, now: number): Step {
  const { other, offer, talkingSince } = state;
  if (offer === null) return step(state);
  const { agentId } = offer;
  const left: CallState = {
    ...state,
    other: null,
    offer: null,
    muted: false,
    keypad: [],
    parted: [...state.parted, { offer, since: offer.answeredAt ?? talkingSince, at: now }],
  };
  return step(
    left,
    record('wrap-up-started', {}, { agentId }),
    ...(other === null
      ? []
      : [...legGoodbye(other, 'transferred'), { type: 'close-endpoint', legId: other.legId } as const]),
    { type: 'free-agent', agentId, wrapUp: true },
  );
}

/** Caller and target hear each other, and the agent is done. */
export function join(state: TransferringCall, now: number): Step {
  const { transfer } = state;
  const { target, leg, askedAt, consult } = transfer;
  const talkedMs = state.talkingSince === null ? 0 : now - state.talkingSince;
  const ringMs = (consult?.since ?? now) - askedAt;
  const consultedMs = consult?.since == null ? {} : { consultedMs: now - consult.since };
  const row = transferRow(transfer, target, { outcome: 'connected', ringMs, talkedMs, ...consultedMs });
  const told = step(
    withTimer(state, 'ring', null),
    row,
    ...notifyReferrer(state, 200, 'OK'),
    ...phoneGoodbye(consult, 'transferred', true),
  );
  const since = state.talkingSince ?? now;
  return andThen(
    andThen(told, (next) => part(next, now)),
    (next) => {
      const joined: CallState = {
        ...next,
        other: { ...leg, signalling: 'confirmed' },
        offer:
          target.type === 'agent'
            ? { offerId: target.offerId, agentId: target.agentId, offeredAt: askedAt, until: askedAt, answeredAt: now }
            : null,
        transfer: null,
        referral: null,
        playing: null,
        held: false,
        muted: target.type === 'agent' && consult?.muted === true,
        talkingSince: since,
      };
      if (target.type === 'outside') return step(joined, record('transfer-connected', {}));
      const { agentId } = target;
      return step(joined, record('transfer-connected', { agent: agentId }, { agentId }), {
        type: 'dial-connected',
        agentId,
      });
    },
  );
}

/** The target cannot be had: back to the agent who is waiting for it, else that agent is rung back. */
export function fail(state: TransferringCall, failure: Omit<TransferFailure, 'to'>, now: number): Step {
  const { transfer } = state;
  const { way, target, leg, others, consult } = transfer;
  const { cause, status, reason } = failure;
  const waits = state.other !== null;
  const row = transferRow(transfer, target, { outcome: cause, status, reason });
  const failed: CallState = {
    ...withTimer(state, 'ring', null),
    transfer: null,
    referral: null,
    transferFailure: { to: nameOfTarget(target), ...failure },
  };
  // A desk phone may have put the caller on hold before it asked, and has still to take them back.
  const back = waits && state.other?.heldByPeer !== true;
  const told = step(
    back ? { ...failed, playing: null, held: false } : music(failed),
    row,
    ...notifyReferrer(state, status >= 400 ? status : 503, reason === '' ? 'Failed' : reason),
    ...[leg, ...others].flatMap((each) => [
      ...legGoodbye(each, 'transfer-failed'),
      { type: 'close-endpoint', legId: each.legId } as const,
    ]),
    ...phoneGoodbye(consult, 'transfer-failed', true, failure),
    ...releaseTarget(target),
  );
  if (consult?.callerLeft === true) return andThen(told, (next) => end(next, 'caller-hangup', now));
  if (waits) return told;
  return andThen(told, (next) => (way === 'recall' ? giveUpRecall(next, now) : recall(next)));
}

/** Rings the transferor back. The way there is told by `transfer-asked` or `recall-failed`. */
export function recall(state: CallState): Step {
  const agentId = state.transferredBy;
  if (agentId === null) return step(state);
  return step(state, record('transferor-recalled', {}, { agentId }), { type: 'recall-agent', agentId });
}

/** The transferor is not to be had either: the caller waits in the queue they came from, or there is nobody left. */
export function giveUpRecall(state: CallState, now: number): Step {
  const { instruction, position } = state;
  if (state.phase !== 'talking' || state.other !== null || state.transfer !== null) return step(state);
  if (instruction?.type !== 'queue') return end(state, 'transfer-failed', now);
  const free: CallState = { ...state, phase: 'in-plan', talkingSince: null, held: false };
  return enterQueue({ ...free, position }, instruction, now);
}

/** The agent does not wait for the target: they are done, and what is left is a blind transfer. */
export function leave(state: TransferringCall, gone: boolean, now: number): Step {
  const other = state.other === null ? null : { ...state.other, ...(gone ? { signalling: 'ended' as const } : {}) };
  const { consult } = state.transfer;
  const alone: TransferringCall = { ...withTransfer(state, { consult: null }), other };
  return andThen(step(alone, ...phoneGoodbye(consult, 'transferred', true)), (next) => part(next, now));
}
