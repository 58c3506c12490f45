/** The video line of a SIP leg: H.264 (RFC 6184) over plain RTP, one number, nothing transcoded. */
import { parse, type MediaDescription } from 'sdp-transform';
import { isIP } from './address.ts';
import { reverse, type Direction } from './direction.ts';
import { videoPayloadTypes } from './video.ts';

/** How a key frame may be asked for by RTCP. A phone that says neither is asked by INFO (RFC 5168). */
export interface KeyFrameFeedback {
  /** RFC 4585 section 6.3.1. */
  readonly pli: boolean;
  /** RFC 5104 section 4.3.1. */
  readonly fir: boolean;
}

/** The video line of a phone that is used. */
export interface VideoLine {
  /** Which of the description's m-lines it is. */
  readonly index: number;
  readonly protocol: string;
  /** Where the phone wants RTP; absent when it gave no address in digits, or zeros (which is how the old ones hold). */
  readonly address: string | undefined;
  readonly port: number;
  /** Where it wants RTCP (RFC 3605); absent: one above, unless it shares the port of RTP. */
  readonly rtcp: { readonly address: string | undefined; readonly port: number } | undefined;
  readonly rtcpMux: boolean;
  readonly direction: Direction;
  readonly payloadType: number;
  /** 0: single NAL units; 1: also aggregated and in fragments (RFC 6184 section 5.4). */
  readonly packetization: 0 | 1;
  /** Six hexadecimal digits: profile, constraints, level. */
  readonly profileLevelId: string;
  /** The levels of the two ways may differ (RFC 6184 section 8.1). */
  readonly asymmetric: boolean;
  /** Parameter sets, in base64 as the phone wrote them. */
  readonly sets: readonly string[];
  readonly feedback: KeyFrameFeedback;
  /** The most it wants to receive, bit/s (b=AS, b=TIAS). */
  readonly mostBitrate: number | undefined;
}

/** RFC 6184 section 8.1: what a description that does not say its profile has, the lowest there is. */
const usualProfile = '42000a';
/** Level 3.1, as towards browsers: 720p, or 640 x 360 with ease. */
const ourLevel = 0x1f;

/**
 * What browsers encode every decoder of these profiles takes; what a phone encodes in a higher one, browsers decode though they do not
 * promise it. The fewer surprises the better.
 */
function rankOf(profileLevelId: string): number | undefined {
  const profile = profileLevelId.slice(0, 2);
  const constrained = (Number.parseInt(profileLevelId.slice(2, 4), 16) & 0x40) !== 0;
  if (profile === '42' || (profile === '4d' && constrained)) return constrained ? 0 : 1;
  if (profile === '4d') return 2;
  return profile === '64' ? 3 : undefined;
}

interface Format {
  readonly payloadType: number;
  readonly packetization: 0 | 1;
  readonly profileLevelId: string;
  readonly asymmetric: boolean;
  readonly sets: readonly string[];
  readonly rank: number;
}

function parametersOf(line: MediaDescription, payloadType: number): ReadonlyMap<string, string> {
  const { config } = line.fmtp.find((each) => each.payload === payloadType) ?? { config: '' };
  return new Map(
    String(config)
      .split(';')
      .map((each): [string, string] => {
        const at = each.indexOf('=');
        return [each.slice(0, at).trim().toLowerCase(), each.slice(at + 1).trim()];
      }),
  );
}

function formatOf(line: MediaDescription, number: string): Format | undefined {
  const payloadType = Number(number);
  const map = line.rtp.find((each) => each.payload === payloadType);
  if (map?.codec.toUpperCase() !== 'H264' || map.rate !== 90_000 || payloadType > 127) return undefined;
  const parameters = parametersOf(line, payloadType);
  const mode = parameters.get('packetization-mode') ?? '0';
  const given = parameters.get('profile-level-id')?.toLowerCase() ?? usualProfile;
  const profileLevelId = /^[0-9a-f]{6}$/.test(given) ? given : usualProfile;
  const rank = rankOf(profileLevelId);
  // Interleaved packets (mode 2) nobody speaks.
  if ((mode !== '0' && mode !== '1') || rank === undefined) return undefined;
  return {
    ...{ payloadType, profileLevelId, packetization: mode === '1' ? 1 : 0 },
    asymmetric: parameters.get('level-asymmetry-allowed') === '1',
    sets: (parameters.get('sprop-parameter-sets') ?? '').split(',').filter((each) => each !== ''),
    // Fragments first: a browser need not cut its pictures small.
    rank: rank + (mode === '1' ? 0 : 10),
  };
}

function bestFormat(line: MediaDescription): Format | undefined {
  const formats = String(line.payloads ?? '')
    .split(' ')
    .flatMap((number) => formatOf(line, number) ?? []);
  return formats.sort((a, b) => a.rank - b.rank)[0];
}

function feedbackOf(line: MediaDescription, payloadType: number): KeyFrameFeedback {
  // Many write it under RTP/AVP, where it strictly has no place, and mean it.
  const said = (line.rtcpFb ?? [])
    .filter(({ payload }) => String(payload) === '*' || Number(payload) === payloadType)
    .map(({ type, subtype }) => `${type} ${subtype ?? ''}`.trim().toLowerCase());
  return { pli: said.includes('nack pli'), fir: said.includes('ccm fir') };
}

function bitrateOf({ bandwidth = [] }: { readonly bandwidth?: MediaDescription['bandwidth'] }): number | undefined {
  const of = (type: string): number => Number(bandwidth.find((each) => each.type === type)?.limit ?? 0);
  const most = of('TIAS') || of('AS') * 1000;
  return Number.isFinite(most) && most > 0 ? most : undefined;
}

function rtcpOf({ rtcp }: MediaDescription): VideoLine['rtcp'] {
  if (rtcp === undefined || !(rtcp.port > 0 && rtcp.port <= 65_535)) return undefined;
  const { port, address } = rtcp;
  return { port, address: address !== undefined && isIP(address) ? address : undefined };
}

/** The first video line of an offer or answer that can be used; undefined where there is none. Never throws. */
export function readVideoLine(text: string): VideoLine | undefined {
  try {
    const session = parse(text.replace(/^(m=\w+ \d+)\/\d+ /gm, '$1 '));
    for (const [index, line] of session.media.entries()) {
      if (line.type !== 'video' || !/^RTP\/AVPF?$/.test(line.protocol) || line.port <= 0 || line.port > 65_535)
        continue;
      const format = bestFormat(line);
      if (format === undefined) continue;
      const address = (line.connection ?? session.connection)?.ip ?? '';
      const zeros = address === '0.0.0.0' || address === '::';
      const { rank: _, ...chosen } = format;
      return {
        ...{ index, protocol: line.protocol, port: line.port, ...chosen },
        address: zeros || !isIP(address) ? undefined : address,
        rtcp: rtcpOf(line),
        rtcpMux: line.rtcpMux !== undefined,
        direction: zeros ? 'inactive' : (line.direction ?? session.direction ?? 'sendrecv'),
        feedback: feedbackOf(line, format.payloadType),
        mostBitrate: bitrateOf(line),
      };
    }
    return undefined;
  } catch {
    return undefined;
  }
}

/** The level of an answer: ours, unless both ways must have the same and theirs is lower (RFC 6184 section 8.2.2). */
function answeredLevel({ profileLevelId, asymmetric }: VideoLine): string {
  const theirs = Number.parseInt(profileLevelId.slice(4), 16);
  const level = asymmetric ? ourLevel : Math.min(theirs, ourLevel);
  return profileLevelId.slice(0, 4) + level.toString(16).padStart(2, '0');
}

/** What we take from a phone, kbit/s: a face needs no more, and sound comes first. */
const mostKbits = 1200;

/** The lines of our answer to a phone's video line, which we hear at `port`. */
export function videoAnswerLines(line: VideoLine, port: number): string[] {
  const { protocol, payloadType: number, packetization, feedback, rtcpMux, direction, asymmetric } = line;
  return [
    `m=video ${port} ${protocol} ${number}`,
    `b=AS:${mostKbits}`,
    `a=rtpmap:${number} H264/90000`,
    `a=fmtp:${number} profile-level-id=${answeredLevel(line)};packetization-mode=${packetization}${asymmetric ? ';level-asymmetry-allowed=1' : ''}`,
    ...(feedback.pli ? [`a=rtcp-fb:${number} nack pli`] : []),
    ...(feedback.fir ? [`a=rtcp-fb:${number} ccm fir`] : []),
    ...(rtcpMux ? ['a=rtcp-mux'] : []),
    `a=${reverse(direction)}`,
  ];
}

/** The lines of an offer of ours to a phone. */
export function videoOfferLines(port: number, packetization: 0 | 1): string[] {
  const number = videoPayloadTypes.H264;
  return [
    `m=video ${port} RTP/AVP ${number}`,
    `b=AS:${mostKbits}`,
    `a=rtpmap:${number} H264/90000`,
    `a=fmtp:${number} profile-level-id=42e01f;packetization-mode=${packetization};level-asymmetry-allowed=1`,
    `a=rtcp-fb:${number} nack pli`,
    `a=rtcp-fb:${number} ccm fir`,
    'a=sendrecv',
  ];
}

/** A description of ours with other lines in the place of its m-line `index`; at its end where it has not so many. */
export function withMediaLines(text: string, index: number, lines: readonly string[]): string {
  const parts = text.split(/^(?=m=)/m);
  const at = Math.min(index + 1, parts.length);
  return [...parts.slice(0, at), `${lines.join('\r\n')}\r\n`, ...parts.slice(at + 1)].join('');
}
