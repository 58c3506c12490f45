// @ts-check
// The smaller commands of package.json: check, layers, soak, bench [NAME], desk, desk-e2e. All run under the suitable Node.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { layeringCheck, runChecks, staticChecks } from './checks/static.mjs';
import { runProject } from './checks/tests.mjs';
import { environmentFor, findNode } from './find-node.mjs';
import { missingForLaunch, runUnderNode } from './launch.mjs';
import { runMain } from './options.mjs';
import { root } from './paths.mjs';
import { SetupProblem } from './problems.mjs';

const [command = '', ...args] = process.argv.slice(2);

/** The fast subset for every save: cached static checks and the unit tests. */
async function check() {
  const node = findNode() ?? process.execPath;
  const env = environmentFor(node);
  const checks = await runChecks(staticChecks({ cached: true }), node, env);
  const unit = await runProject('unit', node, env, args);
  const failures = [...checks.filter((entry) => !entry.ok).map((entry) => entry.name), ...unit.failures];
  for (const failure of failures) console.log(`FAILED ${failure}`);
  console.log(`${checks.filter((entry) => entry.ok).length + unit.passed} passed, ${failures.length} failed`);
  if (failures.length > 0) process.exitCode = 1;
}

/** The layering table and the no-cycle rule alone. */
async function layers() {
  const node = findNode() ?? process.execPath;
  const [result] = await runChecks([layeringCheck], node, environmentFor(node));
  if (result?.ok !== true) process.exitCode = 1;
}

/** @param {string[]} path of a TypeScript program of the project */
function program(...path) {
  const file = join(root, ...path);
  if (!existsSync(file)) throw new SetupProblem('not-set-up', { missing: path.join('/') });
  runUnderNode([file, ...args]);
}

await runMain(async () => {
  const missing = missingForLaunch();
  if (missing !== undefined) throw new SetupProblem('not-set-up', { missing });
  switch (command) {
    case 'check':
      return check();
    case 'layers':
      return layers();
    case 'soak':
      return runUnderNode([
        join(root, 'node_modules/vitest/vitest.mjs'),
        'run',
        '--config',
        join(root, 'test/soak/vitest.config.ts'),
        ...args,
      ]);
    case 'bench':
      return program('bench', 'run.ts');
    case 'desk':
      return program('scripts', 'desk.ts');
    case 'desk-e2e':
      return program('test', 'desk', 'run.ts');
    default:
      throw new SetupProblem('unknown-option', { option: command, known: 'check layers soak bench desk desk-e2e' });
  }
});
