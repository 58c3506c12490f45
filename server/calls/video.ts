/** The picture of a call from a browser: who is shown whom, and when it gives way so that the sound gets through. Pure. */
import type { Graph, PictureOffer } from '../../protocol/media.ts';
import type { CallEvent } from './events.ts';
import { type CallState, hasEnded, type Leg, legsOf } from './state.ts';
import { record, type Step, step } from './step.ts';

/** Whether the call is to have a picture: the caller wants it, and the route lets them. */
export function hasVideo({ signals }: Pick<CallState, 'signals'>): boolean {
  return signals?.web?.video === true;
}

/** Whether a leg is offered a picture: browsers are, unless whoever sits there is to have none. */
export function offersVideo(state: CallState, legId: string): boolean {
  const leg = legsOf(state).find((each) => each.legId === legId);
  return hasVideo(state) && leg?.kind === 'webrtc' && leg.device?.video !== false;
}

/** What our offer to a leg has of a picture; undefined for none. */
export function pictureOffer(state: CallState, legId: string): PictureOffer | undefined {
  if (!offersVideo(state, legId)) return undefined;
  return { codecs: state.pictureCodec === 'h264' ? ['H264', 'VP8'] : ['VP8', 'H264'] };
}

/**
 * The graph with its pictures: whoever hears the other sees them. A muted agent is still seen; on hold, at a transfer or
 * while the network is too bad, nobody is.
 */
export function pictured(state: CallState, graph: Graph): Graph {
  const { caller, other, phase, muted } = state;
  if (!hasVideo(state) || phase !== 'talking' || state.video?.paused === true) return graph;
  if (!shows(state, caller) || other === null || !shows(state, other)) return graph;
  const hears = (from: Leg, to: Leg): boolean =>
    graph.edges.some((edge) => edge.from === from.legId && edge.to === to.legId);
  const toOther = hears(caller, other);
  const toCaller = hears(other, caller) || (muted && toOther);
  const video = [
    ...(toOther ? [{ from: caller.legId, to: other.legId }] : []),
    ...(toCaller ? [{ from: other.legId, to: caller.legId }] : []),
  ];
  return video.length === 0 ? graph : { ...graph, video };
}

function shows(state: CallState, leg: Leg): boolean {
  return leg.open && offersVideo(state, leg.legId);
}

/** What the media node says of the network under a picture. */
export type VideoEvent = Extract<CallEvent, { type: 'video-poor' | 'video-clear' }>;

/** It gives way, or comes back; both sides are told. */
export function onVideo(state: CallState, event: VideoEvent): Step {
  const paused = event.type === 'video-poor';
  if (hasEnded(state) || !hasVideo(state) || (state.video?.paused ?? false) === paused) return step(state);
  const row =
    event.type === 'video-poor'
      ? record('video-paused', { leg: roleOf(state, event.legId), lossPercent: event.lossPercent })
      : record('video-resumed');
  return step({ ...state, video: { paused } }, row, { type: 'tell-video', legId: state.caller.legId, paused });
}

function roleOf({ caller }: CallState, legId: string): 'caller' | 'agent' {
  return caller.legId === legId ? 'caller' : 'agent';
}
