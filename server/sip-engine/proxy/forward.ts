import { readNumber, splitOutside } from '../parser/characters.ts';
import { headerOf, headersOf } from '../parser/message.ts';
import type { Header, SipRequest, SipResponse } from '../parser/message.ts';
import { parseNameAddr } from '../parser/name-addr.ts';
import { firstVia } from '../parser/via.ts';

/** What a request may still pass: undefined for a Max-Forwards that cannot be read. */
export function hopsLeft(request: SipRequest): number | undefined {
  const value = headerOf(request, 'Max-Forwards');
  return value === undefined ? 70 : readNumber(value);
}

/** A request with what its Route header asks already taken off (RFC 3261 section 16.4). */
export interface RoutePreparation {
  readonly uri: string;
  /** What is left of the route set, one value a piece. */
  readonly routes: readonly string[];
  /** The last of our own values that was taken off; its user part may name a connection. */
  readonly own: string | undefined;
}

/**
 * RFC 3261 section 16.4: a strict router before us put our own URI into the start line and the true target last into
 * Route; a loose one put us on top of Route, twice when we changed the transport (RFC 5658). Both are undone.
 */
export function takeOwnRoutes(request: SipRequest, isOwn: (value: string) => boolean): RoutePreparation {
  const routes = headersOf(request, 'Route').flatMap((value) => splitOutside(value, ','));
  let { uri } = request;
  let own: string | undefined;
  if (routes.length > 0 && uri.includes(';lr') && isOwn(uri)) {
    own = uri;
    uri = parseNameAddr(routes.pop() ?? '')?.uri ?? uri;
  }
  let first = 0;
  for (let route = routes[first]; route !== undefined && isOwn(route); route = routes[++first]) own = route;
  return { uri, routes: first === 0 ? routes : routes.slice(first), own };
}

/** Start line and Route as they go out, and which URI the next hop is found by. */
export interface RoutedTarget {
  readonly uri: string;
  readonly routes: readonly string[];
  readonly hop: string;
}

/** RFC 3261 section 16.6 steps 6 and 7: the first route decides; when it is a strict router the URI goes last. */
export function routeTo(uri: string, routes: readonly string[]): RoutedTarget {
  const [first, ...rest] = routes;
  const next = first === undefined ? undefined : (parseNameAddr(first)?.uri ?? first);
  if (next === undefined) return { uri, routes, hop: uri };
  if (/;lr(?![\w-])/i.test(next)) return { uri, routes, hop: next };
  return { uri: next, routes: [...rest, `<${uri}>`], hop: next };
}

/** What changes in a request on its way through. */
export interface Forwarding {
  readonly uri: string;
  readonly via: string;
  readonly hops: number;
  readonly routes: readonly string[];
  /** Put on top of their kind: Record-Route, Path. */
  readonly first?: readonly Header[];
  /** Added at the end. */
  readonly added?: readonly Header[];
  /** Max-Breadth as it goes out (RFC 5393); left as it is if undefined. */
  readonly breadth?: number | undefined;
}

/**
 * The request as it goes on, RFC 3261 section 16.6. Values are shared with the request that came, not copied: what it
 * costs is one array of headers, and the one serialisation when it is sent.
 */
export function forwardedRequest(request: SipRequest, forwarding: Forwarding): SipRequest {
  const headers: Header[] = [{ name: 'Via', value: forwarding.via }];
  if (forwarding.first !== undefined) headers.push(...forwarding.first);
  for (const value of forwarding.routes) headers.push({ name: 'Route', value });
  headers.push({ name: 'Max-Forwards', value: String(forwarding.hops) });
  const { breadth } = forwarding;
  if (breadth !== undefined) headers.push({ name: 'Max-Breadth', value: String(breadth) });
  for (const header of request.headers) {
    const { name } = header;
    if (name === 'Max-Forwards' || name === 'Route' || (breadth !== undefined && name === 'Max-Breadth')) continue;
    headers.push(header);
  }
  if (forwarding.added !== undefined) headers.push(...forwarding.added);
  return { type: 'request', method: request.method, uri: forwarding.uri, headers, body: request.body };
}

/** The response without our Via, RFC 3261 section 16.7 step 3; undefined when it was meant for us and goes no further. */
export function backwardResponse(response: SipResponse): SipResponse | undefined {
  const at = response.headers.findIndex(({ name }) => name === 'Via');
  const top = response.headers[at];
  if (top === undefined) return undefined;
  const { rest } = firstVia(top.value);
  const headers = [...response.headers];
  if (rest === '') headers.splice(at, 1);
  else headers[at] = { name: 'Via', value: rest };
  return headers.some(({ name }) => name === 'Via') ? { ...response, headers } : undefined;
}

/** The contacts of a redirection that can be tried, best `q` first (RFC 3261 section 16.5); of `sips:` only `sips:`. */
export function redirectTargets(response: SipResponse, uri: string): string[] {
  const secure = uri.toLowerCase().startsWith('sips:');
  const found: { readonly uri: string; readonly q: number }[] = [];
  for (const value of headersOf(response, 'Contact').flatMap((text) => splitOutside(text, ','))) {
    const contact = parseNameAddr(value);
    if (contact === undefined || !(secure ? /^sips:/i : /^sips?:/i).test(contact.uri)) continue;
    const q = Number(contact.parameters.get('q') ?? '1');
    // Headers a contact asks for (RFC 3261 section 19.1.5) are not taken from strangers.
    found.push({ uri: contact.uri.split('?')[0] ?? '', q: Number.isFinite(q) ? q : 1 });
  }
  return found.sort((a, b) => b.q - a.q).map((contact) => contact.uri);
}
