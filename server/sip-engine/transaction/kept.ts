/**
 * Bytes kept for a long time and seldom needed. A small Buffer is a piece of a shared slab and keeps all of that alive;
 * a string of one byte a character costs what it holds.
 */
export class Kept {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static of(bytes: Buffer | Kept): Kept {
    return bytes instanceof Kept ? bytes : new Kept(bytes.toString('latin1'));
  }

  get bytes(): Buffer {
    return Buffer.from(this.#text, 'latin1');
  }
}

/** The bytes, however they are held. */
export function bytesOf(held: Buffer | Kept): Buffer {
  return held instanceof Kept ? held.bytes : held;
}
