/** Supervision: somebody listens to a talk, whispers to its agent, speaks to all, or takes it over. */
import { newLeg } from './leg.ts';
import type { CallEvent } from './events.ts';
import { type On, part } from './handing.ts';
import { isHold } from './legs.ts';
import { release } from './offers.ts';
import type { CallState } from './state.ts';
import { andThen, record, type Step, step } from './step.ts';
import { supervisionEnded } from './teardown.ts';
import { mostSupervisors, type Supervisor, supervisorsOf } from './supervised.ts';

function change(state: CallState, supervisor: Supervisor, changes: Partial<Supervisor>): CallState {
  const { agentId } = supervisor;
  const supervision = supervisorsOf(state).map((each) => (each.agentId === agentId ? { ...each, ...changes } : each));
  return { ...state, supervision };
}

function ofAgent({ offer }: CallState): { readonly agent: string | null } {
  return { agent: offer?.agentId ?? null };
}

/** Begins to supervise, or changes how. A supervisor who is not wanted goes back to what they did. */
function onAsked(state: CallState, event: On<'supervision-asked'>, now: number): Step {
  const { agentId, mode } = event;
  const known = supervisorsOf(state).find((each) => each.agentId === agentId);
  if (known !== undefined) return switchTo(state, known, mode);
  const own = state.offer?.agentId === agentId;
  const full = supervisorsOf(state).length >= mostSupervisors;
  if (state.phase !== 'talking' || state.offer === null || own || full)
    return step(state, ...(own ? [] : [{ type: 'free-agent', agentId, wrapUp: false } as const]));
  const legs = state.legs + 1;
  const leg = newLeg(`${state.callId}.s${String(legs)}`, event.device.kind, event.device);
  const supervisor: Supervisor = {
    ...{ agentId, offerId: event.offerId, leg, mode, since: null, askedAt: now, muted: false },
  };
  const { legId, kind } = leg;
  return step(
    { ...state, legs, supervision: [...supervisorsOf(state), supervisor] },
    record(
      'supervision-asked',
      { by: agentId, mode, ...ofAgent(state), announced: event.announced === true },
      { agentId },
    ),
    { type: 'open-endpoint', legId, kind, remoteSdp: null, token: null },
  );
}

function switchTo(state: CallState, known: Supervisor, mode: Supervisor['mode']): Step {
  if (known.mode === mode) return step(state);
  const { agentId, since } = known;
  const row = record('supervision-changed', { by: agentId, from: known.mode, mode, ...ofAgent(state) }, { agentId });
  return step(change(state, known, { mode }), ...(since === null ? [] : [row]));
}

function leave(state: CallState, supervisor: Supervisor, gone: boolean, cause: string, now: number): Step {
  const { agentId, leg } = supervisor;
  const supervision = supervisorsOf(state).filter((each) => each !== supervisor);
  return step(
    { ...state, supervision },
    supervisionEnded(supervisor, cause, now),
    ...release(gone ? { ...leg, signalling: 'ended' } : leg, false),
    { type: 'free-agent', agentId, wrapUp: false },
  );
}

/** The supervisor becomes the caller's agent; the one who was it wraps up. */
function takeOver(state: CallState, supervisor: Supervisor, now: number): Step {
  const { agentId, offerId, leg, since, askedAt } = supervisor;
  const { offer, transfer, away = null, phase, talkingSince } = state;
  if (since === null || offer === null || transfer !== null || away !== null || phase !== 'talking') return step(state);
  const talkedMs = now - (offer.answeredAt ?? talkingSince ?? now);
  const taken = step(
    { ...state, supervision: supervisorsOf(state).filter((each) => each !== supervisor) },
    supervisionEnded(supervisor, 'took-over', now),
    record('call-taken-over', { by: agentId, from: offer.agentId, talkedMs }, { agentId }),
  );
  return andThen(
    andThen(taken, (next) => part(next, now)),
    (next) =>
      step({
        ...next,
        other: leg,
        offer: { offerId, agentId, offeredAt: askedAt, until: askedAt, answeredAt: now },
        ...{ held: false, playing: null, muted: supervisor.muted },
      }),
  );
}

/** What happens to a supervisor's dialog and endpoint. */
function onLeg(state: CallState, supervisor: Supervisor, event: CallEvent, now: number): Step | undefined {
  const { leg, agentId, offerId } = supervisor;
  const withLeg = (more: Partial<Supervisor['leg']>): CallState =>
    change(state, supervisor, { leg: { ...leg, ...more } });
  switch (event.type) {
    case 'endpoint-opened': {
      const { legId, token, localSdp: sdp } = event;
      if (token !== null)
        return step(withLeg({ heldByPeer: isHold(event.remoteDirection) }), {
          ...{ type: 'answer-reinvite', legId, token, sdp },
        });
      if (leg.signalling !== 'new') return step(state);
      const device = leg.device === undefined ? {} : { deviceId: leg.device.deviceId };
      return step(withLeg({ open: true, signalling: 'inviting' }), {
        ...{ type: 'invite-leg', legId, sdp, from: state.from },
        destination: { type: 'agent', agentId, offerId, ...device, auto: true },
      });
    }
    case 'leg-ringing':
      return step(leg.signalling === 'inviting' ? withLeg({ signalling: 'ringing' }) : state);
    case 'leg-answered':
      if (leg.signalling !== 'inviting' && leg.signalling !== 'ringing') return undefined;
      return step(withLeg({ signalling: 'answering' }), {
        ...{ type: 'answer-endpoint', legId: leg.legId, sdp: event.sdp },
      });
    case 'endpoint-answered':
      return leg.signalling === 'answering' ? begun(state, supervisor, now) : step(state);
    case 'leg-reinvited': {
      const { legId, token, sdp } = event;
      return step(state, { type: 'open-endpoint', legId, kind: leg.kind, remoteSdp: sdp === '' ? null : sdp, token });
    }
    case 'leg-ended':
      return leave(state, supervisor, true, 'hung-up', now);
    case 'leg-failed':
      return leave(state, supervisor, true, 'unreachable', now);
    case 'endpoint-failed':
      return event.token === null ? leave(state, supervisor, false, 'media-failure', now) : undefined;
    case 'endpoint-lost':
      return leave(state, supervisor, false, 'media-failure', now);
    default:
      return undefined;
  }
}

function begun(state: CallState, supervisor: Supervisor, now: number): Step {
  const { agentId, leg, mode } = supervisor;
  const confirmed = change(state, supervisor, { since: now, leg: { ...leg, signalling: 'confirmed' } });
  return step(confirmed, record('supervision-started', { by: agentId, mode, ...ofAgent(state) }, { agentId }), {
    ...{ type: 'dial-connected', agentId },
  });
}

/** What an event does to supervision; undefined: nothing. */
export function onSupervising(state: CallState, event: CallEvent, now: number): Step | undefined {
  if (event.type === 'supervision-asked') return onAsked(state, event, now);
  const supervisors = supervisorsOf(state);
  if (supervisors.length === 0) return undefined;
  if ('legId' in event) {
    const own = supervisors.find(({ leg }) => leg.legId === event.legId);
    return own === undefined ? undefined : onLeg(state, own, event, now);
  }
  const agentId = 'agentId' in event ? event.agentId : undefined;
  const own = supervisors.find((each) => each.agentId === agentId);
  if (own === undefined) return undefined;
  switch (event.type) {
    case 'supervision-left':
      return leave(state, own, false, 'left', now);
    case 'taken-over':
      return takeOver(state, own, now);
    case 'muted':
      return step(change(state, own, { muted: event.muted }));
    default:
      return undefined;
  }
}
