import type { ReadMessage, SipRequest, SipResponse } from '../parser/message.ts';
import { writeMessage } from '../parser/write.ts';
import type { Flow } from '../transport/flow.ts';
import { bytesOf, Kept } from './kept.ts';
import { stepInviteServer } from './invite-server.ts';
import type { InviteServerEvent, InviteServerState } from './invite-server.ts';
import { startNonInviteServer, stepNonInviteServer } from './non-invite-server.ts';
import type { NonInviteServerEvent, NonInviteServerState } from './non-invite-server.ts';
import { perform, TimerSet } from './runner.ts';
import type { EffectTargets, TransactionSurroundings } from './runner.ts';
import type { Step, TimerName, TimerValues } from './timers.ts';

type Machine =
  { readonly type: 'invite'; state: InviteServerState } | { readonly type: 'other'; state: NonInviteServerState };

const nothing = (): void => {};

/** A place among all transactions. */
export interface TransactionCharge {
  /** Once it is refused it is to be forgotten soon: one of a crowd of strangers. */
  readonly brief: boolean;
  end(): void;
}

/** How much sooner: RFC 3261 section 17.2 wants 64 * T1, but then a crowd would fill the memory for half a minute. */
const briefShare = 1 / 16;

/**
 * One request received, its answers and their repetition. The request is answered over the flow it came by. Once the
 * final answer is out only what a repetition needs is kept, so that memory stays flat at high rates.
 */
export class ServerTransaction {
  readonly key: string;
  readonly flow: Flow;
  readonly #around: TransactionSurroundings;
  readonly #machine: Machine;
  readonly #timers: TimerSet;
  readonly #ended: (transaction: ServerTransaction) => void;
  /** What copies of this request share; kept by the layer. */
  name: string | undefined;
  /** The request this one is a copy of, come by another way. */
  first: ServerTransaction | undefined;
  /** Its place among all transactions; given back at its end. */
  charge: TransactionCharge | undefined;
  /** A final answer of 300 or more was given. */
  refused = false;
  #challenges = false;
  #request: ReadMessage<SipRequest> | undefined;
  /** Called once at the end, for whoever keeps something beside the transaction. */
  onEnd: () => void = nothing;
  #last: Buffer | Kept | undefined;

  constructor(
    key: string,
    request: ReadMessage<SipRequest>,
    flow: Flow,
    around: TransactionSurroundings,
    ended: (transaction: ServerTransaction) => void,
  ) {
    this.key = key;
    this.#request = request;
    this.flow = flow;
    this.#around = around;
    this.#ended = ended;
    this.#machine =
      request.message.method === 'INVITE'
        ? { type: 'invite', state: { type: 'proceeding' } }
        : { type: 'other', state: { type: 'trying' } };
    this.#timers = new TimerSet(around.clock, (timer) => this.#fire(timer));
    if (this.#machine.type === 'other') perform(startNonInviteServer(around.timers), this.#targets(undefined));
  }

  /** The request; only there until its final answer is out, later it is a fault to ask for it. */
  get request(): ReadMessage<SipRequest> {
    if (this.#request === undefined) throw new Error('the request of a completed transaction is not kept');
    return this.#request;
  }

  /** True until a final answer was given. */
  get open(): boolean {
    const { type } = this.#machine.state;
    return type === 'trying' || type === 'proceeding';
  }

  /** True after a 2xx to INVITE. */
  get accepted(): boolean {
    return this.#machine.state.type === 'accepted';
  }

  /** Sends an answer; returns its bytes. */
  respond(response: SipResponse): Buffer {
    const bytes = writeMessage(response);
    this.refused ||= response.status >= 300;
    this.#challenges ||= response.status === 401 || response.status === 407;
    this.#step({ type: 'respond', status: response.status }, bytes);
    if (!this.open) this.#shrink();
    return bytes;
  }

  /** The same request came again. */
  repeated(): void {
    this.#step({ type: 'request' });
  }

  /** Sends the last answer once more; for reliable provisional ones. */
  repeat(): void {
    if (this.open && this.#last !== undefined) this.#way().send(bytesOf(this.#last));
  }

  /** An ACK came with this INVITE's branch: true when it was for a non-2xx answer and is thereby consumed. */
  acknowledged(): boolean {
    if (this.#machine.type !== 'invite') return true;
    if (this.#machine.state.type === 'accepted') return false;
    this.#step({ type: 'ack' });
    return true;
  }

  /** The connection the request came by, or a new one when that is closed. */
  #way(): Flow {
    if (this.flow.open || this.#request === undefined) return this.flow;
    return this.#around.reopen?.(this.flow, this.#request.via) ?? this.flow;
  }

  /** Stops without a word; for shutting down. */
  stop(): void {
    this.#timers.clear();
  }

  #shrink(): void {
    this.#request = undefined;
    this.first = undefined;
    // The dialog repeats a 2xx to INVITE; here nothing is said any more (RFC 6026 section 7.1).
    if (this.accepted) this.#last = undefined;
    else this.#last &&= Kept.of(this.#last);
  }

  #fire(timer: TimerName): void {
    if (timer === 'G' || timer === 'H' || timer === 'I' || timer === 'L') this.#step({ type: 'timer', timer });
    else if (timer === 'J') this.#step({ type: 'timer', timer });
  }

  #step(event: InviteServerEvent | NonInviteServerEvent, bytes?: Buffer): void {
    const machine = this.#machine;
    const targets = this.#targets(bytes);
    const timers = this.#timerValues();
    if (machine.type === 'invite') {
      if (event.type === 'timer' && event.timer === 'J') return;
      // RFC 3261 section 26.3.2.4: a challenge goes out once, or whoever claims another's address has us flood that one.
      const once = this.flow.reliable || this.#challenges;
      const step: Step<InviteServerState> = stepInviteServer(machine.state, event, timers, once);
      machine.state = step.state;
      perform(step, targets);
      return;
    }
    if (event.type === 'ack' || (event.type === 'timer' && event.timer !== 'J')) return;
    const step = stepNonInviteServer(machine.state, event, timers, this.flow.reliable);
    machine.state = step.state;
    perform(step, targets);
  }

  #timerValues(): TimerValues {
    const { timers } = this.#around;
    return this.refused && this.charge?.brief === true ? { ...timers, t1: timers.t1 * briefShare } : timers;
  }

  #targets(bytes: Buffer | undefined): EffectTargets {
    return {
      flow: this.flow,
      timers: this.#timers,
      transmit: () => {
        if (bytes === undefined) return;
        this.#last = bytes;
        this.#way().send(bytes, () => this.#step({ type: 'transport-failed' }));
      },
      retransmit: () => {
        if (this.#last !== undefined) this.#way().send(bytesOf(this.#last));
      },
      passUp: () => {},
      acknowledge: () => {},
      failed: () => {},
      end: () => {
        this.#timers.clear();
        this.#ended(this);
        this.onEnd();
        this.onEnd = nothing;
      },
    };
  }
}
