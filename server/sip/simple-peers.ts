/** Phones that give up when a challenge names an algorithm they do not know, though another one follows. */
import { hash } from 'node:crypto';

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
  /** The Call-ID, hashed. */
  readonly call: string;
  readonly simple: boolean;
}

/** Anybody may send these texts, and as long as a message may be: what is kept of them is short. */
function short(text: string): string {
  return hash('sha1', text, 'base64url');
}

function keyOf({ source, user }: Peer): string {
  return short(`${source} ${user}`);
}

/** Learns who they are: they come back in the same Call-ID, again without an answer. */
export class SimplePeers {
  readonly #seen = new Map<string, Seen>();

  /** Whether it is to be asked for MD5 and nothing else. */
  isSimple(peer: Peer): boolean {
    return known.test(peer.agent) || this.#seen.get(keyOf(peer))?.simple === true;
  }

  /** A REGISTER without an answer came. */
  asked(peer: Peer): void {
    const key = keyOf(peer);
    const call = short(peer.callId);
    const before = this.#seen.get(key);
    const simple = before !== undefined && (before.simple || before.call === call);
    this.#seen.delete(key);
    this.#seen.set(key, { call, simple });
    const [oldest] = this.#seen.size > mostKept ? this.#seen.keys() : [];
    if (oldest !== undefined) this.#seen.delete(oldest);
  }

  /** It did answer: the next unanswered REGISTER is the first of its kind again. */
  answered(peer: Peer): void {
    const key = keyOf(peer);
    if (this.#seen.get(key)?.simple === false) this.#seen.delete(key);
  }
}
