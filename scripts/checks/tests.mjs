// @ts-check
// Runs one vitest project and counts what its JSON report says.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { readJson, root } from '../paths.mjs';

/**
 * @typedef {object} Counted
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} failures
 */

/** Lines kept of a failure: its message, and where in this project it was thrown. */
const reasonLines = 8;

/** And of what it said of itself (test/support/last-words.ts). */
const lastLines = 14;

/**
 * @param {readonly string[]} lines
 * @param {number} most
 */
function indented(lines, most) {
  return lines
    .filter((line) => line !== '')
    .slice(0, most)
    .map((line) => `\n    ${line.slice(0, 400).replace(`${root}/`, '')}`)
    .join('');
}

/**
 * Why a test failed, below its name: often only the end of a long output is kept, and this is all that is seen of it.
 * @param {unknown} message of vitest's JSON
 * @param {unknown} [lastWords] what the test said of itself
 */
function reason(message, lastWords) {
  const lines = stripVTControlCharacters(String(message ?? ''))
    .split('\n')
    .filter((line) => !line.includes('node_modules'));
  return `${indented(lines, reasonLines)}${indented(String(lastWords ?? '').split('\n'), lastLines)}`;
}

/**
 * What a vitest report counts for. Skipped is not passed; a project without tests has failed, and so has a run that ended
 * badly though every test passed (an unhandled error).
 * @param {string} project
 * @param {any} report vitest's JSON
 * @param {number | null} exitCode
 * @returns {Counted}
 */
export function countReport(project, report, exitCode) {
  const all = (report?.testResults ?? []).flatMap((/** @type {any} */ file) => {
    const tests = file.assertionResults ?? [];
    const place = String(file.name ?? '').replace(`${root}/`, '');
    if (tests.length === 0 && file.status === 'failed')
      return [{ ok: false, name: `${place}: did not load${reason(file.message)}` }];
    return tests.map((/** @type {any} */ test) => ({
      ok: test.status === 'passed',
      name: `${place}: ${test.fullName}${test.status === 'failed' ? reason(test.failureMessages?.[0], test.meta?.lastWords) : ` (${test.status})${reason(file.message)}`}`,
    }));
  });
  const failures = all.filter((/** @type {any} */ test) => !test.ok).map((/** @type {any} */ test) => test.name);
  const passed = all.length - failures.length;
  if (all.length === 0) failures.push(`${project}: no tests ran`);
  else if (exitCode !== 0 && failures.length === 0)
    failures.push(`${project}: vitest ended with ${exitCode} though all tests passed`);
  return { passed, failed: failures.length, failures };
}

/**
 * @param {string} project
 * @param {string} node
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} [extra]
 * @returns {Promise<Counted>}
 */
export function runProject(project, node, env, extra = []) {
  const scratch = mkdtempSync(join(tmpdir(), 'jackfield-report-'));
  const file = join(scratch, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [
    vitest,
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  return new Promise((resolve) => {
    const child = spawn(node, [...args, ...extra], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    // The terminal sends SIGINT to vitest as well; others (a CI that stops a job) know this process alone.
    /** @type {NodeJS.Signals | undefined} */
    let stopped;
    const stop = (/** @type {NodeJS.Signals} */ signal) => {
      stopped = signal;
      // On SIGTERM vitest kills its workers outright, and what they started would be left behind.
      child.kill('SIGINT');
    };
    process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
    child.on('exit', () => process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', stop));
    child.on('error', () => resolve({ passed: 0, failed: 1, failures: [`${project}: vitest could not be started`] }));
    child.on('close', (code) => {
      const counted = countReport(project, readJson(file), code);
      rmSync(scratch, { recursive: true, force: true });
      // No project after this one: the signal ends this process as well.
      if (stopped !== undefined) process.kill(process.pid, stopped);
      else resolve(counted);
    });
  });
}
