// @ts-check
// Installs what benches call with and is missing (sipp), as set-up would; a record is kept for `jackfield uninstall`.
import { join } from 'node:path';
import { homeFolder, systemAllowed } from '../scripts/paths.mjs';
import { runMain } from '../scripts/options.mjs';
import { installPackages, testPackages } from '../scripts/setup/debian.mjs';

await runMain(async () => {
  const home = homeFolder();
  const wanted = testPackages.filter(({ names }) => names.includes('sip-tester'));
  const log = join(home, 'logs', 'setup.log');
  await installPackages(wanted, { home, log, terminal: process.stdout.isTTY === true, forbid: !systemAllowed() });
});
