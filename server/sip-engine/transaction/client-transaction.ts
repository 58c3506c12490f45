import type { ReadMessage, SipRequest, SipResponse } from '../parser/message.ts';
import { headerOf, headersOf } from '../parser/message.ts';
import { limits, parseDatagram } from '../parser/parse.ts';
import { writeMessage } from '../parser/write.ts';
import type { Flow } from '../transport/flow.ts';
import { bytesOf, Kept } from './kept.ts';
import { startInviteClient, stepInviteClient } from './invite-client.ts';
import type { InviteClientEvent, InviteClientState } from './invite-client.ts';
import { startNonInviteClient, stepNonInviteClient } from './non-invite-client.ts';
import type { NonInviteClientEvent, NonInviteClientState } from './non-invite-client.ts';
import { perform, TimerSet } from './runner.ts';
import type { EffectTargets, TransactionSurroundings } from './runner.ts';
import type { Step, TimerName, TimerValues } from './timers.ts';

type Machine =
  { readonly type: 'invite'; state: InviteClientState } | { readonly type: 'other'; state: NonInviteClientState };

/** What the user of a client transaction hears. Nothing is said after `failed` or `ended`. */
export interface ClientTransactionUser {
  response(response: ReadMessage<SipResponse>, flow: Flow): void;
  failed(reason: 'timeout' | 'transport'): void;
  ended?(): void;
}

const nobody: ClientTransactionUser = { response: () => {}, failed: () => {} };

/**
 * One request sent, its repetition, its answers. The ACK of a non-2xx answer is made here (RFC 3261 section 17.1.1.3). Once
 * its final answer came the request is kept as bytes only, so that memory stays flat at high rates.
 */
export class ClientTransaction {
  readonly branch: string;
  readonly flow: Flow;
  readonly #around: TransactionSurroundings;
  #user: ClientTransactionUser;
  #request: SipRequest | undefined;
  readonly #machine: Machine;
  readonly #timers: TimerSet;
  readonly #ended: (key: string) => void;
  readonly #method: string;
  #ack: Buffer | Kept | undefined;
  #bytes: Buffer | Kept;

  constructor(
    branch: string,
    request: SipRequest,
    flow: Flow,
    user: ClientTransactionUser,
    around: TransactionSurroundings,
    ended: (key: string) => void,
  ) {
    this.branch = branch;
    this.#request = request;
    this.#method = request.method;
    this.flow = flow;
    this.#bytes = writeMessage(request);
    this.#around = around;
    this.#user = user;
    this.#ended = ended;
    this.#machine =
      request.method === 'INVITE'
        ? { type: 'invite', state: { type: 'calling', interval: around.timers.t1 } }
        : { type: 'other', state: { type: 'trying', interval: around.timers.t1 } };
    this.#timers = new TimerSet(around.clock, (timer) => this.#fire(timer));
  }

  /** The request on the wire. */
  get bytes(): Buffer {
    return bytesOf(this.#bytes);
  }

  /** The request as it was sent; read again from its bytes once the transaction is completed. */
  get request(): SipRequest {
    if (this.#request !== undefined) return this.#request;
    const read = parseDatagram(this.bytes, limits.stream);
    if (!read.ok || read.value.message.type !== 'request') throw new Error('a request of ours cannot be read');
    return read.value.message;
  }

  /** Sends the request. */
  start(): void {
    const { timers } = this.#around;
    const start = this.#machine.type === 'invite' ? startInviteClient : startNonInviteClient;
    this.flow.send(this.bytes, () => this.#step({ type: 'transport-failed' }));
    perform<InviteClientState | NonInviteClientState>(start(timers, this.flow.reliable), this.#targets(undefined));
  }

  /** An INVITE of before, which somebody has answered provisionally: waits for its final answer, sends nothing. */
  takeUp(): void {
    if (this.#machine.type === 'invite') this.#machine.state = { type: 'proceeding' };
  }

  /** True until a final answer or failure. */
  get open(): boolean {
    const { type } = this.#machine.state;
    return type === 'calling' || type === 'trying' || type === 'proceeding';
  }

  /** True once a provisional answer came, so that an INVITE may be cancelled (RFC 3261 section 9.1). */
  get proceeding(): boolean {
    return this.#machine.state.type === 'proceeding';
  }

  /** A response with this transaction's branch came. */
  receive(response: ReadMessage<SipResponse>, flow: Flow): void {
    this.#step({ type: 'response', status: response.message.status }, response, flow);
  }

  /** The flow was lost; same as a failed send. */
  transportFailed(): void {
    this.#step({ type: 'transport-failed' });
  }

  /** The request cannot be sent at all: fails in the next turn of the loop. */
  unsendable(): void {
    setImmediate(() => this.#step({ type: 'transport-failed' }));
  }

  /** Gives up waiting for a final answer: fails as if the time were over. */
  abandon(): void {
    if (this.#machine.type === 'invite') this.#step({ type: 'abandoned' });
  }

  /** True while nothing at all has come back. */
  get silent(): boolean {
    const { type } = this.#machine.state;
    return type === 'calling' || type === 'trying';
  }

  /** Waits no longer: fails as if the time were over. */
  giveUp(): void {
    this.#step(this.#machine.type === 'invite' ? { type: 'abandoned' } : { type: 'timer', timer: 'F' });
  }

  /** Stops without a word; for shutting down. */
  stop(): void {
    this.#timers.clear();
  }

  #fire(timer: TimerName): void {
    if (timer === 'A' || timer === 'B' || timer === 'D' || timer === 'M') this.#step({ type: 'timer', timer });
    else if (timer === 'E' || timer === 'F' || timer === 'K') this.#step({ type: 'timer', timer });
  }

  #step(event: InviteClientEvent | NonInviteClientEvent, response?: ReadMessage<SipResponse>, flow?: Flow): void {
    const machine = this.#machine;
    const targets = this.#targets(response, flow);
    const { timers } = this.#around;
    this.#take(machine, event, targets, timers);
    if (!this.open) this.#shrink();
  }

  #shrink(): void {
    this.#request = undefined;
    this.#bytes = Kept.of(this.#bytes);
    this.#ack &&= Kept.of(this.#ack);
    // What is left of a request that is not INVITE only soaks up repetitions.
    const { type } = this.#machine.state;
    if (type === 'terminated') this.#user = nobody;
  }

  #take(
    machine: Machine,
    event: InviteClientEvent | NonInviteClientEvent,
    targets: EffectTargets,
    timers: TimerValues,
  ): void {
    if (machine.type === 'invite') {
      if (!isInviteEvent(event)) return;
      const step: Step<InviteClientState> = stepInviteClient(machine.state, event, timers, this.flow.reliable);
      machine.state = step.state;
      perform(step, targets);
      return;
    }
    if (!isOtherEvent(event)) return;
    const step: Step<NonInviteClientState> = stepNonInviteClient(machine.state, event, timers, this.flow.reliable);
    machine.state = step.state;
    perform(step, targets);
  }

  #targets(response: ReadMessage<SipResponse> | undefined, flow = this.flow): EffectTargets {
    return {
      flow: this.flow,
      timers: this.#timers,
      transmit: () => {},
      retransmit: () => this.flow.send(this.bytes, () => this.#step({ type: 'transport-failed' })),
      passUp: () => {
        if (response !== undefined) this.#user.response(response, flow);
      },
      acknowledge: () => {
        if (this.#ack === undefined && response !== undefined) {
          this.#ack = writeMessage(makeFailureAck(this.request, response.message));
        }
        if (this.#ack !== undefined) this.flow.send(bytesOf(this.#ack));
      },
      failed: (reason) => this.#user.failed(reason),
      end: () => {
        this.#timers.clear();
        this.#ended(`${this.branch} ${this.#method}`);
        this.#user.ended?.();
      },
    };
  }
}

type AnyEvent = InviteClientEvent | NonInviteClientEvent;

function isInviteEvent(event: AnyEvent): event is InviteClientEvent {
  return event.type !== 'timer' || (event.timer !== 'E' && event.timer !== 'F' && event.timer !== 'K');
}

function isOtherEvent(event: AnyEvent): event is NonInviteClientEvent {
  if (event.type === 'abandoned') return false;
  return event.type !== 'timer' || event.timer === 'E' || event.timer === 'F' || event.timer === 'K';
}

/** The ACK for a non-2xx answer: same branch, the answer's To, the request's Route (RFC 3261 section 17.1.1.3). */
export function makeFailureAck(request: SipRequest, response: SipResponse): SipRequest {
  const via = headerOf(request, 'Via') ?? '';
  const cseq = (headerOf(request, 'CSeq') ?? '').split(' ')[0] ?? '';
  return {
    type: 'request',
    method: 'ACK',
    uri: request.uri,
    headers: [
      { name: 'Via', value: via },
      ...headersOf(request, 'Route').map((value) => ({ name: 'Route', value })),
      { name: 'Max-Forwards', value: '70' },
      { name: 'From', value: headerOf(request, 'From') ?? '' },
      { name: 'To', value: headerOf(response, 'To') ?? headerOf(request, 'To') ?? '' },
      { name: 'Call-ID', value: headerOf(request, 'Call-ID') ?? '' },
      { name: 'CSeq', value: `${cseq} ACK` },
    ],
    body: Buffer.alloc(0),
  };
}
