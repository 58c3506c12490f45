// @ts-check
// Installs the packages named that are missing (peers of benches), as set-up would; a record is kept for `jackfield uninstall`.
import { join } from 'node:path';
import { homeFolder, systemAllowed } from '../scripts/paths.mjs';
import { runMain } from '../scripts/options.mjs';
import { installPackages, testPackages } from '../scripts/setup/debian.mjs';

await runMain(async () => {
  const home = homeFolder();
  const wanted = testPackages.filter(({ names }) => process.argv.slice(2).some((name) => names.includes(name)));
  const log = join(home, 'logs', 'setup.log');
  await installPackages(wanted, { home, log, terminal: process.stdout.isTTY === true, forbid: !systemAllowed() });
});
