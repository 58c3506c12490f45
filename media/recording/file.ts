import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
  fstatSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from './sealed.ts';

/** How the files of recordings are called. */
export const extension = '.jfr';

/** Where a recording is. */
export function recordingPath(directory: string, recordingId: string): string {
  if (!/^[\w.-]{1,100}$/.test(recordingId) || recordingId.startsWith('.')) throw new Error('not the id of a recording');
  return join(directory, `${recordingId}${extension}`);
}

/** A file that only grows. Throws the system's errors; what was written before one stays whole. */
export class GrowingFile {
  readonly #fd: number;
  #size: number;

  private constructor(fd: number, size: number) {
    this.#fd = fd;
    this.#size = size;
  }

  /** A new file. It gets its name only when its first bytes are in it, so that no death leaves an empty one. */
  static create(path: string, first: Uint8Array): GrowingFile {
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    const fd = openSync(`${path}.new`, 'w+', 0o600);
    const file = new GrowingFile(fd, 0);
    try {
      file.append(first);
      renameSync(`${path}.new`, path);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** A file that is there; what stands after `size` bytes is cut off. */
  static resume(path: string, size: number): GrowingFile {
    const fd = openSync(path, 'r+');
    try {
      ftruncateSync(fd, size);
      return new GrowingFile(fd, size);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Hands all of it to the system: it then survives the death of this process. */
  append(bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length;)
        done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#size + done);
      this.#size += bytes.length;
    } catch (error) {
      // A full disk takes part of a record: better none of it.
      try {
        ftruncateSync(this.#fd, this.#size);
      } catch {
        // Then readers find it cut.
      }
      throw error;
    }
  }

  /** SHA-256 of the whole file, in hex. */
  hash(): string {
    const hash = createHash('sha256');
    const piece = Buffer.alloc(1 << 20);
    for (let at = 0; ;) {
      const read = readSync(this.#fd, piece, 0, piece.length, at);
      if (read === 0) return hash.digest('hex');
      hash.update(piece.subarray(0, read));
      at += read;
    }
  }

  sync(): void {
    fsyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** A file that is read where it is needed. Close it. */
export class OpenFile implements Bytes {
  readonly #fd: number;
  readonly size: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    this.size = fstatSync(this.#fd).size;
  }

  read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.size - offset)));
    return bytes.subarray(0, readSync(this.#fd, bytes, 0, bytes.length, offset));
  }

  close(): void {
    closeSync(this.#fd);
  }
}
