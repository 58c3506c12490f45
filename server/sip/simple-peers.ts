/** Phones that give up when a challenge names an algorithm they do not know, though another one follows. */

/** How many of them are remembered; the longest unseen is forgotten first. */
const mostKept = 20_000;
/** What is known to: baresip's library answers no challenge at all beside one for SHA-256 before its version 2. */
const known = /^baresip v[01]\./;

/** Who sent a REGISTER. */
export interface Peer {
  readonly source: string;
  readonly user: string;
  readonly callId: string;
  /** Its User-Agent. */
  readonly agent: string;
}

interface Seen {
  readonly callId: string;
  readonly simple: boolean;
}

/** Learns who they are: they come back in the same Call-ID, again without an answer. */
export class SimplePeers {
  readonly #seen = new Map<string, Seen>();

  /** Whether it is to be asked for MD5 and nothing else. */
  isSimple(peer: Peer): boolean {
    return known.test(peer.agent) || this.#seen.get(`${peer.source} ${peer.user}`)?.simple === true;
  }

  /** A REGISTER without an answer came. */
  asked(peer: Peer): void {
    const key = `${peer.source} ${peer.user}`;
    const before = this.#seen.get(key);
    const simple = before !== undefined && (before.simple || before.callId === peer.callId);
    this.#seen.delete(key);
    this.#seen.set(key, { callId: peer.callId, simple });
    const [oldest] = this.#seen.size > mostKept ? this.#seen.keys() : [];
    if (oldest !== undefined) this.#seen.delete(oldest);
  }

  /** It did answer: the next unanswered REGISTER is the first of its kind again. */
  answered(peer: Peer): void {
    const key = `${peer.source} ${peer.user}`;
    if (this.#seen.get(key)?.simple === false) this.#seen.delete(key);
  }
}
