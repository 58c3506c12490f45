// @ts-check
// `npm test`: set-up with everything tests need, then all checks and all tests; stops at nothing, and counts at the end.
import { environmentFor } from './find-node.mjs';
import { neverRun } from './checks/never-run.mjs';
import { runChecks, staticChecks } from './checks/static.mjs';
import { runProject } from './checks/tests.mjs';
import { runMain } from './options.mjs';
import { setUp } from './setup/index.mjs';

await runMain(async () => {
  const { node } = await setUp({ yes: true, tests: true });
  const env = environmentFor(node);
  const checks = await runChecks(staticChecks({ cached: false }), node, env);
  let passed = checks.filter((check) => check.ok).length;
  const failures = checks.filter((check) => !check.ok).map((check) => check.name);
  for (const project of ['unit', 'contract', 'e2e', 'heard']) {
    const counted = await runProject(project, node, env);
    passed += counted.passed;
    failures.push(...counted.failures);
  }
  console.log('');
  console.log('never run here:');
  for (const { name, reason } of neverRun) console.log(`- ${name}: ${reason}`);
  for (const failure of failures) console.log(`FAILED ${failure}`);
  console.log(`${passed} passed, ${failures.length} failed`);
  if (failures.length > 0) process.exitCode = 1;
});
