/**
 * Whether the network of a page in a call is still there. A connection that has gone dead says nothing for a long time, and ICE takes
 * 15 s to doubt its way; but our media node sends all the time, so a second without a packet is a sign. Then the signalling is asked
 * (RFC 5626 section 3.5.1, CRLF CRLF): without an answer the page connects anew, upon which the server restarts ICE. Pure; times in
 * ms that only grow.
 */
import { assertNever } from '../../../base/assert-never.ts';

/** Without a packet for so long: the signalling is asked. */
export const silentMs = 1000;
/** So long it may take to answer. */
export const answerMs = 800;
/** It answers, and still nothing is heard: another way of the audio is looked for all the same. A node that died is replaced sooner. */
export const deafMs = 6000;

export interface NetworkState {
  /** What was counted at the last look; undefined without a call. */
  readonly packets: number | undefined;
  /** When the last packet was seen to have come. */
  readonly heardAt: number;
  /** `given`: everything was done that could be, until something is heard again. */
  readonly stage: 'well' | 'asked' | 'answered' | 'given';
  readonly askedAt: number;
}

export type NetworkEvent =
  /** The packets of the call were counted; undefined: there is no call, or nothing is counted. */
  | { readonly type: 'looked'; readonly packets: number | undefined }
  /** Something came over the signalling connection. */
  | { readonly type: 'answered' }
  /** The browser says that it is on another network, or on one again. */
  | { readonly type: 'network-changed' };

export type NetworkEffect = 'ask' | 'connect-anew';

interface NetworkStep {
  readonly state: NetworkState;
  readonly effects: readonly NetworkEffect[];
}

export const initialNetwork: NetworkState = { packets: undefined, heardAt: 0, stage: 'well', askedAt: 0 };

/** What is to be done about the network. Total. */
export function networkTransition(state: NetworkState, event: NetworkEvent, now: number): NetworkStep {
  switch (event.type) {
    case 'looked':
      return looked(state, event.packets, now);
    case 'answered':
      return { state: state.stage === 'asked' ? { ...state, stage: 'answered' } : state, effects: [] };
    case 'network-changed':
      return { state: { ...state, stage: 'asked', askedAt: now }, effects: ['ask'] };
    default:
      return assertNever(event);
  }
}

function looked(state: NetworkState, packets: number | undefined, now: number): NetworkStep {
  const isHeard = packets !== undefined && packets !== state.packets;
  // The browser's own sign is looked after without a call, too.
  const isAsked = state.stage === 'asked';
  if (isHeard || (packets === undefined && !isAsked))
    return {
      state: { ...state, packets, heardAt: now, stage: isHeard || !isAsked ? 'well' : state.stage },
      effects: [],
    };
  const seen = { ...state, packets };
  const silent = now - state.heardAt;
  if (state.stage === 'well' && silent >= silentMs)
    return { state: { ...seen, stage: 'asked', askedAt: now }, effects: ['ask'] };
  const isDead = isAsked && now - state.askedAt >= answerMs;
  const isDeaf = state.stage === 'answered' && silent >= deafMs;
  return isDead || isDeaf
    ? { state: { ...seen, stage: 'given' }, effects: ['connect-anew'] }
    : { state: seen, effects: [] };
}
