import { makeAnswer } from '../agent/answers.ts';
import { appHeaders } from '../agent/app-headers.ts';
import type { EngineContext } from '../agent/context.ts';
import type { ServerCall, ServerCalls } from '../agent/server-calls.ts';
import { newTag } from '../agent/tags.ts';
import { ProxyRecords } from '../cdr/proxy-records.ts';
import type { AppConnection } from '../control/app-connection.ts';
import type { ProxyCommand } from '../control/command.ts';
import type { ProxyWishes } from '../control/proxy-command.ts';
import type { Header } from '../parser/message.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import { patience } from '../transaction/timers.ts';
import type { Flow } from '../transport/flow.ts';
import { breadthOf, refuseToProxy } from './admission.ts';
import type { Refusal } from './admission.ts';
import { AppReport } from './app-report.ts';
import { loopHash } from './branch.ts';
import { answeredNonces, noncesOf } from './challenges.ts';
import { FlowTokens } from './flow-tokens.ts';
import { hopsLeft, takeOwnRoutes } from './forward.ts';
import { OwnPlaces } from './own-places.ts';
import { ProxiedRequest } from './proxied-request.ts';
import type { ProxyOrder, ProxyWatch } from './proxied-request.ts';
import { RoutePasses } from './route-passes.ts';
import { TargetMaker } from './targets.ts';
import type { TargetFacts } from './targets.ts';

/** RFC 3261 section 16.6 step 11: longer than three minutes. Milliseconds. */
const timerC = 185_000;

/** Headers of an app's `proxy` frame that would break what is forwarded. */
const notAdded = new Set(['Max-Forwards', 'Max-Breadth', 'Content-Type', 'Contact']);

/** Nonces remembered at a time, and of one answer: who challenges decides how many there are. */
const mostChallengers = 10_000;
const mostNonces = 16;

const noTransaction = 'Response not sent due to unknown transaction';

/** Who hears of a proxied request. */
interface Listeners {
  readonly report: AppReport | undefined;
  readonly records: ProxyRecords | undefined;
}

/** The requests that apps had proxied, and those inside of dialogs that pass through with a transaction. */
export class Proxies {
  readonly own: OwnPlaces;
  readonly tokens = new FlowTokens();
  readonly passes: RoutePasses;
  readonly #context: EngineContext;
  readonly #calls: ServerCalls;
  readonly #targets: TargetMaker;
  readonly #requests = new Map<ServerTransaction, ProxiedRequest>();
  readonly #records = new Map<ServerTransaction, ProxyRecords>();
  /** Which target a nonce came from, and until when that counts: the caller's next try must go there first. Oldest first. */
  readonly #challengers = new Map<string, { readonly target: string; readonly until: number }>();

  /** `secret`: that of the admin port. */
  constructor(context: EngineContext, calls: ServerCalls, secret: string) {
    this.#context = context;
    this.#calls = calls;
    this.own = new OwnPlaces(() => context.transport.listeners);
    this.passes = new RoutePasses(secret);
    this.#targets = new TargetMaker(context, this.own, this.tokens, this.passes);
  }

  get size(): number {
    return this.#requests.size;
  }

  /** An app's `proxy` frame. */
  begin(app: AppConnection, command: ProxyCommand): void {
    const { id, wishes } = command;
    const call = this.#calls.get(command.transactionId);
    if (call === undefined || call.inside || !call.transaction.open) return app.reply(id, 'NOK', noTransaction);
    const report = new AppReport(this.#context, app, id);
    const { local } = call.transaction.flow;
    const added = appHeaders(command.message, local).filter(({ name }) => !notAdded.has(name));
    this.#begin(call, wishes, added, report);
  }

  /** Proxies a request because the engine's configuration says so; no app hears of it. */
  proxy(call: ServerCall, wishes: ProxyWishes): void {
    this.#begin(call, wishes, [], undefined);
  }

  #begin(call: ServerCall, wishes: ProxyWishes, added: readonly Header[], report: AppReport | undefined): void {
    this.#calls.remove(call);
    if (call.dialog !== undefined) this.#context.dialogs.remove(call.dialog);
    const { transaction } = call;
    const { message } = transaction.request;
    const loop = loopHash(transaction.request);
    const breadth = breadthOf(message, wishes.simultaneous ? wishes.destinations.length : 1);
    const refused =
      refuseToProxy(transaction.request, loop, (via) => this.own.isSentBy(via.host, via.port)) ??
      (breadth === 0 ? { status: 440 as const, headers: [] } : undefined);
    if (refused !== undefined) return this.#refuse(transaction, refused, report);
    const facts: TargetFacts = {
      request: transaction.request,
      flow: transaction.flow,
      route: takeOwnRoutes(message, (value) => this.own.has(value)),
      hops: (hopsLeft(message) ?? 70) - 1,
      loop,
      remain: wishes.remainInDialog,
      added,
      breadth,
    };
    const destinations = this.#ordered(wishes, message.headers);
    const records = message.method === 'INVITE' ? new ProxyRecords(this.#context.cdr) : undefined;
    this.#run(facts, wishes, destinations, transaction, { report, records });
  }

  /** A request inside a dialog that passes through and needs a transaction here, having come over a connection. */
  relay(transaction: ServerTransaction, facts: TargetFacts, target: string): void {
    const { message } = transaction.request;
    if (message.method === 'INVITE') transaction.respond(makeAnswer(message, { status: 100 }));
    // No app asked for it, and nothing is recorded.
    this.#run(facts, plain, [target], transaction, { report: undefined, records: undefined });
  }

  #run(
    facts: TargetFacts,
    wishes: Omit<ProxyWishes, 'destinations' | 'remainInDialog'>,
    destinations: readonly string[],
    transaction: ServerTransaction,
    listeners: Listeners,
  ): void {
    const given = new Set(destinations);
    const invite = facts.request.message.method === 'INVITE';
    const order: ProxyOrder = {
      transaction,
      request: transaction.request,
      plan: {
        invite,
        serial: !wishes.simultaneous,
        followRedirects: wishes.followRedirects,
        provisionalTimeout: wishes.provisionalTimeout !== undefined,
        finalTimeout: wishes.finalTimeout !== undefined,
      },
      targets: destinations,
      times: {
        C: Math.max(timerC, patience(this.#context.timers)),
        provisional: wishes.provisionalTimeout ?? 0,
        final: wishes.finalTimeout ?? 0,
      },
      prepare: (target) => this.#targets.prepare(facts, target, !given.has(target)),
    };
    const request = new ProxiedRequest(this.#context, order, this.#watch(transaction, listeners));
    this.#requests.set(transaction, request);
    request.start();
  }

  #watch(transaction: ServerTransaction, { report, records }: Listeners): ProxyWatch {
    const { message: asked } = transaction.request;
    const register = asked.method === 'REGISTER' ? asked : undefined;
    if (records !== undefined) this.#records.set(transaction, records);
    return {
      sent: (request) => records?.sent(request),
      came: (read, target) => {
        const { message } = read;
        records?.came(read);
        if (message.status === 401 || message.status === 407) this.#remember(noncesOf(message), target);
      },
      answered: (response) => {
        records?.answered(response);
        if (register !== undefined && response.status >= 200 && response.status < 300) {
          this.#context.bindings.learn(register, response, transaction.flow);
        }
      },
      report: (response, flow) => report?.response(response, flow),
      done: (ok) => report?.done(ok),
      ended: () => {
        this.#requests.delete(transaction);
        this.#records.delete(transaction);
      },
    };
  }

  /** In a serial search the one whose challenge the caller answers comes first, else its nonce would meet a stranger. */
  #ordered(wishes: ProxyWishes, headers: readonly Header[]): readonly string[] {
    if (this.#challengers.size === 0 || wishes.simultaneous) return wishes.destinations;
    const first = answeredNonces(headers).map((nonce) => this.#challengers.get(nonce)?.target);
    const challenger = wishes.destinations.find((destination) => first.includes(destination));
    if (challenger === undefined) return wishes.destinations;
    return [challenger, ...wishes.destinations.filter((destination) => destination !== challenger)];
  }

  #remember(nonces: readonly string[], target: string): void {
    const { clock, timers } = this.#context;
    const now = clock.now();
    for (const nonce of nonces.slice(0, mostNonces)) {
      this.#challengers.delete(nonce);
      this.#challengers.set(nonce, { target, until: now + patience(timers) });
    }
    for (const [nonce, { until }] of this.#challengers) {
      if (until > now && this.#challengers.size <= mostChallengers) break;
      this.#challengers.delete(nonce);
    }
  }

  #refuse(transaction: ServerTransaction, refused: Refusal, report: AppReport | undefined): void {
    const { message, toTag } = transaction.request;
    const tag = toTag === undefined ? newTag() : undefined;
    const answer = makeAnswer(message, { ...refused, toTag: tag });
    transaction.respond(answer);
    if (message.method === 'INVITE') this.#context.cdr.answered('application', 'proxy-uas', answer);
    report?.refused(answer);
  }

  /** True for a request that is being passed on. */
  holds(request: ServerTransaction): boolean {
    return this.#requests.has(request);
  }

  /** The CANCEL of a proxied INVITE: answered 200, and passed on (RFC 3261 section 16.10). False: it is none of ours. */
  cancelled(invite: ServerTransaction, cancel: ServerTransaction): boolean {
    const request = this.#requests.get(invite);
    if (request === undefined || !invite.open) return false;
    const { message } = cancel.request;
    cancel.respond(makeAnswer(message, { status: 200, toTag: newTag() }));
    this.#records.get(invite)?.cancelled(message);
    request.cancel(message.headers.filter(({ name }) => name === 'Reason'));
    return true;
  }

  /** A connection closed. */
  flowLost(flow: Flow): void {
    this.tokens.lost(flow);
  }

  close(): void {
    for (const request of this.#requests.values()) request.stop();
    this.#requests.clear();
    this.#records.clear();
  }
}

const plain = {
  simultaneous: false,
  followRedirects: false,
  provisionalTimeout: undefined,
  finalTimeout: undefined,
} as const;
