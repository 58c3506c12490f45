import { nextHopOf } from '../agent/next-hop.ts';
import type { NextHop } from '../agent/next-hop.ts';
import { contactUri } from '../dialog/dialog.ts';
import { ownVia } from '../dialog/request.ts';
import { parseSipUri } from '../parser/uri.ts';
import type { Header, ReadMessage, SipRequest } from '../parser/message.ts';
import type { Flow } from '../transport/flow.ts';
import type { EngineContext } from '../agent/context.ts';
import { loopBranch } from './branch.ts';
import type { FlowTokens } from './flow-tokens.ts';
import { forwardedRequest, routeTo } from './forward.ts';
import type { RoutePreparation } from './forward.ts';
import type { OwnPlaces } from './own-places.ts';
import { routeUri } from './own-places.ts';
import type { RoutePasses } from './route-passes.ts';
import type { PreparedTarget } from './proxied-request.ts';

/** What all targets of one proxied request share. */
export interface TargetFacts {
  readonly request: ReadMessage<SipRequest>;
  /** The path it came by. */
  readonly flow: Flow;
  readonly route: RoutePreparation;
  readonly hops: number;
  readonly loop: string;
  readonly remain: boolean;
  /** Headers the app wants added. */
  readonly added: readonly Header[];
  /** Max-Breadth for each branch (RFC 5393); undefined when it need not be said. */
  readonly breadth: number | undefined;
}

/** Makes requests for targets, RFC 3261 section 16.6. */
export class TargetMaker {
  readonly #context: EngineContext;
  readonly #own: OwnPlaces;
  readonly #tokens: FlowTokens;
  readonly #passes: RoutePasses;

  constructor(context: EngineContext, own: OwnPlaces, tokens: FlowTokens, passes: RoutePasses) {
    this.#context = context;
    this.#own = own;
    this.#tokens = tokens;
    this.#passes = passes;
  }

  /**
   * The request for one target. The Request-URI gives way only when it names this engine or when the target comes from a
   * redirection (`redirected`); otherwise the target is just where the request goes next, its own URI untouched.
   */
  prepare(facts: TargetFacts, target: string, redirected: boolean): PreparedTarget {
    const { route } = facts;
    const replaces = redirected || this.#own.has(route.uri);
    const routed = routeTo(replaces ? target : route.uri, route.routes);
    const hop = this.#hop(facts, routed.hop, target, replaces);
    return {
      hop,
      make: (flow) => {
        const branch = loopBranch(facts.loop);
        const { hops } = facts;
        const first = facts.remain ? this.#stay(facts, flow, routed.uri) : [];
        const request = forwardedRequest(facts.request.message, {
          uri: routed.uri,
          via: ownVia(flow, branch),
          hops,
          routes: routed.routes,
          first,
          added: facts.added,
          breadth: facts.breadth,
        });
        return { branch, request };
      },
    };
  }

  /** RFC 5626 section 5.3: the connection our own Route value named, else the route set, else the target. */
  #hop({ route }: TargetFacts, hop: string, target: string, replaced: boolean): NextHop {
    const named = route.routes.length === 0 && target === route.uri ? this.#tokens.find(route.own) : undefined;
    if (named !== undefined) return { type: 'flow', flow: named };
    return nextHopOf(this.#context, replaced || route.routes.length > 0 ? hop : target, '');
  }

  /**
   * Our Record-Route, one for each side where the sides differ (RFC 5658), or Path (RFC 3327): outermost is the side
   * that faces where the request goes.
   */
  #stay({ request, flow }: TargetFacts, out: Flow, uri: string): Header[] {
    const { message } = request;
    const secure = uri.toLowerCase().startsWith('sips:');
    // Behind another proxy the caller is not at the other end of this connection.
    const direct = !message.headers.some(({ name }) => name === 'Record-Route' || name === 'Path');
    const near = direct && flow.reliable ? this.#tokens.of(flow, hostOf(contactUri(message))) : undefined;
    const far = this.#tokens.of(out);
    const same =
      flow.protocol === out.protocol && flow.local.port === out.local.port && flow.local.host === out.local.host;
    if (message.method === 'REGISTER') {
      const path: Header = { name: 'Path', value: routeUri(out, secure, near) };
      return [path, { name: 'Require', value: 'path' }];
    }
    const pass = this.#passes.parameterFor(request.callId);
    const outer: Header = { name: 'Record-Route', value: routeUri(out, secure, far, pass) };
    if (same && near === undefined && far === undefined) return [outer];
    return [outer, { name: 'Record-Route', value: routeUri(flow, secure, near, pass) }];
  }
}

function hostOf(uri: string | undefined): string | undefined {
  return uri === undefined ? undefined : parseSipUri(uri)?.host;
}
