// @ts-check
import { SetupProblem } from '../../problems.mjs';
import { installPackages, isDebian, missingPackages, runtimePackages, testPackages } from '../debian.mjs';

/** @param {import('../step.mjs').Context} context */
const wanted = (context) => (context.tests ? [...runtimePackages, ...testPackages] : runtimePackages);

/** Debian packages that the running system (and, for `npm test`, the tests) use. @type {import('../step.mjs').Step} */
export const packagesStep = {
  id: 'packages',
  name: { en: 'Debian packages', zh: 'Debian 软件包' },
  touches: (context) =>
    context.system
      ? [
          `Debian packages: ${missingPackages(wanted(context))
            .map((entry) => entry.names[0])
            .join(' ')} (apt-get install)`,
        ]
      : [],
  done: (context) =>
    !context.system || (!context.tests && !isDebian()) || missingPackages(wanted(context)).length === 0,
  async run(context) {
    try {
      await installPackages(wanted(context), { ...context, onLine: context.detail });
    } catch (error) {
      // Tests need all of them; a site runs without voices and transcripts, and says so.
      if (context.tests || !(error instanceof SetupProblem)) throw error;
      context.note(error.message);
    }
  },
};
