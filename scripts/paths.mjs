// @ts-check
// Where set-up keeps things: the project, its home (data, run, certs, logs) and the cache outside node_modules.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = resolve(fileURLToPath(new URL('..', import.meta.url)));

/**
 * The folder of everything a running site keeps: JACKFIELD_HOME, else `.jackfield` in the project.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function homeFolder(env = process.env) {
  return resolve(root, env['JACKFIELD_HOME'] || '.jackfield');
}

/**
 * The caches that may hold a private Node and a media worker: inside the home (for --no-system), then the user's.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function cacheFolders(env = process.env) {
  const user = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return { inside: join(homeFolder(env), 'cache', 'jackfield'), user: join(user, 'jackfield') };
}

/**
 * Whether things outside the folder may be touched: what was chosen at set-up, else yes.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function systemAllowed(env = process.env) {
  return readJson(join(homeFolder(env), 'setup.json'))?.system !== false;
}

/** @param {string} file */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The mediasoup version that package-lock.json pins; worker and package must be the same version. */
export function mediasoupVersion() {
  const lock = readJson(join(root, 'package-lock.json'));
  return String(lock?.packages?.['node_modules/mediasoup']?.version ?? 'unknown');
}

/** The worker's folder inside a cache: changes with the version and with the script that builds it. */
export function workerFolderName() {
  const script = readFileSync(join(root, 'scripts/setup/build-mediasoup-worker.sh'));
  const hash = createHash('sha256').update(script).digest('hex').slice(0, 12);
  return join('mediasoup-worker', `${mediasoupVersion()}-${hash}`);
}

/**
 * The media worker that passed its self-test: MEDIASOUP_WORKER_BIN, else the cached one; undefined when there is none.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function workerBinary(env = process.env) {
  if (env['MEDIASOUP_WORKER_BIN']) return env['MEDIASOUP_WORKER_BIN'];
  const { inside, user } = cacheFolders(env);
  for (const cache of [inside, user]) {
    const folder = join(cache, workerFolderName());
    const binary = join(folder, 'mediasoup-worker');
    if (existsSync(join(folder, 'tested.json')) && existsSync(binary)) return binary;
  }
  return undefined;
}
