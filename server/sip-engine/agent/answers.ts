import { headersOf } from '../parser/message.ts';
import type { Header, SipRequest, SipResponse } from '../parser/message.ts';
import { withTag } from '../parser/name-addr.ts';
import { reasonPhrase } from '../../../protocol/sip-statuses.ts';

/** What an answer has beside what it copies from its request. */
export interface AnswerFacts {
  readonly status: number;
  readonly reason?: string;
  /** The local tag; none on 100 and on requests that carry it already. */
  readonly toTag?: string | undefined;
  readonly headers?: readonly Header[];
  readonly body?: Buffer;
}

/** An answer to a request, RFC 3261 section 8.2.6; Record-Route is copied where a dialog may come of it (12.1.1). */
export function makeAnswer(request: SipRequest, facts: AnswerFacts): SipResponse {
  const copy = (name: string): Header[] => headersOf(request, name).map((value) => ({ name, value }));
  const headers: Header[] = copy('Via');
  if (facts.status > 100 && facts.status < 300) headers.push(...copy('Record-Route'));
  headers.push(...copy('From').slice(0, 1));
  for (const to of copy('To').slice(0, 1)) {
    headers.push(facts.toTag === undefined ? to : { name: 'To', value: withTag(to.value, facts.toTag) });
  }
  headers.push(...copy('Call-ID').slice(0, 1), ...copy('CSeq').slice(0, 1));
  if (facts.status === 100) headers.push(...copy('Timestamp').slice(0, 1));
  headers.push(...(facts.headers ?? []));
  return {
    type: 'response',
    status: facts.status,
    reason: facts.reason ?? reasonPhrase(facts.status),
    headers,
    body: facts.body ?? Buffer.alloc(0),
  };
}

/** An answer made here, as if it had come from the network: the peer cannot be reached or said nothing. */
export function makeLocalAnswer(request: SipRequest, status: number, toTag: string | undefined): SipResponse {
  return makeAnswer(request, { status, toTag });
}
