/**
 * Who an INVITE comes from. Nobody we know: it never reaches a route, and what is answered does not depend on what was
 * called, so neither status nor timing tells which numbers exist.
 */
import { type DigestGuard, parseAuthorization } from './digest.ts';
import type { KnownOrigin, Origin } from './ports.ts';

/** What a digest user name stands for. */
export type CallerClaim = { readonly origin: KnownOrigin; readonly password: string };

export interface AdmissionOptions {
  readonly guard: DigestGuard;
  /** The agent whose registration came over this flow and is still good. */
  readonly agentOn: (flow: string) => string | undefined;
  /** The trunk that may call from this address without further proof. */
  readonly trunkAt: (address: string) => string | undefined;
  /** The party a user name belongs to; undefined for a name nobody has. */
  readonly claimOf: (username: string, now: number) => CallerClaim | undefined;
}

/** `challenge`: 407 with this Proxy-Authenticate (RFC 3261 section 22.3). A stranger is answered 403. */
export type Verdict = Origin | { readonly type: 'challenge'; readonly header: string };

/** What an admission looks at. */
export interface Incoming {
  readonly method: string;
  readonly protocol: string;
  readonly source_address: string;
  readonly source_port: number | string;
  has(header: string): boolean;
  get(header: string): string;
}

/** Names the way a request came: on a connection only its far end can write to it; on UDP anybody can claim to. */
export function flowOf(req: Pick<Incoming, 'protocol' | 'source_address' | 'source_port'>): string {
  return `${req.protocol.toLowerCase()}/${req.source_address}:${req.source_port}`;
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
    const trunk = agentId === undefined ? trunkAt(req.source_address) : undefined;
    if (trunk !== undefined) return { type: 'trunk', trunk };
    return proven ?? { type: 'challenge', header: this.#options.guard.challenge(now) };
  }

  /** What the credentials prove; undefined when there are none. */
  #proven(req: Incoming, now: number): Verdict | undefined {
    const { guard, claimOf } = this.#options;
    const answer = req.has('Proxy-Authorization') ? parseAuthorization(req.get('Proxy-Authorization')) : undefined;
    if (answer === undefined) return undefined;
    const claim = claimOf(answer['username'] ?? '', now);
    switch (guard.judge(answer, req.method, claim?.password, now)) {
      case 'right':
        return claim?.origin ?? { type: 'stranger' };
      case 'stale':
        return { type: 'challenge', header: guard.challenge(now, true) };
      case 'wrong':
        return { type: 'stranger' };
    }
  }
}
