import { IceLite, type Component, type IceSession } from './ice.ts';
import { samePlace, type Place, type SourceLock } from './source-lock.ts';
import { looksLikeStun } from './stun.ts';

/** How far ICE with a far side is. */
export interface IceState {
  /** `checking`: no check was right yet, so nothing is sent and nobody is heard. */
  readonly state: 'checking' | 'proven';
  /** Where it is sent to, by the best pair so far. */
  readonly remote?: Place;
  /** The far side has chosen that pair. */
  readonly nominated?: boolean;
  /** Since when that place is proven, ms since the epoch. */
  readonly since?: number;
}

/** Stands before the lock of a leg with ICE: answers checks, and tells the lock who has proven itself. */
export class IceDoor {
  readonly #agent = new IceLite();
  readonly #lock: Pick<SourceLock, 'prove'>;
  readonly #reply: (packet: Buffer, to: Place, of: Component) => void;
  readonly #now: () => number;
  #selected: { readonly place: Place; readonly since: number } | undefined;

  /** `reply` sends from the socket of that component. `now`: ms since the epoch. */
  constructor(
    lock: Pick<SourceLock, 'prove'>,
    reply: (packet: Buffer, to: Place, of: Component) => void,
    now: () => number = Date.now,
  ) {
    this.#lock = lock;
    this.#reply = reply;
    this.#now = now;
  }

  /** Undefined: there is no ICE (any more). */
  get state(): IceState | undefined {
    if (!this.#agent.runs) return undefined;
    if (this.#selected === undefined) return { state: 'checking' };
    const { place: remote, since } = this.#selected;
    return { state: 'proven', remote, since, nominated: this.#agent.nominated(1) };
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
    const place = this.#agent.runs ? this.#agent.proven(1).selected : undefined;
    if (place === undefined) this.#selected = undefined;
    else if (!samePlace(this.#selected?.place, place)) this.#selected = { place, since: this.#now() };
    if (this.#agent.runs) this.#lock.prove(this.#agent.proven(1), this.#agent.proven(2));
    else this.#lock.prove(undefined);
  }
}
