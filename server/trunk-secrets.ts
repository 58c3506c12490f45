/** Passwords of trunks: in the environment, or in a file of the site that only its owner may read. */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { environmentSecret } from './config.ts';
import type { SecretRef } from './sip/index.ts';

const fileSchema = z.record(z.string(), z.string());

function read(file: string): Record<string, string> {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

/** Keeps a password (null: forgets it). A running server takes it up by itself. Throws when the file cannot be written. */
export function storeTrunkPassword(file: string, key: string, password: string | null): void {
  const { [key]: _before, ...others } = read(file);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify(password === null ? others : { ...others, [key]: password }), {
    mode: 0o600,
  });
  renameSync(`${file}.new`, file);
}

/** The keys there are passwords for. */
export function storedTrunkPasswords(file: string): readonly string[] {
  return Object.keys(read(file));
}

/** How often the file is looked at, at most. */
const lookEveryMs = 1000;

export class TrunkSecrets {
  readonly #file: string;
  readonly #unreadable: (err: unknown) => void;
  #passwords: Readonly<Record<string, string>> = {};
  #mark = '';
  #lookedAt = -Infinity;

  /** `unreadable` hears why the file could not be read; what was read before stays. */
  constructor(file: string, unreadable: (err: unknown) => void) {
    this.#file = file;
    this.#unreadable = unreadable;
  }

  /** Undefined when it is not there. The file is read again a second after it has changed, at the latest. */
  of(ref: SecretRef): string | undefined {
    if (ref.type === 'env') return environmentSecret(ref.name);
    this.#refresh();
    return this.#passwords[ref.key];
  }

  /** Asked for every digest of a trunk, so the file is not looked at each time. */
  #refresh(): void {
    const now = performance.now();
    if (now - this.#lookedAt < lookEveryMs) return;
    this.#lookedAt = now;
    const mark = this.#markOfFile();
    if (mark === this.#mark) return;
    this.#mark = mark;
    try {
      this.#passwords = read(this.#file);
    } catch (err) {
      this.#unreadable(err);
    }
  }

  #markOfFile(): string {
    const found = statSync(this.#file, { throwIfNoEntry: false });
    return found === undefined ? '' : `${found.size}:${found.mtimeMs}:${found.ino}`;
  }
}
