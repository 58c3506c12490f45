import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A log file that never grows beyond `maxBytes`: it is renamed to `.1`, `.1` to `.2`, and so on; `keep` old ones stay. */
export class LogFile {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  #descriptor: number | undefined;
  #size = 0;

  constructor(path: string, maxBytes = 10_000_000, keep = 4) {
    this.path = path;
    this.#maxBytes = maxBytes;
    this.#keep = keep;
  }

  /** Appends `text`, rotating first when it would not fit. After `close()` it is dropped. */
  write(text: string): void {
    if (this.#descriptor === undefined) return;
    const length = Buffer.byteLength(text);
    if (this.#size > 0 && this.#size + length > this.#maxBytes) this.#rotate(this.#descriptor);
    if (this.#descriptor === undefined) return;
    writeSync(this.#descriptor, text);
    this.#size += length;
  }

  start(): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    this.#descriptor = openSync(this.path, 'a', 0o600);
    this.#size = statSync(this.path).size;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #rotate(descriptor: number): void {
    closeSync(descriptor);
    for (let index = this.#keep; index > 0; index--) {
      const from = index === 1 ? this.path : `${this.path}.${index - 1}`;
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${this.path}.${index}`);
    }
    this.#descriptor = openSync(this.path, 'a', 0o600);
    this.#size = 0;
  }
}
