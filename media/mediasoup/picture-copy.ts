/** A copy of a browser's picture, packet by packet, to a port on loopback: for whoever records it. */
import type { types } from 'mediasoup';
import { h264Parameters, videoPayloadTypes } from '../sdp/index.ts';
import type { VideoCodec } from '../sdp/index.ts';

const loopback = '127.0.0.1';
/** A recording can be begun to watch, and goes on after a loss, at least so often. */
const keyFrameEveryMs = 10_000;
/** And is asked for again so soon where none comes, doubling up to that. */
const keyFrameAgainMs = 500;

const feedback = [{ type: 'nack', parameter: 'pli' }] as const;

/** The same codecs without retransmissions: loopback loses nothing, and what it drops nobody has any more. */
const taken: types.RtpCapabilities = {
  headerExtensions: [],
  codecs: (['VP8', 'H264'] as const).map((codec) => ({
    ...{ kind: 'video', mimeType: `video/${codec}`, clockRate: 90_000 },
    ...{ preferredPayloadType: videoPayloadTypes[codec], rtcpFeedback: feedback.map((each) => ({ ...each })) },
    ...(codec === 'H264' ? { parameters: { ...h264Parameters } } : {}),
  })),
};

export class PictureCopy {
  readonly codec: VideoCodec;
  /** Where its packets come from, and their SSRC. */
  readonly port: number;
  readonly ssrc: number;
  readonly #transport: types.PlainTransport;
  readonly #consumer: types.Consumer;
  #timer: NodeJS.Timeout | undefined;

  private constructor(transport: types.PlainTransport, consumer: types.Consumer, codec: VideoCodec) {
    this.#transport = transport;
    this.#consumer = consumer;
    this.codec = codec;
    this.port = transport.tuple.localPort;
    this.ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc ?? 0;
  }

  /** Rejects where the worker is gone or does not take it. Nothing comes before `start`. */
  static async open(
    router: types.Router,
    { id, codec }: { readonly id: string; readonly codec: VideoCodec },
    port: number,
  ): Promise<PictureCopy> {
    const listenInfo = { protocol: 'udp', ip: loopback } as const;
    const transport = await router.createPlainTransport({ listenInfo, rtcpMux: true, comedia: false });
    try {
      await transport.connect({ ip: loopback, port });
      const consumer = await transport.consume({ producerId: id, rtpCapabilities: taken, paused: true });
      return new PictureCopy(transport, consumer, codec);
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  /** Packets come from now on, the first of a key frame. */
  async start(): Promise<void> {
    await this.#consumer.enableTraceEvent(['keyframe']);
    this.#consumer.on('trace', () => this.#askIn(keyFrameEveryMs, keyFrameAgainMs));
    await this.#consumer.resume();
    this.#askIn(keyFrameAgainMs, 2 * keyFrameAgainMs);
  }

  /** Asks for a key frame after this time, and again after `thenMs` unless one has come. */
  #askIn(ms: number, thenMs: number): void {
    clearTimeout(this.#timer);
    if (this.closed) return;
    this.#timer = setTimeout(() => {
      this.#consumer.requestKeyFrame().catch(() => undefined);
      this.#askIn(thenMs, Math.min(2 * thenMs, keyFrameEveryMs));
    }, ms);
    this.#timer.unref();
  }

  /** Its picture or its worker is gone. */
  get closed(): boolean {
    return this.#consumer.closed;
  }

  /** Idempotent. */
  close(): void {
    this.#transport.close();
    clearTimeout(this.#timer);
  }
}
