// @ts-check
// What no test can ever run on the machines the project is built on. The list grows only together with docs/never-run.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../paths.mjs';

/** @type {readonly { name: string, reason: string }[]} */
export const neverRun = [
  {
    name: 'a stock drachtio-server',
    reason: "not packaged by Debian or npm; the engine's contract suite can be pointed at one with JACKFIELD_DRACHTIO",
  },
  {
    name: 'a real Electron window',
    reason:
      "its binary is on a release page that cannot be reached; the same page runs in Chromium, main and preload against stubs typed by electron's own types",
  },
  { name: 'Electron installers', reason: 'electron-builder needs that binary too; its configuration is only read' },
  {
    name: 'a real Chinese speech model',
    reason:
      'none comes from Debian or npm; the library is fetched and loaded, the rest is tested with a stand-in of its interface; the page names the command that installs one',
  },
  { name: 'a cloud recogniser', reason: 'needs an account and the internet; no adapter for one is built yet' },
  {
    name: 'Firefox, Safari, Windows and macOS',
    reason: "not on the machines the project is built on; the page is tested in Debian's Chromium",
  },
  {
    name: 'a second machine',
    reason: "there is one: what listens beyond loopback is tried on this machine's own addresses only",
  },
];

/**
 * The list as docs/never-run.md has it: lines of the form `- **name**: reason.`
 * @param {string} markdown
 */
export function listed(markdown) {
  return [...markdown.matchAll(/^- \*\*(.+?)\*\*: ((?:.|\n(?!- |\n))+?)\.?$(?=\n- |\n\n|\n*$(?![\s\S]))/gm)].map(
    (match) => ({
      name: match[1] ?? '',
      reason: (match[2] ?? '').replace(/\s+/g, ' ').replace(/\.$/, ''),
    }),
  );
}

/**
 * The differences between code and document, in words.
 * @param {readonly { name: string, reason: string }[]} code
 * @param {readonly { name: string, reason: string }[]} document
 */
export function differences(code, document) {
  const line = (/** @type {{ name: string, reason: string }} */ entry) => `${entry.name}: ${entry.reason}`;
  const [a, b] = [code.map(line), document.map(line)];
  return [
    ...a.filter((text) => !b.includes(text)).map((text) => `only in scripts/checks/never-run.mjs: ${text}`),
    ...b.filter((text) => !a.includes(text)).map((text) => `only in docs/never-run.md: ${text}`),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  let text = '';
  try {
    text = readFileSync(join(root, 'docs', 'never-run.md'), 'utf8');
  } catch {
    console.error('docs/never-run.md cannot be read');
  }
  const found = differences(neverRun, listed(text));
  for (const line of found) console.error(line);
  process.exitCode = found.length === 0 ? 0 : 1;
}
