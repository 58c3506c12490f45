/** ICE of a SIP leg as its descriptions want it: credentials of ours, restarts, and when there is none. */
import { randomBytes } from 'node:crypto';
import type { IcePolicy } from '../protocol/media-policy.ts';
import type { IceSession } from './edge/ice.ts';
import type { AudioLine, OwnIce, PeerIce } from './sdp/index.ts';

type Own = Exclude<OwnIce, 'mismatch'>;

/** RFC 8445 section 5.3: at least 24 and 128 random bits; Base64 has only ice-chars where nothing is filled up. */
function newCredentials(): Own {
  return {
    usernameFragment: randomBytes(6).toString('base64'),
    password: randomBytes(18).toString('base64'),
  };
}

/** The ICE of one leg, over all its offers and answers. */
export class LegIce {
  readonly #configure: (session: IceSession | undefined) => void;
  #own: Own | undefined;
  #peer: PeerIce | undefined;

  /** `configure`: who answers checks has these credentials from now on. */
  constructor(configure: (session: IceSession | undefined) => void) {
    this.#configure = configure;
  }

  /** Has the far side agreed to ICE? */
  get runs(): boolean {
    return this.#peer !== undefined;
  }

  /** What an offer of ours says; `restart` makes new credentials (RFC 8839 section 4.4.1.1). */
  offer(policy: IcePolicy | undefined, restart = false): OwnIce | undefined {
    if (policy === 'off' || (policy !== 'offered' && this.#peer === undefined)) {
      this.#stop();
      return undefined;
    }
    if (restart || this.#peer === undefined) this.#own = newCredentials();
    this.#own ??= newCredentials();
    // Checks may come before the answer does (RFC 8445 section 7.3), and in a restart under another name.
    this.#apply(restart ? undefined : this.#peer?.usernameFragment);
    return this.#own;
  }

  /** What our answer to that offer says. */
  answer({ ice }: Pick<AudioLine, 'ice'>, policy: IcePolicy | undefined): OwnIce | undefined {
    if (ice === undefined || ice === 'mismatch' || policy === 'off') {
      this.#stop();
      return policy !== 'off' && ice === 'mismatch' ? ice : undefined;
    }
    // RFC 8839 section 4.4.1.1: other credentials are a restart, and want others of ours.
    if (!this.#isGoneOn(ice)) this.#own = newCredentials();
    this.#agreed(ice);
    return this.#own;
  }

  /** The far side's answer to an offer of ours. */
  answered({ ice }: Pick<AudioLine, 'ice'>): void {
    if (this.#own === undefined) return;
    if (ice === undefined || ice === 'mismatch') {
      this.#peer = undefined;
      this.#configure(undefined);
    } else this.#agreed(ice);
  }

  #isGoneOn({ usernameFragment, password }: PeerIce): boolean {
    const before = this.#peer;
    return this.#own !== undefined && before?.usernameFragment === usernameFragment && before.password === password;
  }

  #agreed(peer: PeerIce): void {
    this.#peer = peer;
    // RFC 8445 section 6.1.1: of two lite agents nobody checks anything.
    if (peer.lite) this.#configure(undefined);
    else this.#apply(peer.usernameFragment);
  }

  #apply(remoteFragment: string | undefined): void {
    if (this.#own !== undefined) this.#configure({ ...this.#own, remoteFragment });
  }

  #stop(): void {
    if (this.#own !== undefined) this.#configure(undefined);
    this.#own = this.#peer = undefined;
  }
}
