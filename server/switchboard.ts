/** Connects calls with the SIP side and the media node, in both directions. */
import type { Logger } from '../base/logger.ts';
import type { MediaError, MediaEvent, MediaParams, MediaResult, MediaVerb } from '../protocol/media.ts';
import type { LegPolicy } from '../protocol/media-policy.ts';
import type { CallEvent, Calls, MediaPort } from './calls/index.ts';
import type { DigitModes } from './dtmf.ts';
import type { MediaClient } from './media-client.ts';
import type { LegEvent } from './sip/index.ts';

/** A verb the media node did not do; `code` as in `mediaError`. */
export class MediaRefusal extends Error {
  readonly code: MediaError['code'];
  readonly retryable: boolean;

  constructor(verb: string, error: MediaError) {
    super(`${verb}: ${error.message}`);
    this.code = error.code;
    this.retryable = error.retryable;
  }
}

/** What must not be refused because this server (or the node) has just started and the two have not met yet; ms. */
const meetingMs = 5000;

/** What the SIP side knows of a leg that its description does not say. */
export interface LegFacts {
  /** Where its description came from, by which the node knows who may be behind NAT. */
  sourceOf(legId: string): string | undefined;
  /** What its far side wants of its audio. */
  audioOf(legId: string): LegPolicy;
}

/** The media node as calls see it; `closed` is told what legs had counted when they were closed. */
export function mediaPort(
  media: MediaClient,
  facts: LegFacts,
  closed: (counted: MediaResult<'close'>['closed']) => void,
): MediaPort {
  const ask = async <V extends MediaVerb>(verb: V, params: MediaParams<V>): Promise<MediaResult<V>> => {
    const answer = await media.call(verb, params);
    if (!answer.ok) throw new MediaRefusal(verb, answer.error);
    return answer.value;
  };
  const known = (legId: string): { readonly signalledFrom?: string; readonly policy: LegPolicy } => {
    const signalledFrom = facts.sourceOf(legId);
    return { policy: facts.audioOf(legId), ...(signalledFrom === undefined ? {} : { signalledFrom }) };
  };
  return {
    open: async (request) => {
      await media.reachable(meetingMs);
      return ask('open', { ...request, ...known(request.endpointId) });
    },
    answer: async (endpointId, remoteSdp) => {
      await media.reachable(meetingMs);
      return ask('answer', { endpointId, remoteSdp, ...known(endpointId) });
    },
    refreshPicture: async (endpointId) => void (await ask('refreshPicture', { endpointId })),
    restartIce: async (endpointId) => {
      await media.reachable(meetingMs);
      return (await ask('restartIce', { endpointId })).localSdp;
    },
    apply: async (callId, revision, graph) => void (await ask('apply', { callId, revision, graph })),
    close: async (endpointId) => closed((await ask('close', { endpointId })).closed),
    closeCall: async (callId) => closed((await ask('closeCall', { callId })).closed),
  };
}

/** A leg from which nothing comes, and which goes on by its policy: a fact for the ledger. */
export function silenceRow(event: Extract<MediaEvent, { type: 'endpoint-silent' }>) {
  const { callId, endpointId, silent, ms } = event;
  return { type: silent ? 'leg-silent' : 'leg-heard-again', callId, facts: { legId: endpointId, ms } };
}

/** Has the media node make a prompt ready; why it cannot be had, if so. A node that is away says nothing of it. */
export async function prepare(media: MediaClient, file: string): Promise<string | undefined> {
  const answer = await media.call('prepare', { files: [file] });
  return answer.ok ? answer.value.failed[0]?.reason : undefined;
}

/** A leg's event as its call takes it. They have the same names on purpose. */
export function postLegEvent(
  calls: Calls,
  event: Exclude<LegEvent, { type: 'leg-referred' }>,
  modes: DigitModes,
  logger: Logger,
): void {
  if (event.type === 'leg-digit' && !modes.counts(event.legId, 'info')) return;
  const posted: CallEvent = event.type === 'leg-digit' ? { ...event, type: 'digit' } : event;
  if (!calls.postToLeg(event.legId, posted))
    logger.debug({ legId: event.legId, event: event.type }, 'nobody has this leg');
}

/** What the media node says of a call, as the call takes it; undefined for what is none of its business. */
export function callEventOf(
  event: MediaEvent,
  modes: DigitModes,
): { readonly callId: string; readonly event: CallEvent } | undefined {
  switch (event.type) {
    case 'endpoint-lost':
      return { callId: event.callId, event: { type: 'endpoint-lost', legId: event.endpointId, cause: event.cause } };
    case 'digit':
      if (!modes.counts(event.endpointId, event.mode)) return undefined;
      return { callId: event.callId, event: { type: 'digit', legId: event.endpointId, digit: event.digit } };
    case 'play-ended':
      return {
        callId: event.callId,
        event: { type: 'play-ended', playId: event.playId, cause: event.cause, reason: event.reason },
      };
    case 'dtmf-sent':
      return { callId: event.callId, event: { type: 'keypad-sent', dtmfId: event.dtmfId } };
    case 'video-poor': {
      const { callId, endpointId: legId, lossPercent } = event;
      return { callId, event: { type: 'video-poor', legId, lossPercent } };
    }
    case 'picture-wanted':
      return { callId: event.callId, event: { type: 'picture-wanted', legId: event.endpointId } };
    case 'video-clear':
      return { callId: event.callId, event: { type: 'video-clear' } };
    case 'endpoint-connected':
      return { callId: event.callId, event: { type: 'endpoint-heard', legId: event.endpointId } };
    case 'observation':
    case 'ears-changed':
    case 'capacity-changed':
    case 'endpoint-silent':
    case 'speakers-changed':
    case 'recording-ended':
    case 'recording-failed':
      return undefined;
  }
}
