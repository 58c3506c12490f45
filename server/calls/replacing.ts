/** An INVITE with Replaces (RFC 3891): its leg takes the place of another one in the same call, once it is confirmed. */
import type { CallEvent } from './events.ts';
import type { On } from './handing.ts';
import { type CallState, type Leg, newLeg } from './state.ts';
import { record, type Step, step } from './step.ts';
import { legGoodbye, newcomerGoodbye } from './teardown.ts';

/** Where in the call a leg stands that could be replaced. */
type Seat = 'caller' | 'other' | 'target' | 'second-line';

function seatOf({ caller, other, transfer }: CallState, legId: string): readonly [Seat, Leg] | undefined {
  const seats: readonly (readonly [Seat, Leg | null | undefined])[] = [
    ['caller', caller],
    ['other', other],
    ['target', transfer?.leg],
    ['second-line', transfer?.consult?.phone],
  ];
  const found = seats.find(([, leg]) => leg?.legId === legId && leg.signalling === 'confirmed');
  return found?.[1] == null ? undefined : [found[0], found[1]];
}

function seated(state: CallState, seat: Seat, leg: Leg): CallState {
  const { transfer } = state;
  switch (seat) {
    case 'caller':
      return { ...state, caller: leg };
    case 'other':
      return { ...state, other: leg };
    case 'target':
      return transfer === null ? state : { ...state, transfer: { ...transfer, leg } };
    case 'second-line':
      return transfer?.consult == null
        ? state
        : { ...state, transfer: { ...transfer, consult: { ...transfer.consult, phone: leg } } };
  }
}

/** Somebody who may wants to take a place: theirs is prepared beside it. One at a time. */
export function onLegReplacing(state: CallState, { legId, replaces, device, sdp }: On<'leg-replacing'>): Step {
  const found = seatOf(state, replaces);
  if (found === undefined || state.replacing !== null) {
    const [status, reason] = found === undefined ? [481, 'Call/Transaction Does Not Exist'] : [491, 'Request Pending'];
    return step(state, { type: 'reject-leg', legId, status, reason });
  }
  const leg = newLeg(legId, 'sip', device ?? found[1].device);
  const remoteSdp = sdp === '' ? null : sdp;
  return step(
    { ...state, replacing: { old: replaces, leg } },
    { type: 'open-endpoint', legId, kind: 'sip', remoteSdp, token: null },
  );
}

/** The newcomer is there: the old leg gets its BYE, as RFC 3891 section 3 wants it, and the graph follows. */
function take(state: CallState, old: string, newcomer: Leg): Step {
  const found = seatOf(state, old);
  const free: CallState = { ...state, replacing: null };
  const { legId } = newcomer;
  if (found === undefined)
    return step(free, { type: 'end-leg', legId, cause: 'replaced' }, { type: 'close-endpoint', legId });
  const [seat, leg] = found;
  return step(
    seated(free, seat, { ...newcomer, signalling: 'confirmed' }),
    record('leg-replaced', { leg: seat }),
    ...legGoodbye(leg, 'replaced'),
    { type: 'close-endpoint', legId: leg.legId },
  );
}

/** What an event does to a leg that is about to take a place; undefined: nothing of its own. */
export function onReplacing(state: CallState, event: CallEvent): Step | undefined {
  const { replacing } = state;
  if (replacing === null || !('legId' in event) || event.legId !== replacing.leg.legId) return undefined;
  const { old, leg } = replacing;
  const gone: CallState = { ...state, replacing: null };
  const close = { type: 'close-endpoint', legId: leg.legId } as const;
  switch (event.type) {
    case 'endpoint-opened':
      if (event.token !== null || leg.signalling !== 'new') return undefined;
      return step(
        { ...state, replacing: { old, leg: { ...leg, open: true, signalling: 'answering' } } },
        { type: 'answer-leg', legId: leg.legId, sdp: event.localSdp },
      );
    case 'leg-confirmed':
      return take(state, old, leg);
    case 'endpoint-failed':
      return step(gone, { type: 'reject-leg', legId: leg.legId, status: 488, reason: 'Not Acceptable Here' }, close);
    case 'endpoint-lost':
      return step(gone, ...newcomerGoodbye(replacing, 'media-failure'), close);
    case 'leg-cancelled':
    case 'leg-ended':
    case 'leg-failed':
      return step(gone, close);
    default:
      return undefined;
  }
}
