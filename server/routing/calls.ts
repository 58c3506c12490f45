/** The agent's side of a call, once there is one: connected, over, wrapped up. Pure. */
import type { AgentCause, RoutingEvent } from './events.ts';
import type { Draft } from './draft.ts';
import type { Agent } from './state.ts';

type EventOf<T extends RoutingEvent['type']> = Extract<RoutingEvent, { type: T }>;

/** The party an agent dialled answered. */
export function connect(draft: Draft, { agentId, callId }: EventOf<'call-connected'>): void {
  const agent = draft.agent(agentId);
  if (agent?.activity.type !== 'dialling' || agent.activity.callId !== callId) return;
  const { queueId } = agent.activity;
  draft.setAgent({ ...agent, activity: { type: 'talking', callId, queueId, offerId: null } }, 'call-connected');
}

/** The agent's part of a call is over. */
export function endCall(draft: Draft, { agentId, callId, wrapUp }: EventOf<'call-ended'>): void {
  const agent = draft.agent(agentId);
  if (agent === undefined) return;
  const { activity } = agent;
  if ((activity.type !== 'talking' && activity.type !== 'dialling') || activity.callId !== callId) return;
  leaveCall(draft, agent, 'call-ended', wrapUp);
}

/**
 * An agent's call is over: wrap-up as long as its queue says, or free at once. Without a word about it a talk is wrapped up
 * and a dialled call that nobody answered is not. Any other activity stays as it is.
 */
export function leaveCall(draft: Draft, agent: Agent, cause: AgentCause, wrapUp?: boolean): void {
  const { activity, id } = agent;
  if (activity.type !== 'talking' && activity.type !== 'dialling') return;
  const { callId, queueId } = activity;
  const wrapUpMs = queueId === null ? 0 : (draft.queue(queueId)?.wrapUpMs ?? 0);
  if (wrapUpMs === 0 || !(wrapUp ?? activity.type === 'talking')) return draft.free(agent, cause);
  const until = draft.now + wrapUpMs;
  draft.setAgent({ ...agent, activity: { type: 'wrap-up', callId, queueId, until } }, cause);
  const event = { type: 'wrap-up-lapsed', agentId: id, callId } as const;
  draft.effects.push({ type: 'arm', timer: `wrap-up:${id}`, at: until, event });
}

/** Wrap-up is over, by the agent or by the clock. */
export function endWrapUp(draft: Draft, event: EventOf<'wrap-up-ended' | 'wrap-up-lapsed'>): void {
  const agent = draft.agent(event.agentId);
  if (agent?.activity.type !== 'wrap-up' || agent.activity.callId !== event.callId) return;
  if (event.type === 'wrap-up-lapsed' && agent.activity.until > draft.now) return;
  draft.effects.push({ type: 'disarm', timer: `wrap-up:${agent.id}` });
  draft.free(agent, event.type);
}
