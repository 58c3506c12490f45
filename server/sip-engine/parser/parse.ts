import { fail, ok } from '../../../base/result.ts';
import type { Result } from '../../../base/result.ts';
import { countLineEnds, hasControl, isBlank, isToken, nextOutside, readNumber, trimmed } from './characters.ts';
import { knownHeaderName, receivedHeaderName } from './header-names.ts';
import { parseCseq } from './message.ts';
import type { Essentials, Header, ReadMessage, SipMessage } from './message.ts';
import { isNameAddr, readTag } from './name-addr.ts';
import { readStart } from './start-line.ts';
import type { Start } from './start-line.ts';
import { judgeRequestUri } from './uri.ts';
import { firstVia, parseVia } from './via.ts';

/** How much of anything a message may hold. Bytes, but for the header count. */
export interface ParseLimits {
  readonly datagram: number;
  readonly stream: number;
  readonly head: number;
  readonly headers: number;
}

export const limits: ParseLimits = { datagram: 65_535, stream: 1_048_576, head: 65_535, headers: 256 };

/** Why a message could not be read. With `head` a stream can go on after it, and a request can be answered. */
export interface ParseError {
  readonly code:
    | 'no-head-end'
    | 'start-line'
    | 'version'
    | 'request-uri'
    | 'scheme'
    | 'header-line'
    | 'too-many-headers'
    | 'too-long'
    | 'missing-header'
    | 'bad-header'
    | 'method-mismatch'
    | 'content-length';
  readonly retryable: false;
  readonly detail: string;
  readonly head?: StartAndHeaders;
}

/** A start line with headers, before the body is known. */
export interface StartAndHeaders {
  readonly start: Start;
  readonly headers: readonly Header[];
}

function error(code: ParseError['code'], detail: string, head?: StartAndHeaders): { ok: false; error: ParseError } {
  return fail({ code, retryable: false, detail, ...(head === undefined ? {} : { head }) });
}

const colon = 58;

/** Adds one header line or continuation to `headers`; the reason when it cannot. */
function addLine(
  headers: Header[],
  text: string,
  start: number,
  end: number,
  named: (name: string) => string,
): string | undefined {
  if (isBlank(text.charCodeAt(start))) {
    const previous = headers.pop();
    if (previous === undefined) return 'continuation before the first header';
    const more = trimmed(text, start, end);
    if (more === '' || previous.value === '') headers.push({ name: previous.name, value: previous.value + more });
    else headers.push({ name: previous.name, value: `${previous.value} ${more}` });
    return undefined;
  }
  let at = start;
  while (at < end && text.charCodeAt(at) !== colon) at++;
  if (at === end) return 'header without a colon';
  let nameEnd = at;
  while (nameEnd > start && isBlank(text.charCodeAt(nameEnd - 1))) nameEnd--;
  const name = text.slice(start, nameEnd);
  // A known name is a token.
  const known = knownHeaderName(name);
  if (known === undefined && !isToken(name)) return 'header name is not a token';
  headers.push({ name: known ?? named(name), value: trimmed(text, at + 1, end) });
  return undefined;
}

/** How header names are written, and what becomes of bad header lines: by default they spoil the message. */
export interface HeadReading {
  readonly named: (name: string) => string;
  readonly dropBadLines?: boolean;
  /** The most header lines; `limits` says how many if absent. */
  readonly headers?: number;
  /** What `countLineEnds` says of the bytes; when absent every value is searched for control characters. */
  readonly lineEnds?: number;
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
  const line = readStart(text.slice(0, end));
  if (line.type === 'hopeless') return error(line.code, line.detail);
  const { start } = line;
  const startEnd = end;
  let problem: string | undefined;
  const headers: Header[] = [];
  const most = reading.headers ?? limits.headers;
  let lines = 0;
  for (let at = end + 2; at < text.length; at = end + 2) {
    end = text.indexOf('\r\n', at);
    if (end < 0) end = text.length;
    lines++;
    if (headers.length >= most) return error('too-many-headers', `more than ${most} headers`, { start, headers });
    const bad = addLine(headers, text, at, end, reading.named);
    if (reading.dropBadLines !== true) problem ??= bad;
  }
  const head = { start, headers };
  if (line.type === 'flawed') return error(line.code, line.detail, head);
  // When all CRs and LFs end lines and there is no other control character, nothing need be searched for one.
  if (reading.lineEnds !== 2 * lines) {
    if (hasControl(text.slice(0, startEnd))) return error('start-line', 'control character', head);
    if (reading.dropBadLines === true) return ok({ start, headers: headers.filter(({ value }) => !hasControl(value)) });
    if (headers.some(({ value }) => hasControl(value))) problem ??= 'control character in a value';
  }
  return problem === undefined ? ok(head) : error('header-line', problem, head);
}

/** `parseHead` for bytes of the network, from `start` to before the empty line at `end`. */
export function readHead(
  bytes: Buffer,
  start: number,
  end: number,
  within: ParseLimits,
): Result<StartAndHeaders, ParseError> {
  const lineEnds = countLineEnds(bytes, start, end);
  return parseHead(bytes.toString('utf8', start, end), {
    named: receivedHeaderName,
    headers: within.headers,
    lineEnds,
  });
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

/** True when every value of a Contact line is a name-addr, or it is the star of RFC 3261 section 10.2.2. */
function areContacts(value: string): boolean {
  if (!value.includes(',')) return value === '*' || isNameAddr(value);
  for (let start = 0; start <= value.length;) {
    const end = nextOutside(value, ',', start);
    if (!isNameAddr(trimmed(value, start, end))) return false;
    start = end + 1;
  }
  return true;
}

interface Bad {
  readonly bad: string;
  readonly missing?: true;
}

/** The values that RFC 3261 section 8.1.1 makes mandatory, each of which may be there once but for Via. */
interface Mandatory {
  via?: string;
  from?: string;
  to?: string;
  callId?: string;
  cseq?: string;
  maxForwards?: string;
}

/** Collects them in one pass; what is wrong when one comes twice or a Contact cannot be read. */
function collect(headers: readonly Header[]): Mandatory | Bad {
  const found: Mandatory = {};
  for (const { name, value } of headers) {
    switch (name) {
      case 'Via':
        found.via ??= value;
        break;
      case 'From':
        if (found.from !== undefined) return { bad: name };
        found.from = value;
        break;
      case 'To':
        if (found.to !== undefined) return { bad: name };
        found.to = value;
        break;
      case 'Call-ID':
        if (found.callId !== undefined) return { bad: name };
        found.callId = value;
        break;
      case 'CSeq':
        if (found.cseq !== undefined) return { bad: name };
        found.cseq = value;
        break;
      case 'Max-Forwards':
        if (found.maxForwards !== undefined) return { bad: name };
        found.maxForwards = value;
        break;
      case 'Contact':
        if (!areContacts(value)) return { bad: name };
        break;
      default:
    }
  }
  return found;
}

function readEssentials(head: StartAndHeaders): Essentials | Bad {
  const found = collect(head.headers);
  if ('bad' in found) return found;
  const { via: viaValue, from, to, callId, cseq: cseqValue } = found;
  if (viaValue === undefined) return { bad: 'Via', missing: true };
  if (from === undefined) return { bad: 'From', missing: true };
  if (to === undefined) return { bad: 'To', missing: true };
  if (callId === undefined || callId === '') return { bad: 'Call-ID', missing: true };
  if (cseqValue === undefined) return { bad: 'CSeq', missing: true };
  const via = parseVia(firstVia(viaValue).first);
  if (via === undefined) return { bad: 'Via' };
  const fromTag = readTag(from);
  // A bar or a blank would break the control protocol's leader, of which Call-ID and tag are a part.
  if (fromTag === undefined || fromTag.includes('|')) return { bad: 'From' };
  const toTag = readTag(to);
  if (toTag === undefined || toTag.includes('|')) return { bad: 'To' };
  const cseq = parseCseq(cseqValue);
  if (cseq === undefined) return { bad: 'CSeq' };
  if (callId.includes('|') || callId.includes(' ')) return { bad: 'Call-ID' };
  return { callId, fromTag, toTag: toTag === '' ? undefined : toTag, cseq: cseq.number, cseqMethod: cseq.method, via };
}

/** Field by field, as spreading costs as much as reading a header. */
function makeMessage(start: Start, headers: readonly Header[], body: Buffer): SipMessage {
  if (start.type === 'request') return { type: 'request', method: start.method, uri: start.uri, headers, body };
  return { type: 'response', status: start.status, reason: start.reason, headers, body };
}

/** Puts a head and its body together, checking what RFC 3261 section 8.1.1 makes mandatory. */
export function finishMessage(head: StartAndHeaders, body: Buffer): Result<ReadMessage, ParseError> {
  const found = readEssentials(head);
  if ('bad' in found) {
    return error(found.missing === true ? 'missing-header' : 'bad-header', `${found.bad} header`, head);
  }
  const { start, headers } = head;
  if (start.type === 'request') {
    const uri = judgeRequestUri(start.uri);
    if (uri === 'malformed') return error('request-uri', 'Request-URI is malformed', head);
    if (found.cseqMethod !== start.method) return error('method-mismatch', 'CSeq has another method', head);
    if (uri === 'scheme') return error('scheme', 'Request-URI has an unknown scheme', head);
  }
  return ok({
    callId: found.callId,
    fromTag: found.fromTag,
    toTag: found.toTag,
    cseq: found.cseq,
    cseqMethod: found.cseqMethod,
    via: found.via,
    message: makeMessage(start, headers, body),
  });
}

/** The start of a head that is too long, as far as it may be read: enough to answer it with 513. */
export function cutHead(bytes: Buffer, within: ParseLimits): StartAndHeaders | undefined {
  const end = bytes.lastIndexOf('\r\n', within.head);
  if (end < 0) return undefined;
  const read = readHead(bytes, 0, end, within);
  return read.ok ? read.value : read.error.head;
}

/** Reads a whole message from one datagram or WebSocket frame (RFC 3261 section 18.3). */
export function parseDatagram(
  bytes: Buffer,
  limit: number = limits.datagram,
  within: ParseLimits = limits,
): Result<ReadMessage, ParseError> {
  // RFC 3261 section 7.5: line ends before the start line are ignored.
  let start = 0;
  while (bytes[start] === 13 && bytes[start + 1] === 10) start += 2;
  const end = bytes.indexOf('\r\n\r\n', start, 'latin1');
  if (end - start > within.head || (end < 0 && bytes.length > within.head)) {
    return error('too-long', 'headers too long', cutHead(bytes.subarray(start), within));
  }
  if (end < 0) return error('no-head-end', 'no empty line after the headers');
  const head = readHead(bytes, start, end, within);
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
