import { mkdirSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file that grows. Rejects when the disk refuses; how much was written then is unknown. */
export interface JournalFile {
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

/** Where a journal lies; tests put a disk that refuses in its place. */
export interface JournalDisk {
  /** All there is, nothing when there is no file yet. Throws when it cannot be read. */
  read(): Buffer;
  /** Begins an empty file beside the journal. */
  begin(): Promise<JournalFile>;
  /** The file begun last takes the place of the journal, at once and whole. */
  replace(): Promise<void>;
}

function missing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function growing(handle: FileHandle): JournalFile {
  return {
    // To the page cache: it survives the death of this process, and of a machine that dies the calls die too.
    append: (text) => handle.appendFile(text),
    close: () => handle.close(),
  };
}

/** The journal in a file of its own, readable by its owner only: it names who talks with whom. */
export function fileDisk(file: string): JournalDisk {
  const fresh = `${file}.new`;
  return {
    read() {
      try {
        return readFileSync(file);
      } catch (error) {
        if (missing(error)) return Buffer.alloc(0);
        throw error;
      }
    },
    async begin() {
      mkdirSync(dirname(file), { recursive: true });
      return growing(await open(fresh, 'w', 0o600));
    },
    replace: () => rename(fresh, file),
  };
}
