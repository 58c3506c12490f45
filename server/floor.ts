/** The agents' floor: routing's effects become rings, rows and desks; calls' wishes become routing's events. */
import type { Cancel, Clock } from '../base/clock.ts';
import type { DeskQueue } from '../protocol/desk.ts';
import { type Calls, type CallState, type Device, membersOf, type RoutingPort, supervisorsOf } from './calls/index.ts';
import type { Desks } from './desks.ts';
import type { Plan } from './dialplan/index.ts';
import {
  activityName,
  type Agent,
  changesBetween,
  Dispatcher,
  type Dispatched,
  type OutwardEffect,
  emptyRouting,
  queueViews,
  type RoutingState,
  wholeId,
} from './routing/index.ts';
import type { Snapshot } from './ledger/index.ts';
import { type Rows, snapshotVersion } from './rows.ts';

export interface FloorOptions {
  readonly clock: Clock;
  readonly rows: Rows;
  readonly node: string;
  readonly epoch: number;
  readonly plan: () => Plan | undefined;
  readonly calls: () => Calls;
  readonly desks: () => Desks;
  /** The devices of an agent that an offer rings now. */
  readonly devicesOf: (agentId: string) => readonly Device[];
  /** Their pages that answer now, the newest last, whichever devices they want rung. */
  readonly pagesOf: (agentId: string) => readonly Device[];
  /** Rings an agent back whose transfer came to nothing. */
  readonly recall: (agentId: string, callId: string) => void;
}

/** The kind of the snapshots that hold routing, one for each thing in it. */
export const routingKind = 'routing';

/** How often desks are told of their queues at most, ms. */
const queuesEveryMs = 100;

type Busy = Parameters<Dispatcher['post']>[0] extends infer Event
  ? Extract<Event, { type: 'recovered' }> extends { talking: readonly (infer Each)[] }
    ? Each
    : never
  : never;

/** The agents of a call in which one talks, or dials, or is rung for a transfer. */
function busyAgents(call: CallState): Busy[] {
  const { phase, offer, queue, dial, callId, transfer } = call;
  if (phase !== 'talking' && phase !== 'dialling') return [];
  const queueId = dial?.queueId ?? queue?.queueId ?? null;
  const target = transfer?.target;
  const members = membersOf(call).flatMap(({ who }) =>
    who.type === 'agent' ? [{ agentId: who.agentId, callId, queueId, offerId: null }] : [],
  );
  const supervisors = supervisorsOf(call).map(({ agentId, since }) => ({
    ...{ agentId, callId, queueId, offerId: null, dialling: since === null },
  }));
  const rung: Busy[] =
    target?.type === 'agent'
      ? [{ agentId: target.agentId, callId, queueId, offerId: null, dialling: transfer?.consult?.since == null }]
      : [];
  const others = [...rung, ...members, ...supervisors];
  if (offer === null) return others;
  const { agentId, offerId } = offer;
  if (dial === null) return [{ agentId, callId, queueId, offerId }, ...others];
  return [{ agentId, callId, queueId, offerId: null, dialling: phase === 'dialling' }, ...others];
}

/** The agents who are not done with a call that they talked in. */
function wrappingUpOf({ phase, offer, parted }: CallState): string[] {
  const last = phase === 'wrap-up' && offer !== null ? [offer.agentId] : [];
  return [...parted.map((each) => each.offer.agentId), ...last];
}

export class Floor implements RoutingPort {
  readonly #options: FloorOptions;
  readonly #dispatcher: Dispatcher;
  /** In which call's wrap-up each agent was last seen. */
  readonly #wrappingUp = new Map<string, string>();
  #queuesToldAt = -Infinity;
  #queuesLater: Cancel | undefined;
  /** Routing as the ledger has it. */
  #kept: RoutingState;
  /** An earlier release kept it whole: that snapshot goes with the first of ours. */
  #wholeIsKept: boolean;
  /** Registrations told before the recovery was complete: an agent rung earlier could not be given any audio yet. */
  #early: Map<string, boolean> | undefined = new Map();

  /** `state`: what was kept; `wholeIsKept`: in the one snapshot of an earlier release. */
  constructor(options: FloorOptions, state: RoutingState, wholeIsKept = false) {
    this.#options = options;
    this.#kept = wholeIsKept ? emptyRouting : state;
    this.#wholeIsKept = wholeIsKept;
    this.#dispatcher = new Dispatcher(options.clock, (step) => this.#perform(step), state);
    for (const agent of state.agents.values()) this.#noteWrapUp(agent);
  }

  get state(): RoutingState {
    return this.#dispatcher.state;
  }

  agent(agentId: string): Agent | undefined {
    return this.state.agents.get(agentId);
  }

  /** Takes the agents and queues of the plan in force. */
  configure(plan: Plan): void {
    const { node, epoch } = this.#options;
    this.#dispatcher.post({
      type: 'configured',
      owner: node,
      epoch,
      agents: [...plan.agents.values()].map((agent) => ({
        id: agent.id,
        name: agent.name,
        skills: Object.fromEntries(agent.skills),
        queues: agent.queues,
        languages: agent.languages,
      })),
      queues: [...plan.queues.values()].map(({ id, ringMs, wrapUpMs }) => ({ id, ringMs, wrapUpMs })),
    });
  }

  /**
   * After a restart: who is really in a call, and which calls really wait; then the deadlines run again and agents are
   * rung. A call that waits for the wrap-up of an agent who is not in it waits no longer.
   */
  recover(): void {
    const calls = this.#options.calls();
    const all = calls.all();
    this.#dispatcher.post({
      type: 'recovered',
      talking: all.flatMap(busyAgents),
      waiting: all.flatMap(({ phase, callId }) => (phase === 'queued' ? [callId] : [])),
    });
    this.#dispatcher.start();
    const early = this.#early ?? new Map<string, boolean>();
    this.#early = undefined;
    for (const [agentId, registered] of early) this.setRegistered(agentId, registered);
    for (const call of all)
      for (const agentId of wrappingUpOf(call))
        if (this.#wrappingUp.get(agentId) !== call.callId)
          calls.post(call.callId, { type: 'wrap-up-ended', agentId, disposition: null, by: 'recovery' });
  }

  signIn(agentId: string): void {
    this.#dispatcher.post({ type: 'signed-in', agentId });
  }

  goAvailable(agentId: string): undefined {
    this.#dispatcher.post({ type: 'went-available', agentId });
  }

  pause(agentId: string, reason: string): undefined {
    this.#dispatcher.post({ type: 'paused', agentId, reason });
  }

  signOut(agentId: string): undefined {
    this.#dispatcher.post({ type: 'signed-out', agentId });
  }

  /** What of an agent's is registered has changed; `registered`: some of it can be rung. The call they talk in hears of it. */
  setRegistered(agentId: string, registered: boolean): void {
    if (this.#early !== undefined) {
      this.#early.set(agentId, registered);
      return;
    }
    this.#dispatcher.post({ type: registered ? 'registered' : 'unregistered', agentId });
    const activity = this.agent(agentId)?.activity;
    if (activity?.type === 'talking') this.find(agentId, activity.callId);
  }

  decline(offerId: string): undefined {
    this.#dispatcher.post({ type: 'offer-declined', offerId });
  }

  /** The agent is done with a call: the disposition goes to the call's story, the agent back to the floor. */
  endWrapUp(agentId: string, callId: string, disposition: string): undefined {
    this.#wrappingUp.delete(agentId);
    this.#options.calls().post(callId, { type: 'wrap-up-ended', agentId, disposition, by: 'agent' });
    this.#dispatcher.post({ type: 'wrap-up-ended', agentId, callId });
  }

  queueTicket(ticket: Parameters<RoutingPort['queueTicket']>[0]): void {
    this.#dispatcher.post({ type: 'ticket-queued', ...ticket });
  }

  withdrawTicket(ticketId: string): void {
    this.#dispatcher.post({ type: 'ticket-withdrawn', ticketId });
  }

  offerAnswered(offerId: string): void {
    this.#dispatcher.post({ type: 'offer-answered', offerId });
  }

  offerFailed(offerId: string, cause: Parameters<RoutingPort['offerFailed']>[1]): void {
    if (cause === 'declined') this.decline(offerId);
    else this.#dispatcher.post({ type: 'offer-failed', offerId, cause });
  }

  /** Takes the agent for a call they want to make, or (`rung`) are to be rung for; false when they are not free for it. */
  dial(agentId: string, callId: string, queueId: string | null, rung = false): boolean {
    this.#dispatcher.post({ type: 'dialled', agentId, callId, queueId, ...(rung ? { rung } : {}) });
    const activity = this.agent(agentId)?.activity;
    return activity?.type === 'dialling' && activity.callId === callId;
  }

  recall(agentId: string, callId: string): void {
    this.#options.recall(agentId, callId);
  }

  /** Tells a call where the pages of its agent are now. */
  find(agentId: string, callId: string): void {
    this.#options.calls().post(callId, { type: 'agent-seen', agentId, pages: this.#options.pagesOf(agentId) });
  }

  dialConnected(agentId: string, callId: string): void {
    this.#dispatcher.post({ type: 'call-connected', agentId, callId });
  }

  callEnded(agentId: string, callId: string, wrapUp = true): void {
    this.#dispatcher.post({ type: 'call-ended', agentId, callId, wrapUp });
  }

  /** Every queue as the desks show it. */
  queues(): DeskQueue[] {
    const plan = this.#options.plan();
    return queueViews(this.state, this.#options.clock.now()).map(({ queueId, waiting, oldestSince }) => ({
      id: queueId,
      name: plan?.queues.get(queueId)?.name ?? { en: queueId, zh: queueId },
      waiting,
      ...(oldestSince === undefined ? {} : { oldestSince }),
    }));
  }

  close(): void {
    this.#queuesLater?.();
    this.#dispatcher.close();
  }

  #perform({ event, state, effects }: Dispatched): void {
    if (effects.length > 0) this.#record(state, effects);
    for (const effect of effects) this.#performOne(effect);
    // A queue without wrap-up frees its agent at once: the call must not wait for what will not come.
    if (event.type === 'call-ended' && this.#wrappingUp.get(event.agentId) !== event.callId)
      this.#options.calls().post(event.callId, {
        type: 'wrap-up-ended',
        agentId: event.agentId,
        disposition: null,
        by: 'timeout',
      });
  }

  /** Rows of agents whose state changed, with the snapshots of what did in one append. */
  #record(state: RoutingState, effects: readonly OutwardEffect[]): void {
    const { rows } = this.#options;
    const snapshots = this.#unkept(state);
    const changed = effects.flatMap((effect) => (effect.type === 'agent-changed' ? [effect] : []));
    if (changed.length === 0 && snapshots.length > 0) rows.snapshotOnly(snapshots);
    changed.forEach(({ agent, cause }, index) => {
      const reason = agent.presence.type === 'paused' ? agent.presence.reason : null;
      const facts = { presence: agent.presence.type, reason, activity: activityName(agent.activity), cause };
      rows.put({ type: 'agent-state-changed', agentId: agent.id, facts }, index === 0 ? snapshots : []);
    });
  }

  #unkept(state: RoutingState): Snapshot[] {
    const changed = changesBetween(this.#kept, state);
    const entries = this.#wholeIsKept ? [{ id: wholeId, state: null }, ...changed] : changed;
    this.#kept = state;
    this.#wholeIsKept = false;
    return entries.map(({ id, state: kept }) => ({
      ...{ kind: routingKind, id, version: snapshotVersion },
      state: kept === null ? null : { ...kept },
    }));
  }

  #performOne(effect: OutwardEffect): void {
    const calls = this.#options.calls();
    switch (effect.type) {
      case 'offer': {
        const { id, callId, agentId, until } = effect.offer;
        const devices = this.#options.devicesOf(agentId);
        if (!calls.post(callId, { type: 'offered', offerId: id, agentId, until, devices }))
          this.offerFailed(id, 'error');
        return;
      }
      case 'offer-lost': {
        const { id, callId } = effect.offer;
        const found = callId ?? calls.all().find((call) => call.offer?.offerId === id)?.callId;
        if (found !== undefined) calls.post(found, { type: 'offer-lost', offerId: id, reason: effect.reason });
        return;
      }
      case 'ticket-timed-out':
        calls.post(effect.ticket.callId, { type: 'ticket-timed-out', ticketId: effect.ticket.id });
        return;
      case 'ticket-closed':
        calls.post(effect.ticket.callId, { type: 'ticket-refused', ticketId: effect.ticket.id });
        return;
      case 'ticket-refused':
        calls.post(effect.callId, { type: 'ticket-refused', ticketId: effect.ticketId });
        return;
      case 'agent-changed':
        return this.#agentChanged(effect.agent);
      case 'queues-changed':
        return this.#tellQueues();
      case 'offer-won':
      case 'ticket-returned':
      case 'dial-refused':
      case 'agent-removed':
        return;
    }
  }

  /** Every desk shows the queues: at once when they were quiet, else ten times a second, however fast calls come and go. */
  #tellQueues(): void {
    if (this.#queuesLater !== undefined) return;
    const { clock, desks } = this.#options;
    const tell = (): void => {
      this.#queuesLater = undefined;
      this.#queuesToldAt = clock.now();
      desks().queuesChanged(this.queues());
    };
    const next = this.#queuesToldAt + queuesEveryMs;
    // A clock that was set back must not keep the desks waiting.
    if (Math.abs(clock.now() - this.#queuesToldAt) >= queuesEveryMs) return tell();
    this.#queuesLater = clock.at(next, tell);
  }

  /** A wrap-up that ended by itself is told to its call. */
  #agentChanged(agent: Agent): void {
    const before = this.#wrappingUp.get(agent.id);
    this.#noteWrapUp(agent);
    if (before !== undefined && this.#wrappingUp.get(agent.id) !== before)
      this.#options
        .calls()
        .post(before, { type: 'wrap-up-ended', agentId: agent.id, disposition: null, by: 'timeout' });
    this.#options.desks().agentChanged(agent);
  }

  #noteWrapUp(agent: Agent): void {
    if (agent.activity.type === 'wrap-up') this.#wrappingUp.set(agent.id, agent.activity.callId);
    else this.#wrappingUp.delete(agent.id);
  }
}
