import { isBlank, isToken, readNumber, trimmed } from './characters.ts';
import { readTag } from './name-addr.ts';
import type { Via } from './via.ts';

/** One header line: canonical long name (unknown names as they came), value unfolded and trimmed. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

export interface SipRequest {
  readonly type: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

export interface SipResponse {
  readonly type: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

/** What every part needs of a message, read once when it arrives. */
export interface Essentials {
  readonly callId: string;
  readonly fromTag: string;
  readonly toTag: string | undefined;
  readonly cseq: number;
  readonly cseqMethod: string;
  /** The topmost Via. */
  readonly via: Via;
}

/** A message with its essentials. */
export interface ReadMessage<M extends SipMessage = SipMessage> extends Essentials {
  readonly message: M;
}

/** The first value of a header by its canonical name; undefined when absent. */
export function headerOf(message: { readonly headers: readonly Header[] }, name: string): string | undefined {
  for (const header of message.headers) if (header.name === name) return header.value;
  return undefined;
}

/** Every line of a header by its canonical name, in order. */
export function headersOf(message: { readonly headers: readonly Header[] }, name: string): string[] {
  const values: string[] = [];
  for (const header of message.headers) if (header.name === name) values.push(header.value);
  return values;
}

/** The tag of a From or To value; undefined when absent or empty. */
export function tagOf(value: string): string | undefined {
  const tag = readTag(value);
  return tag === '' ? undefined : tag;
}

/** Reads `314159 INVITE`; undefined when malformed or beyond 2^31 (RFC 3261 section 8.1.1.5). */
export function parseCseq(value: string): { readonly number: number; readonly method: string } | undefined {
  let end = 0;
  while (end < value.length && !isBlank(value.charCodeAt(end))) end++;
  const number = readNumber(value.slice(0, end));
  const method = trimmed(value, end);
  return number === undefined || number >= 2 ** 31 || !isToken(method) ? undefined : { number, method };
}
