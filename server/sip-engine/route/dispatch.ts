import { assertNever } from '../../../base/assert-never.ts';
import { makeAnswer } from '../agent/answers.ts';
import type { EngineContext } from '../agent/context.ts';
import type { Deliveries } from '../agent/deliveries.ts';
import type { ServerCall, ServerCalls } from '../agent/server-calls.ts';
import { newTag } from '../agent/tags.ts';
import type { AppConnection } from '../control/app-connection.ts';
import type { ProxyWishes } from '../control/proxy-command.ts';
import type { Header } from '../parser/message.ts';
import type { Proxies } from '../proxy/proxies.ts';
import { ask, questionUrl } from './question.ts';
import type { AppPlace, RouteOption, RouteTarget } from './route-option.ts';
import { readVerdict } from './verdict.ts';
import type { Verdict } from './verdict.ts';

/** How a request is sent on that the configuration names a place for. */
const inPath: Omit<ProxyWishes, 'destinations'> = {
  remainInDialog: true,
  followRedirects: false,
  simultaneous: false,
  provisionalTimeout: undefined,
  finalTimeout: undefined,
};

/** Requests whose method is routed by the engine's own configuration: sends them on, dials the app, or asks by HTTP and obeys. */
export class Dispatch {
  readonly #context: EngineContext;
  readonly #deliveries: Deliveries;
  readonly #calls: ServerCalls;
  readonly #proxies: Proxies;
  readonly #routes: ReadonlyMap<string, RouteTarget>;

  constructor(
    context: EngineContext,
    deliveries: Deliveries,
    calls: ServerCalls,
    proxies: Proxies,
    routes: readonly RouteOption[],
  ) {
    this.#context = context;
    this.#deliveries = deliveries;
    this.#calls = calls;
    this.#proxies = proxies;
    this.#routes = new Map(routes.map(({ method, target }) => [method, target]));
  }

  /** Where new requests of a method go; undefined: to an app that routed it. */
  target(method: string): RouteTarget | undefined {
    return this.#routes.get(method) ?? this.#routes.get('*');
  }

  /** Finds an app for a request, or an answer. It may be cancelled meanwhile. */
  decide(call: ServerCall, target: RouteTarget): void {
    if (target.type === 'app') return this.#dial(call, target.place);
    if (target.type === 'proxy') return this.#proxies.proxy(call, { ...inPath, destinations: [target.uri] });
    const { clock, patience, log } = this.#context;
    const { request, flow } = call.transaction;
    const limit = new AbortController();
    const cancel = clock.at(clock.now() + patience.question, () => limit.abort());
    const url = questionUrl(target.url, request, flow);
    void ask(url, target.post ? request.message : undefined, limit.signal).then((json) => {
      cancel();
      const verdict = json === undefined ? undefined : readVerdict(json);
      if (verdict === undefined) log.warn({ callId: request.callId }, 'the answer to a routing question is of no use');
      if (!this.#pending(call)) return;
      if (verdict === undefined) this.#answer(call, 500);
      else this.#obey(call, verdict);
    });
  }

  #pending(call: ServerCall): boolean {
    return this.#calls.get(call.transactionId) === call && call.transaction.open;
  }

  #obey(call: ServerCall, verdict: Verdict): void {
    const { message } = call.transaction.request;
    switch (verdict.type) {
      case 'reject':
        return this.#answer(call, verdict.status, [], verdict.reason);
      case 'redirect':
        return this.#answer(
          call,
          302,
          verdict.contacts.map((value) => ({ name: 'Contact', value })),
        );
      case 'proxy':
        return this.#proxies.proxy(call, verdict.wishes);
      case 'dial':
        return this.#dial(call, verdict.place);
      case 'tag': {
        const app = this.#context.apps.pick(message.method, verdict.tag);
        return app === undefined ? this.#answer(call, 480) : this.#hand(call, app);
      }
      default:
        return assertNever(verdict, 'verdict');
    }
  }

  /** The app authenticates as it would on the admin port; then it gets the request. */
  #dial(call: ServerCall, place: AppPlace): void {
    const { apps, clock, patience, log } = this.#context;
    const app = apps.dial(place);
    const cancel = clock.at(clock.now() + patience.connect, () => app.close());
    app.whenReady(
      () => {
        cancel();
        if (this.#pending(call)) this.#hand(call, app);
        else app.end();
      },
      () => {
        cancel();
        log.warn({ callId: call.transaction.request.callId, port: place.port }, 'an app could not be connected to');
        if (this.#pending(call) && call.owner === undefined) this.#answer(call, 480);
      },
    );
  }

  #hand(call: ServerCall, app: AppConnection): void {
    call.owner = app;
    call.tag = app.tag;
    const { transactionId, transaction } = call;
    const facts = { flow: transaction.flow, transactionId, dialogId: '', receivedOn: true };
    this.#deliveries.fromNetwork(app, transaction.request.message, facts);
  }

  #answer(call: ServerCall, status: number, headers: readonly Header[] = [], reason?: string): void {
    this.#calls.remove(call);
    const { message } = call.transaction.request;
    const words = reason === undefined ? {} : { reason };
    const answer = makeAnswer(message, { status, ...words, toTag: newTag(), headers });
    call.transaction.respond(answer);
    if (message.method === 'INVITE') this.#context.cdr.answered('application', 'uas', answer);
  }
}
