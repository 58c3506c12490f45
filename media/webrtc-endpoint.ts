import { randomInt } from 'node:crypto';
import { Emitter } from '../base/emitter.ts';
import type { MediaResult, PictureOffer } from '../protocol/media.ts';
import type { Endpoint, EndpointSetup } from './endpoint.ts';
import { refuse, type Answer } from './errors.ts';
import type { Termination, TerminationLoss, TerminationPeer } from './mediasoup/termination.ts';
import type { Picture } from './mediasoup/picture.ts';
import type { NetworkStatistics } from './mediasoup/statistics.ts';
import type { MediasoupWorkers } from './mediasoup/workers.ts';
import { chooseCodec, payloadTypes, readDescription, readVideoAnswer, webrtcAnswer, webrtcOffer } from './sdp/index.ts';
import type { AudioLine, Codec, Direction, NumberedCodec, Origin, PeerSecurity, VideoAnswer } from './sdp/index.ts';
import { sessionIdOf, versionNow } from './session-origin.ts';
import type { ShardPool } from './shards/pool.ts';

const loopback = '127.0.0.1';
const noCodec = refuse('unsupported-sdp', 'no codec in common');

/** Where WebRTC legs live. */
export interface WebRtcSurroundings {
  readonly shards: ShardPool;
  readonly workers: MediasoupWorkers;
  readonly advertise: string;
}

interface Agreed {
  readonly security: PeerSecurity;
  readonly codec: NumberedCodec;
  /** The number of RFC 4733 events as they leave mediasoup; undefined if the peer has none. */
  readonly events: number | undefined;
}

/** An endpoint of a WebRTC leg: a termination in mediasoup and a loopback socket on a shard. */
export class WebRtcEndpoint implements Endpoint {
  readonly kind = 'webrtc';
  readonly endpointId: string;
  readonly callId: string;
  /** DTLS is up. */
  readonly up = new Emitter<undefined>();
  /** The browser or the worker is gone. */
  readonly lost = new Emitter<TerminationLoss>();
  readonly #around: WebRtcSurroundings;
  readonly #termination: Termination;
  readonly #ssrc: number;
  readonly #sessionId: string;
  readonly #codec: Codec;
  /** What our offers have of a picture. */
  readonly #video: PictureOffer | undefined;
  #version = versionNow();
  #agreed: Agreed | undefined;
  #said: { readonly remoteSdp: string | undefined; readonly result: MediaResult<'open'> } | undefined;
  #answered: string | undefined;
  #connected = false;
  #dead = false;
  /** Was the last offer ours? */
  #offered = false;

  private constructor(setup: EndpointSetup, around: WebRtcSurroundings, termination: Termination, ssrc: number) {
    this.endpointId = setup.endpointId;
    this.#sessionId = sessionIdOf(setup.endpointId);
    this.callId = setup.callId;
    this.#codec = setup.preferred ?? 'PCMU';
    this.#video = setup.video;
    this.#around = around;
    this.#termination = termination;
    this.#ssrc = ssrc;
    termination.connected.on(() => {
      this.#connected = true;
      this.up.emit(undefined);
    });
    termination.lost.on((cause) => {
      this.#connected = false;
      this.#dead ||= cause === 'worker-died';
      this.lost.emit(cause);
    });
  }

  /** Opens the loopback socket, then both transports. */
  static async open(setup: EndpointSetup, around: WebRtcSurroundings): Promise<Answer<WebRtcEndpoint>> {
    const { endpointId, callId } = setup;
    const ssrc = randomInt(1, 2 ** 32);
    const leg = { endpointId, callId, kind: 'webrtc' as const, ssrc, bind: loopback, port: 0 };
    const opened = await around.shards.open(leg);
    if (!opened.ok) return refuse('internal', `the loopback socket cannot be opened: ${opened.error}`);
    try {
      const termination = await around.workers.open(opened.value.port);
      return { ok: true, value: new WebRtcEndpoint(setup, around, termination, ssrc) };
    } catch {
      around.shards.close(callId, endpointId);
      return refuse('overloaded', 'no mediasoup worker is ready');
    }
  }

  get codec(): Codec {
    return this.#agreed?.codec.codec ?? this.#codec;
  }

  get dead(): boolean {
    return this.#dead;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** What its browser shows and is shown; undefined before an answer with one. */
  refresh(): void {
    void this.picture?.wish();
  }

  get picture(): Picture | undefined {
    return this.#termination.picture;
  }

  statistics(): Promise<NetworkStatistics | undefined> {
    return this.#termination.statistics();
  }

  async describe(remoteSdp: string | undefined): Promise<Answer<MediaResult<'open'>>> {
    if (this.#said !== undefined && this.#said.remoteSdp === remoteSdp) return { ok: true, value: this.#said.result };
    if (remoteSdp === undefined) {
      this.#offered = true;
      this.#answered = undefined;
      return this.#say(undefined, this.#makeOffer(), 'sendrecv');
    }
    const offer = readDescription(remoteSdp, 'webrtc');
    if (!offer.ok) return offer;
    const { audio } = offer.value;
    const chosen = chooseCodec(audio, this.codec);
    if (chosen === undefined) return noCodec;
    this.#offered = false;
    const before = this.#agreed?.security;
    const agreed = await this.#agree(audio, chosen);
    if (!agreed.ok) return agreed;
    // RFC 8839 section 4.4.1.1: a new fragment means the browser restarts ICE, and wants ours to be new too.
    if (before !== undefined && before.usernameFragment !== audio.security?.usernameFragment)
      await this.#termination.restartIce();
    const answer = webrtcAnswer(offer.value, chosen, this.#origin(), this.#termination.local);
    return this.#say(remoteSdp, answer, audio.direction);
  }

  #makeOffer(): string {
    return webrtcOffer(this.#origin(), this.#termination.local, this.codec, this.#video);
  }

  async answer(remoteSdp: string): Promise<Answer<MediaResult<'answer'>>> {
    if (this.#answered === remoteSdp) return { ok: true, value: {} };
    if (!this.#offered) return refuse('bad-request', 'there is no offer of ours to answer');
    const answer = readDescription(remoteSdp, 'webrtc');
    if (!answer.ok) return answer;
    const { audio } = answer.value;
    const chosen = chooseCodec(audio, this.codec);
    if (chosen === undefined) return noCodec;
    const agreed = await this.#agree(audio, chosen, this.#video === undefined ? undefined : readVideoAnswer(remoteSdp));
    if (!agreed.ok) return agreed;
    this.#answered = remoteSdp;
    this.#said = undefined;
    return { ok: true, value: {} };
  }

  async restartIce(): Promise<Answer<MediaResult<'restartIce'>>> {
    await this.#termination.restartIce();
    this.#said = undefined;
    const described = await this.describe(undefined);
    return described.ok ? { ok: true, value: { localSdp: described.value.localSdp } } : described;
  }

  close(): void {
    this.#around.workers.shut(this.#termination);
    this.#around.shards.close(this.callId, this.endpointId);
  }

  /** The first description connects; later ones may change nothing but the direction. */
  async #agree(audio: AudioLine, codec: NumberedCodec, video?: VideoAnswer): Promise<Answer<undefined>> {
    const { security } = audio;
    if (security === undefined) return refuse('unsupported-sdp', 'no DTLS fingerprint');
    if (this.#agreed === undefined) {
      if (security.ssrc === undefined) return refuse('unsupported-sdp', 'no a=ssrc of the microphone');
      const peer: TerminationPeer = {
        security,
        ssrc: security.ssrc,
        mid: audio.mid ?? '0',
        codec: codec.codec,
        payloadType: codec.payloadType,
        telephoneEvent: audio.telephoneEvent,
        edgeSsrc: this.#ssrc,
        video,
      };
      try {
        await this.#termination.connect(peer);
      } catch (error) {
        // mediasoup checks fingerprints and numbers more strictly than we do.
        return refuse('unsupported-sdp', error instanceof Error ? error.message : 'mediasoup refuses it');
      }
      const events = audio.telephoneEvent === undefined ? undefined : payloadTypes.telephoneEvent;
      this.#agreed = { security, codec, events };
    } else if (this.#agreed.security.fingerprint.value !== security.fingerprint.value)
      return refuse('unsupported-sdp', 'another DTLS certificate: a new peer connection needs a new endpoint');
    this.#agreed = { ...this.#agreed, security };
    this.#configure(this.#agreed, audio.direction);
    return { ok: true, value: undefined };
  }

  #configure({ codec, events }: Agreed, direction: Direction): void {
    const number = payloadTypes[codec.codec];
    const place = { address: loopback, port: this.#termination.plainPort };
    this.#around.shards.configure(this.callId, this.endpointId, {
      remote: place,
      remoteControl: place,
      send: { codec: codec.codec, payloadType: number },
      sendEvents: undefined,
      receive: [{ codec: codec.codec, payloadType: number }],
      receiveEvents: events === undefined ? [] : [events],
      direction,
    });
  }

  #say(remoteSdp: string | undefined, localSdp: string, remoteDirection: Direction): Answer<MediaResult<'open'>> {
    const result = { localSdp, remoteDirection };
    this.#said = { remoteSdp, result };
    return { ok: true, value: result };
  }

  #origin(): Origin {
    return { sessionId: this.#sessionId, version: ++this.#version, address: this.#around.advertise };
  }
}
