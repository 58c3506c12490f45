import type { AppMessage } from '../control/command.ts';
import type { Header } from '../parser/message.ts';
import { parseNameAddr, writeNameAddr } from '../parser/name-addr.ts';
import { writeHost } from '../parser/uri.ts';
import type { Address, Protocol } from '../transport/flow.ts';

/** Headers of which the engine's own values always win. */
const ours = new Set(['Via', 'Route', 'Record-Route', 'RSeq', 'Content-Length', 'From', 'To', 'Call-ID', 'CSeq']);
const withHost = new Set(['From', 'To', 'Contact', 'P-Asserted-Identity']);

/** `host:port` as it stands in a URI. */
export function hostPort(address: Address): string {
  return `${writeHost(address.host)}:${address.port}`;
}

/**
 * Our Contact towards a peer: the transport is named unless it is UDP. To a `sips:` request it is a `sips:` URI
 * (RFC 3261 sections 8.1.1.8 and 12.1.1), in which the transport is what TLS runs over.
 */
export function ownContact(local: Address, protocol: Protocol, requestUri = ''): string {
  if (requestUri.toLowerCase().startsWith('sips:')) {
    return `<sips:${hostPort(local)}${protocol === 'wss' ? ';transport=ws' : ''}>`;
  }
  return `<sip:${hostPort(local)}${protocol === 'udp' ? '' : `;transport=${protocol}`}>`;
}

/** Replaces `@localhost` (srf writes it for "this server") by our own host and port. */
export function replaceLocalhost(value: string, local: Address): string {
  const at = value.toLowerCase().indexOf('@localhost');
  if (at < 0) return value;
  const after = value[at + 10];
  if (after !== undefined && !'>;:?, '.includes(after)) return value;
  let end = at + 10;
  if (after === ':') for (end++; end < value.length && '0123456789'.includes(value[end] ?? '');) end++;
  return `${value.slice(0, at + 1)}${hostPort(local)}${value.slice(end)}`;
}

/** From, To and the like as they go out: with brackets, with our host for `localhost`. */
export function tidyParty(value: string, local: Address): string {
  const placed = replaceLocalhost(value, local).replace('sip:localhost', `sip:${hostPort(local)}`);
  if (placed.includes('<') || placed === '*') return placed;
  const parsed = parseNameAddr(placed);
  return parsed === undefined ? placed : writeNameAddr(parsed);
}

/** The headers an app may set, ready for the wire. */
export function appHeaders(message: AppMessage, local: Address): Header[] {
  const headers: Header[] = [];
  for (const header of message.headers) {
    if (ours.has(header.name)) continue;
    headers.push(withHost.has(header.name) ? { name: header.name, value: tidyParty(header.value, local) } : header);
  }
  return headers;
}

/** The app's value of a header the engine owns, such as From or CSeq. */
export function appValue(message: AppMessage, name: string): string | undefined {
  return message.headers.find((header) => header.name === name)?.value;
}

/** Adds Content-Type to a body that looks like SDP; false when a body of unknown type has none. */
export function typeBody(headers: Header[], body: Buffer): boolean {
  if (body.length === 0 || headers.some((header) => header.name === 'Content-Type')) return true;
  if (body.toString('latin1', 0, 3) !== 'v=0') return false;
  headers.push({ name: 'Content-Type', value: 'application/sdp' });
  return true;
}

/** Adds our Contact where the app gave none; returns the one that goes out. */
export function ensureContact(headers: Header[], contact: string): string {
  const given = headers.find((header) => header.name === 'Contact');
  if (given !== undefined) return given.value;
  headers.push({ name: 'Contact', value: contact });
  return contact;
}
