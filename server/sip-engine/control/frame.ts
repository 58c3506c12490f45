/** The longest frame an app may send, in bytes. The reference hangs at 12 kB; we close at this. */
export const longestFrame = 1_048_576;

const hash = 35;

/** Cuts an app's bytes into frames: decimal byte length, `#`, payload. */
export class FrameReader {
  readonly #chunks: Buffer[] = [];
  #size = 0;
  /** Bytes of payload awaited; undefined while the length is being read. */
  #wanted: number | undefined;
  #broken = false;

  /** Takes bytes; returns the payloads they complete. `broken` says why nothing more can be read. */
  push(chunk: Buffer): { readonly payloads: Buffer[]; readonly broken?: string } {
    const payloads: Buffer[] = [];
    if (this.#broken) return { payloads };
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    for (;;) {
      if (this.#wanted === undefined) {
        const read = this.#readLength();
        if (read === 'more') return { payloads };
        if (typeof read !== 'number') return this.#break(payloads, read.bad);
        this.#wanted = read;
      }
      if (this.#size < this.#wanted) return { payloads };
      payloads.push(this.#take(this.#wanted));
      this.#wanted = undefined;
    }
  }

  #break(payloads: Buffer[], broken: string): { readonly payloads: Buffer[]; readonly broken: string } {
    this.#broken = true;
    this.#chunks.length = 0;
    return { payloads, broken };
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks.splice(0, this.#chunks.length, Buffer.concat(this.#chunks));
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(length: number): Buffer {
    const bytes = this.#joined();
    const rest = bytes.subarray(length);
    this.#chunks.length = 0;
    if (rest.length > 0) this.#chunks.push(rest);
    this.#size = rest.length;
    return bytes.subarray(0, length);
  }

  #readLength(): number | 'more' | { readonly bad: string } {
    const bytes = this.#joined();
    let length = 0;
    for (let at = 0; at < bytes.length; at++) {
      const code = bytes[at] ?? 0;
      if (code === hash && at > 0) {
        this.#take(at + 1);
        return length;
      }
      if (code < 48 || code > 57 || at > 7) return { bad: 'frame length is not a number' };
      length = length * 10 + code - 48;
      if (length > longestFrame) return { bad: 'frame is too long' };
    }
    return 'more';
  }
}

/** A frame with this leader line and, after CRLF, the SIP text. */
export function writeFrame(leader: string, sip?: Buffer): Buffer {
  const head = sip === undefined ? leader : `${leader}\r\n`;
  const size = Buffer.byteLength(head) + (sip?.length ?? 0);
  const start = Buffer.from(`${size}#${head}`);
  return sip === undefined ? start : Buffer.concat([start, sip]);
}
