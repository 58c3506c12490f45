// @ts-check
// `jackfield uninstall`: lists what set-up made, asks once, removes it. Debian packages go only with --packages.
import { existsSync, readFileSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runMain, switches } from './options.mjs';
import { cacheFolders, homeFolder, readJson, root } from './paths.mjs';
import { SetupProblem } from './problems.mjs';
import { ask } from './setup/ask.mjs';
import { installedPackages, packageRecord, rootPrefix } from './setup/debian.mjs';
import { run } from './setup/exec.mjs';
import { isAlive } from './setup/lock.mjs';

/** What set-up keeps in a cache; other folders there are not ours. */
const cached = ['node', 'mediasoup-worker', 'npm-cli', 'npm', 'ears'];
/** What a site cannot make again. */
const precious = ['data', 'recordings'];

/** What set-up and a running site make in their home. */
const homeNames = [...precious, 'cache', 'certs', 'logs', 'run', 'setup', 'setup.json', 'setup.lock', 'setup.groups'];

/**
 * Everything that would be removed, as paths that exist.
 * @param {{ keepData: boolean, project?: string }} options
 * @param {NodeJS.ProcessEnv} [env]
 */
export function pathsToRemove({ keepData, project = root }, env = process.env) {
  const home = homeFolder(env);
  const { user } = cacheFolders(env);
  const own = basename(home) === '.jackfield';
  // A home of another name may hold what is not ours.
  const names = existsSync(home) ? readdirSync(home).filter((name) => own || homeNames.includes(name)) : [];
  const inHome =
    own && !keepData
      ? [home]
      : names.filter((name) => !keepData || !precious.includes(name)).map((name) => join(home, name));
  return [
    ...inHome,
    join(project, 'node_modules'),
    join(project, 'dist'),
    ...cached.map((name) => join(user, name)),
  ].filter((path) => existsSync(path));
}

/** @param {string} home */
function refuseWhileRunning(home) {
  let pid = 0;
  try {
    pid = Number(readFileSync(join(home, 'run', 'jackfield.pid'), 'utf8').split(' ')[0]);
  } catch {
    return;
  }
  if (isAlive(pid)) throw new SetupProblem('still-running', { pid });
}

/**
 * Removes packages that set-up installed, unless something else has come to need them.
 * @param {string[]} packages
 * @param {boolean} terminal
 */
async function removePackages(packages, terminal) {
  const prefix = rootPrefix(terminal);
  if (prefix === undefined) throw new SetupProblem('packages-kept', { packages: packages.join(' '), reason: 'sudo' });
  // The log would be removed with the home.
  const log = '/dev/null';
  const plan = await run('apt-get', ['-s', 'remove', ...packages], { log });
  const more = [...plan.matchAll(/^Remv (\S+)/gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => !packages.includes(name));
  if (more.length > 0)
    throw new SetupProblem('packages-kept', { packages: packages.join(' '), reason: more.join(' ') });
  const [program = 'env', ...args] = [
    ...prefix,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    'remove',
    '-y',
    '-q',
    ...packages,
  ];
  await run(program, args, { log, terminal });
}

/** @param {string[]} args */
export async function uninstall(args) {
  const given = switches(args, ['--yes', '--packages', '--keep-data']);
  const home = homeFolder();
  refuseWhileRunning(home);
  const paths = pathsToRemove({ keepData: given.has('--keep-data') });
  const installed = installedPackages();
  const packages = /** @type {string[]} */ (readJson(packageRecord(home)) ?? []).filter((name) => installed.has(name));
  console.log('This will be removed / 将删除以下内容:\n');
  for (const path of paths) console.log(`  ${path}`);
  if (!given.has('--keep-data') && existsSync(join(home, 'data')))
    console.log(
      `\n  with the database and recordings of this site (--keep-data keeps them) / 包括数据库与录音（--keep-data 可保留）`,
    );
  if (packages.length > 0)
    console.log(
      given.has('--packages')
        ? `\n  Debian packages that set-up installed / 安装程序装入的软件包: ${packages.join(' ')}`
        : `\nDebian packages that set-up installed stay; --packages removes them / 以下软件包保留，--packages 可一并删除:\n  ${packages.join(' ')}`,
    );
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  if (!given.has('--yes')) await confirm(terminal);
  if (given.has('--packages') && packages.length > 0) await removePackages(packages, terminal);
  for (const path of paths) rmSync(path, { recursive: true, force: true });
  removeIfEmpty(home);
  removeIfEmpty(cacheFolders().user);
  console.log(`\nRemoved. What is left is this folder itself. / 已删除，仅剩本目录：${root}`);
}

/** @param {boolean} terminal */
async function confirm(terminal) {
  if (!terminal) throw new SetupProblem('uninstall-unconfirmed');
  const answer = await ask('\nRemove it? / 确认删除？ [y/N] ');
  if (!/^(y(es)?|是)$/i.test(answer ?? '')) throw new SetupProblem('uninstall-unconfirmed');
}

/** @param {string} folder */
function removeIfEmpty(folder) {
  try {
    rmdirSync(folder);
  } catch {
    // Not there, or something else lives in it.
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await runMain(() => uninstall(process.argv.slice(2)));
