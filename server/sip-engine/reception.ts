import { isIP } from 'node:net';
import type { Logger } from '../../base/logger.ts';
import { makeAnswer } from './agent/answers.ts';
import type { AnswerFacts } from './agent/answers.ts';
import { comeAgain } from './agent/come-again.ts';
import { allow, recognised } from './agent/methods.ts';
import { newTag } from './agent/tags.ts';
import { headerOf, tagOf } from './parser/message.ts';
import type { Header, ReadMessage, SipMessage, SipRequest, SipResponse } from './parser/message.ts';
import { limits, parseDatagram } from './parser/parse.ts';
import type { ParseError, ParseLimits } from './parser/parse.ts';
import { firstVia, noteSource, parseVia, writeVia } from './parser/via.ts';
import { writeMessage } from './parser/write.ts';
import type { TransactionLayer } from './transaction/transaction-layer.ts';
import type { Flow } from './transport/flow.ts';
import { flowText } from './transport/flow.ts';

/** What came in since the start. */
export interface ReceptionCounts {
  requests: number;
  responses: number;
  /** Could not be read; some were answered. */
  malformed: number;
  answered400: number;
  /** Responses nobody waited for. */
  unmatched: number;
}

/** What passes through without a transaction of ours; each says whether it took the message. */
export interface Passing {
  request(read: ReadMessage<SipRequest>, flow: Flow): boolean;
  response(read: ReadMessage<SipResponse>): boolean;
}

/** Where messages enter: parse, note the source in Via, match to a transaction. Nothing that arrives may throw out of here. */
export class Reception {
  readonly counts: ReceptionCounts = { requests: 0, responses: 0, malformed: 0, answered400: 0, unmatched: 0 };
  readonly #transactions: TransactionLayer;
  readonly #log: Logger;
  readonly #within: ParseLimits;
  /** Set before anything arrives. */
  relay: Passing = { request: () => false, response: () => false };

  constructor(transactions: TransactionLayer, log: Logger, within: ParseLimits = limits) {
    this.#transactions = transactions;
    this.#log = log;
    this.#within = within;
  }

  datagram(bytes: Buffer, flow: Flow): void {
    const read = parseDatagram(bytes, flow.reliable ? this.#within.stream : this.#within.datagram, this.#within);
    if (read.ok) this.message(read.value, flow);
    else this.malformed(read.error, flow, bytes.length);
  }

  /** See `#refuse`; a fault of ours while refusing is told, and takes nobody's calls down. */
  malformed(error: ParseError, flow: Flow, size?: number): void {
    try {
      this.#refuse(error, flow, size);
    } catch (err) {
      this.#log.error({ err, code: error.code }, 'a malformed message could not be dealt with');
    }
  }

  message(read: ReadMessage, flow: Flow): void {
    try {
      if (isRequest(read)) this.#request(read, flow);
      else if (isResponse(read)) {
        this.counts.responses++;
        if (this.relay.response(read)) return;
        if (!this.#transactions.receiveResponse(read, flow)) this.counts.unmatched++;
      }
    } catch (err) {
      // One message must never take the engine down; this is a fault of ours and is told as one.
      this.#log.error({ err, callId: read.callId }, 'a message could not be dealt with');
    }
  }

  /**
   * Counts it, and answers it when there is something to answer (RFC 3261 section 21.4.1). Never for an ACK, and never by
   * a datagram much larger than the one of `size` bytes that came: its sender may be somebody else's victim.
   */
  #refuse(error: ParseError, flow: Flow, size = Infinity): void {
    this.counts.malformed++;
    this.#log.debug(
      { code: error.code, detail: error.detail, from: flowText(flow.protocol, flow.remote) },
      'malformed',
    );
    const { head } = error;
    if (head === undefined || head.start.type !== 'request' || head.start.method === 'ACK') return;
    const via = parseVia(firstVia(headerOf(head, 'Via') ?? '').first, 'answerable');
    if (via === undefined) return;
    const request: SipRequest = { ...head.start, headers: head.headers, body: Buffer.alloc(0) };
    const noted = noteRequestSource(request, { via }, flow);
    const toTag = tagOf(headerOf(head, 'To') ?? '') === undefined ? newTag() : undefined;
    const { reason, ...plain } = { ...refusal(error, request.method), toTag };
    const said = reason === undefined ? plain : { ...plain, reason };
    const answers = [said, plain, { status: plain.status, toTag }];
    const most = flow.reliable ? Infinity : largestAnswer(size);
    const answer = answers.map((facts) => writeMessage(makeAnswer(noted, facts))).find(({ length }) => length <= most);
    if (answer === undefined) return;
    this.counts.answered400++;
    answerFlow(flow, via).send(answer);
  }

  /** Answers without a transaction that there is too much to do (RFC 3261 section 21.5.4). */
  busy(request: SipRequest, flow: Flow): void {
    const toTag = tagOf(headerOf(request, 'To') ?? '') === undefined ? newTag() : undefined;
    const headers = [comeAgain(headerOf(request, 'Call-ID') ?? '')];
    flow.send(writeMessage(makeAnswer(request, { status: 503, toTag, headers })));
  }

  #request(read: ReadMessage<SipRequest>, flow: Flow): void {
    this.counts.requests++;
    const message = noteRequestSource(read.message, read, flow);
    const noted = { ...read, message };
    const back = answerFlow(flow, read.via);
    if (!this.relay.request(noted, back)) this.#transactions.receiveRequest(noted, back);
  }
}

/** No request worth an answer is shorter. Bytes. */
const shortestRequest = 150;
/** What an answer has to have beside what it copies: `received`, `rport` and a tag. Bytes. */
const ownShare = 80;

/** How large the answer to a datagram that cannot be read may be. */
function largestAnswer(size: number): number {
  return size < shortestRequest ? size : size + ownShare;
}

/** What a request that cannot be read is answered with. */
function refusal(error: ParseError, method: string): Omit<AnswerFacts, 'toTag'> {
  switch (error.code) {
    case 'version':
      return { status: 505 };
    case 'scheme':
      return { status: 416 };
    case 'too-long':
      return { status: 513, reason: `Message Too Large: ${error.detail}` };
    case 'method-mismatch':
      // RFC 4475 section 3.1.2.18: what is not implemented may be right in a way not known here.
      return recognised.has(method) ? { status: 400, reason: badRequest(error) } : { status: 501, headers: [allow] };
    default:
      return { status: 400, reason: badRequest(error) };
  }
}

function badRequest(error: ParseError): string {
  return `Bad Request: ${error.detail}`;
}

function isRequest(read: ReadMessage): read is ReadMessage<SipRequest> {
  return read.message.type === 'request';
}

function isResponse(read: ReadMessage): read is ReadMessage<Exclude<SipMessage, SipRequest>> {
  return read.message.type === 'response';
}

/** The request with `received` and `rport` noted in its topmost Via (RFC 3261 section 18.2.1, RFC 3581). */
function noteRequestSource(
  request: SipRequest,
  read: { readonly via: NonNullable<ReturnType<typeof parseVia>> },
  flow: Flow,
): SipRequest {
  const noted = writeVia(noteSource(read.via, flow.remote.host, flow.remote.port));
  const headers: Header[] = [];
  let done = false;
  for (const header of request.headers) {
    if (done || header.name !== 'Via') {
      headers.push(header);
      continue;
    }
    done = true;
    const { rest } = firstVia(header.value);
    headers.push({ name: 'Via', value: rest === '' ? noted : `${noted}, ${rest}` });
  }
  return { ...request, headers };
}

/**
 * RFC 3261 section 18.2.2: over UDP without rport, answers go to the sender's address but to the port in its Via. A
 * `maddr` is followed to multicast groups, for which it was made: to any other host it would turn us against a victim.
 */
function answerFlow(
  flow: Flow,
  via: { readonly port: number | undefined; readonly parameters: ReadonlyMap<string, string> },
): Flow {
  const port = via.port ?? 5060;
  const group = via.parameters.get('maddr');
  if (group !== undefined && isMulticast(group) && flow.to !== undefined) return flow.to({ host: group, port });
  if (via.parameters.has('rport') || port === flow.remote.port || flow.to === undefined) return flow;
  return flow.to({ host: flow.remote.host, port });
}

function isMulticast(host: string): boolean {
  if (isIP(host) === 6) return host.toLowerCase().startsWith('ff');
  const first = isIP(host) === 4 ? Number(host.split('.')[0]) : 0;
  return first >= 224 && first <= 239;
}
