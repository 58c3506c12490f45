import { Emitter } from '../../base/emitter.ts';
import type { types } from 'mediasoup';
import { payloadTypes, type Codec, type CryptoSuite } from '../sdp/index.ts';
import { events, voice, type TerminationLoss } from './termination.ts';

const loopback = '127.0.0.1';
const bufferBytes = 1 << 20;
const rtcp = { cname: 'jackfield', reducedSize: true } as const;

/** What the SRTP peer sends, under its own numbers, and with which key. */
export interface SecuredPeer {
  /** Base64 of master key and salt (RFC 4568 section 6.1). */
  readonly keyBase64: string;
  readonly codec: Codec;
  readonly payloadType: number;
  readonly telephoneEvent: number | undefined;
  /** The SSRC with which the edge sends. */
  readonly edgeSsrc: number;
}

/** The ports of the edge on loopback: one for encrypted packets, one for plain ones. */
export interface SecuredPorts {
  readonly secured: number;
  readonly plain: number;
}

/**
 * SRTP of a SIP leg: mediasoup encrypts and decrypts (libsrtp, with its replay protection), the edge keeps the sockets. Two
 * PlainTransports on loopback, one with SRTP and one without. A producer is made for each source the edge has seen: mediasoup
 * takes no packets of an SSRC it was not told.
 */
export class SecuredTermination {
  readonly lost = new Emitter<TerminationLoss>();
  readonly #router: types.Router;
  readonly #outer: types.PlainTransport;
  readonly #inner: types.PlainTransport;
  readonly #edge: SecuredPorts;
  /** How it encrypts and decrypts. */
  readonly suite: CryptoSuite;
  #peer: SecuredPeer | undefined;
  #closed = false;

  private constructor(
    router: types.Router,
    outer: types.PlainTransport,
    inner: types.PlainTransport,
    edge: SecuredPorts,
    suite: CryptoSuite,
  ) {
    this.#edge = edge;
    this.suite = suite;
    this.#router = router;
    this.#outer = outer;
    this.#inner = inner;
  }

  /** Makes both transports. */
  static async open(router: types.Router, edge: SecuredPorts, suite: CryptoSuite): Promise<SecuredTermination> {
    const listenInfo = {
      protocol: 'udp',
      ip: loopback,
      sendBufferSize: bufferBytes,
      recvBufferSize: bufferBytes,
    } as const;
    const outer = await router.createPlainTransport({
      ...{ listenInfo, rtcpMux: true, comedia: false, enableSrtp: true, srtpCryptoSuite: suite },
    });
    const inner = await router.createPlainTransport({ listenInfo, rtcpMux: true, comedia: false });
    await inner.connect({ ip: loopback, port: edge.plain });
    return new SecuredTermination(router, outer, inner, edge, suite);
  }

  /** Our key, for our SDP. */
  get keyBase64(): string {
    return this.#outer.srtpParameters?.keyBase64 ?? '';
  }

  /** Where the edge sends encrypted packets, and where plain ones. */
  get ports(): SecuredPorts {
    return { secured: this.#outer.tuple.localPort, plain: this.#inner.tuple.localPort };
  }

  /** Takes the peer's key, and lets what the edge sends through to it. Once in a life. */
  async connect(peer: SecuredPeer): Promise<void> {
    await this.#outer.connect({
      ip: loopback,
      port: this.#edge.secured,
      srtpParameters: { cryptoSuite: this.suite, keyBase64: peer.keyBase64 },
    });
    this.#peer = peer;
    const fromEdge = await this.#inner.produce({
      kind: 'audio',
      rtpParameters: {
        codecs: [voice(peer.codec, payloadTypes[peer.codec]), events(payloadTypes.telephoneEvent)],
        encodings: [{ ssrc: peer.edgeSsrc }],
        rtcp: { ...rtcp, cname: 'edge' },
      },
    });
    await this.#outer.consume({
      producerId: fromEdge.id,
      rtpCapabilities: { codecs: this.#router.rtpCapabilities.codecs ?? [], headerExtensions: [] },
    });
  }

  /** A source of the peer: from now on it comes out plain. */
  async source(ssrc: number): Promise<void> {
    const peer = this.#peer;
    if (peer === undefined || this.#closed) return;
    const codecs = [voice(peer.codec, peer.payloadType)];
    if (peer.telephoneEvent !== undefined) codecs.push(events(peer.telephoneEvent));
    const fromPeer = await this.#outer.produce({
      kind: 'audio',
      rtpParameters: { codecs, encodings: [{ ssrc }], rtcp: { ...rtcp, cname: `peer-${ssrc}` } },
    });
    await this.#inner.consume({ producerId: fromPeer.id, rtpCapabilities: this.#router.rtpCapabilities });
  }

  /** Tells that the worker died. */
  lose(cause: TerminationLoss): void {
    if (!this.#closed) this.lost.emit(cause);
  }

  /** Idempotent; nothing is told afterwards. */
  close(): void {
    this.#closed = true;
    this.#outer.close();
    this.#inner.close();
  }
}
