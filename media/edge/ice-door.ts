import { IceLite, type Component, type IceSession } from './ice.ts';
import type { Place, SourceLock } from './source-lock.ts';
import { looksLikeStun } from './stun.ts';

/** Stands before the lock of a leg with ICE: answers checks, and tells the lock who has proven itself. */
export class IceDoor {
  readonly #agent = new IceLite();
  readonly #lock: Pick<SourceLock, 'prove'>;
  readonly #reply: (packet: Buffer, to: Place, of: Component) => void;

  /** `reply` sends from the socket of that component. */
  constructor(lock: Pick<SourceLock, 'prove'>, reply: (packet: Buffer, to: Place, of: Component) => void) {
    this.#lock = lock;
    this.#reply = reply;
  }

  /** Our credentials and what is known of theirs; undefined: no ICE (any more). */
  configure(session: IceSession | undefined): void {
    if (this.#agent.configure(session)) this.#tell();
  }

  /** Takes a packet if it is STUN, and says whether it was. Costs one look at one byte where it is not. */
  take(packet: Buffer, from: Place, of: Component): boolean {
    if (!looksLikeStun(packet) || !this.#agent.runs) return false;
    const { reply, proven } = this.#agent.take(packet, from, of);
    if (proven !== undefined) this.#tell();
    if (reply !== undefined) this.#reply(reply, from, of);
    return true;
  }

  #tell(): void {
    if (this.#agent.runs) this.#lock.prove(this.#agent.proven(1), this.#agent.proven(2));
    else this.#lock.prove(undefined);
  }
}
