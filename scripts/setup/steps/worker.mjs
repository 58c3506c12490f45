// @ts-check
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem, release } from 'node:os';
import { dirname, join } from 'node:path';
import { mediasoupVersion, workerBinary, workerFolderName } from '../../paths.mjs';
import { SetupProblem } from '../../problems.mjs';
import { installPackages, runtimePackages, workerPackages } from '../debian.mjs';
import { run } from '../exec.mjs';
import { withSharedLock } from '../lock.mjs';
import { hasStamp, writeJson, writeStamp } from '../stamp.mjs';

/** How long the release page may take to answer, and the whole download. */
const answerMs = 4000;
const downloadMs = 120_000;

/** @param {unknown} error */
const reasonOf = (error) => (error instanceof Error ? error.message : String(error));

/** A worker the user named is tested once for each file. @param {string} path */
function fingerprint(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 'missing' : `${path} ${stat.size} ${stat.mtimeMs}`;
}

/** @param {import('../step.mjs').Context} context */
const folderIn = (context) => join(context.cache, workerFolderName());

/** Where upstream publishes its own build for this machine. */
export function prebuiltUrl(version = mediasoupVersion(), env = process.env) {
  const base =
    env['MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL'] ?? 'https://github.com/versatica/mediasoup/releases/download';
  const kernel = process.platform === 'linux' ? `-kernel${release().split('.')[0]}` : '';
  return `${base}/${version}/mediasoup-worker-${version}-${process.platform}-${process.arch}${kernel}.tgz`;
}

/** mediasoup's media worker: downloaded where that works, else built; trusted after a DTLS handshake. @type {import('../step.mjs').Step} */
export const workerStep = {
  id: 'worker',
  name: { en: 'Media worker (mediasoup)', zh: '媒体进程（mediasoup worker）' },
  touches: (context) => [
    `mediasoup worker ${mediasoupVersion()} -> ${folderIn(context)}`,
    ...(context.system
      ? [
          `only if it cannot be downloaded, Debian packages to build it: ${workerPackages.map((entry) => entry.names[0]).join(' ')}`,
        ]
      : []),
  ],
  done(context) {
    const given = context.env['MEDIASOUP_WORKER_BIN'];
    const cached = workerBinary({ ...context.env, MEDIASOUP_WORKER_BIN: '' });
    // The launcher names the cached one to everything it starts.
    if (!given || given === cached) return cached !== undefined;
    return hasStamp(context.home, 'worker', fingerprint(given));
  },
  async run(context) {
    const given = context.env['MEDIASOUP_WORKER_BIN'];
    if (given) {
      await selfTest(given, context);
      writeStamp(context.home, 'worker', fingerprint(given));
      return;
    }
    const folder = folderIn(context);
    mkdirSync(folder, { recursive: true });
    const waiting = (/** @type {number} */ pid) => context.detail(`another set-up (process ${pid}) is making it`);
    await withSharedLock(join(folder, 'lock'), waiting, () => make(folder, context));
  },
};

/**
 * Makes the worker in its cache folder, unless another set-up just did.
 * @param {string} folder
 * @param {import('../step.mjs').Context} context
 */
async function make(folder, context) {
  const tested = join(folder, 'tested.json');
  const binary = join(folder, 'mediasoup-worker');
  if (existsSync(tested) && existsSync(binary)) return;
  if (!existsSync(binary) && !(await download(binary, context))) await build(binary, context);
  try {
    await selfTest(binary, context);
  } catch (error) {
    rmSync(binary, { force: true });
    throw error;
  }
  writeJson(tested, { version: mediasoupVersion(), at: new Date().toISOString() });
}

/**
 * Fetches upstream's build. False when there is none, when it cannot be had, or when it does not work here.
 * @param {string} binary
 * @param {import('../step.mjs').Context} context
 */
async function download(binary, context) {
  const url = prebuiltUrl(undefined, context.env);
  const scratch = `${binary}.download`;
  context.detail(url);
  const control = new AbortController();
  let timer = setTimeout(() => control.abort(new Error('no answer')), answerMs);
  try {
    const answer = await fetch(url, { signal: control.signal });
    clearTimeout(timer);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    timer = setTimeout(() => control.abort(new Error('too slow')), downloadMs);
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch, { recursive: true });
    writeFileSync(join(scratch, 'worker.tgz'), Buffer.from(await answer.arrayBuffer()));
    await run('tar', ['-xzf', 'worker.tgz'], { cwd: scratch, log: context.log });
    await selfTest(join(scratch, 'mediasoup-worker'), context);
    renameSync(join(scratch, 'mediasoup-worker'), binary);
    return true;
  } catch (error) {
    context.note(
      `      no ready-made worker could be had (${reasonOf(error)}); it will be built here, which takes some minutes`,
    );
    return false;
  } finally {
    clearTimeout(timer);
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {string} binary
 * @param {import('../step.mjs').Context} context
 */
async function build(binary, context) {
  const options = { ...context, onLine: context.detail };
  // Without --no-system the missing packages are installed; with it they must be there, and the problem names them.
  const wanted = [...workerPackages, ...runtimePackages.filter((entry) => entry.purpose === 'media worker')];
  await installPackages(wanted, { ...options, forbid: !context.system });
  const parallel = typeof availableParallelism === 'function' ? availableParallelism() : cpus().length;
  // The compiler takes up to 1 GB a job.
  const jobs = Math.max(1, Math.min(parallel, Math.floor(freemem() / 1e9)));
  const work = join(dirname(binary), 'build');
  const env = {
    ...context.env,
    SOURCE: join(context.root, 'node_modules', 'mediasoup'),
    WORK: work,
    OUT: binary,
    JOBS: String(jobs),
  };
  try {
    await run('bash', [join(context.root, 'scripts', 'setup', 'build-mediasoup-worker.sh')], {
      cwd: context.root,
      log: context.log,
      env,
      onLine: (line) => /^\[(\d+)\/(\d+)\]|^\[build-worker\]/.test(line) && context.detail(line),
    });
  } catch (error) {
    throw new SetupProblem('worker-failed', { reason: reasonOf(error), log: context.log, version: mediasoupVersion() });
  }
  rmSync(work, { recursive: true, force: true });
}

/**
 * Two transports of the worker complete ICE and DTLS with each other; creating a transport alone would not show a broken build.
 * @param {string} binary
 * @param {import('../step.mjs').Context} context
 */
async function selfTest(binary, context) {
  context.detail('self-test: ICE and DTLS handshake');
  try {
    await run(context.node(), [join(context.root, 'scripts', 'setup', 'dtls-self-test.mjs'), binary], {
      cwd: context.root,
      log: context.log,
      timeoutMs: 30_000,
    });
  } catch (error) {
    throw new SetupProblem('worker-handshake', { reason: reasonOf(error), path: binary });
  }
}
