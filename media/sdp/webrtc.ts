import type { Description, NumberedCodec } from './description.ts';
import { reverse, type Direction } from './direction.ts';
import { payloadTypes, type Codec } from './payload-types.ts';
import { answered } from './sip.ts';
import { congestionExtension, videoFormatLines, videoMid, videoNumbers, type OfferedPicture } from './video.ts';
import { connectionLine, formatLines, formatNumbers, joinLines, refusedLine, sessionLines } from './write.ts';
import type { Formats, Origin } from './write.ts';

/** A host candidate of ours (RFC 8839 section 5.1, RFC 6544 section 4.5). */
export interface LocalCandidate {
  readonly foundation: string;
  readonly priority: number;
  readonly address: string;
  readonly protocol: 'udp' | 'tcp';
  readonly port: number;
}

/** What our side of a WebRTC transport says about itself. */
export interface LocalSecurity {
  readonly usernameFragment: string;
  readonly password: string;
  readonly fingerprints: readonly { readonly algorithm: string; readonly value: string }[];
  readonly candidates: readonly LocalCandidate[];
}

function candidateLine({ foundation, priority, address, protocol, port }: LocalCandidate): string {
  const tail = protocol === 'tcp' ? ' tcptype passive' : '';
  return `a=candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ host${tail}`;
}

interface WebRtcLine {
  readonly mid: string;
  readonly formats: Formats;
  readonly setup: 'actpass' | 'passive';
  readonly direction: Direction;
}

/** No `a=ssrc`: a browser that was told one is deaf to any other until the next re-INVITE. */
function audioLines(origin: Origin, local: LocalSecurity, line: WebRtcLine): string[] {
  return [
    `m=audio ${local.candidates[0]?.port ?? 9} UDP/TLS/RTP/SAVPF ${formatNumbers(line.formats)}`,
    connectionLine(origin.address),
    `a=mid:${line.mid}`,
    `a=${line.direction}`,
    'a=msid:jackfield audio',
    ...formatLines(line.formats),
    ...transportLines(local, line.setup),
  ];
}

function transportLines(local: LocalSecurity, setup: WebRtcLine['setup']): string[] {
  return [
    'a=rtcp-mux',
    `a=setup:${setup}`,
    `a=ice-ufrag:${local.usernameFragment}`,
    `a=ice-pwd:${local.password}`,
    ...local.fingerprints.map(({ algorithm, value }) => `a=fingerprint:${algorithm} ${value}`),
    ...local.candidates.map(candidateLine),
    'a=end-of-candidates',
  ];
}

/** The same for the picture, over the same transport. */
function videoLines(origin: Origin, local: LocalSecurity, picture: OfferedPicture): string[] {
  return [
    `m=video ${local.candidates[0]?.port ?? 9} UDP/TLS/RTP/SAVPF ${videoNumbers(picture)}`,
    connectionLine(origin.address),
    `a=mid:${videoMid}`,
    'a=sendrecv',
    'a=msid:jackfield-picture picture',
    ...videoFormatLines(picture),
    `a=extmap:${congestionExtension.id} ${congestionExtension.uri}`,
    ...transportLines(local, 'actpass'),
  ];
}

function head(origin: Origin, mid: string): string[] {
  return [...sessionLines(origin), 't=0 0', 'a=ice-lite', `a=group:BUNDLE ${mid}`, 'a=msid-semantic: WMS jackfield'];
}

/**
 * Our offer to a browser. One voice codec only, so that the answer cannot choose another than the mediasoup producer was
 * declared with; always `sendrecv` (never make a softphone inactive: it does not come back) and always `actpass` (a role
 * that flips in a re-offer spoils the dialog). With `video`, a picture beside it.
 */
export function webrtcOffer(origin: Origin, local: LocalSecurity, codec: Codec, video?: OfferedPicture): string {
  const formats: Formats = {
    codecs: [{ codec, payloadType: payloadTypes[codec] }],
    telephoneEvent: payloadTypes.telephoneEvent,
  };
  const line: WebRtcLine = { mid: '0', formats, setup: 'actpass', direction: 'sendrecv' };
  const picture = video === undefined ? [] : videoLines(origin, local, video);
  const mids = video === undefined ? line.mid : `${line.mid} ${videoMid}`;
  return joinLines([...head(origin, mids), ...audioLines(origin, local, line), ...picture]);
}

/** Our answer to a browser's offer: the agreed codec only, however many the offer lists; we are DTLS server. */
export function webrtcAnswer(offer: Description, chosen: NumberedCodec, origin: Origin, local: LocalSecurity): string {
  const { audio } = offer;
  const mid = audio.mid ?? '0';
  const formats = answered(audio, chosen);
  const line: WebRtcLine = { mid, formats, setup: 'passive', direction: reverse(audio.direction) };
  const lines = offer.lines.flatMap((each, index) =>
    index === audio.index ? audioLines(origin, local, line) : [refusedLine(each)],
  );
  return joinLines([...head(origin, mid), ...lines]);
}
