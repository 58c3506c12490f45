/** Calls that agents make, from the desk, from their desk phone, or by the API for them: checked, then handed to `calls`. */
import { fail, ok, type Result } from '../base/result.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import { callableNumber } from './callable.ts';
import type { AgentWay, Calls } from './calls/index.ts';
import type { Plan, Queue } from './dialplan/index.ts';
import type { Floor } from './floor.ts';
import type { Rows } from './rows.ts';
import type { Invite, Refusal } from './sip/index.ts';

/** A call somebody wants an agent to make. */
export interface DialOrder {
  readonly agentId: string;
  /** As a person writes it. */
  readonly to: string;
  /** The number to show; without it, whichever the trunk shows. */
  readonly from?: string | undefined;
  /** The queue it is made for; without it, the agent's first. */
  readonly queue?: string | undefined;
  readonly lateOffer?: boolean | undefined;
  /** Who asks: an account, or the agent's own desk. */
  readonly by: string;
}

/** One registered device of an agent. */
export interface AgentDevice {
  readonly deviceId: string;
  readonly kind: 'webrtc' | 'sip';
}

export interface OutboundOptions {
  readonly calls: () => Calls;
  readonly floor: () => Floor;
  readonly plan: () => Plan | undefined;
  readonly rows: Rows;
  readonly nextId: () => string;
  /** Why no call can be made now. */
  readonly trouble: () => Problem | undefined;
  /** Where the agent speaks from: the page if it is there, else a desk phone. */
  readonly deviceOf: (agentId: string) => AgentDevice | undefined;
  /** E.164 where the number can be made so. */
  readonly normalise: (number: string) => string;
  /** Whose tones agents hear (ISO 3166). */
  readonly country: string;
  readonly ringMs: number;
  readonly longestMs: number;
}

/** How the agent comes into the call, with what their desk phone offers if it is that which dialled. */
interface AgentLeg {
  readonly way: AgentWay;
  readonly deviceId: string | null;
  readonly kind: 'webrtc' | 'sip';
  readonly auto: boolean;
  readonly sdp: string;
}

/** How long the agent's own phone may ring for a call they are to make, ms. */
const agentRingMs = 20_000;

export class Outbound {
  readonly #options: OutboundOptions;

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  /** Makes the call and gives its id. The agent's page answers by itself only where the agent is the one who asks. */
  dial(order: DialOrder): Result<string, Problem> {
    const { agentId, by } = order;
    const { trouble, deviceOf, nextId } = this.#options;
    const unable = trouble();
    if (unable !== undefined) return fail(unable);
    const device = deviceOf(agentId);
    if (device === undefined) return fail(makeProblem('dial-no-phone'));
    const callId = nextId();
    const problem = this.#make(callId, order, { way: 'invited', ...device, auto: by === agentId, sdp: '' });
    return problem === undefined ? ok(callId) : fail(problem);
  }

  /** The agent's desk phone dials: the same call, with the agent's leg there already. A refusal answers it. */
  fromPhone(agentId: string, { callId, to, sdp }: Invite): Refusal | null {
    const how = { way: 'inviting', deviceId: null, kind: 'sip', auto: false, sdp } as const;
    const problem = this.#make(callId, { agentId, to, by: agentId }, how);
    if (problem === undefined) return null;
    const [status, reason] = problem.code === 'dial-not-now' ? [486, 'Busy Here'] : [403, 'Forbidden'];
    return { status, reason, headers: { Reason: `SIP;cause=${status};text="${problem.code}"` } };
  }

  #make(callId: string, order: DialOrder, { sdp, ...how }: AgentLeg): Problem | undefined {
    const { floor, plan, rows, calls, normalise, country, ringMs, longestMs } = this.#options;
    const { agentId, by, from = '', lateOffer = false } = order;
    const agent = floor().agent(agentId);
    if (agent === undefined) return makeProblem('not-found', { what: 'agent' });
    const to = callableNumber(order.to, normalise);
    if (to === undefined) return makeProblem('dial-wrong-form', { number: order.to });
    const shown = from === '' ? '' : callableNumber(from, normalise);
    if (shown === undefined) return makeProblem('dial-wrong-form', { number: from });
    const queueId = order.queue ?? agent.queues[0] ?? null;
    if (order.queue !== undefined && !agent.queues.includes(order.queue))
      return makeProblem('no-such-choice', { code: order.queue, choices: agent.queues.join(', ') });
    if (!floor().dial(agentId, callId, queueId))
      return agent.presence.type === 'offline'
        ? makeProblem('dial-offline')
        : makeProblem('dial-not-now', { state: agent.activity.type });
    rows.callBegan(callId, to);
    const language = plan()?.agents.get(agentId)?.languages[0] ?? 'en-US';
    const bounds = { country, agentRingMs, ringMs, longestMs };
    calls().dial(
      {
        callId,
        agentId,
        to,
        from: shown,
        language,
        queueId,
        by,
        lateOffer,
        ...how,
        ...bounds,
        ...queueSays(plan(), queueId),
      },
      sdp,
    );
    return undefined;
  }
}

function queueSays(plan: Plan | undefined, queueId: string | null) {
  const queue: Queue | undefined = queueId === null ? undefined : plan?.queues.get(queueId);
  return { wrapUpUnanswered: queue?.wrapUpUnanswered ?? false, holdMusic: queue?.holdMusic ?? [] };
}
