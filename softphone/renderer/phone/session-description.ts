import { assertNever } from '../../../base/assert-never.ts';
import type { BodyAndContentType, SessionDescriptionHandler } from 'sip.js';
import { LostPicture } from './lost-picture.ts';
import type { Media } from './machine.ts';

/** The part of RTCPeerConnection that is used, so that a test may stand in for it. */
export type Peer = Pick<
  RTCPeerConnection,
  | 'addTrack'
  | 'close'
  | 'connectionState'
  | 'createAnswer'
  | 'createOffer'
  | 'getSenders'
  | 'getStats'
  | 'getTransceivers'
  | 'localDescription'
  | 'onconnectionstatechange'
  | 'ontrack'
  | 'setLocalDescription'
  | 'setRemoteDescription'
  | 'signalingState'
>;

/** What one of WebRTC's statistics (W3C webrtc-stats) counts of the packets of a sound or picture that came; 0 for the others. */
function packetsIn(statistic: unknown, kind: 'audio' | 'video'): number {
  if (typeof statistic !== 'object' || statistic === null || !('type' in statistic)) return 0;
  if (statistic.type !== 'inbound-rtp' || !('kind' in statistic) || statistic.kind !== kind) return 0;
  return 'packetsReceived' in statistic && typeof statistic.packetsReceived === 'number'
    ? statistic.packetsReceived
    : 0;
}

/** What the media end of one session needs from its owner. */
export interface MediaPorts {
  createPeer(): Peer;
  /** The opened microphone; rejects when there is none. */
  microphone(): Promise<MediaStream>;
  onRemoteStream(stream: MediaStream): void;
  /** The picture of the far side; absent where the page shows none. */
  onRemotePicture?(stream: MediaStream): void;
  /** It was coming and comes no more; told twice a second for a while. */
  onPictureLost?(): void;
  onMedia(media: Media): void;
}

/** SDP that cannot carry the call; SIP.js answers the INVITE with a failure. */
export class MediaError extends Error {
  readonly code: 'refused-audio' | 'closed' | 'wrong-state';
  readonly retryable = false;

  constructor(code: MediaError['code'], message: string) {
    super(message);
    this.name = 'MediaError';
    this.code = code;
  }
}

/** An RTCPeerConnection that asks no STUN server: the media node is ICE-lite and sees our address by itself. */
export function browserPeer(): Peer {
  // Not max-bundle: Chromium then refuses an offer of one audio line that has no BUNDLE group.
  return new RTCPeerConnection({ iceServers: [] });
}

/** True if some audio line of an answer was refused: port 0 (RFC 3264 section 6). */
export function refusesAudio(sdp: string): boolean {
  return /^m=audio 0 /m.test(sdp);
}

/**
 * The media end of one SIP session, for SIP.js. The server makes every offer (ARCHITECTURE section 5): in the INVITE, in
 * re-INVITEs, and in the 200 of our own calls. Candidates of ours are useless to an ICE-lite server, so nothing is
 * gathered and an answer takes no waiting.
 */
export class ServerOfferedMedia implements SessionDescriptionHandler {
  readonly #ports: MediaPorts;
  readonly #peer: Peer;
  #microphone: MediaStream | undefined;
  #muted = false;
  #camera: MediaStreamTrack | null = null;
  #closed = false;
  #lost: LostPicture | undefined;

  constructor(ports: MediaPorts) {
    this.#ports = ports;
    this.#peer = ports.createPeer();
    this.#peer.ontrack = (event) => {
      if (event.track.kind === 'video') {
        this.#lost ??= new LostPicture({
          packets: () => this.#packets('video'),
          ask: () => ports.onPictureLost?.(),
        });
        return ports.onRemotePicture?.(new MediaStream([event.track]));
      }
      const stream = event.streams[0] ?? new MediaStream([event.track]);
      ports.onRemoteStream(stream);
    };
    this.#peer.onconnectionstatechange = () => {
      const media = mediaOf(this.#peer.connectionState);
      if (media !== undefined && !this.#closed) ports.onMedia(media);
    };
  }

  /**
   * Packets of the far side's sound that came; 0 before there is any. Asked of the connection, not of its receiver: Chromium's
   * receiver counts nothing any more after a re-INVITE that restarts ICE, though it is heard.
   */
  packetsHeard(): Promise<number> {
    return this.#packets('audio');
  }

  async #packets(kind: 'audio' | 'video'): Promise<number> {
    if (this.#closed) return 0;
    const statistics: readonly unknown[] = [...(await this.#peer.getStats()).values()];
    return statistics.reduce<number>((sum, each) => sum + packetsIn(each, kind), 0);
  }

  /** Cuts the microphone at its source, whatever the server does. */
  setMuted(muted: boolean): void {
    this.#muted = muted;
    for (const track of this.#microphone?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  /**
   * What the far side is shown from now on, null for nothing. The line is there from the start (sendrecv, without a track),
   * so a camera goes on and off without any renegotiation. The track stays its owner's.
   */
  async setCamera(track: MediaStreamTrack | null): Promise<void> {
    this.#camera = track;
    if (!this.#closed) await this.#picture()?.sender.replaceTrack(track);
  }

  /** The picture line of the server's offer, if it made one. */
  #picture(): RTCRtpTransceiver | undefined {
    return this.#peer.getTransceivers().find(({ receiver }) => receiver.track.kind === 'video');
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lost?.close();
    for (const track of this.#microphone?.getTracks() ?? []) track.stop();
    this.#peer.close();
  }

  hasDescription(contentType: string): boolean {
    return contentType === 'application/sdp';
  }

  /** Takes the server's offer (or its answer, should we ever have offered). */
  async setDescription(sdp: string): Promise<void> {
    this.#open();
    const type = this.#peer.signalingState === 'have-local-offer' ? 'answer' : 'offer';
    await this.#peer.setRemoteDescription({ type, sdp });
  }

  /** Answers the offer taken before. */
  async getDescription(): Promise<BodyAndContentType> {
    this.#open();
    await this.#attachMicrophone();
    const picture = this.#picture();
    if (picture !== undefined) {
      picture.direction = 'sendrecv';
      await picture.sender.replaceTrack(this.#camera);
    }
    const answering = this.#peer.signalingState === 'have-remote-offer';
    const description = answering ? await this.#peer.createAnswer() : await this.#peer.createOffer();
    this.#open();
    await this.#peer.setLocalDescription(description);
    const body = this.#peer.localDescription?.sdp ?? description.sdp ?? '';
    if (answering && refusesAudio(body)) throw new MediaError('refused-audio', 'no codec in common with the server');
    return { body, contentType: 'application/sdp' };
  }

  async rollbackDescription(): Promise<void> {
    if (this.#peer.signalingState === 'stable') return;
    await this.#peer.setRemoteDescription({ type: 'rollback' });
  }

  /** The keypad is a desk command; digits never travel as audio from here. */
  sendDtmf(): boolean {
    return false;
  }

  async #attachMicrophone(): Promise<void> {
    if (this.#microphone !== undefined) return;
    const stream = await this.#ports.microphone();
    if (this.#closed) {
      for (const track of stream.getTracks()) track.stop();
      throw new MediaError('closed', 'the call ended while the microphone was being opened');
    }
    this.#microphone = stream;
    this.setMuted(this.#muted);
    for (const track of stream.getAudioTracks()) this.#peer.addTrack(track, stream);
  }

  #open(): void {
    if (this.#closed) throw new MediaError('closed', 'the media of this session is closed');
  }
}

function mediaOf(state: RTCPeerConnectionState): Media | undefined {
  switch (state) {
    case 'connected':
      return 'up';
    case 'disconnected':
      return 'interrupted';
    case 'failed':
      return 'failed';
    case 'connecting':
    case 'new':
    case 'closed':
      return undefined;
    default:
      return assertNever(state);
  }
}
