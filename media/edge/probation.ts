import { sequenceAhead } from './rtp.ts';

/** What is looked at in a packet of a source that has to prove itself. */
export interface Numbered {
  readonly ssrc: number;
  readonly sequence: number;
}

/** A gap or a turn of two packets this wide is the network's; those that came before it stay. */
const near = 8;
/** More than this is held for nobody. */
const mostHeld = 16;

/**
 * A source on trial (RFC 3550 appendix A.1): its packets are held until enough of them follow each other without a gap,
 * so that a stray packet is never heard and a rightful source loses nothing.
 */
export class Probation<P extends Numbered> {
  #held: P[] = [];
  #inRow = 0;

  /** Takes the next packet. Returns all that were held, this one last, once `needed` came in a row. */
  take(packet: P, needed: number): readonly P[] | undefined {
    const last = this.#held.at(-1);
    const ahead = last?.ssrc === packet.ssrc ? sequenceAhead(last.sequence, packet.sequence) : 0;
    if (ahead === 1) this.#inRow++;
    else this.#inRow = 1;
    if (ahead === 0 || Math.abs(ahead) > near) this.#held = [];
    if (this.#held.length >= mostHeld) this.#held.shift();
    this.#held.push(packet);
    if (this.#inRow < needed) return undefined;
    const released = this.#held;
    this.clear();
    return released;
  }

  /** Forgets what is held. */
  clear(): void {
    if (this.#held.length === 0) return;
    this.#held = [];
    this.#inRow = 0;
  }
}
