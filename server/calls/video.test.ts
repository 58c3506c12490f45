import { describe, expect, it } from 'vitest';
import type { Graph } from '../../protocol/media.ts';
import { newLeg } from './leg.ts';
import { type CallState, newCall, silence } from './state.ts';
import { transition } from './transition.ts';
import { offersVideo, onPictureWanted, onVideo, pictured, pictureOffer, withPicture } from './video.ts';

const device = { deviceId: 'd1', kind: 'webrtc', name: null } as const;

function talk(change: Partial<CallState> = {}, video = true): CallState {
  const caller = { ...newLeg('c1.c', 'webrtc'), signalling: 'confirmed', open: true } as const;
  const own = { callId: 'c1', from: 'anonymous', to: '1000', phase: 'talking', language: 'en-US', caller } as const;
  return {
    ...newCall(own, 1),
    signals: { web: { route: 'main', video } },
    other: { ...newLeg('c1.a1', 'webrtc', device), signalling: 'confirmed', open: true },
    ...change,
  };
}

const edge = (from: string, to: string) => ({ from, to, gainDb: 0 });
const toAgent = edge('c1.c', 'c1.a1');
const toCaller = edge('c1.a1', 'c1.c');
const graph = (...edges: Graph['edges']): Graph => ({ ...silence, edges });
const shown = (state: CallState, edges: Graph): string[] =>
  (pictured(state, edges).video ?? []).map(({ from, to }) => `${from}>${to}`);

describe('the picture of a call', () => {
  it('is shown to whoever hears, also while the agent is muted', () => {
    expect(shown(talk(), graph(toAgent, toCaller))).toEqual(['c1.c>c1.a1', 'c1.a1>c1.c']);
    expect(shown(talk({ muted: true }), graph(toAgent))).toEqual(['c1.c>c1.a1', 'c1.a1>c1.c']);
  });

  it.each([
    ['on hold', talk({ held: true }), graph()],
    ['while the network is too bad', talk({ video: { paused: true } }), graph(toAgent, toCaller)],
    ['where the caller asked for none', talk({}, false), graph(toAgent, toCaller)],
    ['at a desk phone', talk({ other: { ...newLeg('c1.a1', 'sip'), open: true } }), graph(toAgent, toCaller)],
    [
      'at an agent who has none',
      talk({ other: { ...newLeg('c1.a1', 'webrtc', { ...device, video: false }), open: true } }),
      graph(toAgent, toCaller),
    ],
    ['before the talk', talk({ phase: 'queued' }), graph()],
  ])('is shown to nobody %s', (_name, state, edges) => {
    expect(pictured(state, edges)).toBe(edges);
  });

  it('is offered to browsers of calls that have one', () => {
    expect([offersVideo(talk(), 'c1.c'), offersVideo(talk(), 'c1.a1'), offersVideo(talk({}, false), 'c1.c')]).toEqual([
      ...[true, true, false],
    ]);
  });

  it('has the codec of its route first', () => {
    expect(pictureOffer(talk(), 'c1.a1')).toEqual({ codecs: ['VP8', 'H264'] });
    expect(pictureOffer(talk({ pictureCodec: 'h264' }), 'c1.a1')).toEqual({ codecs: ['H264', 'VP8'] });
    expect(pictureOffer(talk({}, false), 'c1.a1')).toBeUndefined();
  });

  it('of a phone is taken where the route has H.264, and seen by pages in the packets that phone takes', () => {
    const called = (codec: 'vp8' | 'h264', picture?: { packetization: 0 | 1 }) => {
      const caller = { ...newLeg('c1.c', 'sip'), signalling: 'new', open: true, ...(picture && { picture }) } as const;
      return talk({ signals: {}, pictureCodec: codec, caller });
    };
    expect(pictureOffer(called('h264'), 'c1.c')).toEqual({ codecs: ['H264'] });
    expect(pictureOffer(called('vp8'), 'c1.c')).toBeUndefined();
    expect(pictureOffer(called('h264'), 'c1.a1'), 'it offered none').toBeUndefined();
    expect(pictureOffer(called('h264', { packetization: 0 }), 'c1.a1')).toEqual({ codecs: ['H264'], packetization: 0 });

    const opened = { type: 'endpoint-opened', legId: 'c1.c', localSdp: '', remoteDirection: 'sendrecv' } as const;
    const agreed = withPicture(called('h264'), { ...opened, token: null, picture: { packetization: 1 } });
    expect(agreed.caller.picture).toEqual({ packetization: 1 });
    expect(shown(agreed, graph(toAgent, toCaller))).toEqual(['c1.c>c1.a1', 'c1.a1>c1.c']);
    const refused = withPicture(agreed, { ...opened, token: 3 });
    expect(refused.caller.picture, 'by a re-INVITE').toBeUndefined();
    expect(shown(refused, graph(toAgent, toCaller))).toEqual([]);
    const talking = { ...agreed, caller: { ...agreed.caller, signalling: 'confirmed' } } as const;
    expect(withPicture(talking, { ...opened, token: null }), 'our own offer').toBe(talking);
  });

  it('of a phone gives way without a word to the phone, and wishes for key frames go on', () => {
    const caller = {
      ...newLeg('c1.c', 'sip'),
      signalling: 'confirmed',
      open: true,
      picture: { packetization: 1 },
    } as const;
    const poor = onVideo(talk({ signals: {}, caller }), { type: 'video-poor', legId: 'c1.c', lossPercent: 25 });
    expect(poor.effects.map(({ type }) => type)).toEqual(['record']);
    expect(onPictureWanted({ type: 'picture-wanted', legId: 'c1.c' })).toEqual([
      { type: 'want-picture', legId: 'c1.c' },
    ]);
    expect(onPictureWanted({ type: 'leg-wants-picture', legId: 'c1.c' })).toEqual([
      { type: 'refresh-picture', legId: 'c1.c' },
    ]);
  });

  it.each([
    ['node-died', 1],
    ['worker-died', 2],
  ])('is judged anew where nobody on the media node watches it any more: %s', (cause, told) => {
    const lost = (state: CallState, legId: string) => transition(state, { type: 'endpoint-lost', legId, cause }, 5);
    const first = lost(talk({ video: { paused: true } }), 'c1.c');
    const second = lost(first.state, 'c1.a1');
    const tells = [first, second].map(({ effects }) => effects.filter(({ type }) => type === 'tell-video'));
    const [silent, says] = told === 1 ? [tells[1], tells[0]] : tells;
    expect(says).toEqual([{ type: 'tell-video', legId: 'c1.c', paused: false }]);
    expect(silent).toEqual([]);
    const effects = [...first.effects, ...second.effects];
    expect(effects.filter((each) => each.type === 'record' && each.row.type === 'video-resumed').length).toBe(1);
    expect(second.state).toMatchObject({ phase: 'talking', video: { paused: false } });
  });

  it('stays away where one of its legs is left on the node, and where the call ends', () => {
    const paused = talk({ video: { paused: true } });
    for (const cause of ['worker-died', 'node-gone', 'rtp-timeout'])
      expect(transition(paused, { type: 'endpoint-lost', legId: 'c1.c', cause }, 5).state.video).toEqual({
        paused: true,
      });
  });

  it('gives way once, says so to the caller, and comes back', () => {
    const poor = { type: 'video-poor', legId: 'c1.a1', lossPercent: 25 } as const;
    const paused = onVideo(talk(), poor);
    expect(paused.state.video).toEqual({ paused: true });
    expect(paused.effects).toEqual([
      { type: 'record', row: { type: 'video-paused', facts: { leg: 'agent', lossPercent: 25 } } },
      { type: 'tell-video', legId: 'c1.c', paused: true },
    ]);
    expect(onVideo(paused.state, poor).effects).toEqual([]);
    const back = onVideo(paused.state, { type: 'video-clear' });
    expect(back.state.video).toEqual({ paused: false });
    expect(back.effects).toContainEqual({ type: 'tell-video', legId: 'c1.c', paused: false });
    expect(onVideo(talk({}, false), poor).effects, 'a call without').toEqual([]);
  });
});
