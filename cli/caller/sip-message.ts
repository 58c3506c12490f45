/**
 * The little of RFC 3261 that a caller must read and write. Hand-written and linear; what it cannot read is `undefined`,
 * never a throw, because it comes from the wire.
 */

/** One header line, its name as it is written on the wire. */
export interface SipHeader {
  readonly name: string;
  readonly value: string;
}

export interface SipRequest {
  readonly type: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly SipHeader[];
  readonly body: string;
}

export interface SipResponse {
  readonly type: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly SipHeader[];
  readonly body: string;
}

export type SipMessage = SipRequest | SipResponse;

/** Compact forms (RFC 3261 section 7.3.3) of the headers a caller looks at. */
const compactForms: Readonly<Record<string, string>> = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  c: 'content-type',
  l: 'content-length',
};

function canonical(name: string): string {
  const lower = name.toLowerCase();
  return compactForms[lower] ?? lower;
}

/** Every value of a header, in order; comma-separated lists are not split. */
export function headerValues(message: SipMessage, name: string): string[] {
  const wanted = canonical(name);
  return message.headers.filter((header) => canonical(header.name) === wanted).map((header) => header.value);
}

/** The first value of a header. */
export function headerValue(message: SipMessage, name: string): string | undefined {
  return headerValues(message, name)[0];
}

/** Number and method of the CSeq header. */
export function cseqOf(message: SipMessage): { readonly number: number; readonly method: string } | undefined {
  const found = /^(\d{1,10})\s+(\S+)$/.exec(headerValue(message, 'CSeq') ?? '');
  return found?.[1] === undefined || found[2] === undefined
    ? undefined
    : { number: Number(found[1]), method: found[2].toUpperCase() };
}

/** The tag of a From or To value. */
export function tagOf(value: string | undefined): string | undefined {
  const afterAddress = (value ?? '').replace(/^[^<]*<[^>]*>/, '');
  return /;\s*tag\s*=\s*([^;\s,]+)/i.exec(afterAddress)?.[1];
}

/** The URI of a name-addr or addr-spec (RFC 3261 section 20.10). */
export function uriOf(value: string): string {
  const inAngles = /<([^>]*)>/.exec(value)?.[1];
  return inAngles ?? (value.split(';')[0] ?? '').trim();
}

/** Splits a list header at the commas that are outside quotes and angle brackets. */
export function splitList(value: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let inAngles = false;
  let part = '';
  for (const char of value) {
    if (char === '"') quoted = !quoted;
    else if (!quoted && char === '<') inAngles = true;
    else if (!quoted && char === '>') inAngles = false;
    if (char === ',' && !quoted && !inAngles) {
      parts.push(part.trim());
      part = '';
    } else part += char;
  }
  parts.push(part.trim());
  return parts.filter((each) => each !== '');
}

/** Host and port that a SIP URI points to; the port is 5060 unless it is named. */
export function hostOf(uri: string): { readonly host: string; readonly port: number } | undefined {
  const found = /^sips?:(?:[^@]*@)?(\[[0-9a-fA-F:]+\]|[^;:?>\s]+)(?::(\d{1,5}))?/i.exec(uri);
  if (found?.[1] === undefined) return undefined;
  return { host: found[1].replace(/^\[|\]$/g, ''), port: found[2] === undefined ? 5060 : Number(found[2]) };
}

/** A message as it goes out, Content-Length included. */
export function writeMessage(message: SipMessage): Buffer {
  const start =
    message.type === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${String(message.status)} ${message.reason}`;
  const lines = message.headers.map((header) => `${header.name}: ${header.value}`);
  const length = `Content-Length: ${String(Buffer.byteLength(message.body))}`;
  return Buffer.from([start, ...lines, length, '', message.body].join('\r\n'));
}

function parseHeaders(lines: readonly string[]): SipHeader[] | undefined {
  const headers: { name: string; value: string }[] = [];
  for (const line of lines) {
    const last = headers.at(-1);
    if (/^[ \t]/.test(line) && last !== undefined) {
      last.value = `${last.value} ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0) return undefined;
    headers.push({ name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() });
  }
  return headers;
}

function parseHead(head: string, body: string): SipMessage | undefined {
  const [start = '', ...rest] = head.split('\r\n');
  const headers = parseHeaders(rest);
  if (headers === undefined) return undefined;
  const response = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i.exec(start);
  if (response !== null)
    return { type: 'response', status: Number(response[1]), reason: response[2] ?? '', headers, body };
  const request = /^([A-Za-z]+) (\S+) SIP\/2\.0$/i.exec(start);
  if (request?.[1] === undefined || request[2] === undefined) return undefined;
  return { type: 'request', method: request[1].toUpperCase(), uri: request[2], headers, body };
}

/** Reads one datagram. `undefined`: not SIP (a keep-alive, or garbage). */
export function parseMessage(bytes: Buffer): SipMessage | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const message = parseHead(bytes.toString('utf8', 0, end), '');
  if (message === undefined) return undefined;
  const stated = contentLength(message) ?? bytes.length;
  return { ...message, body: bytes.toString('utf8', end + 4, Math.min(bytes.length, end + 4 + stated)) };
}

function contentLength(message: SipMessage): number | undefined {
  const value = headerValue(message, 'Content-Length');
  return value !== undefined && /^\d{1,7}$/.test(value) ? Number(value) : undefined;
}

/** The most that is kept of a stream that never completes a message. */
const longestMessage = 65_536;

/** Cuts a TCP byte stream into messages by Content-Length (RFC 3261 section 18.3); keep-alive CRLFs are skipped. */
export class SipStream {
  #kept = Buffer.alloc(0);

  /** Takes more bytes; returns the messages they complete, or `broken` when the stream cannot be read on. */
  push(bytes: Buffer): SipMessage[] | 'broken' {
    this.#kept = Buffer.concat([this.#kept, bytes]);
    const messages: SipMessage[] = [];
    for (;;) {
      const next = this.#take();
      if (next === 'broken') return 'broken';
      if (next === undefined) return messages;
      messages.push(next);
    }
  }

  #take(): SipMessage | 'broken' | undefined {
    let start = 0;
    while (this.#kept[start] === 13 || this.#kept[start] === 10) start++;
    this.#kept = this.#kept.subarray(start);
    const end = this.#kept.indexOf('\r\n\r\n');
    if (end < 0) return this.#kept.length > longestMessage ? 'broken' : undefined;
    const head = parseHead(this.#kept.toString('utf8', 0, end), '');
    if (head === undefined) return 'broken';
    const length = contentLength(head) ?? 0;
    if (length > longestMessage) return 'broken';
    if (this.#kept.length < end + 4 + length) return undefined;
    const body = this.#kept.toString('utf8', end + 4, end + 4 + length);
    this.#kept = this.#kept.subarray(end + 4 + length);
    return { ...head, body };
  }
}
