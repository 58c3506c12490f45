/** Supervision: who may listen to whose call, on which phone; then it is the call's business. */
import { fail, ok, type Result } from '../base/result.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import {
  type Calls,
  type CallState,
  type Device,
  mostSupervisors,
  type SupervisionMode,
  type Supervisor,
  supervisorsOf,
} from './calls/index.ts';
import type { Floor } from './floor.ts';
import type { Phones } from './phones.ts';
import type { Plans } from './plans.ts';
import type { Roles } from './roles.ts';

export interface SupervisionOptions {
  readonly calls: () => Calls;
  readonly floor: () => Floor;
  /** Whether somebody is a supervisor. */
  readonly mayListen: (agentId: string) => boolean;
  /** Whether the site tells agents that somebody listens. */
  readonly announced: () => boolean;
  /** The phone they listen on: their page, else a desk phone; undefined where there is none. */
  readonly phoneOf: (agentId: string) => Device | undefined;
}

export class Supervision {
  readonly #options: SupervisionOptions;

  constructor(options: SupervisionOptions) {
    this.#options = options;
  }

  /** Whether somebody may supervise at all. */
  mayListen(agentId: string): boolean {
    return this.#options.mayListen(agentId);
  }

  /** Begins to listen, whisper or barge, or changes how; what becomes of it comes as desk events and ledger rows. */
  begin(callId: string, agentId: string, mode: SupervisionMode): Problem | undefined {
    const call = this.#talk(callId, agentId);
    if (!call.ok) return call.error;
    const known = supervisorsOf(call.value).find((each) => each.agentId === agentId);
    const phone = known === undefined ? this.#engage(call.value, agentId) : ok(phoneOf(known));
    if (!phone.ok) return phone.error;
    const offerId = known?.offerId ?? `${callId}.w${String(call.value.legs + 1)}`;
    const announced = this.#options.announced();
    const asked = { type: 'supervision-asked', agentId, mode, offerId, device: phone.value, announced } as const;
    return void this.#options.calls().post(callId, asked);
  }

  /** Ends it. */
  stop(callId: string, agentId: string): Problem | undefined {
    return this.#own(callId, agentId, () => this.#options.calls().post(callId, { type: 'supervision-left', agentId }));
  }

  /** The supervisor becomes the caller's agent. */
  takeOver(callId: string, agentId: string): Problem | undefined {
    return this.#own(callId, agentId, (call, { since }) => {
      if (since === null || call.transfer !== null || call.away != null)
        return makeProblem('not-now', { state: since === null ? 'ringing' : 'transferring', expected: 'talking' });
      return this.#options.calls().post(callId, { type: 'taken-over', agentId });
    });
  }

  #talk(callId: string, agentId: string): Result<CallState, Problem> {
    const { calls, floor, mayListen } = this.#options;
    const name = floor().agent(agentId)?.name ?? agentId;
    if (!mayListen(agentId)) return fail(makeProblem('supervise-not-allowed', { name }));
    const call = calls().get(callId);
    if (call === undefined) return fail(makeProblem('no-such-call'));
    if (call.offer?.agentId === agentId) return fail(makeProblem('supervise-own'));
    if (call.phase !== 'talking' || call.offer === null)
      return fail(makeProblem('not-now', { state: call.phase, expected: 'talking' }));
    return ok(call);
  }

  /** Sets the supervisor aside, so that nothing else rings them meanwhile. */
  #engage(call: CallState, agentId: string): Result<Device, Problem> {
    const { floor, phoneOf: phone } = this.#options;
    const name = floor().agent(agentId)?.name ?? agentId;
    const device = floor().agent(agentId) === undefined ? undefined : phone(agentId);
    if (device === undefined) return fail(makeProblem('supervise-no-phone', { name }));
    if (floor().agent(agentId)?.presence.type === 'offline')
      return fail(makeProblem('supervise-away', { name, id: agentId }));
    if (supervisorsOf(call).length >= mostSupervisors)
      return fail(makeProblem('not-now', { state: 'supervised', expected: `at most ${mostSupervisors} supervisors` }));
    const queueId = call.queue?.queueId ?? call.dial?.queueId ?? null;
    return floor().dial(agentId, call.callId, queueId, true)
      ? ok(device)
      : fail(makeProblem('supervise-busy', { name }));
  }

  #own(
    callId: string,
    agentId: string,
    act: (call: CallState, own: Supervisor) => Problem | boolean,
  ): Problem | undefined {
    const call = this.#options.calls().get(callId);
    const own = call === undefined ? undefined : supervisorsOf(call).find((each) => each.agentId === agentId);
    if (call === undefined || own === undefined) return makeProblem('no-such-call');
    const outcome = act(call, own);
    return typeof outcome === 'boolean' ? undefined : outcome;
  }
}

/** Supervision in a living server: on the newest page of the supervisor, else on a phone they want rung. */
export function makeSupervision(brain: {
  readonly calls: Calls;
  readonly floor: Floor;
  readonly phones: Pick<Phones, 'pagesOf' | 'toRing'>;
  readonly roles: Pick<Roles, 'supervises'>;
  readonly plans: Pick<Plans, 'current'>;
}): Supervision {
  return new Supervision({
    calls: () => brain.calls,
    floor: () => brain.floor,
    announced: () => brain.plans.current?.site.supervision !== 'silent',
    mayListen: (agentId) => brain.roles.supervises(agentId),
    phoneOf: (agentId) => brain.phones.pagesOf(agentId).at(-1) ?? brain.phones.toRing(agentId)[0],
  });
}

function phoneOf({ leg }: Supervisor): Device {
  return leg.device ?? { deviceId: leg.legId, kind: leg.kind, name: null };
}
