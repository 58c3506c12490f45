import { fail, ok } from '../../../base/result.ts';
import type { Result } from '../../../base/result.ts';
import { hasControl, isToken, readNumber } from './characters.ts';
import { receivedHeaderName } from './header-names.ts';
import { headerOf, parseCseq, tagOf } from './message.ts';
import type { Essentials, Header, ReadMessage, SipMessage } from './message.ts';
import { isRequestUri } from './uri.ts';
import { firstVia, parseVia } from './via.ts';
import { parseNameAddr } from './name-addr.ts';

/** How much of anything a message may hold. Bytes, but for the header count. */
export interface ParseLimits {
  readonly datagram: number;
  readonly stream: number;
  readonly head: number;
  readonly headers: number;
}

export const limits: ParseLimits = { datagram: 65_535, stream: 1_048_576, head: 65_535, headers: 256 };

/** Why a message could not be read. `request` is there when it can still be answered with 400 (RFC 3261 section 21.4.1). */
export interface ParseError {
  readonly code:
    | 'no-head-end'
    | 'start-line'
    | 'version'
    | 'request-uri'
    | 'header-line'
    | 'too-many-headers'
    | 'too-long'
    | 'missing-header'
    | 'bad-header'
    | 'content-length';
  readonly retryable: false;
  readonly detail: string;
  readonly request?: StartAndHeaders;
}

type Start =
  | { readonly type: 'request'; readonly method: string; readonly uri: string }
  | { readonly type: 'response'; readonly status: number; readonly reason: string };

/** A start line with headers, before the body is known. */
export interface StartAndHeaders {
  readonly start: Start;
  readonly headers: readonly Header[];
}

function error(code: ParseError['code'], detail: string, request?: StartAndHeaders): { ok: false; error: ParseError } {
  return fail({ code, retryable: false, detail, ...(request?.start.type === 'request' ? { request } : {}) });
}

function parseStart(line: string): Result<Start, ParseError> {
  const first = line.indexOf(' ');
  const last = line.indexOf(' ', first + 1);
  if (first < 1 || last < 0) return error('start-line', 'start line has too few parts');
  if (line.startsWith('SIP/')) {
    if (line.slice(0, first).toUpperCase() !== 'SIP/2.0') return error('version', 'not SIP/2.0');
    const status = readNumber(line.slice(first + 1, last));
    if (status === undefined || status < 100 || status > 699) return error('start-line', 'bad status code');
    return ok({ type: 'response', status, reason: line.slice(last + 1) });
  }
  const method = line.slice(0, first);
  if (!isToken(method)) return error('start-line', 'method is not a token');
  if (line.slice(last + 1).toUpperCase() !== 'SIP/2.0') return error('version', 'not SIP/2.0');
  return ok({ type: 'request', method, uri: line.slice(first + 1, last) });
}

/** Adds one header line or continuation to `headers`; the reason when it cannot. */
function addLine(headers: Header[], line: string, named: (name: string) => string): string | undefined {
  if (line.startsWith(' ') || line.startsWith('\t')) {
    const previous = headers.pop();
    if (previous === undefined) return 'continuation before the first header';
    const more = line.trim();
    headers.push({ name: previous.name, value: more === '' ? previous.value : `${previous.value} ${more}` });
    return hasControl(more) ? 'control character in a value' : undefined;
  }
  const colon = line.indexOf(':');
  let end = colon;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
  if (colon < 1 || !isToken(line, 0, end)) return 'header name is not a token';
  const value = line.slice(colon + 1).trim();
  if (hasControl(value)) return 'control character in a value';
  headers.push({ name: named(line.slice(0, end)), value });
  return undefined;
}

/** How header names are written, and what becomes of bad header lines: by default they spoil the message. */
export interface HeadReading {
  readonly named: (name: string) => string;
  readonly dropBadLines?: boolean;
  /** The most header lines; `limits` says how many if absent. */
  readonly headers?: number;
}

/**
 * Reads start line and headers from the text before the empty line. Linear in its length. After a bad line the rest is
 * still read, so that the message can be answered.
 */
export function parseHead(
  text: string,
  reading: HeadReading = { named: receivedHeaderName },
): Result<StartAndHeaders, ParseError> {
  let end = text.indexOf('\r\n');
  if (end < 0) end = text.length;
  const start = parseStart(text.slice(0, end));
  if (!start.ok) return start;
  const headers: Header[] = [];
  const most = reading.headers ?? limits.headers;
  let problem: string | undefined;
  for (let at = end + 2; at < text.length; at = end + 2) {
    end = text.indexOf('\r\n', at);
    if (end < 0) end = text.length;
    if (headers.length >= most) {
      return error('too-many-headers', `more than ${most} headers`, { start: start.value, headers });
    }
    const bad = addLine(headers, text.slice(at, end), reading.named);
    if (reading.dropBadLines !== true) problem ??= bad;
  }
  const head = { start: start.value, headers };
  return problem === undefined ? ok(head) : error('header-line', problem, head);
}

/** The Content-Length of a head: a number, undefined when absent, 'bad' when unreadable or contradictory. */
export function contentLength(head: StartAndHeaders): number | undefined | 'bad' {
  let found: number | undefined;
  for (const header of head.headers) {
    if (header.name !== 'Content-Length') continue;
    const length = readNumber(header.value);
    if (length === undefined || (found !== undefined && found !== length)) return 'bad';
    found = length;
  }
  return found;
}

function readEssentials(head: StartAndHeaders): Essentials | { readonly bad: string; readonly missing: boolean } {
  const need = (name: string): string | undefined => headerOf(head, name);
  const [viaValue, from, to, callId, cseqValue] = [
    need('Via'),
    need('From'),
    need('To'),
    need('Call-ID'),
    need('CSeq'),
  ];
  if (viaValue === undefined) return { bad: 'Via', missing: true };
  if (from === undefined) return { bad: 'From', missing: true };
  if (to === undefined) return { bad: 'To', missing: true };
  if (callId === undefined || callId === '') return { bad: 'Call-ID', missing: true };
  if (cseqValue === undefined) return { bad: 'CSeq', missing: true };
  const via = parseVia(firstVia(viaValue).first);
  if (via === undefined) return { bad: 'Via', missing: false };
  if (parseNameAddr(from) === undefined) return { bad: 'From', missing: false };
  if (parseNameAddr(to) === undefined) return { bad: 'To', missing: false };
  const cseq = parseCseq(cseqValue);
  if (cseq === undefined) return { bad: 'CSeq', missing: false };
  // A bar or a blank would break the control protocol's leader, of which the Call-ID is a part.
  if (callId.includes('|') || callId.includes(' ')) return { bad: 'Call-ID', missing: false };
  const fromTag = tagOf(from) ?? '';
  const toTag = tagOf(to);
  if (fromTag.includes('|') || toTag?.includes('|') === true) return { bad: 'From', missing: false };
  return { callId, fromTag, toTag, cseq: cseq.number, cseqMethod: cseq.method, via };
}

/** Puts a head and its body together, checking what RFC 3261 section 8.1.1 makes mandatory. */
export function finishMessage(head: StartAndHeaders, body: Buffer): Result<ReadMessage, ParseError> {
  const found = readEssentials(head);
  if ('bad' in found) {
    return error(found.missing ? 'missing-header' : 'bad-header', `${found.bad} header`, head);
  }
  const { start, headers } = head;
  if (start.type === 'request') {
    if (!isRequestUri(start.uri)) return error('request-uri', 'Request-URI is malformed', head);
    if (found.cseqMethod !== start.method) return error('bad-header', 'CSeq method is not the request method', head);
  }
  const message: SipMessage = { ...start, headers, body };
  return ok({ ...found, message });
}

/** The start of a head that is too long, as far as it may be read: enough to answer it with 513. */
export function cutHead(bytes: Buffer, within: ParseLimits): StartAndHeaders | undefined {
  const end = bytes.lastIndexOf('\r\n', within.head);
  if (end < 0) return undefined;
  const read = parseHead(bytes.toString('utf8', 0, end), { named: receivedHeaderName, headers: within.headers });
  return read.ok ? read.value : read.error.request;
}

/** Reads a whole message from one datagram or WebSocket frame (RFC 3261 section 18.3). */
export function parseDatagram(
  bytes: Buffer,
  limit: number = limits.datagram,
  within: ParseLimits = limits,
): Result<ReadMessage, ParseError> {
  const end = bytes.indexOf('\r\n\r\n');
  if (end > within.head || (end < 0 && bytes.length > within.head)) {
    return error('too-long', 'headers too long', cutHead(bytes, within));
  }
  if (end < 0) return error('no-head-end', 'no empty line after the headers');
  const head = parseHead(bytes.toString('utf8', 0, end), { named: receivedHeaderName, headers: within.headers });
  if (!head.ok) return head;
  if (bytes.length > limit) return error('too-long', `longer than ${limit} bytes`, head.value);
  const length = contentLength(head.value);
  const present = bytes.length - end - 4;
  if (length === 'bad') return error('content-length', 'Content-Length is unreadable', head.value);
  if (length !== undefined && length > present) {
    return error('content-length', 'body is shorter than Content-Length', head.value);
  }
  return finishMessage(head.value, bytes.subarray(end + 4, end + 4 + (length ?? present)));
}
