import { readParameters, splitOutside } from './characters.ts';
import { readHostPort, writeHost } from './uri.ts';

/** One Via value, RFC 3261 section 20.42. */
export interface Via {
  /** Upper case: UDP, TCP, TLS, WS, WSS. */
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Reads one Via value; undefined when it is malformed. */
export function parseVia(text: string): Via | undefined {
  const semicolon = text.indexOf(';');
  const first = (semicolon < 0 ? text : text.slice(0, semicolon)).trim();
  let space = 0;
  while (space < first.length && first[space] !== ' ' && first[space] !== '\t') space++;
  const protocol = first.slice(0, space).toUpperCase();
  if (!protocol.startsWith('SIP/2.0/') || protocol.length === 8) return undefined;
  const place = readHostPort(first.slice(space).trim());
  if (place === undefined) return undefined;
  const parameters = readParameters(semicolon < 0 ? '' : text.slice(semicolon + 1));
  return { transport: protocol.slice(8), host: place.host, port: place.port, parameters };
}

/** Writes it back. */
export function writeVia(via: Via): string {
  let text = `SIP/2.0/${via.transport} ${writeHost(via.host)}${via.port === undefined ? '' : `:${via.port}`}`;
  for (const [name, value] of via.parameters) text += value === '' ? `;${name}` : `;${name}=${value}`;
  return text;
}

/** The first of the values in a Via header line, and what follows it ('' when alone). */
export function firstVia(value: string): { readonly first: string; readonly rest: string } {
  if (!value.includes(',')) return { first: value, rest: '' };
  const [first = '', ...rest] = splitOutside(value, ',');
  return { first, rest: rest.join(', ') };
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
