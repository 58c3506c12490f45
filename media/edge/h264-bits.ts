/** Reads the bits of an H.264 NAL unit behind its first byte, without the bytes that keep start codes away (H.264 section 7.4.1). */
export class H264Bits {
  readonly #bytes: number[] = [];
  #at = 0;

  constructor(unit: Uint8Array) {
    let zeros = 0;
    for (const byte of unit.subarray(1)) {
      if (zeros >= 2 && byte === 3) {
        zeros = 0;
        continue;
      }
      zeros = byte === 0 ? zeros + 1 : 0;
      this.#bytes.push(byte);
    }
  }

  /** The next so many bits, at most 32, as a number; zeros behind the end. */
  bits(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left--) {
      value = value * 2 + (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
      this.#at++;
    }
    return value;
  }

  /** ue(v) (section 9.1). */
  golomb(): number {
    let zeros = 0;
    while (zeros < 32 && this.bits(1) === 0) zeros++;
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** More was read than there is. */
  get exhausted(): boolean {
    return this.#at > this.#bytes.length * 8;
  }
}
