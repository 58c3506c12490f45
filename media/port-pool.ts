/** An inclusive range of UDP ports. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Hands out even ports, each standing for itself and the one above (RFC 3550 section 11). A port that was given back
 * rests at the end of the row, so that late packets of the last call do not reach the next one.
 */
export class PortPool {
  readonly #free: number[] = [];
  readonly #taken = new Set<number>();

  constructor({ first, last }: PortRange) {
    for (let port = first + (first % 2); port + 1 <= last; port += 2) this.#free.push(port);
  }

  /** The next port, or undefined when all are taken. */
  take(): number | undefined {
    const port = this.#free.shift();
    if (port !== undefined) this.#taken.add(port);
    return port;
  }

  /** Gives a port back; one that was not taken is ignored. */
  give(port: number): void {
    if (this.#taken.delete(port)) this.#free.push(port);
  }

  get free(): number {
    return this.#free.length;
  }
}
