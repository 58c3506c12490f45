/** What an agent may ask for at the desk, checked against what is true now. */
import { assertNever } from '../base/assert-never.ts';
import type { Result } from '../base/result.ts';
import type { DeskCommand } from '../protocol/desk.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import { type Calls, type CallState, isOnHold, membersOf, type RecordingOrder, supervisorsOf } from './calls/index.ts';
import type { Plan } from './dialplan/index.ts';
import type { Floor } from './floor.ts';
import type { Phones } from './phones.ts';
import type { DialOrder } from './outbound.ts';
import type { Conferences } from './conferences.ts';
import type { Supervision } from './supervision.ts';
import type { Transfers } from './transfers.ts';

export interface CommandPorts {
  readonly calls: Calls;
  readonly floor: Floor;
  readonly plan: () => Plan | undefined;
  readonly phones: Pick<Phones, 'choose'>;
  /** Makes a call for the agent. */
  readonly dial: (order: DialOrder) => Result<string, Problem>;
  /** Hands calls over. */
  readonly transfers: Pick<Transfers, 'begin' | 'proceed'>;
  /** Adds people to talks. */
  readonly conferences: Pick<Conferences, 'add' | 'merge' | 'drop' | 'set'>;
  readonly supervision: Pick<Supervision, 'begin' | 'stop' | 'takeOver'>;
  /** Begins, pauses or masks recordings. */
  readonly recording: { readonly ask: (callId: string, order: RecordingOrder, by: string) => Problem | undefined };
  /** Marks an alert as read; false if there is none such. */
  readonly acknowledge: (callId: string, alertId: string, agentId: string) => boolean;
}

type SupervisorCommand = Extract<DeskCommand, { type: 'supervise' | 'stop-supervising' | 'take-over' }>;
type CallCommand = Exclude<Extract<DeskCommand, { callId: string }>, SupervisorCommand>;

/** Does what was asked, or says why not. Outcomes that take time come back as desk events. */
export function obey(ports: CommandPorts, agentId: string, command: DeskCommand): Problem | undefined {
  const { floor } = ports;
  switch (command.type) {
    case 'go-available':
      return floor.goAvailable(agentId);
    case 'pause':
      return pause(ports, agentId, command.reason);
    case 'sign-out':
      return floor.signOut(agentId);
    case 'ring':
      return void ports.phones.choose(agentId, command.ring);
    case 'decline':
      return decline(ports, agentId, command.offerId);
    case 'dial': {
      const { to, from, queue } = command;
      const dialled = ports.dial({ agentId, to, from, queue, by: agentId });
      return dialled.ok ? undefined : dialled.error;
    }
    case 'supervise':
      return ports.supervision.begin(command.callId, agentId, command.mode);
    case 'stop-supervising':
      return ports.supervision.stop(command.callId, agentId);
    case 'take-over':
      return ports.supervision.takeOver(command.callId, agentId);
    case 'mute':
    case 'hold':
    case 'resume':
    case 'keypad':
    case 'hang-up':
    case 'record':
    case 'transfer':
    case 'consult':
    case 'swap':
    case 'complete-transfer':
    case 'cancel-transfer':
    case 'add':
    case 'merge':
    case 'drop-member':
    case 'mute-member':
    case 'dispose':
    case 'acknowledge-alert':
      return onCall(ports, agentId, command);
    default:
      return assertNever(command);
  }
}

function pause({ floor, plan }: CommandPorts, agentId: string, reason: string): Problem | undefined {
  const choices = plan()?.pauseReasons.map((each) => each.code) ?? [];
  if (!choices.includes(reason)) return makeProblem('no-such-choice', { code: reason, choices: choices.join(', ') });
  return floor.pause(agentId, reason);
}

function decline({ floor, calls }: CommandPorts, agentId: string, offerId: string): Problem | undefined {
  const activity = floor.agent(agentId)?.activity;
  // A call the agent was asked to make, but does not want to.
  if (activity?.type === 'dialling' && calls.get(activity.callId)?.offer?.offerId === offerId) {
    calls.post(activity.callId, { type: 'hang-up-asked', cause: 'agent-hangup' });
    return undefined;
  }
  // A call that a colleague wants to hand over.
  const target = activity?.type === 'dialling' ? calls.get(activity.callId)?.transfer?.target : undefined;
  if (activity?.type === 'dialling' && target?.type === 'agent' && target.offerId === offerId) {
    calls.post(activity.callId, { type: 'transfer-declined', offerId });
    return undefined;
  }
  if (activity?.type !== 'offered' || activity.offerId !== offerId) return makeProblem('no-such-call');
  return floor.decline(offerId);
}

function onCall(ports: CommandPorts, agentId: string, command: CallCommand): Problem | undefined {
  const { calls } = ports;
  const call = calls.get(command.callId);
  // Whoever has handed the call over and wraps it up has nothing else to say in it.
  const parted = call?.parted.some(({ offer }) => offer.agentId === agentId) === true;
  if (call !== undefined && parted && command.type === 'dispose')
    return dispose(ports, agentId, call, command.disposition);
  const consulted = call?.transfer?.consult?.since != null ? call.transfer.target : undefined;
  if (call !== undefined && consulted?.type === 'agent' && consulted.agentId === agentId)
    return asConsulted(calls, agentId, call, command);
  if (call !== undefined && supervisorsOf(call).some((each) => each.agentId === agentId))
    return asSupervisor(ports, agentId, call, command);
  if (call !== undefined && isMember(call, agentId)) return asMember(calls, agentId, call, command);
  if (call?.offer?.agentId !== agentId) return makeProblem('no-such-call');
  switch (command.type) {
    case 'acknowledge-alert':
      return ports.acknowledge(call.callId, command.alertId, agentId) ? undefined : makeProblem('no-such-call');
    case 'dispose':
      return dispose(ports, agentId, call, command.disposition);
    case 'record':
      return ports.recording.ask(call.callId, command.order, agentId);
    case 'transfer':
    case 'consult':
      return ports.transfers.begin({
        ...{ callId: call.callId, to: command.to, way: 'desk' },
        consult: command.type === 'consult',
      });
    case 'swap':
      return ports.transfers.proceed(call.callId, 'swap');
    case 'complete-transfer':
      return ports.transfers.proceed(call.callId, 'complete');
    case 'cancel-transfer':
      return ports.transfers.proceed(call.callId, 'cancel');
    case 'add':
      return ports.conferences.add(call.callId, command.to, 'desk');
    case 'merge':
      return ports.conferences.merge(call.callId);
    case 'drop-member':
      return ports.conferences.drop(call.callId, command.member, agentId);
    case 'mute-member':
      return ports.conferences.set(call.callId, command.member, { muted: command.muted }, agentId);
    case 'mute':
    case 'hold':
    case 'resume':
    case 'keypad':
    case 'hang-up':
      return talk(calls, agentId, call, command);
    default:
      return assertNever(command);
  }
}

/** A supervisor may be silent, and leave; how they listen, and taking over, are commands of their own. */
function asSupervisor(
  { calls, supervision }: CommandPorts,
  agentId: string,
  { callId }: CallState,
  command: CallCommand,
): Problem | undefined {
  switch (command.type) {
    case 'mute':
      calls.post(callId, { type: 'muted', agentId, muted: command.muted });
      return undefined;
    case 'hang-up':
      return supervision.stop(callId, agentId);
    default:
      return makeProblem('not-now', { state: 'supervising', expected: 'talking' });
  }
}

function isMember(call: CallState, agentId: string): boolean {
  return membersOf(call).some(({ who }) => who.type === 'agent' && who.agentId === agentId);
}

/** A colleague who was added may be silent, and leave; the rest is the business of the agent whose call it is. */
function asMember(calls: Calls, agentId: string, { callId }: CallState, command: CallCommand): Problem | undefined {
  switch (command.type) {
    case 'mute':
      calls.post(callId, { type: 'muted', agentId, muted: command.muted });
      return undefined;
    case 'hang-up':
      calls.post(callId, { type: 'conference-left', agentId });
      return undefined;
    default:
      return makeProblem('not-now', { state: 'a guest of the conference', expected: 'talking' });
  }
}

/** A colleague who is consulted has no say over the caller yet: they may be silent, or hang up. */
function asConsulted(calls: Calls, agentId: string, { callId }: CallState, command: CallCommand): Problem | undefined {
  switch (command.type) {
    case 'mute':
      calls.post(callId, { type: 'muted', agentId, muted: command.muted });
      return undefined;
    case 'hang-up':
      calls.post(callId, { type: 'consult-left', agentId });
      return undefined;
    default:
      return makeProblem('not-now', { state: 'consulting', expected: 'talking' });
  }
}

function talk(
  calls: Calls,
  agentId: string,
  call: CallState,
  command: Extract<CallCommand, { type: 'mute' | 'hold' | 'resume' | 'keypad' | 'hang-up' }>,
): Problem | undefined {
  const cancels = command.type === 'hang-up' && call.phase === 'dialling';
  if (call.phase !== 'talking' && !cancels) return makeProblem('not-now', { state: call.phase, expected: 'talking' });
  const { callId } = call;
  switch (command.type) {
    case 'mute':
      calls.post(callId, { type: 'muted', agentId, muted: command.muted });
      return undefined;
    case 'hold':
      calls.post(callId, { type: 'held', agentId });
      return undefined;
    case 'resume':
      if (!call.held && isOnHold(call)) return makeProblem('held-on-phone');
      calls.post(callId, { type: 'resumed', agentId });
      return undefined;
    case 'keypad':
      calls.post(callId, { type: 'keyed', agentId, digits: command.digits });
      return undefined;
    case 'hang-up':
      calls.post(callId, { type: 'hang-up-asked', cause: 'agent-hangup' });
      return undefined;
    default:
      return assertNever(command);
  }
}

function dispose(ports: CommandPorts, agentId: string, call: CallState, disposition: string): Problem | undefined {
  const { floor, plan } = ports;
  const parted = call.parted.some(({ offer }) => offer.agentId === agentId);
  if (call.phase !== 'wrap-up' && !parted) return makeProblem('not-now', { state: call.phase, expected: 'wrap-up' });
  const choices = plan()?.dispositions.map((each) => each.code) ?? [];
  if (!choices.includes(disposition))
    return makeProblem('no-such-choice', { code: disposition, choices: choices.join(', ') });
  return floor.endWrapUp(agentId, call.callId, disposition);
}
