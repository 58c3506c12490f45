import { hash, randomBytes } from 'node:crypto';
import { splitOutside } from '../parser/characters.ts';
import { headersOf } from '../parser/message.ts';
import type { Essentials, ReadMessage, SipRequest } from '../parser/message.ts';
import type { Via } from '../parser/via.ts';
import { parseVia } from '../parser/via.ts';
import { newBranch } from '../agent/tags.ts';
import { magicCookie } from '../transaction/transaction-layer.ts';

/** How the branch of a request that is forwarded without a transaction begins. */
const statelessStart = `${magicCookie}-s-`;
const loopMark = '-l-';

/**
 * What the routing of a request depends on, RFC 5393 section 4.2: the same value seen again means a loop, another one a
 * spiral. One hash of about a microsecond for each request that is proxied.
 */
export function loopHash(read: ReadMessage<SipRequest>): string {
  const { message, callId, fromTag, toTag, cseq } = read;
  const routed = ['Route', 'Proxy-Require', 'Proxy-Authorization'].flatMap((name) => headersOf(message, name));
  const text = [message.uri, callId, fromTag, toTag ?? '', String(cseq), ...routed].join('\n');
  return hash('sha1', text, 'hex').slice(0, 16);
}

/** A fresh branch that carries the loop hash. */
export function loopBranch(loop: string): string {
  return `${newBranch()}${loopMark}${loop}`;
}

/** True when the request went through us before and came back unchanged (RFC 3261 section 16.3 step 4). */
export function isLoop(request: SipRequest, loop: string, isOwn: (via: Via) => boolean): boolean {
  const values = headersOf(request, 'Via').flatMap((value) => splitOutside(value, ','));
  return values.some((value) => {
    if (!value.includes(loopMark + loop)) return false;
    const via = parseVia(value);
    return via !== undefined && isOwn(via);
  });
}

/**
 * Branches of requests forwarded without a transaction, RFC 3261 section 16.11: made of what came, so that repetitions
 * and the CANCEL get the same one, and keyed, so that a response is passed on only if its request came through here:
 * nobody can use us to send packets to others.
 */
export class StatelessBranches {
  readonly #key = randomBytes(16).toString('hex');

  /** The branch for a request whose topmost Via (as noted on arrival) is `via`. */
  of(via: Via, { callId, cseq, fromTag }: Pick<Essentials, 'callId' | 'cseq' | 'fromTag'>): string {
    const { parameters } = via;
    const place = [via.transport, via.host, String(via.port ?? ''), parameters.get('branch') ?? ''];
    const source = [parameters.get('received') ?? '', parameters.get('rport') ?? ''];
    const text = [this.#key, ...place, ...source, callId, fromTag, String(cseq)].join('\n');
    return statelessStart + hash('sha1', text, 'hex').slice(0, 24);
  }

  /** True when a response's topmost Via bears such a branch. */
  marks(via: Via): boolean {
    return via.parameters.get('branch')?.startsWith(statelessStart) === true;
  }
}
