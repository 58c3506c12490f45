// @ts-check
// The few options of `npm start` and its siblings.
import { SetupProblem } from './problems.mjs';

/**
 * Reads `--name` switches; an unknown one is a problem that lists the known ones.
 * @param {string[]} args
 * @param {readonly string[]} known
 * @returns {Set<string>}
 */
export function switches(args, known) {
  const given = new Set(args.filter((arg) => arg !== '--'));
  for (const option of given)
    if (!known.includes(option)) throw new SetupProblem('unknown-option', { option, known: known.join(' ') });
  return given;
}

/**
 * Runs `main`; a SetupProblem is printed as its text, and the exit code says that it failed.
 * @param {() => Promise<void> | void} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = error.code === 'unknown-option' ? 2 : error.code === 'setup-interrupted' ? 130 : 1;
  }
}
