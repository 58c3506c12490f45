/** A caller who comes from a browser: their audio is up a moment after the dialog, and the plan waits for it. */
import type { EndpointOffer } from '../../protocol/media.ts';
import type { CallEvent } from './events.ts';
import { onDigit, perform } from './plan.ts';
import type { CallState } from './state.ts';
import { pictureOffer } from './video.ts';
import { andThen, type Step, step, withCaller, withTimer } from './step.ts';

/** The plan does not wait any longer for the caller's audio, ms: the network may let it through late. */
const longestMs = 5000;

/**
 * Until the caller's audio is up (DTLS), nothing is played: the first words of a prompt would be lost. Undefined: the event
 * is nothing to do with it.
 */
export function onArriving(state: CallState, event: CallEvent, now: number): Step | undefined {
  const { caller, phase, signals } = state;
  if (signals?.web === undefined || phase !== 'admitted') return undefined;
  switch (event.type) {
    case 'leg-confirmed':
      if (event.legId !== caller.legId || caller.signalling !== 'answering') return undefined;
      return arrived(withTimer(withCaller(state, { signalling: 'confirmed' }), 'menu', now + longestMs), now);
    case 'endpoint-heard':
      return event.legId === caller.legId ? arrived(withCaller(state, { heard: true }), now) : undefined;
    case 'digit':
      // Who presses a key hears us, whatever the media node has told so far.
      if (event.legId !== caller.legId || caller.signalling !== 'confirmed') return undefined;
      return andThen(begin(state, now), (next) => onDigit(next, event.digit));
    case 'timer':
      return event.timer === 'menu' ? begin(state, now) : undefined;
    default:
      return undefined;
  }
}

function arrived(state: CallState, now: number): Step {
  const { heard, signalling } = state.caller;
  return heard === true && signalling === 'confirmed' ? begin(state, now) : step(state);
}

function begin(state: CallState, now: number): Step {
  const begun: CallState = { ...withTimer(state, 'menu', null), phase: 'in-plan' };
  return begun.instruction === null ? step(begun) : perform(begun, begun.instruction, now);
}

/** What our offer to a leg is to have beside the usual; undefined where nothing. A browser that calls us speaks wideband. */
export function offerOf(state: CallState, legId: string): EndpointOffer | undefined {
  const wideband = state.signals?.web !== undefined && legId === state.caller.legId;
  const video = pictureOffer(state, legId);
  if (!wideband && video === undefined) return undefined;
  return { ...(wideband ? { audio: 'opus' } : {}), ...(video === undefined ? {} : { video }) };
}
