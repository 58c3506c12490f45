/**
 * Short-lived registration credentials (RFC 3261 section 22 knows only digest, and SIP.js only MD5). Nothing is stored:
 * the user name carries agent and expiry, the password is their HMAC under the site's key, so they outlive a restart.
 */
import type { AgentId } from '../../protocol/ids.ts';
import { Signer } from './digest.ts';

export interface Minted {
  readonly username: string;
  readonly password: string;
  readonly expiresAt: number;
}

/** What a user name stands for. `agentId` is undefined once it has lapsed, and for a name that was never one of ours. */
export interface Claim {
  readonly agentId: AgentId | undefined;
  readonly password: string;
}

export class Credentials {
  readonly #signer: Signer;

  constructor(key: Buffer) {
    this.#signer = new Signer(key);
  }

  /** New credentials for an agent, valid until `expiresAt` (ms). */
  mint(agentId: AgentId, expiresAt: number): Minted {
    const username = `${agentId}~${expiresAt.toString(36)}`;
    return { username, password: this.#passwordOf(username), expiresAt };
  }

  /** The claim of a user name. A password comes for any name, so that nobody can tell by the time it takes. */
  claimOf(username: string, now: number): Claim {
    const at = username.lastIndexOf('~');
    const expiresAt = Number.parseInt(username.slice(at + 1), 36);
    const valid = at >= 1 && expiresAt > now;
    return { agentId: valid ? username.slice(0, at) : undefined, password: this.#passwordOf(username) };
  }

  #passwordOf(username: string): string {
    return this.#signer.sign(`sip-credentials ${username}`);
  }
}
