/** An address and a port, as UDP sees the far side. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

function same(a: Place | undefined, b: Place): boolean {
  return a !== undefined && a.port === b.port && a.address === b.address;
}

/**
 * Decides whose packets a leg hears (symmetric RTP, RFC 4961, hardened): the negotiated place always; before it spoke,
 * the first place that sent a valid packet (a peer behind NAT). Once locked, everybody else is a stranger until a new
 * description names another place. Sends to the locked place, before that to the negotiated one.
 */
export class SourceLock {
  #negotiated: Place | undefined;
  #locked: Place | undefined;
  #strangers = 0;

  /** A new description. The lock stays if it names the same place; otherwise it is open again. */
  negotiate(place: Place | undefined): void {
    const unchanged = place === undefined ? this.#negotiated === undefined : same(this.#negotiated, place);
    if (unchanged) return;
    this.#negotiated = place;
    this.#locked = undefined;
  }

  /** Is a packet from `place` to be heard? `valid` says whether it looks like what was negotiated. Counts strangers. */
  admit(place: Place, valid: boolean): boolean {
    if (same(this.#locked, place)) return valid;
    const entitled = this.#locked === undefined || same(this.#negotiated, place);
    if (entitled && valid) {
      this.#locked = place;
      return true;
    }
    this.#strangers++;
    return false;
  }

  /** Where to send, if anywhere yet. */
  get target(): Place | undefined {
    return this.#locked ?? this.#negotiated;
  }

  /** The place that is locked in, if any. */
  get locked(): Place | undefined {
    return this.#locked;
  }

  /** Packets dropped because of where they came from. */
  get strangers(): number {
    return this.#strangers;
  }
}
