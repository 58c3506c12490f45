/**
 * Who an INVITE comes from. Nobody we know: it never reaches a route, and what is answered does not depend on what was
 * called, so neither status nor timing tells which numbers exist.
 */
import { assertNever } from '../../base/assert-never.ts';
import type { Authenticated, Authenticator } from './authenticator.ts';
import type { Origin } from './ports.ts';

export interface AdmissionOptions {
  readonly authenticator: Authenticator;
  /** The agent whose registration came over this flow and is still good. */
  readonly agentOn: (flow: string) => string | undefined;
  /** The trunk that may call from this address without further proof. */
  readonly trunkAt: (address: string, uri: string) => string | undefined;
}

/** `challenge`: 407 (RFC 3261 section 22.3). A stranger is answered 403. */
export type Verdict = Origin | { readonly type: 'challenge'; readonly stale: boolean };

/** What an admission looks at. */
export interface Incoming extends Authenticated {
  readonly protocol: string;
  readonly uri: string;
}

/** Names the way a request came: on a connection only its far end can write to it; on UDP anybody can claim to. */
export function flowOf(req: Pick<Incoming, 'protocol' | 'source_address' | 'source_port'>): string {
  return `${req.protocol.toLowerCase()}/${req.source_address}:${req.source_port}`;
}

/**
 * By the topmost Via, since drachtio calls a WebSocket tcp. No carrier speaks SIP over WebSocket, but any page that is opened
 * in a browser at a trunk's address (this machine, say) could: what it is must be proven.
 */
function isBrowser(req: Incoming): boolean {
  return /^\s*SIP\s*\/\s*2\.0\s*\/\s*WSS?\s/i.test(req.has('Via') ? req.get('Via') : '');
}

export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Judges a request from its way and its credentials alone. */
  judge(req: Incoming, now: number): Verdict {
    const { agentOn, trunkAt } = this.#options;
    const flow = flowOf(req);
    const agentId = agentOn(flow);
    if (agentId !== undefined && !flow.startsWith('udp/')) return { type: 'agent', agentId };
    const proven = this.#proven(req, now);
    if (proven !== undefined && proven.type !== 'stranger') return proven;
    // A phone's datagram may come from a trunk's address; it has to prove itself all the same.
    const trunk = agentId === undefined && !isBrowser(req) ? trunkAt(req.source_address, req.uri) : undefined;
    if (trunk !== undefined) return { type: 'trunk', trunk };
    return proven ?? { type: 'challenge', stale: false };
  }

  /** What the credentials prove; undefined when there are none. */
  #proven(req: Incoming, now: number): Verdict | undefined {
    const verdict = this.#options.authenticator.judge(req, 'Proxy-Authorization', now);
    switch (verdict.type) {
      case 'proven':
        return verdict.who.origin;
      case 'stale':
        return { type: 'challenge', stale: true };
      case 'wrong':
      case 'shut':
        return { type: 'stranger' };
      case 'unanswered':
        return undefined;
      default:
        return assertNever(verdict);
    }
  }
}
