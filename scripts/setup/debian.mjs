// @ts-check
// Debian packages: which are there, which are missing, and installing the missing ones with a record of what was added.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readJson } from '../paths.mjs';
import { SetupProblem } from '../problems.mjs';
import { run } from './exec.mjs';

/**
 * A package under all names it has had; newer Debian releases renamed some.
 * @typedef {object} DebianPackage
 * @property {string[]} names
 * @property {string} purpose
 */

/**
 * @param {string} purpose
 * @param {string} names separated by spaces; alternatives by `|`
 * @returns {DebianPackage[]}
 */
const packages = (purpose, names) => names.split(' ').map((name) => ({ names: name.split('|'), purpose }));

/** Needed to run: the worker's libraries, the demo caller's voices, the speech recogniser and the compiler for its front. */
export const runtimePackages = [
  ...packages('media worker', 'libuv1|libuv1t64 libssl3|libssl3t64 libsrtp2-1'),
  ...packages('the voice of demo callers', 'flite espeak-ng'),
  ...packages('recordings as Opus', 'ffmpeg'),
  ...packages('live transcript', 'pocketsphinx-en-us libpocketsphinx-dev gcc libc6-dev pkg-config|pkgconf'),
];

/** Needed only where the media worker has to be built. */
export const workerPackages = packages(
  'building the media worker',
  'g++ meson ninja-build pkg-config|pkgconf libuv1-dev libssl-dev libsrtp2-dev libflatbuffers-dev flatbuffers-compiler libabsl-dev binutils tar dpkg-dev',
);

/** Needed by `npm test`: the peers nobody here wrote. */
export const testPackages = [
  ...packages('tests: browser', 'chromium fonts-noto-cjk'),
  ...packages(
    'tests: SIP peers',
    'sip-tester baresip-core|baresip baresip-ffmpeg linphone-cli sipsak kamailio sipvicious',
  ),
  ...packages('tests: judging the wire and sound', 'tshark tcpdump sox openssl ffmpeg'),
];

/** Whether this machine has Debian's package tools. */
export function isDebian() {
  return existsSync('/usr/bin/dpkg-query') && existsSync('/usr/bin/apt-get');
}

/** @returns {Set<string>} names of all installed packages */
export function installedPackages() {
  if (!isDebian()) return new Set();
  const lines = execFileSync('dpkg-query', ['-W', '-f', '${db:Status-Abbrev} ${Package}\n'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return new Set(
    lines
      .split('\n')
      .filter((line) => line.startsWith('ii'))
      .map((line) => line.slice(2).trim()),
  );
}

/**
 * @param {readonly DebianPackage[]} wanted
 * @param {Set<string>} [installed]
 */
export function missingPackages(wanted, installed = installedPackages()) {
  return wanted.filter(({ names }) => !names.some((name) => installed.has(name)));
}

/** How to become root: nothing to do, sudo (asking only on a terminal), or not at all. @param {boolean} terminal */
export function rootPrefix(terminal) {
  if (process.getuid?.() === 0) return [];
  if (!['/usr/bin/sudo', '/bin/sudo'].some((path) => existsSync(path))) return undefined;
  return terminal ? ['sudo'] : ['sudo', '-n'];
}

/**
 * Lets sudo ask for the password once, with the terminal to itself; what follows needs no more questions.
 * @param {string[]} prefix
 * @param {(held: boolean) => void} hold
 */
function askPassword(prefix, hold) {
  if (prefix.length !== 1) return;
  hold(true);
  try {
    execFileSync('sudo', ['-v'], { stdio: 'inherit' });
  } finally {
    hold(false);
  }
}

/** @param {DebianPackage} entry */
function availableName(entry) {
  if (entry.names.length === 1) return entry.names[0] ?? '';
  for (const name of entry.names) {
    const policy = execFileSync('apt-cache', ['policy', name], { encoding: 'utf8' });
    if (/Candidate: (?!\(none\))/.test(policy)) return name;
  }
  return entry.names[0] ?? '';
}

/** The record of packages set-up installed, for `uninstall`. @param {string} home */
export const packageRecord = (home) => join(home, 'setup', 'debian-packages.json');

/**
 * Installs what is missing of `wanted`; already installed packages are not touched. Packages that came with them are
 * recorded too.
 * @param {readonly DebianPackage[]} wanted
 * @param {{ home: string, log: string, terminal: boolean, forbid?: boolean, hold?: (held: boolean) => void, onLine?: (line: string) => void }} options `forbid`: only say what is missing
 */
export async function installPackages(wanted, options) {
  const before = installedPackages();
  const missing = missingPackages(wanted, before);
  if (missing.length === 0) return;
  const purpose = [...new Set(missing.map((entry) => entry.purpose))].join(', ');
  const prefix = isDebian() && options.forbid !== true ? rootPrefix(options.terminal) : undefined;
  if (prefix === undefined)
    throw new SetupProblem('packages-missing', { packages: missing.map((entry) => entry.names[0]).join(' '), purpose });
  /** @param {string[]} args */
  const apt = (args) => {
    const command = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=600'];
    const [program = 'env', ...rest] = [...command, ...args];
    return run(program, rest, { ...options, env: process.env, finish: true });
  };
  const install = () =>
    apt(['install', '-y', '-q', '--no-install-recommends', '--no-upgrade', ...missing.map(availableName)]);
  try {
    askPassword(prefix, options.hold ?? (() => undefined));
    if (!hasLists()) await apt(['update', '-q']);
    try {
      await install();
    } catch {
      await apt(['update', '-q']);
      await install();
    }
  } catch (error) {
    throw new SetupProblem('packages-failed', {
      packages: missing.map((entry) => entry.names[0]).join(' '),
      reason: error instanceof Error ? error.message : String(error),
      log: options.log,
    });
  } finally {
    record(options.home, before);
  }
}

function hasLists() {
  try {
    return readdirSync('/var/lib/apt/lists').some((name) => name.includes('_Packages'));
  } catch {
    return false;
  }
}

/**
 * @param {string} home
 * @param {Set<string>} before
 */
function record(home, before) {
  const added = [...installedPackages()].filter((name) => !before.has(name));
  if (added.length === 0) return;
  const file = packageRecord(home);
  mkdirSync(dirname(file), { recursive: true });
  const all = [...new Set([...(readJson(file) ?? []), ...added])].sort();
  writeFileSync(file, `${JSON.stringify(all, null, 1)}\n`);
}
