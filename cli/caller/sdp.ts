/** The session descriptions (RFC 4566, RFC 3264) of a caller that speaks G.711 and sends digits as RFC 4733 events. */

export type CodecName = 'pcmu' | 'pcma';
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** Our end of the audio. */
export interface LocalAudio {
  readonly address: string;
  readonly port: number;
  /** In order of preference. */
  readonly codecs: readonly CodecName[];
  /** Session id and version (RFC 3264 section 8: the version grows with every change). */
  readonly session: { readonly id: number; readonly version: number };
}

/** The far side's end of the audio, as far as we can use it. */
export interface RemoteAudio {
  readonly address: string;
  readonly port: number;
  readonly codec: CodecName;
  readonly payloadType: number;
  /** Payload type of telephone-event, absent if the far side does not take digits this way. */
  readonly eventPayloadType?: number;
  /** Seen from the far side. */
  readonly direction: Direction;
}

/** The payload type under which we offer telephone-event. */
export const ownEventPayloadType = 101;
const staticPayloadTypes: Readonly<Record<CodecName, number>> = { pcmu: 0, pcma: 8 };
const encodingNames: Readonly<Record<CodecName, string>> = { pcmu: 'PCMU', pcma: 'PCMA' };

interface Media {
  readonly payloadTypes: readonly { readonly codec: CodecName; readonly number: number }[];
  readonly eventPayloadType: number | undefined;
  readonly direction: Direction;
}

function writeSdp(local: LocalAudio, media: Media): string {
  const family = local.address.includes(':') ? 'IP6' : 'IP4';
  const numbers = media.payloadTypes.map((each) => each.number);
  const events = media.eventPayloadType === undefined ? [] : [media.eventPayloadType];
  return [
    'v=0',
    `o=jackfield ${String(local.session.id)} ${String(local.session.version)} IN ${family} ${local.address}`,
    's=jackfield caller',
    `c=IN ${family} ${local.address}`,
    't=0 0',
    `m=audio ${String(local.port)} RTP/AVP ${[...numbers, ...events].join(' ')}`,
    ...media.payloadTypes.map((each) => `a=rtpmap:${String(each.number)} ${encodingNames[each.codec]}/8000`),
    ...events.flatMap((each) => [`a=rtpmap:${String(each)} telephone-event/8000`, `a=fmtp:${String(each)} 0-15`]),
    'a=ptime:20',
    `a=${media.direction}`,
    '',
  ].join('\r\n');
}

/** What we offer in the INVITE. */
export function offerSdp(local: LocalAudio): string {
  return writeSdp(local, {
    payloadTypes: local.codecs.map((codec) => ({ codec, number: staticPayloadTypes[codec] })),
    eventPayloadType: ownEventPayloadType,
    direction: 'sendrecv',
  });
}

/** RFC 3264 section 6.1: what we answer to each direction; who is put on hold only listens. */
const mirrored: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

/** Our answer to an offer the far side made in a re-INVITE; it keeps the offer's payload type numbers. */
export function answerSdp(local: LocalAudio, offer: RemoteAudio): string {
  return writeSdp(local, {
    payloadTypes: [{ codec: offer.codec, number: offer.payloadType }],
    eventPayloadType: offer.eventPayloadType,
    direction: mirrored[offer.direction],
  });
}

interface Section {
  readonly media: string;
  readonly lines: readonly string[];
}

function sections(sdp: string): { readonly session: readonly string[]; readonly media: readonly Section[] } {
  const session: string[] = [];
  const media: { media: string; lines: string[] }[] = [];
  for (const line of sdp.split(/\r?\n/)) {
    const current = media.at(-1);
    if (line.startsWith('m=')) media.push({ media: line.slice(2), lines: [] });
    else if (current === undefined) session.push(line);
    else current.lines.push(line);
  }
  return { session, media };
}

const directions: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

function directionIn(lines: readonly string[]): Direction | undefined {
  return directions.find((direction) => lines.includes(`a=${direction}`));
}

function connectionIn(lines: readonly string[]): string | undefined {
  return lines.map((line) => /^c=IN IP[46] ([^\s/]+)/.exec(line)?.[1]).find((found) => found !== undefined);
}

/** Encoding name (lower case) and clock rate by payload type; the static ones need no rtpmap (RFC 3551 section 6). */
function encodings(lines: readonly string[]): Map<number, string> {
  const found = new Map([
    [0, 'pcmu/8000'],
    [8, 'pcma/8000'],
  ]);
  for (const line of lines) {
    const match = /^a=rtpmap:(\d{1,3}) ([\w.-]+\/\d+)/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) found.set(Number(match[1]), match[2].toLowerCase());
  }
  return found;
}

/** Why a description cannot be used. */
export type SdpFault = 'no-audio' | 'audio-refused' | 'no-common-codec' | 'no-address';

/** Reads the far side's description; the codec is the first of its list that we know. */
export function readSdp(sdp: string, known: readonly CodecName[]): RemoteAudio | SdpFault {
  const { session, media } = sections(sdp);
  const audio = media.find((section) => section.media.startsWith('audio '));
  if (audio === undefined) return 'no-audio';
  const [, port = '', , ...formats] = audio.media.trim().split(/\s+/);
  if (Number.parseInt(port, 10) === 0) return 'audio-refused';
  const names = encodings(audio.lines);
  const payloadTypes = formats.map(Number);
  const payloadType = payloadTypes.find((number) => known.some((codec) => names.get(number) === `${codec}/8000`));
  const codec = known.find((each) => payloadType !== undefined && names.get(payloadType) === `${each}/8000`);
  if (payloadType === undefined || codec === undefined) return 'no-common-codec';
  const address = connectionIn(audio.lines) ?? connectionIn(session);
  if (address === undefined) return 'no-address';
  const events = payloadTypes.find((number) => names.get(number) === 'telephone-event/8000');
  return {
    address,
    port: Number.parseInt(port, 10),
    codec,
    payloadType,
    ...(events === undefined ? {} : { eventPayloadType: events }),
    // RFC 3264 section 8.4: phones of the old kind hold a call by this address.
    direction: address === '0.0.0.0' ? 'sendonly' : (directionIn(audio.lines) ?? directionIn(session) ?? 'sendrecv'),
  };
}
