import { addressType } from './address.ts';
import type { MediaLine } from './description.ts';
import { clockRate, type Codec } from './payload-types.ts';

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

/** The numbers of an m-line and what they mean. */
export interface Formats {
  readonly codecs: readonly { readonly codec: Codec; readonly payloadType: number }[];
  readonly telephoneEvent: number | undefined;
}

/** The numbers as the m-line lists them. */
export function formatNumbers({ codecs, telephoneEvent }: Formats): string {
  const numbers = codecs.map(({ payloadType }) => payloadType);
  return [...numbers, ...(telephoneEvent === undefined ? [] : [telephoneEvent])].join(' ');
}

/** rtpmap, fmtp and ptime of an m-line. */
export function formatLines({ codecs, telephoneEvent }: Formats): string[] {
  const lines = codecs.map(({ codec, payloadType }) => `a=rtpmap:${payloadType} ${codec}/${clockRate}`);
  if (telephoneEvent !== undefined)
    lines.push(`a=rtpmap:${telephoneEvent} telephone-event/${clockRate}`, `a=fmtp:${telephoneEvent} 0-15`);
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
