// @ts-check
// Set-up: says what it will touch, asks once, does what is missing, keeps what is done.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFor, findNode } from '../find-node.mjs';
import { cacheFolders, homeFolder, root, systemAllowed } from '../paths.mjs';
import { SetupProblem } from '../problems.mjs';
import { ask } from './ask.mjs';
import { endChildren, watchGroups } from './exec.mjs';
import { endLeftovers, takeLock } from './lock.mjs';
import { makeProgress } from './progress.mjs';
import { writeJson } from './stamp.mjs';
import { certificatesStep } from './steps/certificates.mjs';
import { dependenciesStep } from './steps/dependencies.mjs';
import { earsStep } from './steps/ears.mjs';
import { nodeStep } from './steps/node.mjs';
import { packagesStep } from './steps/packages.mjs';
import { siteStep } from './steps/site.mjs';
import { softphoneStep } from './steps/softphone.mjs';
import { workerStep } from './steps/worker.mjs';

/** In the order they are done; each may use what the ones before it made. */
export const allSteps = [
  nodeStep,
  packagesStep,
  dependenciesStep,
  workerStep,
  earsStep,
  softphoneStep,
  certificatesStep,
  siteStep,
];

/**
 * @typedef {object} SetupOptions
 * @property {boolean} [yes] do not ask
 * @property {boolean} [system] false: touch nothing outside the folder; remembered for the next time
 * @property {boolean} [tests] also what `npm test` needs, and no demo site
 * @property {import('./step.mjs').Step[]} [steps]
 * @property {{ write(text: string): unknown, isTTY?: boolean }} [out] where it speaks
 */

/**
 * What the steps work with; what was chosen before is kept.
 * @param {SetupOptions} options
 * @param {NodeJS.ProcessEnv} env
 * @returns {import('./step.mjs').Context}
 */
export function makeContext(options, env) {
  const home = homeFolder(env);
  const caches = cacheFolders(env);
  const system = options.system ?? systemAllowed(env);
  return {
    root,
    home,
    cache: system ? caches.user : caches.inside,
    log: join(home, 'logs', 'setup.log'),
    env,
    terminal: process.stdin.isTTY === true && process.stdout.isTTY === true && !env['CI'],
    system,
    tests: options.tests === true,
    detail: () => undefined,
    note: () => undefined,
    hold: () => undefined,
    node: () => findNode(env) ?? process.execPath,
  };
}

/**
 * Does what is missing. Quick when nothing is. Throws a SetupProblem.
 * @param {SetupOptions} options
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ node: string }>}
 */
export async function setUp(options, env = process.env) {
  const progress = makeProgress(options.out ?? process.stdout);
  const context = { ...makeContext(options, env), detail: progress.detail, note: progress.note, hold: progress.hold };
  const { home, system } = context;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const steps = options.steps ?? (options.tests ? allSteps.filter((step) => step !== siteStep) : allSteps);
  const open = steps.filter((step) => !step.done(context));
  if (open.length > 0) {
    const release = takeLock(join(home, 'setup.lock'));
    const groups = join(home, 'setup.groups');
    endLeftovers(groups);
    watchGroups((running) => writeJson(groups, running));
    try {
      await confirm(open, context, options.yes === true || !context.terminal);
      writeJson(join(home, 'setup.json'), { system });
      await doSteps(open, context, progress);
    } finally {
      progress.close();
      watchGroups(() => undefined);
      rmSync(groups, { force: true });
      release();
    }
  }
  return { node: context.node() };
}

/**
 * @param {import('./step.mjs').Step[]} steps
 * @param {import('./step.mjs').Context} context
 * @param {boolean} yes
 */
async function confirm(steps, context, yes) {
  context.note('Jackfield set-up will do this / 将执行以下安装步骤:\n');
  for (const step of steps) {
    context.note(`  ${step.name.en} / ${step.name.zh}`);
    for (const line of step.touches(context)) context.note(`      ${line}`);
  }
  context.note(`\n  log / 日志: ${context.log}\n`);
  if (yes) return;
  const answer = await ask('Go on? / 继续？ [Y/n] ');
  if (answer === undefined || !/^(y(es)?|是|)$/i.test(answer)) throw new SetupProblem('setup-declined');
}

/**
 * @param {import('./step.mjs').Step[]} steps
 * @param {import('./step.mjs').Context} context
 * @param {import('./progress.mjs').Progress} progress
 */
async function doSteps(steps, context, progress) {
  for (const [index, step] of steps.entries()) {
    // An earlier step may have made this one needless.
    if (step.done(context)) continue;
    const title = `[${index + 1}/${steps.length}] ${step.name.en} / ${step.name.zh}`;
    progress.step(title);
    /** @type {(signal: NodeJS.Signals) => void} */
    let stop = () => undefined;
    const interrupted = new Promise((_resolve, reject) => {
      stop = () => reject(new SetupProblem('setup-interrupted', { step: step.name.en, stepZh: step.name.zh }));
    });
    process.on('SIGINT', stop).on('SIGTERM', stop);
    try {
      context.env = existsSync(context.node()) ? environmentFor(context.node(), context.env) : context.env;
      await Promise.race([step.run(context), interrupted]);
    } catch (error) {
      endChildren();
      if (error instanceof SetupProblem) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new SetupProblem('step-failed', { step: step.name.en, stepZh: step.name.zh, reason, log: context.log });
    } finally {
      process.off('SIGINT', stop).off('SIGTERM', stop);
    }
    progress.finished();
  }
  progress.note('Set-up is finished. / 安装完成。\n');
}
