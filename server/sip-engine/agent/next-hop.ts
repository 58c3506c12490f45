import { isIP } from 'node:net';
import type { Dialog } from '../dialog/dialog.ts';
import { parseNameAddr } from '../parser/name-addr.ts';
import { parseSipUri } from '../parser/uri.ts';
import type { SipUri } from '../parser/uri.ts';
import { defaultPort, isStream } from '../transport/flow.ts';
import type { Flow, Protocol } from '../transport/flow.ts';
import type { Destination } from '../transport/transport-layer.ts';
import type { Wanted } from '../resolve/resolver.ts';
import type { EngineContext } from './context.ts';
import { Ways } from './ways.ts';

/** Where a request goes: a known path, an address still to be looked up, or nowhere for the reason given. */
export type NextHop =
  | { readonly type: 'flow'; readonly flow: Flow }
  | { readonly type: 'address'; readonly destination: Destination }
  /** A name, of which DNS says where its servers are. */
  | { readonly type: 'name'; readonly wanted: Wanted }
  | { readonly type: 'refused'; readonly reason: string }
  /** The peer is only reachable by a connection that is gone: 503 as if the network had said so. */
  | { readonly type: 'unreachable' };

const protocols = new Set<string>(['udp', 'tcp', 'tls', 'ws', 'wss']);

function isProtocol(text: string): text is Protocol {
  return protocols.has(text);
}

/**
 * The transport a URI asks for, RFC 3263 section 4.1 without NAPTR; undefined when it leaves it open. With `sips` the
 * parameter names what TLS runs over (RFC 3261 section 26.2.2), and there is none over UDP.
 */
function transportOf(uri: SipUri): Protocol | undefined | 'unknown' {
  const given = uri.parameters.get('transport')?.toLowerCase() ?? '';
  const secure = uri.scheme === 'sips';
  if (given === '') return secure ? 'tls' : undefined;
  if (!isProtocol(given)) return 'unknown';
  if (!secure) return given;
  if (given === 'udp') return 'unknown';
  return given === 'ws' || given === 'wss' ? 'wss' : 'tls';
}

/** Sends towards a URI, without a dialog's flow. */
function hopOfUri(context: EngineContext, text: string, hint: Protocol | undefined): NextHop {
  const uri = parseSipUri(text);
  if (uri === undefined) return { type: 'refused', reason: 'Server error: the URI cannot be routed' };
  const named = transportOf(uri) ?? hint;
  const protocol = named ?? (context.transport.canReach('udp') ? 'udp' : 'tcp');
  if (protocol === 'ws' || protocol === 'wss' || uri.host.endsWith('.invalid')) return { type: 'unreachable' };
  if (protocol === 'unknown' || !context.transport.canReach(protocol)) {
    return { type: 'refused', reason: 'Server error: requested transport is not available' };
  }
  const host = uri.parameters.get('maddr') ?? uri.host;
  if (isIP(host) === 0) {
    const secure = uri.scheme === 'sips';
    return {
      type: 'name',
      wanted: { host, port: uri.port, protocol: named === undefined ? undefined : protocol, secure },
    };
  }
  const port = uri.port ?? defaultPort(protocol);
  return { type: 'address', destination: { protocol, host, port, domain: uri.host } };
}

/** The next hop of a request outside a dialog: the contact's flow, else `nextHop` if the app gave one, else the URI. */
export function nextHopOf(context: EngineContext, uri: string, nextHop: string): NextHop {
  const bound = context.bindings.find(uri);
  if (bound !== undefined) return { type: 'flow', flow: bound };
  const parsed = parseSipUri(uri);
  const asked = parsed === undefined ? undefined : transportOf(parsed);
  const hint = asked === 'unknown' ? undefined : asked;
  if (nextHop !== '') return hopOfUri(context, parseNameAddr(nextHop)?.uri ?? nextHop, hint);
  const hop = hopOfUri(context, uri, undefined);
  if (hop.type === 'address' && context.transport.isOwn(hop.destination.protocol, hop.destination)) {
    return { type: 'refused', reason: 'Server error: the request would loop back to this server' };
  }
  return hop;
}

/** The next hop inside a dialog: RFC 3261 section 12.2.1.1, with flows and NAT before the URI. */
export function nextHopInDialog(context: EngineContext, dialog: Dialog): NextHop {
  const bound = context.bindings.find(dialog.remoteTarget);
  const [route] = dialog.routeSet;
  if (route !== undefined) {
    const uri = parseNameAddr(route)?.uri ?? route;
    const host = parseSipUri(uri)?.host;
    const { flow } = dialog;
    // A WebSocket cannot be opened from here, and a connection to that proxy need not be opened twice.
    if (flow.reliable && flow.open && (!isStream(flow.protocol) || flow.remote.host === host)) {
      return { type: 'flow', flow };
    }
    return hopOfUri(context, uri, undefined);
  }
  if (bound !== undefined) return { type: 'flow', flow: bound };
  if (dialog.flow.reliable && dialog.flow.open) return { type: 'flow', flow: dialog.flow };
  if (dialog.source !== undefined) return { type: 'address', destination: { protocol: 'udp', ...dialog.source } };
  const { protocol } = dialog.flow;
  const named = protocol === 'udp' || isStream(protocol) ? protocol : undefined;
  return hopOfUri(context, dialog.remoteTarget, named);
}

/** The ways a next hop may be taken, best first; at once when no name must be looked up. */
export function withWays(context: EngineContext, hop: NextHop, then: (ways: Ways) => void): void {
  const { transport, resolver } = context;
  if (hop.type === 'name') {
    void resolver.targets(hop.wanted).then((targets) => then(new Ways(transport, resolver, targets)));
    return;
  }
  const flow = hop.type === 'flow' ? hop.flow : hop.type === 'address' ? transport.flowTo(hop.destination) : undefined;
  then(new Ways(transport, resolver, flow ?? []));
}

/** The best way of a next hop; at once when no name must be looked up. */
export function withFlow(context: EngineContext, hop: NextHop, then: (flow: Flow | undefined) => void): void {
  if (hop.type === 'flow') return then(hop.flow);
  withWays(context, hop, (ways) => then(ways.next()));
}
