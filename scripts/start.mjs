// @ts-check
// `npm start`: set-up where needed, then the site under its supervisor.
//   npm start [-- --yes] [--no-system] [--setup-only]
import { join } from 'node:path';
import { runUnderNode } from './launch.mjs';
import { runMain, switches } from './options.mjs';
import { root } from './paths.mjs';
import { setUp } from './setup/index.mjs';

await runMain(async () => {
  const given = switches(process.argv.slice(2), ['--yes', '--no-system', '--system', '--setup-only']);
  const system = given.has('--no-system') ? { system: false } : given.has('--system') ? { system: true } : {};
  await setUp({ yes: given.has('--yes'), ...system });
  if (!given.has('--setup-only')) runUnderNode([join(root, 'cli', 'main.ts'), 'up']);
});
