import { receivedHeaderName } from './header-names.ts';
import { contentLength, cutHead, finishMessage, limits, parseHead } from './parse.ts';
import type { ParseError, ParseLimits, StartAndHeaders } from './parse.ts';
import type { ReadMessage } from './message.ts';

/** What comes out of a byte stream. After `broken` nothing more can be read: the stream must be closed. */
export type StreamEvent =
  | { readonly type: 'message'; readonly read: ReadMessage }
  | { readonly type: 'malformed'; readonly error: ParseError }
  | { readonly type: 'ping' }
  | { readonly type: 'broken'; readonly error: ParseError };

const cr = 13;
const lf = 10;

/**
 * Cuts a TCP stream into messages by Content-Length (RFC 3261 section 18.3) and finds CRLF CRLF keep-alives between
 * them (RFC 5626 section 3.5.1). Bytes already searched are not searched again.
 */
export class StreamReader {
  #bytes: Buffer = Buffer.alloc(0);
  /** Parts of a body still incomplete: joined once, when it is whole. */
  #parts: Buffer[] = [];
  #partsSize = 0;
  #searched = 0;
  #head: StartAndHeaders | undefined;
  #problem: ParseError | undefined;
  #length = 0;
  #broken = false;
  readonly #within: ParseLimits;

  constructor(within: ParseLimits = limits) {
    this.#within = within;
  }

  /** Takes the next bytes and returns what they complete, in order. */
  push(chunk: Buffer): StreamEvent[] {
    const events: StreamEvent[] = [];
    if (this.#broken) return events;
    this.#parts.push(chunk);
    this.#partsSize += chunk.length;
    if (this.#head !== undefined && this.#bytes.length + this.#partsSize < this.#length) return events;
    const whole = this.#bytes.length === 0 && this.#parts.length === 1;
    this.#bytes = whole ? chunk : Buffer.concat([this.#bytes, ...this.#parts]);
    this.#parts = [];
    this.#partsSize = 0;
    for (let more = true; more && !this.#broken;) {
      more = this.#head === undefined ? this.#readHead(events) : this.#readBody(events);
    }
    return events;
  }

  #break(events: StreamEvent[], error: ParseError): false {
    this.#broken = true;
    this.#bytes = Buffer.alloc(0);
    events.push({ type: 'broken', error });
    return false;
  }

  /** Leading line ends are keep-alives: two of them ask for an answer, fewer are skipped (RFC 3261 section 7.5). */
  #skipLineEnds(events: StreamEvent[]): void {
    let at = 0;
    while (this.#bytes[at] === cr && this.#bytes[at + 1] === lf) {
      if (this.#bytes[at + 2] === cr && this.#bytes[at + 3] === lf) {
        events.push({ type: 'ping' });
        at += 4;
      } else if (this.#bytes.length - at < 4) break;
      else at += 2;
    }
    if (at > 0) this.#bytes = this.#bytes.subarray(at);
  }

  #readHead(events: StreamEvent[]): boolean {
    if (this.#searched === 0) this.#skipLineEnds(events);
    if (this.#bytes.length === 0 || (this.#bytes[0] === cr && this.#bytes.length < 4)) return false;
    const end = this.#bytes.indexOf('\r\n\r\n', Math.max(0, this.#searched - 3));
    const { head: most, headers, stream } = this.#within;
    if (end > most || (end < 0 && this.#bytes.length > most)) {
      const request = cutHead(this.#bytes, this.#within);
      return this.#break(events, tooLong('headers too long', request));
    }
    this.#searched = this.#bytes.length;
    if (end < 0) return false;
    const parsed = parseHead(this.#bytes.toString('utf8', 0, end), { named: receivedHeaderName, headers });
    this.#bytes = this.#bytes.subarray(end + 4);
    this.#searched = 0;
    const head = parsed.ok ? parsed.value : parsed.error.head;
    if (head === undefined) return this.#break(events, parsed.ok ? unframed() : parsed.error);
    // Without a readable length the next message cannot be found, so the stream is lost (RFC 3261 section 18.3).
    const length = contentLength(head);
    if (length === 'bad' || length === undefined) {
      return this.#break(events, parsed.ok ? unframed(head) : parsed.error);
    }
    if (end + 4 + length > stream) return this.#break(events, tooLong(`longer than ${stream} bytes`, head));
    this.#head = head;
    this.#problem = parsed.ok ? undefined : parsed.error;
    this.#length = length;
    return true;
  }

  #readBody(events: StreamEvent[]): boolean {
    if (this.#head === undefined || this.#bytes.length < this.#length) return false;
    const body = this.#bytes.subarray(0, this.#length);
    this.#bytes = this.#bytes.subarray(this.#length);
    const read = this.#problem === undefined ? finishMessage(this.#head, body) : undefined;
    this.#head = undefined;
    if (read?.ok === true) events.push({ type: 'message', read: read.value });
    else events.push({ type: 'malformed', error: read?.error ?? this.#problem ?? unframed() });
    return this.#bytes.length > 0;
  }
}

function tooLong(detail: string, head: StartAndHeaders | undefined): ParseError {
  const error = { code: 'too-long', retryable: false, detail } as const;
  return head === undefined ? error : { ...error, head };
}

function unframed(head?: StartAndHeaders): ParseError {
  const error = { code: 'content-length', retryable: false, detail: 'no readable Content-Length' } as const;
  return head === undefined ? error : { ...error, head };
}
