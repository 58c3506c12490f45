import { addressType } from './address.ts';
import type { MediaLine } from './description.ts';
import { clockRate, encodings, type Codec } from './payload-types.ts';

/** Who we are in an `o=` line: one id for the life of an endpoint, a version that grows with each change. */
export interface Origin {
  readonly sessionId: string;
  readonly version: number;
  readonly address: string;
}

/** The lines before the first m-line. */
export function sessionLines(origin: Origin): string[] {
  const { sessionId, version, address } = origin;
  return ['v=0', `o=jackfield ${sessionId} ${version} IN ${addressType(address)} ${address}`, 's=-'];
}

/** `c=` for an address. */
export function connectionLine(address: string): string {
  return `c=IN ${addressType(address)} ${address}`;
}

/** The numbers of an m-line and what they mean; events at 8 kHz, and at the 48 kHz of Opus. */
export interface Formats {
  readonly codecs: readonly { readonly codec: Codec; readonly payloadType: number }[];
  readonly telephoneEvent: number | undefined;
  readonly wideEvent?: number | undefined;
}

function events({ telephoneEvent, wideEvent }: Formats): { readonly payloadType: number; readonly rate: number }[] {
  return [
    ...(telephoneEvent === undefined ? [] : [{ payloadType: telephoneEvent, rate: clockRate }]),
    ...(wideEvent === undefined ? [] : [{ payloadType: wideEvent, rate: encodings.opus.rate }]),
  ];
}

/** The numbers as the m-line lists them. */
export function formatNumbers(formats: Formats): string {
  return [...formats.codecs, ...events(formats)].map(({ payloadType }) => payloadType).join(' ');
}

/** rtpmap, fmtp and ptime of an m-line. */
export function formatLines(formats: Formats): string[] {
  const lines = formats.codecs.flatMap(({ codec, payloadType }) => {
    const { name, rate, channels } = encodings[codec];
    const map = `a=rtpmap:${payloadType} ${name}/${rate}${channels === undefined ? '' : `/${channels}`}`;
    // RFC 7587 section 6.1: asks the far side to repeat each packet in small while we tell it of losses.
    return codec === 'opus' ? [map, `a=fmtp:${payloadType} minptime=10;useinbandfec=1`] : [map];
  });
  for (const { payloadType, rate } of events(formats))
    lines.push(`a=rtpmap:${payloadType} telephone-event/${rate}`, `a=fmtp:${payloadType} 0-15`);
  return [...lines, 'a=ptime:20'];
}

/** An m-line that is refused: same place, port 0 (RFC 3264 section 6). */
export function refusedLine({ type, protocol, formats }: MediaLine): string {
  return `m=${type} 0 ${protocol} ${formats}`;
}

/** The finished text. */
export function joinLines(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n`;
}
