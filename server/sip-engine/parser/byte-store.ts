const nothing = Buffer.alloc(0);

/**
 * Bytes that came and were not used yet. However small the pieces they come in, each byte is copied a bounded number of
 * times, and what waits takes at most twice its size. Views given out stay as they are when more comes.
 */
export class ByteStore {
  #bytes: Buffer = nothing;
  #start = 0;
  #end = 0;
  /** False while the bytes are a chunk of somebody else's, into which nothing may be written. */
  #own = false;

  get length(): number {
    return this.#end - this.#start;
  }

  append(chunk: Buffer): void {
    if (this.#start === this.#end) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#own = false;
      return;
    }
    if (!this.#own || this.#bytes.length - this.#end < chunk.length) this.#grow(chunk.length);
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  #grow(more: number): void {
    const { length } = this;
    const larger = Buffer.allocUnsafeSlow(2 * (length + more));
    this.#bytes.copy(larger, 0, this.#start, this.#end);
    this.#bytes = larger;
    this.#start = 0;
    this.#end = length;
    this.#own = true;
  }

  /** All that waits. */
  view(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** Takes the first `size` bytes away. */
  take(size: number): Buffer {
    const taken = this.#bytes.subarray(this.#start, this.#start + size);
    this.#start += size;
    if (this.#start === this.#end) this.clear();
    return taken;
  }

  clear(): void {
    this.#bytes = nothing;
    this.#start = 0;
    this.#end = 0;
    this.#own = false;
  }
}
