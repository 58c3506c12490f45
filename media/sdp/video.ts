/** The video line of a WebRTC leg. Only our own pages have one, and they only answer: both codecs are offered, the first they take is sent. */
import { parse } from 'sdp-transform';

/** The picture codecs that pass (RFC 7742 section 5: every browser has both). Nothing is transcoded. */
export type VideoCodec = 'VP8' | 'H264';

/** Their numbers, in every router and every offer. */
export const videoPayloadTypes: Readonly<Record<VideoCodec, number>> = { VP8: 96, H264: 97 };

/** Constrained baseline, level 3.1: what RFC 7742 section 6.2 asks of every browser, and phones speak too. */
export const h264Parameters = {
  'level-asymmetry-allowed': 1,
  'packetization-mode': 1,
  'profile-level-id': '42e01f',
} as const;

/** Transport-wide congestion control: the browser finds out by it how much its network carries. */
export const congestionExtension = {
  uri: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  id: 5,
} as const;

/** Where the picture stands beside the sound, whose mid is 0. */
export const videoMid = '1';

/** What RTCP may ask of a picture (RFC 4585, RFC 5104). */
export const videoFeedback = [
  { type: 'nack' },
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
  { type: 'transport-cc' },
] as const;

/**
 * The codecs we offer, the preferred first. `packetization`: 0 asks for single NAL units (RFC 6184 section 6.2), for the sake of
 * whoever is shown them; absent: 1.
 */
export interface OfferedPicture {
  readonly codecs: readonly VideoCodec[];
  readonly packetization?: 0 | 1 | undefined;
}

/** The lines that say which codecs the picture has. */
export function videoFormatLines({ codecs, packetization = 1 }: OfferedPicture): string[] {
  return codecs.flatMap((codec) => {
    const number = videoPayloadTypes[codec];
    const parameters = Object.entries({ ...h264Parameters, 'packetization-mode': packetization }).map(
      ([name, value]) => `${name}=${String(value)}`,
    );
    return [
      `a=rtpmap:${number} ${codec}/90000`,
      ...(codec === 'H264' ? [`a=fmtp:${number} ${parameters.join(';')}`] : []),
      ...videoFeedback.map((each) => `a=rtcp-fb:${number} ${Object.values(each).join(' ')}`),
    ];
  });
}

/** The numbers of its m-line. */
export function videoNumbers({ codecs }: OfferedPicture): string {
  return codecs.map((codec) => videoPayloadTypes[codec]).join(' ');
}

/** What a page answered to our video line. */
export interface VideoAnswer {
  readonly mid: string;
  readonly codec: VideoCodec;
  readonly payloadType: number;
  readonly ssrc: number;
}

/** The page's picture; undefined where it refuses one, or takes none of our codecs. Never throws. */
export function readVideoAnswer(text: string): VideoAnswer | undefined {
  try {
    const line = parse(text).media.find(({ type }) => type === 'video');
    const ssrc = line?.ssrcs?.[0]?.id;
    if (line === undefined || line.port === 0 || ssrc === undefined) return undefined;
    for (const format of String(line.payloads ?? '').split(' ')) {
      const payloadType = Number(format);
      const name = line.rtp.find((each) => each.payload === payloadType)?.codec.toUpperCase();
      if (name === 'VP8' || name === 'H264')
        return { mid: String(line.mid ?? videoMid), codec: name, payloadType, ssrc: Number(ssrc) };
    }
    return undefined;
  } catch {
    return undefined;
  }
}
