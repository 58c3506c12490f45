import type { Header, ReadMessage, SipRequest } from '../parser/message.ts';
import { headerOf, headersOf } from '../parser/message.ts';
import { readNumber, splitOutside } from '../parser/characters.ts';
import type { Via } from '../parser/via.ts';
import { isLoop } from './branch.ts';
import { hopsLeft } from './forward.ts';

/** Why a request goes no further, RFC 3261 section 16.3: the answer it gets. */
export interface Refusal {
  readonly status: 400 | 420 | 440 | 482 | 483;
  readonly headers: readonly Header[];
}

/** RFC 5393 section 5.3.2: how many branches there may be in all, if nobody said so before. */
const defaultBreadth = 60;

function refusal(status: Refusal['status'], headers: readonly Header[] = []): Refusal {
  return { status, headers };
}

/** Options a proxy would have to know; we know none. */
export function unknownOptions(request: SipRequest): string[] {
  return headersOf(request, 'Proxy-Require').flatMap((value) => splitOutside(value, ','));
}

/** The checks that hold for any request passing through: its hops and its Proxy-Require. */
export function refuseToPass(request: SipRequest): Refusal | undefined {
  const hops = hopsLeft(request);
  if (hops === undefined) return refusal(400);
  if (hops === 0) return refusal(483);
  const unknown = unknownOptions(request);
  return unknown.length === 0 ? undefined : refusal(420, [{ name: 'Unsupported', value: unknown.join(', ') }]);
}

/** All checks of a request an app wants proxied; undefined when it may go on. */
export function refuseToProxy(
  read: ReadMessage<SipRequest>,
  loop: string,
  isOwn: (via: Via) => boolean,
): Refusal | undefined {
  const refused = refuseToPass(read.message);
  if (refused !== undefined) return refused;
  return isLoop(read.message, loop, isOwn) ? refusal(482) : undefined;
}

/**
 * RFC 5393: what each of `branches` at once may fork on into. Undefined when it need not be said: one branch, and nobody
 * before us said it. 0: too many branches for what is left.
 */
export function breadthOf(request: SipRequest, branches: number): number | undefined {
  const given = headerOf(request, 'Max-Breadth');
  if (given === undefined && branches < 2) return undefined;
  return Math.floor((readNumber(given ?? '') ?? defaultBreadth) / Math.max(1, branches));
}
