// @ts-check
// A fingerprint of source files: what was built from them is rebuilt when it changes.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const skipped = new Set(['node_modules', 'dist', '.jackfield', '.git', 'coverage']);

/** @param {string} path @returns {string[]} */
function filesOf(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isFile()) return [path];
  return readdirSync(path)
    .sort()
    .filter((name) => !skipped.has(name) && !/\.test\.tsx?$/.test(name))
    .flatMap((name) => filesOf(join(path, name)));
}

/**
 * Hash of the contents and names of the files below `paths` (tests left out), relative to `folder`.
 * @param {string} folder
 * @param {string[]} paths
 */
export function hashFiles(folder, paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap((part) => filesOf(join(folder, part)))) {
    hash.update(path.slice(folder.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex').slice(0, 20);
}
