// @ts-check
// Licence check: what ships may only have licences of the list below, and THIRD-PARTY.md says what they are.
//   node scripts/checks/licences.mjs            fails when something is not allowed or the file is out of date
//   node scripts/checks/licences.mjs --write    writes THIRD-PARTY.md
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readJson, root } from '../paths.mjs';

/** SPDX identifiers that may ship with an Apache-2.0 product. */
export const allowed = new Set([
  ...['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'Zlib', 'Unlicense', 'CC0-1.0'],
  ...['BlueOak-1.0.0', 'Python-2.0', 'CC-BY-4.0'],
]);

/** Packages whose package.json names no licence, with what their own text says. */
const stated = new Map([['only@0.0.2', 'MIT']]);

/**
 * Whether an SPDX expression can be satisfied with allowed licences: one side of OR, both sides of AND.
 * @param {string} expression
 * @returns {boolean}
 */
export function isAllowed(expression) {
  const text = expression.trim().replace(/^\((.*)\)$/, '$1');
  if (text.includes(' OR ')) return text.split(' OR ').some(isAllowed);
  if (text.includes(' AND ')) return text.split(' AND ').every(isAllowed);
  return allowed.has(text.replace(/^\(|\)$/g, ''));
}

/**
 * The packages that ship: those of the lock file that are not for development only.
 * @param {any} lock
 * @returns {{ name: string, version: string, licence: string, home: string }[]}
 */
export function shippedPackages(lock) {
  return Object.entries(lock?.packages ?? {})
    .filter(([path, entry]) => path !== '' && !entry.dev && !entry.devOptional && !entry.link)
    .map(([path, entry]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return {
        name,
        version: String(entry.version),
        licence: String(entry.license ?? stated.get(`${name}@${entry.version}`) ?? 'unknown'),
        home: `https://www.npmjs.com/package/${name}`,
      };
    })
    .sort((a, b) => (a.name === b.name ? a.version.localeCompare(b.version) : a.name < b.name ? -1 : 1));
}

/** @param {ReturnType<typeof shippedPackages>} packages */
export function thirdParty(packages) {
  const rows = packages.map(({ name, version, licence, home }) => `| [${name}](${home}) | ${version} | ${licence} |`);
  return `# Third-party software

Made by \`node scripts/checks/licences.mjs --write\` from package-lock.json; \`npm test\` fails when it is out of date. The full licence texts are in each
package's folder under \`node_modules/\`.

## npm packages that ship

| package | version | licence |
| --- | --- | --- |
${rows.join('\n')}

## Programs that are run, not bundled

Debian packages that set-up installs and Jackfield runs as processes of their own: flite (BSD-like), espeak-ng (GPL-3.0-or-later), pocketsphinx and its
English model (BSD-2-Clause). The mediasoup worker (ISC) is fetched from its project or built from the source in the npm package; it contains or links
libuv (MIT), OpenSSL (Apache-2.0), libsrtp (BSD-3-Clause), FlatBuffers (Apache-2.0), Abseil (Apache-2.0) and usrsctp (BSD-3-Clause).
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = join(root, 'THIRD-PARTY.md');
  const packages = shippedPackages(readJson(join(root, 'package-lock.json')));
  const wrong = packages.filter(({ licence }) => !isAllowed(licence));
  for (const { name, version, licence } of wrong)
    console.error(`${name}@${version}: licence ${licence} is not on the list`);
  const text = thirdParty(packages);
  if (process.argv.includes('--write')) writeFileSync(file, text);
  let current = '';
  try {
    current = readFileSync(file, 'utf8');
  } catch {
    // Reported below as out of date.
  }
  if (current !== text) console.error('THIRD-PARTY.md is out of date: node scripts/checks/licences.mjs --write');
  if (wrong.length > 0 || current !== text) process.exitCode = 1;
}
