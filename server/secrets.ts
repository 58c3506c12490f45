/** Secrets of this site that stand in files of their own. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A secret that the supervisor wrote. Throws when it is not there. */
export function readSecret(file: string): string {
  return readFileSync(file, 'utf8').trim();
}

/** A key of this site, made when it is not there yet. */
export function readKey(file: string): Buffer {
  if (!existsSync(file)) {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.new`, randomBytes(32), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file);
}
