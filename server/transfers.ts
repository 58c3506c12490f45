/** Transfers: whom somebody means, whether that can be, and the colleague set aside; then it is the call's business. */
import { fail, ok, type Result } from '../base/result.ts';
import type { Language } from '../protocol/media.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import { callableNumber, isDialled } from './callable.ts';
import {
  type Calls,
  type CallState,
  type Consult,
  type Device,
  membersOf,
  mostMembers,
  type RungTarget,
  type TransferOrder,
  type TransferTarget,
  type TransferWay,
} from './calls/index.ts';
import { findRoute, type Plan, type Queue } from './dialplan/index.ts';
import type { Floor } from './floor.ts';
import type { Invite, Refusal } from './sip/index.ts';

/** What somebody asks for. */
export interface TransferRequest {
  readonly callId: string;
  /** `agent:bob`, `queue:support`, the id of one of them, an extension of the dialplan, or a number. */
  readonly to: string;
  readonly way: TransferWay;
  /** The agent wants to talk to them first. */
  readonly consult?: boolean;
  /** They are added to the talk, instead of taking the agent's place. */
  readonly joins?: boolean;
}

/** What can be asked of a transfer that is under way. */
export type TransferStep = 'swap' | 'complete' | 'cancel' | 'merge';

/** A REFER of an agent's desk phone, as the SIP side tells it. */
export interface Referral {
  readonly legId: string;
  readonly token: number;
  /** User part of Refer-To. */
  readonly to: string;
  readonly referredBy: string | undefined;
  /** Set for an attended transfer (RFC 3891): our leg whose dialog Replaces names, null where it names none of ours. */
  readonly replaces?: string | null;
}

export interface TransfersOptions {
  readonly calls: () => Calls;
  readonly floor: () => Floor;
  readonly plan: () => Plan | undefined;
  /** Where an agent is rung: on all the devices they chose. */
  readonly devicesOf: (agentId: string) => readonly Device[];
  /** E.164 where the number can be made so. */
  readonly normalise: (number: string) => string;
  /** Whose tones callers hear (ISO 3166). */
  readonly country: string;
  /** How long a number may ring, ms. */
  readonly ringMs: number;
  readonly answerRefer: (legId: string, token: number, status: number) => void;
}

/** How long a colleague may ring, ms. */
const agentRingMs = 20_000;

export class Transfers {
  readonly #options: TransfersOptions;

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  /** Begins a transfer for the agent in the call; what becomes of it comes as desk events and ledger rows. */
  begin({ callId, to, way, consult = false, joins = false }: TransferRequest): Problem | undefined {
    const call = this.#options.calls().get(callId);
    const members = call === undefined ? 0 : membersOf(call).length;
    if (joins && members >= mostMembers) return makeProblem('conference-full', { most: mostMembers + 2 });
    if (members > 0 && !consult && !joins)
      return makeProblem('not-now', { state: 'in a conference', expected: 'a consultation, or a talk of two' });
    if (call?.away != null && (consult || joins)) return makeProblem('not-now', { state: 'away', expected: 'talking' });
    const order = this.#orderOf(call, to, way, consult || joins);
    if (!order.ok) return order.error;
    const asked = joins ? { ...order.value, joins } : order.value;
    this.#options.calls().post(callId, { type: 'transfer-asked', order: asked });
    return undefined;
  }

  /** Swaps, completes or takes back a transfer that is under way, for the agent who asked for it. */
  proceed(callId: string, what: TransferStep): Problem | undefined {
    const calls = this.#options.calls();
    const transfer = calls.get(callId)?.transfer;
    if (calls.get(callId) === undefined) return makeProblem('no-such-call');
    const expected = what === 'cancel' ? 'transferring' : 'consulting';
    if (transfer == null || transfer.way === 'recall') return makeProblem('not-now', { state: 'talking', expected });
    const { consult, by: agentId } = transfer;
    if (what === 'cancel') return void calls.post(callId, { type: 'transfer-cancelled', agentId });
    if (consult === null) return makeProblem('not-now', { state: 'transferring', expected });
    if (what === 'merge') return this.#merge(callId, consult, agentId);
    if (what === 'complete') return void calls.post(callId, { type: 'consult-completed', agentId });
    if (consult.since === null || consult.phone !== null || consult.callerLeft)
      return makeProblem('not-now', { state: consult.since === null ? 'ringing' : 'talking', expected });
    return void calls.post(callId, { type: 'consult-swapped', agentId });
  }

  #merge(callId: string, consult: Consult, agentId: string): Problem | undefined {
    // A desk phone with two lines joins them by a key of its own.
    if (consult.phone !== null || consult.callerLeft)
      return makeProblem('not-now', { state: 'talking', expected: 'consulting' });
    return void this.#options.calls().post(callId, { type: 'conference-merged', agentId });
  }

  /** A desk phone's REFER: the same transfer, answered and told of as RFC 3515 wants it. */
  refer(referral: Referral): void {
    const { calls, answerRefer } = this.#options;
    const { legId, token, to, referredBy, replaces } = referral;
    const call = calls()
      .all()
      .find((each) => each.other?.legId === legId || each.transfer?.consult?.phone?.legId === legId);
    if (replaces !== undefined) return this.#referReplacing(call, referral);
    const order = this.#orderOf(call, to, 'refer', false);
    if (!order.ok || call === undefined) return answerRefer(legId, token, order.ok ? 481 : refusalOf(order.error));
    const more = referredBy === undefined ? {} : { referredBy };
    calls().post(call.callId, { type: 'transfer-asked', order: order.value, refer: { legId, token }, ...more });
  }

  /** Both lines of the phone are ours: what is behind them is joined here, and no INVITE goes anywhere (RFC 5589 section 7). */
  #referReplacing(call: CallState | undefined, { legId, token, replaces }: Referral): void {
    const { calls, answerRefer } = this.#options;
    const agentId = call?.offer?.agentId;
    if (call === undefined || agentId === undefined) return answerRefer(legId, token, 403);
    const lines = [call.other?.legId, call.transfer?.consult?.phone?.legId].filter((id) => id !== legId);
    // RFC 3891 section 3: a dialog that is not there, or that is none of this phone's.
    if (replaces == null || !lines.includes(replaces)) return answerRefer(legId, token, 481);
    calls().post(call.callId, { type: 'consult-completed', agentId, refer: { legId, token } });
  }

  /** The call whose agent may consult somebody by dialling on their desk phone: they talk on it, and transfer nothing yet. */
  consultingCall(agentId: string): string | undefined {
    return this.#options
      .calls()
      .all()
      .find(
        ({ phase, offer, transfer, other }) =>
          phase === 'talking' && offer?.agentId === agentId && transfer === null && other?.kind === 'sip',
      )?.callId;
  }

  /** Whether another device of the agent may take the place of that leg: only of their own (RFC 3891 section 4). */
  mayReplace(agentId: string, legId: string): boolean {
    return this.#options
      .calls()
      .all()
      .some(({ offer, other }) => offer?.agentId === agentId && other?.legId === legId);
  }

  /** An INVITE that may take the place of a leg. */
  replace({ callId, legId, sdp }: Invite, replaces: string): Refusal | null {
    const posted = this.#options.calls().post(callId, { type: 'leg-replacing', legId, replaces, device: null, sdp });
    return posted ? null : { status: 481, reason: 'Call/Transaction Does Not Exist' };
  }

  /** A second call of an agent's desk phone while they talk: a consultation in the same call. A refusal answers it. */
  fromPhone(invite: Invite): Refusal | null {
    const { callId, legId, sdp, to } = invite;
    const { calls } = this.#options;
    const call = calls().get(callId);
    const order = this.#orderOf(call, to, 'phone', true);
    if (!order.ok) {
      const status = refusalOf(order.error);
      const headers = { Reason: `SIP;cause=${String(status)};text="${order.error.code}"` };
      return { status, reason: status === 486 ? 'Busy Here' : 'Not Now', headers };
    }
    const phone = { legId, device: call?.other?.kind === 'sip' ? (call.other.device ?? null) : null, sdp };
    calls().post(callId, { type: 'transfer-asked', order: order.value, phone });
    return null;
  }

  /** Rings the agent back whose transfer came to nothing, if they can be had. */
  recall(agentId: string, callId: string): void {
    const { calls, country } = this.#options;
    const call = calls().get(callId);
    const target = call === undefined ? undefined : this.#agent(call, agentId, 'recall');
    if (target?.ok !== true) return void calls().post(callId, { type: 'recall-failed' });
    const order = { by: agentId, way: 'recall', target: target.value, country, ringMs: agentRingMs } as const;
    calls().post(callId, { type: 'transfer-asked', order });
  }

  #orderOf(
    call: CallState | undefined,
    to: string,
    way: TransferWay,
    consult: boolean,
  ): Result<TransferOrder, Problem> {
    const by = call?.offer?.agentId;
    if (call === undefined || by === undefined) return fail(makeProblem('no-such-call'));
    if (call.phase !== 'talking') return fail(makeProblem('not-now', { state: call.phase, expected: 'talking' }));
    if (call.transfer !== null) return fail(makeProblem('not-now', { state: 'transferring', expected: 'talking' }));
    const found = this.#targetOf(call, by, to.trim(), way);
    if (!found.ok) return found;
    const target = found.value;
    if (consult && (target.type === 'queue' || target.type === 'route'))
      return fail(makeProblem('consult-whom', { to: to.trim() }));
    const { country, ringMs } = this.#options;
    const agent = target.type === 'agent';
    return ok({ by, way, target, country, ringMs: agent ? agentRingMs : ringMs, ...(consult ? { consult } : {}) });
  }

  /** Ids first, then the dialplan's own numbers; anything else is for the trunks. */
  #targetOf(call: CallState, by: string, to: string, way: TransferWay): Result<TransferTarget, Problem> {
    const { plan, floor, normalise } = this.#options;
    const current = plan();
    const [, kind, id = to] = /^(agent|queue):(.+)$/.exec(to) ?? [];
    if (kind !== 'queue' && floor().agent(id) !== undefined)
      return id === by ? fail(makeProblem('transfer-to-self')) : this.#agent(call, id, way);
    const queue = kind === 'agent' ? undefined : current?.queues.get(id);
    if (queue !== undefined) return ok({ type: 'queue', order: orderOf(queue, call.language) });
    if (kind !== undefined) return fail(makeProblem('transfer-no-such-target', { to }));
    if (current !== undefined && isDialled(to) && findRoute(current, to) !== undefined)
      return ok({ type: 'route', called: to });
    const number = callableNumber(to, normalise);
    return number === undefined
      ? fail(makeProblem('dial-wrong-form', { number: to }))
      : ok({ type: 'outside', to: number });
  }

  /** Sets the colleague aside, so that nothing else rings them meanwhile. */
  #agent(call: CallState, agentId: string, way: TransferWay): Result<RungTarget, Problem> {
    const { floor, devicesOf } = this.#options;
    const agent = floor().agent(agentId);
    const devices = devicesOf(agentId);
    const name = agent?.name ?? agentId;
    if (agent === undefined) return fail(makeProblem('transfer-no-such-target', { to: agentId }));
    if (devices.length === 0 || agent.presence.type === 'offline')
      return fail(makeProblem('transfer-agent-away', { name }));
    const queueId = call.queue?.queueId ?? call.dial?.queueId ?? agent.queues[0] ?? null;
    if (!floor().dial(agentId, call.callId, queueId, true)) return fail(makeProblem('transfer-agent-busy', { name }));
    const offerId = `${call.callId}.${way === 'recall' ? 'r' : 't'}${String(call.legs + 1)}`;
    return ok({ type: 'agent', agentId, offerId, devices });
  }
}

/** The answer to a REFER that asks for what cannot be: only an agent in the call may ask (RFC 3515 section 5). */
function refusalOf({ code }: Problem): number {
  switch (code) {
    case 'no-such-call':
      return 403;
    case 'not-now':
      return 491;
    case 'transfer-agent-busy':
      return 486;
    case 'transfer-agent-away':
      return 480;
    default:
      return 404;
  }
}

/** A queue as the plan would put a caller into it. */
function orderOf(queue: Queue, language: Language): Extract<TransferTarget, { type: 'queue' }>['order'] {
  const { id, requirements, matchLanguage, priority, holdMusic, maxWaitMs, announcement } = queue;
  const files = announcement?.prompts.flatMap(({ sounds }) => sounds[language].map(({ path }) => path)) ?? [];
  return {
    type: 'queue',
    queueId: id,
    ...{ requirements, priority, language, holdMusic, maxWaitMs },
    requiredLanguage: matchLanguage ? language : null,
    announcement: announcement === null ? null : { files, everyMs: announcement.everyMs },
  };
}
