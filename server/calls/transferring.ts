/** A call that is handed over: its target is rung while the caller hears music, and the agent may wait for it or leave. */
import { failureCause } from './dialled.ts';
import type { CallEffect, CallEvent } from './events.ts';
import { advance, enterQueue } from './plan.ts';
import { type CallState, type Leg, newLeg } from './state.ts';
import { andThen, nowPlaying, record, type Step, step, withTimer } from './step.ts';
import { end, legGoodbye, notifyReferrer } from './teardown.ts';
import { nameOfTarget, type RungTarget, type Transfer, type TransferFailure } from './transferred.ts';

type On<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;
/** A call whose transfer's target is being rung. */
type TransferringCall = CallState & { readonly transfer: Transfer };

/** Whether these rules are the ones in force. */
export function isTransferring(state: CallState): state is TransferringCall {
  return state.phase === 'talking' && state.transfer !== null;
}

function withTransfer<S extends CallState>(state: S, change: Partial<Transfer>): S {
  return state.transfer === null ? state : { ...state, transfer: { ...state.transfer, ...change } };
}

function withTarget<S extends CallState>(state: S, change: Partial<Leg>): S {
  return state.transfer === null ? state : withTransfer(state, { leg: { ...state.transfer.leg, ...change } });
}

/** Where the number goes among the personal fields, an id among the facts. */
function transferRow(
  by: string,
  way: string,
  target: RungTarget | On<'transfer-asked'>['order']['target'],
  more: object,
) {
  const to = nameOfTarget(target);
  const facts = { type: 'blind', by, way, target: target.type, ...(target.type === 'outside' ? {} : { to }), ...more };
  return record('call-transferred', facts, {
    agentId: by,
    ...(target.type === 'outside' ? { personal: { to } } : {}),
  });
}

/** The agent of a target that is not wanted any more goes back to what they did. */
function releaseTarget(target: RungTarget | { readonly type: 'queue' | 'route' }): CallEffect[] {
  return target.type === 'agent' ? [{ type: 'free-agent', agentId: target.agentId, wrapUp: false }] : [];
}

/** Somebody asks for a transfer: only the agent in the call has one to ask for, and one at a time. */
export function onTransferAsked(state: CallState, event: On<'transfer-asked'>, now: number): Step {
  const { order, refer = null } = event;
  const { by, way, target } = order;
  const own = way === 'recall' ? state.offer === null && state.other === null : state.offer?.agentId === by;
  const refuse = refer === null ? [] : [{ type: 'answer-refer', ...refer, status: 491 } as const];
  if (state.phase !== 'talking' || state.transfer !== null || !own)
    return step(state, ...releaseTarget(target), ...refuse);
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

function transferAsked({ by, way, target }: On<'transfer-asked'>['order']): CallEffect {
  const to = nameOfTarget(target);
  const facts = { by, way, target: target.type, ...(target.type === 'outside' ? {} : { to }) };
  return record('transfer-asked', facts, { agentId: by, ...(target.type === 'outside' ? { personal: { to } } : {}) });
}

/** What a caller hears who is not talked to. */
function music(state: CallState): CallState {
  return nowPlaying(state, state.queue?.holdMusic ?? state.dial?.holdMusic ?? [], true);
}

function ring(state: CallState, { order }: On<'transfer-asked'>, target: RungTarget, now: number): Step {
  const { by, way, country, ringMs } = order;
  const letter = target.type === 'agent' ? 'a' : 'x';
  const device = target.type === 'agent' ? target.device : undefined;
  const kind = device?.kind ?? 'sip';
  const leg = newLeg(`${state.callId}.${letter}${state.legs + 1}`, kind, device);
  const progress = { rung: false, early: false, heard: false, taking: 0 };
  const ringing: CallState = {
    ...withTimer(music(state), 'ring', now + ringMs),
    legs: state.legs + 1,
    held: false,
    transfer: { by, way, target, leg, askedAt: now, until: now + ringMs, country, ...progress },
  };
  return step(ringing, ...notifyReferrer(ringing, 100, 'Trying'), {
    type: 'open-endpoint',
    legId: leg.legId,
    kind,
    remoteSdp: null,
    token: null,
  });
}

/** The caller goes to a queue, or through a route of the plan; the agent is done. */
function handOver(state: CallState, { order }: On<'transfer-asked'>, now: number): Step {
  const { by, way, target } = order;
  const talkedMs = state.talkingSince === null ? 0 : now - state.talkingSince;
  const row = transferRow(by, way, target, { outcome: 'handed-over', talkedMs });
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

/** The agent leaves the call, which goes on: goodbye to their leg, and they wrap up. */
function part(state: CallState, now: number): Step {
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

/** Our SDP for the target is ready. */
function onEndpointOpened(state: TransferringCall, event: On<'endpoint-opened'>): Step {
  const { target, leg } = state.transfer;
  if (leg.signalling !== 'new') return step(state);
  const destination =
    target.type === 'outside'
      ? target
      : ({
          type: 'agent',
          agentId: target.agentId,
          deviceId: target.device.deviceId,
          offerId: target.offerId,
        } as const);
  const from = target.type === 'agent' && state.dial !== null ? state.to : state.from;
  const referredBy = state.referral?.referredBy ?? null;
  return step(withTarget(state, { open: true, signalling: 'inviting' }), {
    type: 'invite-leg',
    legId: leg.legId,
    destination,
    sdp: event.localSdp,
    from,
    ...(referredBy === null ? {} : { referredBy }),
  });
}

function isRinging({ signalling }: Leg): boolean {
  return signalling === 'inviting' || signalling === 'ringing';
}

function onProgress(state: TransferringCall, { status, sdp }: On<'leg-progress'>): Step {
  const { leg, rung, taking } = state.transfer;
  if (!isRinging(leg)) return step(state);
  const first = status === 180 && !rung;
  const ringing = withTarget(withTransfer(state, { rung: rung || first }), { signalling: 'ringing' });
  const told = step(
    ringing,
    ...(first ? [record('transfer-ringing', { status }), ...notifyReferrer(state, 180, 'Ringing')] : []),
  );
  if (sdp === '') return told;
  return andThen(told, (next) =>
    step(withTransfer(next, { taking: taking + 1 }), { type: 'answer-endpoint', legId: leg.legId, sdp }),
  );
}

function onAnswered(state: TransferringCall, { legId, sdp }: On<'leg-answered'>, now: number): Step {
  const { leg, taking, early } = state.transfer;
  if (!isRinging(leg)) return step(state, { type: 'end-leg', legId, cause: 'transfer-over' });
  const answering = withTarget(state, { signalling: 'answering' });
  if (sdp !== '') return step(withTransfer(answering, { taking: taking + 1 }), { type: 'answer-endpoint', legId, sdp });
  // RFC 3262 section 5: the answer may have come in a reliable provisional answer, and then not again.
  if (early && taking === 0) return connect(answering, now);
  if (early || taking > 0) return step(answering);
  return fail(answering, { cause: 'unsupported-media', status: 488, reason: 'no SDP in the answer' }, now);
}

function onEndpointAnswered(state: TransferringCall, now: number): Step {
  const { leg, taking } = state.transfer;
  if (taking === 0) return step(state);
  const taken = withTransfer(state, { taking: taking - 1 });
  if (leg.signalling === 'answering') return taking === 1 ? connect(taken, now) : step(taken);
  return step(withTransfer(taken, { early: true }));
}

function onEndpointFailed(state: TransferringCall, event: On<'endpoint-failed'>, now: number): Step {
  const { leg, taking } = state.transfer;
  const left = Math.max(0, taking - 1);
  // Of an early description nothing depends.
  if (taking > 0 && (leg.signalling !== 'answering' || left > 0)) return step(withTransfer(state, { taking: left }));
  const cause = event.code === 'unsupported-sdp' ? 'unsupported-media' : 'unreachable';
  return fail(state, { cause, status: leg.signalling === 'answering' ? 488 : 0, reason: event.code }, now);
}

/** The target has answered: caller and target hear each other, and the agent is done. */
function connect(state: TransferringCall, now: number): Step {
  const { by, way, target, leg, askedAt } = state.transfer;
  const talkedMs = state.talkingSince === null ? 0 : now - state.talkingSince;
  const row = transferRow(by, way, target, { outcome: 'connected', ringMs: now - askedAt, talkedMs });
  const told = step(withTimer(state, 'ring', null), row, ...notifyReferrer(state, 200, 'OK'));
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
        muted: false,
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
function fail(state: TransferringCall, failure: Omit<TransferFailure, 'to'>, now: number): Step {
  const { by, way, target, leg } = state.transfer;
  const { cause, status, reason } = failure;
  const waits = state.other !== null;
  const row = transferRow(by, way, target, { outcome: cause, status, reason });
  const failed: CallState = {
    ...withTimer(state, 'ring', null),
    transfer: null,
    referral: null,
    transferFailure: { to: nameOfTarget(target), ...failure },
  };
  const told = step(
    // A desk phone may have put the caller on hold before it asked, and has still to take them back.
    waits && state.other?.heldByPeer !== true ? { ...failed, playing: null, held: false } : music(failed),
    row,
    ...notifyReferrer(state, status >= 400 ? status : 503, reason === '' ? 'Failed' : reason),
    ...legGoodbye(leg, 'transfer-failed'),
    { type: 'close-endpoint', legId: leg.legId },
    ...releaseTarget(target),
  );
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

/** A queue that a transfer put the caller into, and that let nobody have them: there is no plan to go on with. */
export function onForeignQueueLeft(state: CallState, input: Parameters<typeof advance>[1]): Step {
  if (state.position !== null || state.transferredBy === null) return advance(state, input);
  const waiting: CallState = { ...music(state), phase: 'talking', instruction: null };
  return recall(waiting);
}

/** The agent does not wait for the target: they are done, and the transfer goes on. */
function leave(state: TransferringCall, gone: boolean, now: number): Step {
  const other = state.other === null ? null : { ...state.other, ...(gone ? { signalling: 'ended' as const } : {}) };
  return part({ ...state, other }, now);
}

function onTargetEvent(state: TransferringCall, event: CallEvent, now: number): Step | undefined {
  switch (event.type) {
    case 'endpoint-opened':
      return event.token === null ? onEndpointOpened(state, event) : undefined;
    case 'endpoint-failed':
      return event.token === null ? onEndpointFailed(state, event, now) : undefined;
    case 'endpoint-answered':
      return onEndpointAnswered(state, now);
    case 'endpoint-heard':
      return step(withTransfer(state, { heard: true }));
    case 'endpoint-lost':
      // Silence before the answer is no loss.
      if (event.cause === 'rtp-timeout') return step(state);
      return fail(withTarget(state, { open: false }), { cause: 'unreachable', status: 0, reason: event.cause }, now);
    case 'leg-ringing':
      return step(state.transfer.leg.signalling === 'inviting' ? withTarget(state, { signalling: 'ringing' }) : state);
    case 'leg-progress':
      return onProgress(state, event);
    case 'leg-answered':
      return onAnswered(state, event, now);
    case 'leg-failed': {
      const { status, reason } = event;
      const cause = event.cause ?? failureCause(status, state.transfer.rung);
      return fail(withTarget(state, { signalling: 'ended' }), { cause, status, reason }, now);
    }
    case 'leg-ended':
      return fail(withTarget(state, { signalling: 'ended' }), { cause: 'rejected', status: 0, reason: 'hung up' }, now);
    default:
      return undefined;
  }
}

/** What an event does to a call that is being transferred; undefined: what it does to any other. */
export function onTransferring(state: TransferringCall, event: CallEvent, now: number): Step | undefined {
  const { transfer, other, caller } = state;
  if ('legId' in event && event.legId === transfer.leg.legId) return onTargetEvent(state, event, now);
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
    case 'keyed':
      return step(state);
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
