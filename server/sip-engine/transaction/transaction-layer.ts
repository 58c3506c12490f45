import type { ReadMessage, SipRequest, SipResponse } from '../parser/message.ts';
import type { Flow } from '../transport/flow.ts';
import { ClientTransaction } from './client-transaction.ts';
import type { ClientTransactionUser } from './client-transaction.ts';
import { ServerTransaction } from './server-transaction.ts';
import type { TransactionCharge } from './server-transaction.ts';
import type { TransactionSurroundings } from './runner.ts';

/** RFC 3261 section 8.1.1.7: a branch that starts like this is unique by itself. */
export const magicCookie = 'z9hG4bK';

/** What the transaction user hears of requests. */
export interface TransactionUser {
  /** Whether a request that belongs to no transaction gets one; undefined: it does not, and is answered or not already. */
  admit?(request: ReadMessage<SipRequest>, flow: Flow): TransactionCharge | undefined;
  /** A request seen for the first time, in a transaction of its own. Never an ACK. */
  request(transaction: ServerTransaction): void;
  /** An ACK that no transaction consumed: one for a 2xx, or a stray. */
  ack(request: ReadMessage<SipRequest>, flow: Flow): void;
  /** A 2xx to INVITE whose transaction is gone: it still wants an ACK (RFC 3261 section 13.2.2.4). */
  strayResponse(response: ReadMessage<SipResponse>, flow: Flow): void;
}

/** True when its branch is not unique by itself: a peer of RFC 2543, or one that put the bare cookie there. */
export function isOldStyle(read: ReadMessage): boolean {
  const branch = read.via.parameters.get('branch') ?? '';
  return !branch.startsWith(magicCookie) || branch.length === magicCookie.length;
}

/** RFC 3261 section 17.2.3: which server transaction a request belongs to; `method` INVITE for an ACK or CANCEL. */
export function serverKey(read: ReadMessage<SipRequest>, method: string): string {
  if (!isOldStyle(read)) {
    const branch = read.via.parameters.get('branch') ?? '';
    return `${branch} ${read.via.host}:${read.via.port ?? 0} ${method}`;
  }
  // RFC 2543 peers: the request itself is the key. An ACK bears our tag, its INVITE does not, so To is left out.
  return `${read.message.uri} ${read.callId} ${read.fromTag} ${read.cseq} ${read.via.host}:${read.via.port ?? 0} ${method}`;
}

/** The same text in memory of its own: a part of a message's text would keep all of that text alive. */
function unshared(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/** Matches messages to transactions and keeps those alive. */
export class TransactionLayer {
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #around: TransactionSurroundings;
  readonly #user: TransactionUser;

  /** The first transaction of each request outside of dialogs, by what its copies share. */
  readonly #first = new Map<string, ServerTransaction>();
  readonly #serverEnded = (transaction: ServerTransaction): void => {
    this.#servers.delete(transaction.key);
    transaction.charge?.end();
    const { name } = transaction;
    if (name !== undefined && this.#first.get(name) === transaction) this.#first.delete(name);
  };
  readonly #clientEnded = (key: string): void => void this.#clients.delete(key);

  constructor(around: TransactionSurroundings, user: TransactionUser) {
    this.#around = around;
    this.#user = user;
  }

  /** How many transactions are held, for metrics and leak tests. */
  get size(): { readonly server: number; readonly client: number } {
    return { server: this.#servers.size, client: this.#clients.size };
  }

  /** Takes a request from the network. */
  receiveRequest(read: ReadMessage<SipRequest>, flow: Flow): void {
    const { method } = read.message;
    if (method === 'ACK') {
      const invite = this.#servers.get(serverKey(read, 'INVITE'));
      if (invite?.acknowledged() !== true) this.#user.ack(read, flow);
      return;
    }
    const key = serverKey(read, method);
    const known = this.#servers.get(key);
    if (known !== undefined) {
      known.repeated();
      return;
    }
    const charge = this.#user.admit?.(read, flow);
    if (charge === undefined && this.#user.admit !== undefined) return;
    const transaction = new ServerTransaction(unshared(key), read, flow, this.#around, this.#serverEnded);
    transaction.charge = charge;
    this.#servers.set(transaction.key, transaction);
    this.#note(read, transaction);
    this.#user.request(transaction);
  }

  /** RFC 3261 section 8.2.2.2: the same request by two ways has two branches, and one From tag, Call-ID and CSeq. */
  #note(read: ReadMessage<SipRequest>, transaction: ServerTransaction): void {
    const { method } = read.message;
    if (read.toTag !== undefined || method === 'CANCEL') return;
    const name = unshared(`${read.callId} ${read.fromTag} ${read.cseq} ${method}`);
    const first = this.#first.get(name);
    // A refused request may be tried again by another way: only one that is under way or was accepted counts.
    if (first !== undefined && !first.refused) {
      transaction.first = first;
      return;
    }
    this.#first.set(name, transaction);
    transaction.name = name;
  }

  /** The INVITE a CANCEL is for; undefined when there is none (RFC 3261 section 9.2). */
  cancelled(cancel: ReadMessage<SipRequest>): ServerTransaction | undefined {
    return this.#servers.get(serverKey(cancel, 'INVITE'));
  }

  /** Takes a response from the network; false when nothing waits for it. */
  receiveResponse(read: ReadMessage<SipResponse>, flow: Flow): boolean {
    const branch = read.via.parameters.get('branch') ?? '';
    const client = this.#clients.get(`${branch} ${read.cseqMethod}`);
    if (client !== undefined) {
      client.receive(read, flow);
      return true;
    }
    if (read.cseqMethod !== 'INVITE' || read.message.status < 200 || read.message.status > 299) return false;
    this.#user.strayResponse(read, flow);
    return true;
  }

  /** Makes a client transaction for a request whose top Via bears `branch`; call `start()` to send it. */
  client(branch: string, request: SipRequest, flow: Flow, user: ClientTransactionUser): ClientTransaction {
    const key = `${branch} ${request.method}`;
    const transaction = new ClientTransaction(branch, request, flow, user, this.#around, this.#clientEnded);
    this.#clients.set(key, transaction);
    return transaction;
  }

  /** The flows of all that is under way. */
  *flows(): Iterable<Flow> {
    for (const server of this.#servers.values()) yield server.flow;
    for (const client of this.#clients.values()) yield client.flow;
  }

  /** Where requests of ours wait for their answers. */
  *clientFlows(): Iterable<Flow> {
    for (const client of this.#clients.values()) yield client.flow;
  }

  /** A connection closed: requests that wait for their first answer over it have failed. */
  flowLost(flow: Flow): void {
    for (const client of [...this.#clients.values()]) if (client.flow === flow) client.transportFailed();
  }

  close(): void {
    for (const server of this.#servers.values()) server.stop();
    for (const client of this.#clients.values()) client.stop();
    this.#servers.clear();
    this.#first.clear();
    this.#clients.clear();
  }
}
