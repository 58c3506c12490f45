/** mediasoup's end of a SIP phone's picture: one PlainTransport on loopback, a producer of what the edge sends, a consumer of whoever is seen. */
import { Emitter } from '../../base/emitter.ts';
import type { types } from 'mediasoup';
import { h264Parameters, videoPayloadTypes } from '../sdp/index.ts';
import { PictureCopy } from './picture-copy.ts';
import type { TerminationLoss } from './termination.ts';

const loopback = '127.0.0.1';
const bufferBytes = 1 << 20;

/** No NACK: what the edge gets late it puts where it belongs, and what is lost is asked for as a key frame. */
const feedback = [
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
];

/** Whatever a phone speaks of H.264, mediasoup is told one kind of it: it passes packets and looks for key frames only. */
const codec = {
  ...{ kind: 'video' as const, mimeType: 'video/H264', clockRate: 90_000 },
  ...{ parameters: { ...h264Parameters }, rtcpFeedback: feedback },
};

export class PhoneTermination {
  /** The worker died. */
  readonly lost = new Emitter<TerminationLoss>();
  readonly source: types.Producer;
  readonly #router: types.Router;
  readonly #plain: types.PlainTransport;
  #shown: types.Consumer | undefined;
  #closed = false;

  private constructor(router: types.Router, plain: types.PlainTransport, source: types.Producer) {
    this.#router = router;
    this.#plain = plain;
    this.source = source;
  }

  /** Makes the transport, which sends to `edgePort`, and takes from it what comes under `ssrc`. */
  static async open(router: types.Router, edgePort: number, ssrc: number): Promise<PhoneTermination> {
    const plain = await router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: loopback, sendBufferSize: bufferBytes, recvBufferSize: bufferBytes },
      ...{ rtcpMux: true, comedia: false },
    });
    await plain.connect({ ip: loopback, port: edgePort });
    const { kind, ...parameters } = codec;
    const source = await plain.produce({
      kind,
      rtpParameters: {
        codecs: [{ ...parameters, payloadType: videoPayloadTypes.H264 }],
        encodings: [{ ssrc }],
        rtcp: { cname: 'phone', reducedSize: true },
      },
    });
    return new PhoneTermination(router, plain, source);
  }

  /** Where the edge sends. */
  get port(): number {
    return this.#plain.tuple.localPort;
  }

  /** The phone is shown this from now on, or nothing. Rejects where the codecs differ. */
  async show(producer: types.Producer | undefined): Promise<void> {
    const before = this.#shown;
    if (producer !== undefined && before?.closed === false && before.producerId === producer.id) return;
    this.#shown = undefined;
    before?.close();
    if (producer === undefined || producer.closed || this.#closed) return;
    const shown = { ...codec, preferredPayloadType: videoPayloadTypes.H264 };
    const rtpCapabilities: types.RtpCapabilities = { headerExtensions: [], codecs: [{ ...shown }] };
    this.#shown = await this.#plain.consume({ producerId: producer.id, rtpCapabilities });
  }

  /** A copy of what the phone shows, to a port on loopback. Rejects once the worker is gone. */
  copy(port: number): Promise<PictureCopy> {
    return PictureCopy.open(this.#router, { id: this.source.id, codec: 'H264' }, port);
  }

  /** Whoever the phone sees is asked for a key frame. */
  refresh(): void {
    // It may be closed by now; then there is nothing to refresh.
    this.#shown?.requestKeyFrame().catch(() => undefined);
  }

  /** Tells that the worker died. */
  lose(cause: TerminationLoss): void {
    if (!this.#closed) this.lost.emit(cause);
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#plain.close();
  }
}
