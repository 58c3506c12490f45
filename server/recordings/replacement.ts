import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { GrowingFile, type Keyring, recordKind, Sealer } from '../../media/recording/index.ts';

/** Pieces of a converted file. */
const pieceBytes = 65_536;

/** What a converted file says of itself. */
export interface ReplacementFacts {
  readonly callId: string;
  /** Its MIME type. */
  readonly content: string;
  /** When the recording began, ms since the epoch. */
  readonly at: number;
  readonly channels: string[];
}

/** A converted file that is being written, and may take the place of what was received. */
export class Replacement {
  readonly #path: string;
  readonly #keys: Keyring;
  readonly #sealer: Sealer;
  readonly #file: GrowingFile;
  readonly #at: number;

  constructor(path: string, keys: Keyring, facts: ReplacementFacts & { readonly recordingId: string }) {
    this.#path = path;
    this.#keys = keys;
    this.#at = facts.at;
    this.#sealer = new Sealer(keys.current);
    const head = this.#sealer.begin({ ...facts, codec: 'opus', sampleRate: 48_000 });
    this.#file = GrowingFile.create(`${path}.converted`, head);
  }

  /** The next bytes of the file. */
  write(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; from += pieceBytes)
      this.#file.append(this.#sealer.seal(recordKind.piece, bytes.subarray(from, from + pieceBytes)));
  }

  /** Bytes that stand before all others, once they are known. */
  front(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; from += pieceBytes)
      this.#file.append(this.#sealer.seal(recordKind.front, bytes.subarray(from, from + pieceBytes)));
  }

  /** All of it is there, and on the disk. */
  finish(lengthMs: number): { readonly bytes: number; readonly hash: string; readonly keyId: string } {
    const end = Buffer.alloc(13);
    end.writeUInt32LE(lengthMs, 0);
    end.writeDoubleLE(this.#at, 4);
    this.#file.append(this.#sealer.seal(recordKind.end, end));
    this.#file.sync();
    const made = { bytes: this.#file.size, hash: this.#file.hash(), keyId: this.#keys.current.keyId };
    this.#file.close();
    syncFolder(dirname(this.#path));
    return made;
  }

  /** Takes the place of what was received. */
  commit(): void {
    renameSync(`${this.#path}.converted`, this.#path);
  }

  /** It is not wanted, or came to nothing. */
  abandon(): void {
    rmSync(`${this.#path}.converted`, { force: true });
  }

  /** The disk failed, or ffmpeg did: closes the file as well. */
  fail(): void {
    try {
      this.#file.close();
    } catch {
      // It is closed already.
    }
    this.abandon();
  }
}

/** A new name is on the disk when its folder is. */
function syncFolder(directory: string): void {
  const folder = openSync(directory, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
