// @ts-check
// A step is done when its stamp says so: written after success only, through a temporary file, with what it was done for.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readJson } from '../paths.mjs';

/**
 * @param {string} file
 * @param {unknown} content
 */
export function writeJson(file, content) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/**
 * @param {string} home
 * @param {string} step
 * @param {string} key
 */
export function hasStamp(home, step, key) {
  return readJson(join(home, 'setup', `${step}.json`))?.key === key;
}

/**
 * @param {string} home
 * @param {string} step
 * @param {string} key
 */
export function writeStamp(home, step, key) {
  writeJson(join(home, 'setup', `${step}.json`), { key, at: new Date().toISOString() });
}
