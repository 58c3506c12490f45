/** The picture of a call from a browser: who is shown whom, and when it gives way so that the sound gets through. Pure. */
import type { Graph, PictureOffer } from '../../protocol/media.ts';
import type { CallEvent } from './events.ts';
import { type CallState, hasEnded, type Leg, legsOf } from './state.ts';
import { record, type Step, step } from './step.ts';

/** Whether the call is to have a picture: the caller wants it (or their phone offered one), and the route lets them. */
export function hasVideo({ signals, caller }: Pick<CallState, 'signals' | 'caller'>): boolean {
  return signals?.web?.video === true || caller.picture !== undefined;
}

/** Whether a leg has a picture: browsers are offered one, unless whoever sits there is to have none; of phones it is known. */
export function offersVideo(state: CallState, legId: string): boolean {
  const leg = legsOf(state).find((each) => each.legId === legId);
  if (!hasVideo(state) || leg === undefined) return false;
  return leg.kind === 'webrtc' ? leg.device?.video !== false : leg.picture !== undefined;
}

/** What our offer to a leg has of a picture; undefined for none. */
export function pictureOffer(state: CallState, legId: string): PictureOffer | undefined {
  const { caller, pictureCodec } = state;
  const phone = caller.picture;
  // Phones speak H.264 alone, and some of them in small packets only.
  if (caller.kind === 'sip' && legId === caller.legId)
    return pictureCodec === 'h264' && state.dial === null ? { codecs: ['H264'], ...phone } : undefined;
  if (!offersVideo(state, legId)) return undefined;
  if (phone !== undefined) return { codecs: ['H264'], ...phone };
  return { codecs: pictureCodec === 'h264' ? ['H264', 'VP8'] : ['VP8', 'H264'] };
}

/** What the media node agreed on with a phone stands with its leg: another description may take its picture away. */
export function withPicture(state: CallState, event: CallEvent): CallState {
  const { caller } = state;
  if (event.type !== 'endpoint-opened' && event.type !== 'endpoint-answered') return state;
  // An offer of ours, after a death: the answer to it counts.
  if (event.type === 'endpoint-opened' && event.token === null && caller.signalling !== 'new') return state;
  if (event.legId !== caller.legId || caller.kind !== 'sip' || same(caller.picture, event.picture)) return state;
  const { picture: _, ...without } = caller;
  return { ...state, caller: event.picture === undefined ? without : { ...without, picture: event.picture } };
}

function same(a: Leg['picture'], b: Leg['picture']): boolean {
  return a?.packetization === b?.packetization;
}

/** Wishes for key frames, which only pass. */
export function onPictureWanted(event: PictureEvent): Step['effects'] {
  const { legId } = event;
  return [{ type: event.type === 'picture-wanted' ? 'want-picture' : 'refresh-picture', legId }];
}

/** Who wants a key frame of whom. */
export type PictureEvent = Extract<CallEvent, { type: 'picture-wanted' | 'leg-wants-picture' }>;

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
  const { kind, legId } = state.caller;
  // A phone sees what it sees.
  const told = kind === 'webrtc' ? [{ type: 'tell-video', legId, paused } as const] : [];
  return step({ ...state, video: { paused } }, row, ...told);
}

/** Causes after which endpoints are made anew. */
const replaced = new Set(['node-died', 'worker-died', 'shard-died', 'endpoint-gone']);

/**
 * Who watched the network under a picture that gave way is gone, with the media node or with the last of the call's endpoints on it:
 * nobody would tell when it is good again, so it is judged anew.
 */
export function judgedAnew(state: CallState, event: CallEvent): Step {
  if (event.type !== 'endpoint-lost' || !replaced.has(event.cause)) return step(state);
  if (event.cause !== 'node-died' && legsOf(state).some(({ open }) => open)) return step(state);
  return onVideo(state, { type: 'video-clear' });
}

function roleOf({ caller }: CallState, legId: string): 'caller' | 'agent' {
  return caller.legId === legId ? 'caller' : 'agent';
}
