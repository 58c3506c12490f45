import { describe, expect, it } from 'vitest';
import type { Media } from './machine.ts';
import { MediaError, refusesAudio, ServerOfferedMedia } from './session-description.ts';
import type { MediaPorts, Peer } from './session-description.ts';

const good = 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0 101\r\n';
const refused = 'v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 0\r\n';

function fakeTrack() {
  return {
    enabled: true,
    stopped: false,
    stop() {
      this.stopped = true;
    },
  };
}

/** A microphone with one track, as far as this code looks at it. */
function fakeMicrophone() {
  const track = fakeTrack();
  const stream = { getTracks: () => [track], getAudioTracks: () => [track] } as unknown as MediaStream;
  return { track, stream };
}

/** A peer connection that keeps what it was told. */
function fakePeer(answer = good) {
  const told: string[] = [];
  const peer = {
    signalingState: 'stable' as RTCSignalingState,
    connectionState: 'new' as RTCPeerConnectionState,
    localDescription: null as RTCSessionDescription | null,
    ontrack: null as Peer['ontrack'],
    onconnectionstatechange: null as (() => void) | null,
    getSenders: () => [],
    getTransceivers: () => [],
    statistics: [] as object[],
    getStats: () => Promise.resolve(new Map(peer.statistics.map((each, at) => [String(at), each]))),
    addTrack: () => void told.push('addTrack'),
    close: () => void told.push('close'),
    createAnswer: () => Promise.resolve({ type: 'answer', sdp: answer }),
    createOffer: () => Promise.resolve({ type: 'offer', sdp: good }),
    setRemoteDescription(description: RTCSessionDescriptionInit) {
      told.push(`remote ${description.type}`);
      peer.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable';
      return Promise.resolve();
    },
    setLocalDescription(description: RTCSessionDescriptionInit) {
      told.push(`local ${description.type}`);
      peer.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable';
      peer.localDescription = description as RTCSessionDescription;
      return Promise.resolve();
    },
  };
  return { peer, told };
}

function setUp(answer = good) {
  const { peer, told } = fakePeer(answer);
  const microphone = fakeMicrophone();
  const media: Media[] = [];
  const streams: MediaStream[] = [];
  const ports: MediaPorts = {
    createPeer: () => peer as unknown as Peer,
    microphone: () => Promise.resolve(microphone.stream),
    onRemoteStream: (stream) => streams.push(stream),
    onMedia: (state) => media.push(state),
  };
  return { subject: new ServerOfferedMedia(ports), peer, told, microphone, media, streams, ports };
}

describe('the media of a session', () => {
  it('answers the offer of the server with the microphone attached', async () => {
    const { subject, told } = setUp();
    await subject.setDescription(good);
    expect(await subject.getDescription()).toEqual({ body: good, contentType: 'application/sdp' });
    expect(told).toEqual(['remote offer', 'addTrack', 'local answer']);
  });

  it('answers a re-offer without attaching the microphone twice', async () => {
    const { subject, told } = setUp();
    for (let turn = 0; turn < 2; turn++) {
      await subject.setDescription(good);
      await subject.getDescription();
    }
    expect(told).toEqual(['remote offer', 'addTrack', 'local answer', 'remote offer', 'local answer']);
  });

  it('takes an answer when it has offered itself', async () => {
    const { subject, told } = setUp();
    await subject.getDescription();
    await subject.setDescription(good);
    expect(told).toEqual(['addTrack', 'local offer', 'remote answer']);
  });

  it('fails rather than answer with the audio refused', async () => {
    const { subject } = setUp(refused);
    await subject.setDescription(good);
    await expect(subject.getDescription()).rejects.toMatchObject({ code: 'refused-audio' });
    expect([refusesAudio(good), refusesAudio(refused)]).toEqual([false, true]);
  });

  it('mutes the microphone, also when told so before there is one', async () => {
    const { subject, microphone } = setUp();
    subject.setMuted(true);
    await subject.setDescription(good);
    await subject.getDescription();
    expect(microphone.track.enabled).toBe(false);
    subject.setMuted(false);
    expect(microphone.track.enabled).toBe(true);
  });

  it('lets go of everything when closed, once', async () => {
    const { subject, microphone, told } = setUp();
    await subject.setDescription(good);
    await subject.getDescription();
    subject.close();
    subject.close();
    expect(microphone.track.stopped).toBe(true);
    expect(told.filter((each) => each === 'close')).toHaveLength(1);
    await expect(subject.setDescription(good)).rejects.toBeInstanceOf(MediaError);
  });

  it('lets go of a microphone that opens after the call has ended', async () => {
    const { ports, microphone } = setUp();
    const late = Promise.withResolvers<MediaStream>();
    const subject = new ServerOfferedMedia({ ...ports, microphone: () => late.promise });
    await subject.setDescription(good);
    const answer = subject.getDescription();
    subject.close();
    late.resolve(microphone.stream);
    await expect(answer).rejects.toMatchObject({ code: 'closed' });
    expect(microphone.track.stopped).toBe(true);
  });

  it('tells what becomes of the audio, until it is closed', () => {
    const { subject, peer, media } = setUp();
    for (const state of ['connecting', 'connected', 'disconnected', 'failed'] as const) {
      peer.connectionState = state;
      peer.onconnectionstatechange?.();
    }
    subject.close();
    peer.connectionState = 'connected';
    peer.onconnectionstatechange?.();
    expect(media).toEqual(['up', 'interrupted', 'failed']);
  });

  it('rolls an offer back that came to nothing', async () => {
    const { subject, told } = setUp();
    await subject.rollbackDescription();
    await subject.setDescription(good);
    await subject.rollbackDescription();
    expect(told).toEqual(['remote offer', 'remote rollback']);
  });

  it('takes SDP only, and sends no digits', () => {
    const { subject } = setUp();
    expect([subject.hasDescription('application/sdp'), subject.hasDescription('text/plain')]).toEqual([true, false]);
    expect(subject.sendDtmf()).toBe(false);
  });

  it('counts the packets of all sound that comes, pictures and what is sent left out, and none once it is closed', async () => {
    const { subject, peer } = setUp();
    expect(await subject.packetsHeard()).toBe(0);
    peer.statistics = [
      { type: 'outbound-rtp', kind: 'audio', packetsSent: 400 },
      { type: 'inbound-rtp', kind: 'audio', packetsReceived: 300 },
      { type: 'inbound-rtp', kind: 'audio', packetsReceived: 7 },
      { type: 'inbound-rtp', kind: 'video', packetsReceived: 9000 },
      { type: 'inbound-rtp', kind: 'audio' },
    ];
    expect(await subject.packetsHeard()).toBe(307);
    subject.close();
    expect(await subject.packetsHeard()).toBe(0);
  });
});
