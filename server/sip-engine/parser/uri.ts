import { readNumber, readParameters } from './characters.ts';

/** A SIP URI taken apart, RFC 3261 section 19.1. `host` is lower case, an IPv6 one without its brackets. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** As written, still escaped; undefined when there is none. */
  readonly user: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: ReadonlyMap<string, string>;
}

const illegal = new Set(['<', '>', '"', ' ', '\t', '|']);

/** Reads `host`, `host:port` or `[v6]:port`; undefined when it is none of them. */
export function readHostPort(text: string): { readonly host: string; readonly port: number | undefined } | undefined {
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1;
  if (text.startsWith('[') && bracket < 0) return undefined;
  const colon = text.indexOf(':', Math.max(0, bracket));
  const host = (bracket > 0 ? text.slice(1, bracket) : colon < 0 ? text : text.slice(0, colon)).toLowerCase();
  if (host === '' || (bracket > 0 && colon > bracket + 1)) return undefined;
  if (colon < 0) return bracket > 0 && bracket !== text.length - 1 ? undefined : { host, port: undefined };
  const port = readNumber(text.slice(colon + 1).trim());
  if (port === undefined || port < 1 || port > 65_535) return undefined;
  return { host: host.trim(), port };
}

/** Reads a `sip:` or `sips:` URI; undefined when it is malformed or has another scheme. */
export function parseSipUri(text: string): SipUri | undefined {
  const colon = text.indexOf(':');
  const scheme = text.slice(0, Math.max(0, colon)).toLowerCase();
  if (scheme !== 'sip' && scheme !== 'sips') return undefined;
  for (const character of text) if (illegal.has(character)) return undefined;
  const question = text.indexOf('?');
  const rest = text.slice(colon + 1, question < 0 ? text.length : question);
  // The user part may hold semicolons, so the '@' is looked for first (RFC 3261 section 25.1, user-unreserved).
  const sign = rest.lastIndexOf('@');
  const user = sign < 0 ? undefined : rest.slice(0, sign);
  if (user === '') return undefined;
  const after = rest.slice(sign + 1);
  const semicolon = after.indexOf(';');
  const place = readHostPort(semicolon < 0 ? after : after.slice(0, semicolon));
  if (place === undefined) return undefined;
  const parameters = semicolon < 0 ? new Map<string, string>() : readParameters(after.slice(semicolon + 1));
  return { scheme, user, ...place, parameters };
}

/** True for what may stand in a Request-URI: any absolute URI, a SIP one well-formed. */
export function isRequestUri(text: string): boolean {
  const colon = text.indexOf(':');
  if (colon < 1 || colon === text.length - 1) return false;
  const scheme = text.slice(0, colon).toLowerCase();
  for (const character of text) if (illegal.has(character)) return false;
  return scheme === 'sip' || scheme === 'sips' ? parseSipUri(text) !== undefined : true;
}

/** A host as it is written before a port: IPv6 in brackets. */
export function writeHost(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** `user@host:port` in one spelling: what two contacts must share to be the same binding. Undefined for other schemes. */
export function contactKey(uri: string): string | undefined {
  const parsed = parseSipUri(uri);
  if (parsed === undefined) return undefined;
  const port = parsed.port === undefined ? '' : `:${parsed.port}`;
  return `${parsed.user ?? ''}@${writeHost(parsed.host)}${port}`;
}
