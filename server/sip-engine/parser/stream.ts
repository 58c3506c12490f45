import { ByteStore } from './byte-store.ts';
import { contentLength, cutHead, finishMessage, limits, readHead } from './parse.ts';
import type { ParseError, ParseLimits, StartAndHeaders } from './parse.ts';
import type { ReadMessage } from './message.ts';

/** What comes out of a byte stream; `raw`: head and body as they came. After `broken` nothing more can be read: the stream must be closed. */
export type StreamEvent =
  | { readonly type: 'message'; readonly read: ReadMessage; readonly raw: readonly Buffer[] }
  | { readonly type: 'malformed'; readonly error: ParseError; readonly raw: readonly Buffer[] }
  | { readonly type: 'ping' }
  | { readonly type: 'broken'; readonly error: ParseError };

const cr = 13;
const lf = 10;

/** A head whose body is not there yet. */
interface Pending {
  readonly raw: Buffer;
  readonly head: StartAndHeaders;
  readonly problem: ParseError | undefined;
  readonly length: number;
}

/**
 * Cuts a TCP stream into messages by Content-Length (RFC 3261 section 18.3) and finds CRLF CRLF keep-alives between
 * them (RFC 5626 section 3.5.1). Bytes already searched are not searched again.
 */
export class StreamReader {
  readonly #bytes = new ByteStore();
  readonly #within: ParseLimits;
  #searched = 0;
  #pending: Pending | undefined;
  #broken = false;

  constructor(within: ParseLimits = limits) {
    this.#within = within;
  }

  /** Takes the next bytes and returns what they complete, in order. */
  push(chunk: Buffer): StreamEvent[] {
    const events: StreamEvent[] = [];
    if (this.#broken) return events;
    this.#bytes.append(chunk);
    for (let more = true; more && !this.#broken;) {
      more = this.#pending === undefined ? this.#readHead(events) : this.#readBody(this.#pending, events);
    }
    return events;
  }

  #break(events: StreamEvent[], error: ParseError): false {
    this.#broken = true;
    this.#bytes.clear();
    events.push({ type: 'broken', error });
    return false;
  }

  /** Leading line ends are keep-alives: two of them ask for an answer, fewer are skipped (RFC 3261 section 7.5). */
  #skipLineEnds(events: StreamEvent[]): void {
    const bytes = this.#bytes.view();
    let at = 0;
    while (bytes[at] === cr && bytes[at + 1] === lf) {
      if (bytes[at + 2] === cr && bytes[at + 3] === lf) {
        events.push({ type: 'ping' });
        at += 4;
      } else if (bytes.length - at < 4) break;
      else at += 2;
    }
    this.#bytes.take(at);
  }

  #readHead(events: StreamEvent[]): boolean {
    if (this.#searched === 0) this.#skipLineEnds(events);
    const bytes = this.#bytes.view();
    if (bytes.length === 0 || (bytes[0] === cr && bytes.length < 4)) return false;
    const end = bytes.indexOf('\r\n\r\n', Math.max(0, this.#searched - 3), 'latin1');
    const { head: most, stream } = this.#within;
    if (end > most || (end < 0 && bytes.length > most)) {
      return this.#break(events, tooLong('headers too long', cutHead(bytes, this.#within)));
    }
    this.#searched = bytes.length;
    if (end < 0) return false;
    const parsed = readHead(bytes, 0, end, this.#within);
    const raw = this.#bytes.take(end + 4);
    this.#searched = 0;
    const head = parsed.ok ? parsed.value : parsed.error.head;
    if (head === undefined) return this.#break(events, parsed.ok ? unframed() : parsed.error);
    // Without a readable length the next message cannot be found, so the stream is lost (RFC 3261 section 18.3).
    const length = contentLength(head);
    if (length === 'bad' || length === undefined) {
      return this.#break(events, parsed.ok ? unframed(head) : parsed.error);
    }
    if (end + 4 + length > stream) return this.#break(events, tooLong(`longer than ${stream} bytes`, head));
    this.#pending = { raw, head, problem: parsed.ok ? undefined : parsed.error, length };
    return true;
  }

  #readBody({ raw: rawHead, head, problem, length }: Pending, events: StreamEvent[]): boolean {
    if (this.#bytes.length < length) return false;
    const body = this.#bytes.take(length);
    this.#pending = undefined;
    const raw = length === 0 ? [rawHead] : [rawHead, body];
    if (problem !== undefined) events.push({ type: 'malformed', error: problem, raw });
    else {
      const read = finishMessage(head, body);
      events.push(read.ok ? { type: 'message', read: read.value, raw } : { type: 'malformed', error: read.error, raw });
    }
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
