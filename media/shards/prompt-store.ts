import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names entries of another format, or made another way, apart: raised when what is stored would be made differently. */
const version = 1;
const extension = '.prompt';
const hashBytes = 32;
/** Half a day of G.711. */
const usualMost = 256 * 1024 * 1024;
/** Entries that somebody was still writing when they died. */
const abandonedMs = 60_000;

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  parts.reduce<ReturnType<typeof createHash>>((hash, part) => hash.update(part), createHash('sha256')).digest();

/** The hash of some content, for keys. */
export const contentHash = (content: string | Uint8Array): string => sha256(content).toString('hex');

/**
 * What was made of prompts, on the disk: an entry has its hash before it, gets its name only when it is whole, and one
 * that is not what it was is as good as none. Where the disk refuses, prompts are made again; nothing fails for it.
 */
export class PromptStore {
  readonly #directory: string;
  readonly #most: number;
  #sinceSwept = Infinity;

  /** `most`: bytes that are kept; what was not used for longest goes first. */
  constructor(directory: string, most = usualMost) {
    this.#directory = directory;
    this.#most = most;
  }

  /** What was kept under a key; undefined if nothing was, or what was is damaged. */
  get(key: string): Buffer | undefined {
    const path = this.#path(key);
    try {
      const bytes = readFileSync(path);
      const content = bytes.subarray(hashBytes);
      if (bytes.length > hashBytes && sha256(key, content).equals(bytes.subarray(0, hashBytes))) {
        const now = new Date();
        utimesSync(path, now, now);
        return content;
      }
      rmSync(path, { force: true });
    } catch {
      // Not there, or not to be read: it is made again.
    }
    return undefined;
  }

  put(key: string, content: Uint8Array): void {
    const path = this.#path(key);
    const fresh = `${path}.${String(process.pid)}.new`;
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      writeFileSync(fresh, Buffer.concat([sha256(key, content), content]), { mode: 0o600 });
      renameSync(fresh, path);
      this.#sinceSwept += content.length;
      // Looking through the folder for every entry would cost more than a few entries too many.
      if (this.#sinceSwept > this.#most / 16) this.#sweep();
    } catch {
      forget(fresh);
    }
  }

  #path(key: string): string {
    return join(this.#directory, `${contentHash(`${String(version)} ${key}`)}${extension}`);
  }

  #sweep(): void {
    this.#sinceSwept = 0;
    const entries = readdirSync(this.#directory).flatMap((name) => {
      const path = join(this.#directory, name);
      const found = statSync(path, { throwIfNoEntry: false });
      return found?.isFile() === true ? [{ path, name, size: found.size, usedMs: found.mtimeMs }] : [];
    });
    for (const { path, name, usedMs } of entries)
      if (name.endsWith('.new') && Date.now() - usedMs > abandonedMs) rmSync(path, { force: true });
    const kept = entries.filter(({ name }) => name.endsWith(extension)).sort((a, b) => b.usedMs - a.usedMs);
    let size = 0;
    for (const entry of kept) {
      size += entry.size;
      if (size > this.#most) rmSync(entry.path, { force: true });
    }
  }
}

function forget(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next sweep finds it.
  }
}
