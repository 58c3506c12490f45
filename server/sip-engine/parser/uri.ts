import { readNumber, readParameters, trimmed } from './characters.ts';

/** A SIP URI taken apart, RFC 3261 section 19.1. `host` is lower case, an IPv6 one without its brackets. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** As written, still escaped; undefined when there is none. */
  readonly user: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: ReadonlyMap<string, string>;
  /** What follows the question mark, still escaped; '' when there is none. */
  readonly headers: string;
}

/** What may never stand in a URI unescaped. The bar is ours: it would break the control protocol's leader. */
const illegal = /[<>"|\\\0- \x7f]/;
const name = /^[a-z0-9._-]+$/;
/** RFC 5118 section 4.10: one colon too many was allowed by an old grammar, so the colons are not counted. */
const reference = /^[0-9a-f:.]+$/;
const schemeName = /^[a-z][a-z0-9+.-]*$/;

/** Reads `host`, `host:port` or `[v6]:port`; undefined when it is none of them. */
export function readHostPort(text: string): { readonly host: string; readonly port: number | undefined } | undefined {
  const v6 = text.charCodeAt(0) === 91;
  const bracket = v6 ? text.indexOf(']') : -1;
  if (v6 && bracket < 0) return undefined;
  const colon = text.indexOf(':', bracket + 1);
  const end = colon < 0 ? text.length : colon;
  const host = (v6 ? text.slice(1, bracket) : trimmed(text, 0, end)).toLowerCase();
  if (!(v6 ? reference : name).test(host)) return undefined;
  if (v6 && trimmed(text, bracket + 1, end) !== '') return undefined;
  if (colon < 0) return { host, port: undefined };
  const port = readNumber(trimmed(text, colon + 1));
  if (port === undefined || port < 1 || port > 65_535) return undefined;
  return { host, port };
}

/** The parts of a URI known to be a SIP one, its parameters still to be read. */
interface Parts {
  readonly user: string | undefined;
  readonly place: { readonly host: string; readonly port: number | undefined };
  readonly placeEnd: number;
  /** Where the question mark is, or the end. */
  readonly end: number;
}

/** Takes apart what follows the scheme's colon; undefined when it is malformed. */
function takeApart(text: string, colon: number): Parts | undefined {
  if (illegal.test(text)) return undefined;
  // The user part may hold semicolons and question marks, so the '@' is looked for first (RFC 3261 section 25.1).
  const sign = text.lastIndexOf('@');
  const user = sign < 0 ? undefined : text.slice(colon + 1, sign);
  if (user === '') return undefined;
  const start = sign < 0 ? colon + 1 : sign + 1;
  const question = text.indexOf('?', start);
  const end = question < 0 ? text.length : question;
  const semicolon = text.indexOf(';', start);
  const placeEnd = semicolon < 0 || semicolon > end ? end : semicolon;
  const place = readHostPort(text.slice(start, placeEnd));
  return place === undefined ? undefined : { user, place, placeEnd, end };
}

/** Reads a `sip:` or `sips:` URI; undefined when it is malformed or has another scheme. */
export function parseSipUri(text: string): SipUri | undefined {
  const colon = text.indexOf(':');
  const scheme = text.slice(0, Math.max(0, colon)).toLowerCase();
  if (scheme !== 'sip' && scheme !== 'sips') return undefined;
  const parts = takeApart(text, colon);
  if (parts === undefined) return undefined;
  const { user, place, placeEnd, end } = parts;
  const parameters = readParameters(text.slice(placeEnd, end));
  return { scheme, user, host: place.host, port: place.port, parameters, headers: text.slice(end + 1) };
}

/** Schemes besides sip and sips that a request may be addressed to: RFC 3966, 5031, 3860, 3859. */
const otherSchemes = new Set(['tel', 'urn', 'im', 'pres']);

/** Whether a text may stand in a Request-URI; `scheme` when it is a URI nobody here can reach (RFC 3261 section 8.2.2.1). */
export function judgeRequestUri(text: string): 'good' | 'malformed' | 'scheme' {
  const colon = text.indexOf(':');
  if (colon < 1 || colon === text.length - 1) return 'malformed';
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme === 'sip' || scheme === 'sips') {
    const parts = takeApart(text, colon);
    // RFC 3261 section 19.1.1, table 1: no headers in a Request-URI.
    return parts === undefined || parts.end < text.length ? 'malformed' : 'good';
  }
  if (illegal.test(text) || !schemeName.test(scheme)) return 'malformed';
  return otherSchemes.has(scheme) ? 'good' : 'scheme';
}

/** True for what may stand in a Request-URI: any absolute URI, a SIP one well-formed. */
export function isRequestUri(text: string): boolean {
  return judgeRequestUri(text) !== 'malformed';
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
