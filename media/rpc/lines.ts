import { StringDecoder } from 'node:string_decoder';

/** Cuts a byte stream into lines, in linear time however it is chopped. */
export class LineReader {
  /** The longest line, in characters. */
  limit: number;
  readonly #decoder = new StringDecoder('utf8');
  #parts: string[] = [];
  #length = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** The lines that became complete; empty ones are left out. Undefined when a line is longer than the limit. */
  push(bytes: Buffer): string[] | undefined {
    const [first = '', ...rest] = this.#decoder.write(bytes).split('\n');
    const lines: string[] = [];
    this.#parts.push(first);
    this.#length += first.length;
    for (const part of rest) {
      lines.push(this.#parts.join(''));
      this.#parts = [part];
      this.#length = part.length;
    }
    if (this.#length > this.limit || lines.some((line) => line.length > this.limit)) return undefined;
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  }
}
