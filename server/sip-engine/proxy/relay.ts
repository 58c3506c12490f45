import { makeAnswer } from '../agent/answers.ts';
import type { EngineContext } from '../agent/context.ts';
import { nextHopOf, withFlow } from '../agent/next-hop.ts';
import type { NextHop } from '../agent/next-hop.ts';
import { newTag } from '../agent/tags.ts';
import { ownVia } from '../dialog/request.ts';
import type { ReadMessage, SipRequest, SipResponse } from '../parser/message.ts';
import { headerOf } from '../parser/message.ts';
import type { Via } from '../parser/via.ts';
import { firstVia, parseVia } from '../parser/via.ts';
import { writeMessage } from '../parser/write.ts';
import { readNumber } from '../parser/characters.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import { patience } from '../transaction/timers.ts';
import type { Flow } from '../transport/flow.ts';
import { refuseToPass } from './admission.ts';
import { loopHash, StatelessBranches } from './branch.ts';
import { backwardResponse, forwardedRequest, hopsLeft, routeTo, takeOwnRoutes } from './forward.ts';
import type { RoutedTarget, RoutePreparation } from './forward.ts';
import type { Proxies } from './proxies.ts';

/** A request inside a dialog that passes through here, with its way worked out. */
interface Passage {
  readonly route: RoutePreparation;
  readonly target: RoutedTarget;
}

/**
 * Requests inside dialogs that carry our Record-Route, with its pass: nobody else can send through here. What comes by
 * UDP is forwarded without any state (RFC 3261 section 16.11): ends repeat what is lost. What comes over a connection gets transactions, because its sender repeats nothing;
 * an ACK never does. No app hears of any of them.
 *
 * Cost of one: parsing it (done already), one hash for the branch, one array of headers, one serialisation, one send.
 */
export class Relay {
  readonly #context: EngineContext;
  readonly #proxies: Proxies;
  readonly #branches = new StatelessBranches();
  /** Call-IDs of calls whose end was recorded a moment ago. */
  readonly #byes = new Set<string>();

  constructor(context: EngineContext, proxies: Proxies) {
    this.#context = context;
    this.#proxies = proxies;
  }

  /** Takes a request that came by UDP and any ACK; false when it is not to be relayed, or needs a transaction. */
  request(read: ReadMessage<SipRequest>, flow: Flow): boolean {
    if (flow.reliable && read.message.method !== 'ACK') return false;
    const passage = this.#passage(read);
    if (passage === undefined) return false;
    this.#forward(read, flow, passage);
    return true;
  }

  /** Takes a request that has a transaction by now; false when it is not to be relayed. Never a CANCEL. */
  transaction(transaction: ServerTransaction): boolean {
    const { request, flow } = transaction;
    const passage = this.#passage(request);
    if (passage === undefined) return false;
    const { message } = request;
    const refused = refuseToPass(message);
    if (refused !== undefined) transaction.respond(makeAnswer(message, refused));
    else {
      const hops = (hopsLeft(message) ?? 70) - 1;
      if (message.method === 'BYE') this.#record(request, message);
      const facts = { request, flow, route: passage.route, hops, loop: loopHash(request), remain: false, added: [] };
      this.#proxies.relay(transaction, { ...facts, breadth: undefined }, passage.route.uri);
    }
    return true;
  }

  /** Takes the response to a request that was forwarded without state. */
  response(read: ReadMessage<SipResponse>): boolean {
    if (!this.#branches.marks(read.via)) return false;
    const back = backwardResponse(read.message);
    const via = back === undefined ? undefined : parseVia(firstVia(headerOf(back, 'Via') ?? '').first);
    // Only what went out through here comes back through here.
    if (back === undefined || via === undefined) return false;
    if (this.#branches.of(via, read) !== read.via.parameters.get('branch')) return false;
    this.#back(via)?.send(writeMessage(back));
    return true;
  }

  /** RFC 3261 section 18.2.2: to the source of the request, as its Via notes it. */
  #back(via: Via): Flow | undefined {
    const host = via.parameters.get('received') ?? via.host;
    const port = readNumber(via.parameters.get('rport') ?? '') ?? via.port ?? 5060;
    // Only what came by UDP is forwarded without state.
    return via.transport === 'UDP' ? this.#context.transport.flowTo({ protocol: 'udp', host, port }) : undefined;
  }

  #passage(read: ReadMessage<SipRequest>): Passage | undefined {
    if (read.toTag === undefined) return undefined;
    const { message } = read;
    const { own, passes } = this.#proxies;
    const route = takeOwnRoutes(message, (value) => own.has(value));
    if (route.own === undefined || !passes.fits(route.own, read.callId)) return undefined;
    const target = routeTo(route.uri, route.routes);
    // Its way ends here: the dialog is one of our own.
    return own.has(target.hop) && this.#context.dialogs.ofRequest(read) !== undefined ? undefined : { route, target };
  }

  #hop({ route, target }: Passage): NextHop {
    const named = route.routes.length === 0 ? this.#proxies.tokens.find(route.own) : undefined;
    return named === undefined ? nextHopOf(this.#context, target.hop, '') : { type: 'flow', flow: named };
  }

  #forward(read: ReadMessage<SipRequest>, flow: Flow, passage: Passage): void {
    const { message } = read;
    const refused = refuseToPass(message);
    if (refused !== undefined) return this.#refuse(read, flow, refused);
    const hop = this.#hop(passage);
    const { uri, routes } = passage.target;
    withFlow(this.#context, hop, (out) => {
      if (out === undefined || hop.type === 'refused') return this.#refuse(read, flow, { status: 503 });
      const via = ownVia(out, this.#branches.of(noted(message, read.via), read));
      const hops = (hopsLeft(message) ?? 70) - 1;
      const sent = forwardedRequest(message, { uri, via, hops, routes });
      out.send(writeMessage(sent));
      if (message.method === 'BYE') this.#record(read, sent);
    });
  }

  /** A proxied call ended. Repetitions of its BYE pass here too, but are one end. */
  #record(read: ReadMessage<SipRequest>, sent: SipRequest): void {
    const { cdr, clock, timers } = this.#context;
    if (!cdr.wanted('stop') || this.#byes.has(read.callId)) return;
    this.#byes.add(read.callId);
    clock.at(clock.now() + patience(timers), () => this.#byes.delete(read.callId));
    cdr.stop('network', 'normal-release', read.message);
    cdr.stop('application', 'normal-release', sent);
  }

  #refuse(read: ReadMessage<SipRequest>, flow: Flow, facts: Parameters<typeof makeAnswer>[1]): void {
    if (read.message.method === 'ACK') return;
    const toTag = read.toTag === undefined ? newTag() : undefined;
    flow.send(writeMessage(makeAnswer(read.message, { ...facts, toTag })));
  }
}

/** The topmost Via with what was noted of its source, as the response will bring it back. */
function noted(message: SipRequest, via: Via): Via {
  return parseVia(firstVia(headerOf(message, 'Via') ?? '').first) ?? via;
}
