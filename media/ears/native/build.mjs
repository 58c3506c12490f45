/**
 * Builds the recogniser child `jackfield-ears` with the machine's C compiler and Debian's pocketsphinx. Plain
 * JavaScript without dependencies: set-up runs it before anything is installed. Also a program: prints the path.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const sources = ['main.c', 'band.c', 'band.h', 'channel.c', 'channel.h'];
const flags = ['-O2', '-Wall', '-Wextra', '-ftree-vectorize'];

/** The Debian packages the build and the recogniser need. */
export const earsPackages = ['gcc', 'libc6-dev', 'pkg-config', 'libpocketsphinx-dev', 'pocketsphinx-en-us'];
/** The command that installs them. */
export const earsInstall = `sudo apt-get install -y ${earsPackages.join(' ')}`;
/** Where Debian keeps the English model. */
export const englishModel = '/usr/share/pocketsphinx/model/en-us';

/** Where built programs are kept unless told otherwise. */
export function defaultCache() {
  // The same folder as set-up's, which with --no-system is inside the project.
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'jackfield', 'ears');
}

function failed(reason) {
  return { ok: false, reason, hint: earsInstall };
}

function run(command, options) {
  return spawnSync(command, options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * Returns `{ ok: true, path, built }`, or `{ ok: false, reason, hint }` when the compiler or the library is missing.
 * The file name carries a hash of the sources, so an unchanged program is built once.
 */
export function buildEars({ cache = defaultCache(), compiler = 'cc' } = {}) {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(join(here, source)));
  hash.update(`${flags.join(' ')} ${process.platform} ${process.arch}`);
  const path = join(cache, `jackfield-ears-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(path)) return { ok: true, path, built: false };

  const library = run('pkg-config', ['--cflags', '--libs', 'pocketsphinx', 'sphinxbase']);
  if (library.error !== undefined) return failed('pkg-config is not installed');
  if (library.status !== 0) return failed('the pocketsphinx library (libpocketsphinx-dev) is not installed');
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, 'build-'));
  try {
    const made = join(scratch, 'jackfield-ears');
    const files = sources.filter((name) => name.endsWith('.c')).map((name) => join(here, name));
    const compile = run(compiler, [...flags, '-o', made, ...files, ...library.stdout.trim().split(/\s+/), '-lm']);
    if (compile.error !== undefined) return failed(`no C compiler (${compiler}) is installed`);
    if (compile.status !== 0) return failed(`the C compiler refused jackfield-ears: ${compile.stderr.trim()}`);
    renameSync(made, path);
    return { ok: true, path, built: true };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outcome = buildEars(process.argv[2] === undefined ? {} : { cache: process.argv[2] });
  if (outcome.ok) console.log(outcome.path);
  else {
    console.error(`jackfield-ears cannot be built: ${outcome.reason}\n${outcome.hint}`);
    process.exitCode = 1;
  }
}
