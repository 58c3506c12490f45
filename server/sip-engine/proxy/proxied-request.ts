import type { Cancel } from '../../../base/clock.ts';
import { assertNever } from '../../../base/assert-never.ts';
import { makeAnswer } from '../agent/answers.ts';
import { makeCancel } from '../agent/complete.ts';
import { withWays } from '../agent/next-hop.ts';
import type { NextHop } from '../agent/next-hop.ts';
import { sizeOf } from '../agent/retarget.ts';
import { newTag } from '../agent/tags.ts';
import type { Ways } from '../agent/ways.ts';
import { readNumber } from '../parser/characters.ts';
import { headerOf } from '../parser/message.ts';
import type { Header, ReadMessage, SipRequest, SipResponse } from '../parser/message.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import { patience } from '../transaction/timers.ts';
import type { Flow } from '../transport/flow.ts';
import type { EngineContext } from '../agent/context.ts';
import { withChallenges } from './challenges.ts';
import { backwardResponse, redirectTargets } from './forward.ts';
import { newSearch, stepSearch } from './search.ts';
import type { BranchTimer, SearchEffect, SearchEvent, SearchPlan, SearchState } from './search.ts';

/** What a target turns into: the request for it, made once the path is known. */
export interface PreparedTarget {
  readonly hop: NextHop;
  make(flow: Flow): { readonly branch: string; readonly request: SipRequest };
}

/** Everything a proxied request is told from outside. */
export interface ProxyOrder {
  readonly transaction: ServerTransaction;
  /** What is proxied; the transaction keeps it only until it is answered. */
  readonly request: ReadMessage<SipRequest>;
  readonly plan: SearchPlan;
  readonly targets: readonly string[];
  /** How long each timer runs, in milliseconds. */
  readonly times: Readonly<Record<BranchTimer, number>>;
  prepare(target: string, breadth: number): PreparedTarget;
}

/** Whoever wants to know how it goes: the app that asked, CDRs. */
export interface ProxyWatch {
  /** A request went out. */
  sent(request: SipRequest): void;
  /** A response came from this target. */
  came(response: ReadMessage<SipResponse>, target: string): void;
  /** A response went to the caller. */
  answered(response: SipResponse): void;
  /** A final answer that counts: from `flow`, or made here. */
  report(response: SipResponse, flow: Flow | undefined): void;
  /** The search is over; not `ok`: nothing could be sent. */
  done(ok: boolean): void;
  /** Nothing is held any more. */
  ended(): void;
}

/** One target, and the places DNS has for it. */
interface Attempt {
  readonly id: number;
  readonly live: LiveBranch;
  readonly target: string;
  /** Let go of once nothing is tried any more. */
  prepared: PreparedTarget | undefined;
  readonly ways: Ways;
}

interface LiveBranch {
  attempt: Attempt | undefined;
  transaction: ClientTransaction | undefined;
  /** Stops waiting for a place that says nothing. */
  nextWait: Cancel;
  /** `held`: to be cancelled when a provisional answer comes (RFC 3261 section 9.1). */
  cancelling: 'no' | 'held' | 'sent';
  cancelWait: Cancel;
  readonly timers: Map<BranchTimer, Cancel>;
  final: SipResponse | undefined;
}

/** Outside of every function: one made where a branch is would keep all that is known there alive. */
const nothing: Cancel = () => {};
const nobody = { response: () => {}, failed: () => {} };
/** RFC 3326 section 3: a phone that need not ring any more shows no missed call. */
const elsewhere: readonly Header[] = [{ name: 'Reason', value: 'SIP;cause=200;text="Call completed elsewhere"' }];

/** One request being proxied: runs the response context over real transactions. */
export class ProxiedRequest {
  readonly #context: EngineContext;
  readonly #order: Pick<ProxyOrder, 'transaction' | 'plan' | 'times'>;
  /** What only a search needs: after it, and that is for 64 T1, these are most of what a call would keep alive. */
  #sought: Pick<ProxyOrder, 'request' | 'prepare'> | undefined;
  readonly #watch: ProxyWatch;
  readonly #branches: LiveBranch[] = [];
  #state: SearchState;
  #reported = false;
  #live = 0;
  #cancelReason: readonly Header[] = [];

  constructor(context: EngineContext, order: ProxyOrder, watch: ProxyWatch) {
    this.#context = context;
    const { transaction, plan, times } = order;
    this.#order = { transaction, plan, times };
    this.#sought = order;
    this.#watch = watch;
    this.#state = newSearch(order.plan, order.targets);
    order.transaction.onEnd = () => this.#release();
  }

  /** Sends to the first target, or to all. */
  start(): void {
    this.#step({ type: 'began' });
  }

  /** The caller sent CANCEL, perhaps with a Reason, which goes on (RFC 3326 section 2). */
  cancel(reason: readonly Header[]): void {
    this.#cancelReason = reason;
    this.#step({ type: 'cancelled' });
  }

  /** Stops without a word; for shutting down. */
  stop(): void {
    for (const branch of this.#branches) this.#quiet(branch);
  }

  #step(event: SearchEvent, response?: ReadMessage<SipResponse>, flow?: Flow): void {
    const { state, effects } = stepSearch(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect, response, flow);
    if (this.#state.type === 'accepted' || this.#state.type === 'over') this.#settle();
  }

  #settle(): void {
    this.#sought = undefined;
    for (const { attempt } of this.#branches) if (attempt !== undefined) attempt.prepared = undefined;
  }

  #perform(effect: SearchEffect, response: ReadMessage<SipResponse> | undefined, flow: Flow | undefined): void {
    switch (effect.type) {
      case 'try':
        return this.#try(effect.branch, effect.target);
      case 'pass':
        return this.#pass(response?.message);
      case 'report':
        if (response !== undefined) this.#report(response.message, flow);
        return;
      case 'arm':
        return this.#arm(effect.branch, effect.timer);
      case 'disarm':
        return this.#disarm(effect.branch, effect.timer);
      case 'cancel':
        return this.#cancelBranch(effect.branch);
      case 'answer':
        return this.#answer(effect.branch);
      case 'answer-own':
        return this.#answerOwn(effect.status);
      case 'done':
        return this.#watch.done(effect.ok);
      default:
        return assertNever(effect, 'search effect');
    }
  }

  #try(id: number, target: string): void {
    const sought = this.#sought;
    if (sought === undefined) return;
    const live: LiveBranch = {
      attempt: undefined,
      transaction: undefined,
      nextWait: nothing,
      cancelling: 'no',
      cancelWait: nothing,
      timers: new Map(),
      final: undefined,
    };
    this.#branches[id] = live;
    const prepared = sought.prepare(target, Math.max(1, this.#state.branches.length));
    if (prepared.hop.type === 'refused') return this.#later({ type: 'unsendable', branch: id });
    if (prepared.hop.type === 'unreachable') return this.#later({ type: 'failed', branch: id, reason: 'transport' });
    withWays(this.#context, prepared.hop, (ways) => {
      const attempt: Attempt = { id, live, target, prepared, ways };
      live.attempt = attempt;
      if (!this.#sendNext(attempt)) return this.#later({ type: 'failed', branch: id, reason: 'transport' });
    });
  }

  /** Effects of a step must be over before the next event. */
  #later(event: SearchEvent): void {
    setImmediate(() => this.#step(event));
  }

  /** Sends to the next place of a target, RFC 3261 section 16.9; false when there is none, or nobody wants it any more. */
  #sendNext(attempt: Attempt): boolean {
    const { id, live, target, prepared, ways } = attempt;
    const flow = live.cancelling === 'no' ? ways.next() : undefined;
    if (flow === undefined || prepared === undefined) return false;
    const first = live.transaction === undefined;
    const { made, way } = this.#forSize(prepared, flow, ways);
    this.#live++;
    const transaction: ClientTransaction = this.#context.transactions.client(made.branch, made.request, way, {
      response: (read, via) => {
        const { message } = read;
        const current = live.transaction === transaction;
        if (current && message.status === 503 && this.#elsewhere(attempt, headerOf(message, 'Retry-After'))) return;
        this.#came(id, live, target, read, via);
      },
      failed: (reason) => {
        live.cancelWait();
        if (!this.#elsewhere(attempt)) this.#later({ type: 'failed', branch: id, reason });
      },
      ended: () => {
        this.#live--;
        if (live.transaction === transaction) {
          live.cancelWait();
          live.nextWait();
        }
        this.#release();
      },
    });
    live.transaction = transaction;
    if (first) {
      this.#step({ type: 'sent', branch: id });
      this.#watch.sent(made.request);
    }
    transaction.start();
    this.#watchSilence(live, transaction, ways);
    return true;
  }

  /** RFC 3261 section 18.1.1: what is too large for a datagram goes by a connection, if the peer takes one. */
  #forSize(prepared: PreparedTarget, flow: Flow, ways: Ways): { made: ReturnType<PreparedTarget['make']>; way: Flow } {
    const made = prepared.make(flow);
    const { udpRequest } = this.#context.limits;
    const large = flow.protocol === 'udp' && udpRequest > 0 && sizeOf(made.request) > udpRequest;
    const way = large ? ways.byConnection() : undefined;
    return way === undefined ? { made, way: flow } : { made: prepared.make(way), way };
  }

  /** Where there is another place to try, one that says nothing at all is not waited for to the end. */
  #watchSilence(live: LiveBranch, transaction: ClientTransaction, ways: Ways): void {
    const { clock, patience: waits } = this.#context;
    live.nextWait();
    if (!ways.more) return;
    live.nextWait = clock.at(clock.now() + waits.nextTarget, () => {
      if (live.transaction === transaction && transaction.silent) transaction.giveUp();
    });
  }

  /** RFC 3263 section 4.3: this place failed or is overloaded, so the next one gets the request. */
  #elsewhere(attempt: Attempt, retryAfter = ''): boolean {
    const wait = readNumber(retryAfter);
    attempt.ways.failed(wait === undefined ? undefined : wait * 1000);
    return this.#sendNext(attempt);
  }

  #came(id: number, live: LiveBranch, target: string, read: ReadMessage<SipResponse>, flow: Flow): void {
    const { message } = read;
    const { status } = message;
    this.#watch.came(read, target);
    if (status < 200) {
      if (live.cancelling === 'held') this.#sendCancel(live);
      return this.#step({ type: 'provisional', branch: id, status }, read, flow);
    }
    live.cancelWait();
    if (status >= 300) live.final = message;
    const follows = status < 400 && status >= 300 && this.#order.plan.followRedirects;
    const asked = follows ? this.#sought?.request.message : undefined;
    const contacts = asked === undefined ? [] : redirectTargets(message, asked.uri);
    this.#step({ type: 'final', branch: id, status, contacts }, read, flow);
  }

  #pass(response: SipResponse | undefined): void {
    const passed = response === undefined ? undefined : backwardResponse(response);
    if (passed !== undefined) this.#respond(passed);
  }

  #respond(response: SipResponse): void {
    this.#order.transaction.respond(response);
    this.#watch.answered(response);
  }

  #report(response: SipResponse, flow: Flow | undefined): void {
    this.#reported = true;
    this.#watch.report(response, flow);
  }

  #answer(id: number): void {
    const best = this.#branches[id]?.final;
    if (best === undefined) return this.#answerOwn(500);
    // RFC 3261 section 16.7 step 7: the caller gets the challenges of every branch at once.
    const others = this.#branches.flatMap(({ final }) => (final === undefined || final === best ? [] : [final]));
    this.#pass(withChallenges(best, others));
  }

  #answerOwn(status: number): void {
    if (this.#sought === undefined) return;
    const { message, toTag } = this.#sought.request;
    const answer = makeAnswer(message, { status, toTag: toTag === undefined ? newTag() : undefined });
    if (!this.#reported && this.#state.sent) this.#report(answer, undefined);
    this.#respond(answer);
  }

  #arm(id: number, timer: BranchTimer): void {
    this.#disarm(id, timer);
    const { clock } = this.#context;
    const cancel = clock.at(clock.now() + this.#order.times[timer], () => {
      this.#branches[id]?.timers.delete(timer);
      this.#step({ type: 'timer', branch: id, timer });
    });
    this.#branches[id]?.timers.set(timer, cancel);
  }

  #disarm(id: number, timer: BranchTimer): void {
    const timers = this.#branches[id]?.timers;
    timers?.get(timer)?.();
    timers?.delete(timer);
  }

  #cancelBranch(id: number): void {
    const live = this.#branches[id];
    if (live === undefined || !this.#order.plan.invite || live.cancelling !== 'no') return;
    live.cancelling = 'held';
    if (live.transaction?.proceeding === true) this.#sendCancel(live);
  }

  #sendCancel(live: LiveBranch): void {
    const { transaction } = live;
    if (transaction === undefined) return;
    const { clock, timers, transactions } = this.#context;
    const headers = this.#state.type === 'accepted' ? elsewhere : this.#cancelReason;
    live.cancelling = 'sent';
    live.cancelWait = clock.at(clock.now() + patience(timers), () => transaction.abandon());
    transactions.client(transaction.branch, makeCancel(transaction.request, headers), transaction.flow, nobody).start();
  }

  #quiet(live: LiveBranch): void {
    live.cancelWait();
    for (const cancel of live.timers.values()) cancel();
    live.timers.clear();
  }

  /** Tells that all is over once neither side has a transaction left. */
  #release(): void {
    if (this.#live > 0 || (this.#state.type !== 'over' && this.#state.type !== 'accepted')) return;
    this.stop();
    this.#watch.ended();
  }
}
