/** Transfers: whom somebody means, whether that can be, and the colleague set aside; then it is the call's business. */
import { fail, ok, type Result } from '../base/result.ts';
import type { Language } from '../protocol/media.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import type {
  Calls,
  CallState,
  Device,
  RungTarget,
  TransferOrder,
  TransferTarget,
  TransferWay,
} from './calls/index.ts';
import { findRoute, type Plan, type Queue } from './dialplan/index.ts';
import type { Floor } from './floor.ts';

/** What somebody asks for. */
export interface TransferRequest {
  readonly callId: string;
  /** `agent:bob`, `queue:support`, the id of one of them, an extension of the dialplan, or a number. */
  readonly to: string;
  readonly way: TransferWay;
}

/** A REFER of an agent's desk phone, as the SIP side tells it. */
export interface Referral {
  readonly legId: string;
  readonly token: number;
  /** User part of Refer-To. */
  readonly to: string;
  readonly referredBy: string | undefined;
}

export interface TransfersOptions {
  readonly calls: () => Calls;
  readonly floor: () => Floor;
  readonly plan: () => Plan | undefined;
  /** Where an agent is rung: the page if it is there, else a desk phone. */
  readonly deviceOf: (agentId: string) => Device | undefined;
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
/** What can be called: never a SIP URI, which would pass the trunks by. */
const callable = /^\+?[0-9*#]{2,32}$/;

export class Transfers {
  readonly #options: TransfersOptions;

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  /** Begins a blind transfer for the agent in the call; what becomes of it comes as desk events and ledger rows. */
  blind({ callId, to, way }: TransferRequest): Problem | undefined {
    const call = this.#options.calls().get(callId);
    const order = this.#orderOf(call, to, way);
    if (!order.ok) return order.error;
    this.#options.calls().post(callId, { type: 'transfer-asked', order: order.value });
    return undefined;
  }

  /** A desk phone's REFER: the same transfer, answered and told of as RFC 3515 wants it. */
  refer({ legId, token, to, referredBy }: Referral): void {
    const { calls, answerRefer } = this.#options;
    const call = calls()
      .all()
      .find((each) => each.other?.legId === legId);
    const order = this.#orderOf(call, to, 'refer');
    if (!order.ok || call === undefined) return answerRefer(legId, token, order.ok ? 481 : refusalOf(order.error));
    const more = referredBy === undefined ? {} : { referredBy };
    calls().post(call.callId, { type: 'transfer-asked', order: order.value, refer: { legId, token }, ...more });
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

  #orderOf(call: CallState | undefined, to: string, way: TransferWay): Result<TransferOrder, Problem> {
    const by = call?.offer?.agentId;
    if (call === undefined || by === undefined) return fail(makeProblem('no-such-call'));
    if (call.phase !== 'talking') return fail(makeProblem('not-now', { state: call.phase, expected: 'talking' }));
    if (call.transfer !== null) return fail(makeProblem('not-now', { state: 'transferring', expected: 'talking' }));
    const target = this.#targetOf(call, by, to.trim(), way);
    if (!target.ok) return target;
    const { country, ringMs } = this.#options;
    const agent = target.value.type === 'agent';
    return ok({ by, way, target: target.value, country, ringMs: agent ? agentRingMs : ringMs });
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
    if (current !== undefined && callable.test(to) && findRoute(current, to) !== undefined)
      return ok({ type: 'route', called: to });
    const number = normalise(to);
    return callable.test(number)
      ? ok({ type: 'outside', to: number })
      : fail(makeProblem('dial-wrong-form', { number: to }));
  }

  /** Sets the colleague aside, so that nothing else rings them meanwhile. */
  #agent(call: CallState, agentId: string, way: TransferWay): Result<RungTarget, Problem> {
    const { floor, deviceOf } = this.#options;
    const agent = floor().agent(agentId);
    const device = deviceOf(agentId);
    const name = agent?.name ?? agentId;
    if (agent === undefined) return fail(makeProblem('transfer-no-such-target', { to: agentId }));
    if (device === undefined || agent.presence.type === 'offline')
      return fail(makeProblem('transfer-agent-away', { name }));
    const queueId = call.queue?.queueId ?? call.dial?.queueId ?? agent.queues[0] ?? null;
    if (!floor().dial(agentId, call.callId, queueId, true)) return fail(makeProblem('transfer-agent-busy', { name }));
    const offerId = `${call.callId}.${way === 'recall' ? 'r' : 't'}${String(call.legs + 1)}`;
    return ok({ type: 'agent', agentId, offerId, device });
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
