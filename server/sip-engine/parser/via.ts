import { isToken, nextOutside, readParameters, trimmed } from './characters.ts';
import { readHostPort, writeHost } from './uri.ts';

/** One Via value, RFC 3261 section 20.42. */
export interface Via {
  /** Upper case: UDP, TCP, TLS, WS, WSS. */
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: ReadonlyMap<string, string>;
}

/** How much is forgiven: `answerable` takes any version and stray semicolons, enough to know where an error goes. */
export type ViaReading = 'strict' | 'answerable';

const spaced = /^SIP[ \t]*\/[ \t]*([0-9.]+)[ \t]*\/[ \t]*([^ \t/]+)[ \t]+/i;

/** Finds `SIP/2.0/UDP ` at the start, blanks around the slashes allowed: where it ends, the version and the transport. */
function readProtocol(text: string): { readonly end: number; version: string; transport: string } | undefined {
  if (text.startsWith('SIP/2.0/')) {
    const end = text.indexOf(' ', 8);
    if (end > 8) return { end, version: '2.0', transport: text.slice(8, end) };
  }
  const found = spaced.exec(text);
  if (found === null) return undefined;
  const [whole, version = '', transport = ''] = found;
  return { end: whole.length, version, transport };
}

/** Reads one Via value; undefined when it is malformed. */
export function parseVia(text: string, reading: ViaReading = 'strict'): Via | undefined {
  const protocol = readProtocol(text);
  if (protocol === undefined || !isToken(protocol.transport)) return undefined;
  if (reading === 'strict' && protocol.version !== '2.0') return undefined;
  const semicolon = text.indexOf(';', protocol.end);
  const end = semicolon < 0 ? text.length : semicolon;
  const place = readHostPort(trimmed(text, protocol.end, end));
  if (place === undefined) return undefined;
  const parameters = readParameters(text, end, true);
  if (parameters.has('')) {
    if (reading === 'strict') return undefined;
    parameters.delete('');
  }
  return { transport: protocol.transport.toUpperCase(), host: place.host, port: place.port, parameters };
}

/** Writes it back. */
export function writeVia(via: Via): string {
  let text = `SIP/2.0/${via.transport} ${writeHost(via.host)}`;
  if (via.port !== undefined) text += `:${via.port}`;
  for (const [name, value] of via.parameters) text += value === '' ? `;${name}` : `;${name}=${value}`;
  return text;
}

/** The first of the values in a Via header line, and what follows it ('' when alone). */
export function firstVia(value: string): { readonly first: string; readonly rest: string } {
  if (!value.includes(',')) return { first: value, rest: '' };
  const comma = nextOutside(value, ',');
  return { first: trimmed(value, 0, comma), rest: trimmed(value, comma + 1) };
}

/**
 * The topmost Via as a server must note it: `received` when the host is not the source address, `rport` filled in when
 * asked for (RFC 3581 section 4, where `received` is then always added).
 */
export function noteSource(via: Via, address: string, port: number): Via {
  const asked = via.parameters.has('rport');
  const parameters = new Map(via.parameters);
  if (asked) parameters.set('rport', String(port));
  if (asked || via.host !== address) parameters.set('received', address);
  return { ...via, parameters };
}
