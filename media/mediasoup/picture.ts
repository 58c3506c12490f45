/** The picture of a browser: what it shows (a producer), and whom it is shown (a consumer). It never leaves mediasoup. */
import type { types } from 'mediasoup';
import { congestionExtension, h264Parameters, videoFeedback, videoPayloadTypes } from '../sdp/index.ts';
import type { VideoAnswer, VideoCodec } from '../sdp/index.ts';
import { PictureCopy } from './picture-copy.ts';
import { ClaimedLoss, MissedPicture, Standstill } from './picture-freeze.ts';

/** More than this of a picture is not taken from a browser, bit/s: a face needs no more, and sound comes first. */
const mostBitrate = 1_200_000;

const feedback = videoFeedback.map((each) => ({ ...each }));

function parametersOf(codec: VideoCodec): { readonly parameters?: Record<string, string | number> } {
  return codec === 'H264' ? { parameters: { ...h264Parameters } } : {};
}

/** The picture codecs of every router. */
export const videoCapabilities: types.RouterRtpCodecCapability[] = (['VP8', 'H264'] as const).map((codec) => ({
  ...{ kind: 'video', mimeType: `video/${codec}`, clockRate: 90_000 },
  ...{ preferredPayloadType: videoPayloadTypes[codec], rtcpFeedback: feedback },
  ...parametersOf(codec),
}));

/** What a browser can show: our codecs, repaired by NACK alone, since retransmissions have no numbers in our SDP. */
const shown: types.RtpCapabilities = {
  headerExtensions: [],
  codecs: (['VP8', 'H264'] as const).map((codec) => ({
    ...{ kind: 'video', mimeType: `video/${codec}`, clockRate: 90_000 },
    ...{ preferredPayloadType: videoPayloadTypes[codec], rtcpFeedback: feedback.slice(0, 3) },
    ...parametersOf(codec),
  })),
};

/** Shares of packets lost, 0 to 1, as RTCP last told or lets us guess: of what the browser shows, and of what it is shown. */
export interface PictureLoss {
  readonly shows: number;
  readonly shown: number;
}

/** Something that shows a picture and is shown others. */
export interface Screen {
  /** What it shows. */
  readonly source: types.Producer;
  readonly codec: VideoCodec;
  /** A copy of what it shows, to a port on loopback. Rejects once the worker is gone. */
  copy(port: number): Promise<PictureCopy>;
  /** It is shown this picture from now on, or none. Rejects where the two cannot meet. */
  show(of: Screen | undefined): Promise<void>;
  /** Whoever sees it takes no more than this, bit/s; undefined: as much as we do. */
  limit?(bitsPerSecond: number | undefined): Promise<void>;
  /** Undefined where nothing is known (any more). Never rejects. */
  loss(): Promise<PictureLoss | undefined>;
}

export class Picture implements Screen {
  readonly #web: types.WebRtcTransport;
  readonly source: types.Producer;
  readonly #router: types.Router;
  readonly codec: VideoCodec;
  readonly #claims = new ClaimedLoss();
  readonly #missed = new MissedPicture();
  readonly #standstill = new Standstill();
  #shown: types.Consumer | undefined;

  private constructor(router: types.Router, web: types.WebRtcTransport, source: types.Producer, codec: VideoCodec) {
    this.#router = router;
    this.#web = web;
    this.source = source;
    this.codec = codec;
  }

  /** Takes the browser's picture as its answer says. Rejects where mediasoup does not take it. */
  static async open(
    router: types.Router,
    web: types.WebRtcTransport,
    { mid, codec, payloadType, ssrc }: VideoAnswer,
  ): Promise<Picture> {
    await web.setMaxIncomingBitrate(mostBitrate);
    const source = await web.produce({
      kind: 'video',
      rtpParameters: {
        mid,
        codecs: [
          {
            ...{ mimeType: `video/${codec}`, payloadType, clockRate: 90_000, rtcpFeedback: feedback },
            ...parametersOf(codec),
          },
        ],
        headerExtensions: [{ ...congestionExtension }],
        encodings: [{ ssrc }],
        rtcp: { cname: 'jackfield', reducedSize: true },
      },
    });
    const picture = new Picture(router, web, source, codec);
    source.on('trace', (trace) => void picture.#report(trace));
    await source.enableTraceEvent(['sr']);
    return picture;
  }

  /**
   * The browser is shown this picture from now on, or none. A key frame is asked for (PLI) whenever it begins; while it is
   * shown, the browser's own requests go through. Rejects where the two cannot meet: they are in other workers.
   */
  async show(of: Screen | undefined): Promise<void> {
    const before = this.#shown;
    if (of !== undefined && before?.closed === false && before.producerId === of.source.id) return;
    this.#shown = undefined;
    this.#missed.reset();
    before?.close();
    if (of === undefined || of.source.closed) return;
    this.#shown = await this.#web.consume({ producerId: of.source.id, rtpCapabilities: shown });
  }

  async limit(bitsPerSecond: number = mostBitrate): Promise<void> {
    await this.#web.setMaxIncomingBitrate(Math.min(bitsPerSecond, mostBitrate));
  }

  /** A copy of what the browser shows, to a port on loopback. Rejects once the worker is gone. */
  copy(port: number): Promise<PictureCopy> {
    return PictureCopy.open(this.#router, { id: this.source.id, codec: this.codec }, port);
  }

  /** Undefined once the worker is gone. */
  async loss(): Promise<PictureLoss | undefined> {
    try {
      const [source, sink] = await Promise.all([this.source.getStats(), this.#shown?.getStats() ?? []]);
      const now = Date.now();
      const came = source.find(({ type }) => type === 'inbound-rtp');
      const outdated = this.#standstill.look(now, came?.packetCount ?? 0);
      const shows = outdated ? 0 : (came?.fractionLost ?? 0);
      const seen = sink.find(({ type }) => type === 'outbound-rtp')?.fractionLost ?? 0;
      return { shows: Math.max(shows / 256, this.#claims.at(now)), shown: Math.max(seen / 256, this.#missed.at(now)) };
    } catch {
      return undefined;
    }
  }

  /** The browser wishes for a key frame of whoever it sees, and says by it that nothing comes. */
  async wish(): Promise<void> {
    const shown = this.#shown;
    if (shown === undefined || shown.closed) return;
    try {
      const [stats] = await Promise.all([shown.getStats(), shown.requestKeyFrame()]);
      const sent = stats.find(({ type }) => type === 'outbound-rtp')?.packetCount ?? 0;
      if (this.#shown === shown) this.#missed.wish(Date.now(), sent);
    } catch {
      // It is shown somebody else, or the worker is gone.
    }
  }

  /** A sender report: what it claims is compared with what has come by now. */
  async #report({ type, info, timestamp }: types.ProducerTraceEventData): Promise<void> {
    if (type !== 'sr') return;
    const { packetCount: claimed } = info as { readonly packetCount: number };
    try {
      const stats = await this.source.getStats();
      const counted = stats.find((each) => each.type === 'inbound-rtp');
      // Both by the worker's clock.
      const lateMs = (counted?.timestamp ?? timestamp) - timestamp;
      this.#claims.report({ at: Date.now(), lateMs, claimed, came: counted?.packetCount ?? 0 });
    } catch {
      // The worker is gone.
    }
  }
}
