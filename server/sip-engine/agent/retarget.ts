import { isIPv6 } from 'node:net';
import { ownVia } from '../dialog/request.ts';
import type { Header, SipRequest } from '../parser/message.ts';
import type { Flow } from '../transport/flow.ts';
import { hostPort } from './app-headers.ts';

/**
 * The same request for another way: a transaction of its own by its Via, everything else unchanged (RFC 3263 section
 * 4.3). Only where the address family changes is our Contact rewritten: the peer could not reach the old one.
 */
export function retarget(request: SipRequest, from: Flow, to: Flow, branch: string): SipRequest {
  const moved = isIPv6(from.local.host) !== isIPv6(to.local.host);
  const [first, ...rest] = request.headers;
  const headers: Header[] = rest.map((header) =>
    moved && header.name === 'Contact'
      ? { name: 'Contact', value: header.value.replace(hostPort(from.local), hostPort(to.local)) }
      : header,
  );
  const via: Header = { name: 'Via', value: ownVia(to, branch) };
  return { ...request, headers: first?.name === 'Via' ? [via, ...headers] : [via, ...request.headers] };
}

/** About how many bytes a request has on the wire, without writing it. */
export function sizeOf(request: SipRequest): number {
  let size = request.uri.length + request.body.length + 64;
  for (const { name, value } of request.headers) size += name.length + value.length + 4;
  return size;
}
