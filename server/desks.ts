/** Keeps every agent's desk true: what routing says of the agent, what their call does, who waits. */
import type { Clock } from '../base/clock.ts';
import {
  type Alert,
  type DeskAgent,
  type DeskPhones,
  type DeskQueue,
  type DeskState,
  foldDesk,
  type TranscriptLine,
} from '../protocol/desk.ts';
import type { EarsState } from '../protocol/media.ts';
import { type CallLegQuality, withoutCost } from '../protocol/quality.ts';
import { type CallState, membersOf, supervisorsOf } from './calls/index.ts';
import { agentsOf, type CallSurroundings, deskCallOf, Feed } from './desk/index.ts';
import type { Plan } from './dialplan/index.ts';
import { activityName, type Agent } from './routing/index.ts';
import { partyOf } from './rows.ts';
import { Team } from './team.ts';

export interface DesksOptions {
  /** Names this run of the server: a desk of another run gets a snapshot. */
  readonly boot: string;
  readonly clock: Clock;
  readonly plan: () => Plan | undefined;
  readonly agent: (agentId: string) => Agent | undefined;
  readonly phonesOf: (agentId: string) => DeskPhones;
  readonly nameOf: (number: string) => string | undefined;
  /** Whether somebody is a supervisor. */
  readonly supervises: (agentId: string) => boolean;
  /** The transcript and the alerts of a call that began before this run of the server. */
  readonly past: (callId: string) => { readonly transcript: TranscriptLine[]; readonly alerts: Alert[] };
}

/** An agent of routing as the desk shows one. */
export function deskAgentOf(agent: Agent): DeskAgent {
  const { id, name, presence, pending, activity, since } = agent;
  return {
    id,
    name,
    presence: presence.type,
    ...(presence.type === 'paused' ? { pauseReason: presence.reason } : {}),
    ...(pending?.type === 'paused' ? { pendingPause: pending.reason } : {}),
    activity: activityName(activity),
    since,
  };
}

export class Desks {
  readonly #options: DesksOptions;
  readonly #feeds = new Map<string, Feed>();
  /** Which agents' desks show which call. */
  readonly #shown = new Map<string, ReadonlySet<string>>();
  readonly #calls = new Map<string, CallState>();
  readonly #team = new Team();
  #queues: DeskQueue[] = [];
  #ears: EarsState[] = [];

  constructor(options: DesksOptions) {
    this.#options = options;
  }

  /** The feed of an agent there is; made on first need. */
  feedOf(agentId: string): Feed | undefined {
    const known = this.#feeds.get(agentId);
    if (known !== undefined) return known;
    const agent = this.#options.agent(agentId);
    if (agent === undefined) return undefined;
    const feed = new Feed(this.#options.boot, this.#initial(agent), () => this.#options.clock.now());
    this.#feeds.set(agentId, feed);
    return feed;
  }

  agentChanged(agent: Agent): void {
    this.#feeds.get(agent.id)?.publish({ type: 'agent-changed', agent: deskAgentOf(agent) });
    const call = agent.activity.type === 'wrap-up' ? this.#calls.get(agent.activity.callId) : undefined;
    if (call !== undefined) this.callChanged(call);
  }

  /** An agent's phones, or which are rung, have changed. */
  phonesChanged(agentId: string): void {
    this.#feeds.get(agentId)?.publish({ type: 'phones-changed', phones: this.#options.phonesOf(agentId) });
  }

  /** Shows a call on the desk of the agent it concerns, and takes it off the desk it no longer concerns. */
  callChanged(state: CallState): void {
    this.#calls.set(state.callId, state);
    const concerned = new Set(agentsOf(state));
    const before = this.#shown.get(state.callId) ?? new Set();
    this.#shown.set(state.callId, concerned);
    for (const agentId of before) if (!concerned.has(agentId)) this.#clear(state.callId, agentId, 'offer-lost');
    for (const agentId of concerned) {
      const call = this.#headOf(state, agentId);
      if (call !== undefined) this.#feeds.get(agentId)?.publish({ type: 'call-changed', call });
    }
    this.#tellTeam(this.#team.changed(state, this.#around(state)));
  }

  callRetired(state: CallState): void {
    for (const agentId of this.#shown.get(state.callId) ?? [])
      this.#clear(state.callId, agentId, state.end?.cause ?? 'over');
    this.#shown.delete(state.callId);
    this.#calls.delete(state.callId);
    this.#tellTeam(this.#team.gone(state.callId));
  }

  transcriptChanged(callId: string, line: TranscriptLine): void {
    this.#feedShowing(callId)?.publish({ type: 'transcript-changed', callId, line });
  }

  /** How the legs of a call sound, to the agent who talks. */
  qualityChanged(callId: string, legs: readonly CallLegQuality[]): void {
    // What the agent is not told of supervisors, the legs of their phones do not tell either.
    const state = this.#calls.get(callId);
    const hidden = state === undefined ? [] : supervisorsOf(state).map(({ leg }) => leg.legId);
    const shown = legs.filter(({ legId }) => !hidden.includes(legId));
    const agentId = this.#agentShowing(callId);
    const quality = agentId !== undefined && this.#options.supervises(agentId) ? shown : shown.map(withoutCost);
    this.#feedShowing(callId)?.publish({ type: 'quality-changed', callId, quality });
  }

  /** Who speaks in a conference. */
  speakersChanged(callId: string, legIds: readonly string[]): void {
    const state = this.#calls.get(callId);
    if (state === undefined) return;
    const members = membersOf(state).map(({ leg }) => leg.legId);
    // In a talk of two that somebody listens to, the page would tell what the site may want to be silent about.
    if (members.length === 0) return;
    const speakers = legIds.flatMap((legId) => {
      if (legId === state.caller.legId) return ['caller'];
      if (legId === state.other?.legId) return ['agent'];
      return members.includes(legId) ? [legId] : [];
    });
    for (const agentId of this.#shown.get(callId) ?? [])
      this.#feeds.get(agentId)?.publish({ type: 'speakers-changed', callId, speakers });
  }

  alertChanged(alert: Alert): void {
    this.#feedShowing(alert.callId)?.publish({ type: 'alert-changed', callId: alert.callId, alert });
  }

  /** A contact may have got a name while the phone rings. */
  contactChanged(numbers: readonly string[]): void {
    for (const state of this.#calls.values()) if (numbers.includes(partyOf(state))) this.callChanged(state);
  }

  queuesChanged(queues: DeskQueue[]): void {
    this.#queues = queues;
    for (const feed of this.#feeds.values()) feed.publish({ type: 'queues-changed', queues });
  }

  earsChanged(ears: EarsState[]): void {
    this.#ears = ears;
    for (const feed of this.#feeds.values()) feed.publish({ type: 'ears-changed', ears });
  }

  /** After a new plan: choices may have changed. Each desk starts again from a snapshot. */
  planChanged(): void {
    for (const [agentId, feed] of this.#feeds) if (feed.watchers === 0) this.#feeds.delete(agentId);
  }

  /** What is said goes to the agent who talks, not to one who has handed the call over. */
  #agentShowing(callId: string): string | undefined {
    const state = this.#calls.get(callId);
    return state?.offer?.agentId ?? state?.parted.at(-1)?.offer.agentId;
  }

  #feedShowing(callId: string): Feed | undefined {
    const agentId = this.#agentShowing(callId);
    return agentId === undefined ? undefined : this.#feeds.get(agentId);
  }

  #tellTeam(event: ReturnType<Team['changed']>): void {
    if (event === undefined) return;
    for (const [agentId, feed] of this.#feeds) if (this.#options.supervises(agentId)) feed.publish(event);
  }

  #clear(callId: string, agentId: string, reason: string): void {
    this.#feeds.get(agentId)?.publish({ type: 'call-cleared', callId, reason });
  }

  #headOf(state: CallState, agentId: string) {
    const activity = this.#options.agent(agentId)?.activity;
    const wrapUp = activity?.type === 'wrap-up' && activity.callId === state.callId ? activity.until : undefined;
    return deskCallOf(state, this.#around(state, wrapUp), agentId);
  }

  #around(state: CallState, wrapUpUntil?: number): CallSurroundings {
    return {
      partyName: this.#options.nameOf(partyOf(state)),
      nameOf: (to: string) => this.#options.agent(to)?.name ?? this.#options.nameOf(to),
      queueName: (id: string) => this.#options.plan()?.queues.get(id)?.name ?? { en: id, zh: id },
      wrapUpUntil,
      announced: this.#options.plan()?.site.supervision !== 'silent',
    };
  }

  #initial(agent: Agent): DeskState {
    const plan = this.#options.plan();
    const empty: DeskState = {
      agent: deskAgentOf(agent),
      phones: this.#options.phonesOf(agent.id),
      call: null,
      queues: this.#queues,
      dispositions: (plan?.dispositions ?? []).map((each) => ({ ...each })),
      pauseReasons: (plan?.pauseReasons ?? []).map((each) => ({ ...each })),
      ears: this.#ears,
      ...(this.#options.supervises(agent.id) ? { team: this.#team.calls } : {}),
    };
    const state = [...this.#calls.values()].find((call) => agentsOf(call).includes(agent.id));
    const head = state === undefined ? undefined : this.#headOf(state, agent.id);
    if (state === undefined || head === undefined) return empty;
    this.#shown.set(state.callId, new Set([...(this.#shown.get(state.callId) ?? []), agent.id]));
    const shown = foldDesk(empty, { type: 'call-changed', call: head });
    return shown.call === null ? shown : { ...shown, call: { ...shown.call, ...this.#options.past(state.callId) } };
  }
}
