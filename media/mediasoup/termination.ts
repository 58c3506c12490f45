import { Emitter } from '../../base/emitter.ts';
import type { types } from 'mediasoup';
import { readStatistics, type NetworkStatistics, type Watched } from './statistics.ts';
import { codecs, encodings, payloadTypes } from '../sdp/index.ts';
import type { Codec, LocalSecurity, PeerSecurity, VideoAnswer } from '../sdp/index.ts';
import { Picture, videoCapabilities } from './picture.ts';

const bufferBytes = 1 << 20;

/** How a browser's transport went away. */
export type TerminationLoss = 'dtls-closed' | 'ice-disconnected' | 'worker-died';

/** The peer's side, and the edge's. */
export interface TerminationPeer {
  readonly security: PeerSecurity;
  /** The peer's SSRC. */
  readonly ssrc: number;
  readonly mid: string;
  readonly codec: Codec;
  /** The peer's numbers for voice and for RFC 4733 events. */
  readonly payloadType: number;
  readonly telephoneEvent: number | undefined;
  /** The SSRC with which the edge sends. */
  readonly edgeSsrc: number;
  /** The peer's picture, if it has one. */
  readonly video?: VideoAnswer | undefined;
}

const rtcp = { cname: 'jackfield', reducedSize: true } as const;

/** A voice codec as mediasoup names it. */
export function voice(codec: Codec, payloadType: number): types.RtpCodecParameters {
  const { rate: clockRate, channels = 1 } = encodings[codec];
  const parameters = codec === 'opus' ? { parameters: { useinbandfec: 1 } } : {};
  return { mimeType: `audio/${codec}`, payloadType, clockRate, channels, ...parameters };
}

/**
 * RFC 4733 events, under a false name: mediasoup's consumers drop packets declared `telephone-event`; as iLBC, which
 * nobody speaks, the unmodified worker forwards them.
 */
export function events(payloadType: number): types.RtpCodecParameters {
  return { mimeType: 'audio/iLBC', payloadType, clockRate: 8000, channels: 1 };
}

/** The codecs of every router: the one payload-type table. */
export const routerCodecs: types.RouterRtpCodecCapability[] = [
  ...codecs.map((codec): types.RouterRtpCodecCapability => {
    const { rate: clockRate, channels = 1 } = encodings[codec];
    return {
      kind: 'audio',
      mimeType: `audio/${codec}`,
      clockRate,
      channels,
      preferredPayloadType: payloadTypes[codec],
    };
  }),
  { kind: 'audio', mimeType: 'audio/iLBC', clockRate: 8000, preferredPayloadType: payloadTypes.telephoneEvent },
  // Last: mediasoup gives each a number for retransmissions out of those that are left.
  ...videoCapabilities,
];

/**
 * The end of a browser's DTLS-SRTP: what it says comes out as plain RTP on loopback, what the edge sends to the loopback
 * port goes to it encrypted. One WebRtcTransport and one PlainTransport, a producer and a consumer each way; never moved.
 */
export class Termination {
  readonly connected = new Emitter<undefined>();
  readonly lost = new Emitter<TerminationLoss>();
  /** What the peer shows and is shown; undefined for sound alone. */
  picture: Picture | undefined;
  readonly #router: types.Router;
  readonly #web: types.WebRtcTransport;
  readonly #plain: types.PlainTransport;
  #lost = false;
  /** ICE lost the browser; another network or an ICE restart may bring it back. */
  #away = false;
  #closed = false;
  #watched: Watched | undefined;

  private constructor(router: types.Router, web: types.WebRtcTransport, plain: types.PlainTransport) {
    this.#router = router;
    this.#web = web;
    this.#plain = plain;
    web.on('dtlsstatechange', (state) => {
      if (state === 'connected') this.connected.emit(undefined);
      if (state === 'closed' || state === 'failed') this.lose('dtls-closed');
    });
    web.on('icestatechange', (state) => {
      if (state === 'disconnected') {
        this.#away = true;
        this.lose('ice-disconnected');
      }
      if (this.#away && (state === 'connected' || state === 'completed')) this.#back();
    });
  }

  /** Makes both transports; the plain one sends to the edge's loopback socket. */
  static async open(router: types.Router, webRtcServer: types.WebRtcServer, edgePort: number): Promise<Termination> {
    const web = await router.createWebRtcTransport({
      webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      iceConsentTimeout: 15,
    });
    const plain = await router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1', sendBufferSize: bufferBytes, recvBufferSize: bufferBytes },
      rtcpMux: true,
      comedia: false,
    });
    await plain.connect({ ip: '127.0.0.1', port: edgePort });
    return new Termination(router, web, plain);
  }

  /** Where the edge sends. */
  get plainPort(): number {
    return this.#plain.tuple.localPort;
  }

  /** For our SDP. */
  get local(): LocalSecurity {
    const { usernameFragment, password } = this.#web.iceParameters;
    const fingerprints = this.#web.dtlsParameters.fingerprints.filter(({ algorithm }) => algorithm === 'sha-256');
    return { usernameFragment, password, fingerprints, candidates: this.#web.iceCandidates };
  }

  /** Takes the peer's side and lets audio through in both directions. Once in a life. */
  async connect(peer: TerminationPeer): Promise<void> {
    const { algorithm, value } = peer.security.fingerprint;
    await this.#web.connect({
      dtlsParameters: {
        role: peer.security.setup === 'passive' ? 'server' : 'client',
        fingerprints: [{ algorithm: algorithm as types.FingerprintAlgorithm, value }],
      },
    });
    const fromPeer = await this.#web.produce({
      kind: 'audio',
      rtpParameters: {
        mid: peer.mid,
        codecs: [
          voice(peer.codec, peer.payloadType),
          ...(peer.telephoneEvent === undefined ? [] : [events(peer.telephoneEvent)]),
        ],
        encodings: [{ ssrc: peer.ssrc }],
        rtcp,
      },
    });
    const toEdge = { producerId: fromPeer.id, rtpCapabilities: this.#router.rtpCapabilities };
    await this.#plain.consume(toEdge);
    const fromEdge = await this.#plain.produce({
      kind: 'audio',
      rtpParameters: {
        codecs: [voice(peer.codec, payloadTypes[peer.codec])],
        encodings: [{ ssrc: peer.edgeSsrc }],
        rtcp: { ...rtcp, cname: 'edge' },
      },
    });
    const toPeer: types.RtpCapabilities = { codecs: this.#router.rtpCapabilities.codecs ?? [], headerExtensions: [] };
    const heard = await this.#web.consume({ producerId: fromEdge.id, rtpCapabilities: toPeer });
    if (peer.video !== undefined) this.picture = await Picture.open(this.#router, this.#web, peer.video);
    this.#watched = { said: fromPeer, heard, ticksPerMs: encodings[peer.codec].rate / 1000 };
  }

  /** How the network between us and the browser does; undefined before `connect` and after the worker died. */
  async statistics(): Promise<NetworkStatistics | undefined> {
    return this.#closed || this.#watched === undefined ? undefined : readStatistics(this.#watched);
  }

  /** New ICE credentials; `local` has them afterwards. */
  async restartIce(): Promise<void> {
    await this.#web.restartIce();
  }

  /** Tells once that the peer is gone; that the worker died is told in any case, for then nothing can come back. */
  lose(cause: TerminationLoss): void {
    if (this.#closed || (this.#lost && cause !== 'worker-died')) return;
    this.#lost = true;
    this.lost.emit(cause);
  }

  #back(): void {
    this.#away = false;
    if (this.#closed) return;
    this.#lost = false;
    this.connected.emit(undefined);
  }

  /** Idempotent; nothing is told afterwards. */
  close(): void {
    this.#closed = true;
    this.#web.close();
    this.#plain.close();
  }
}
