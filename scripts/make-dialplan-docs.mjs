/**
 * Writes what is made from the dialplan schemas: dialplans/schema/*.json and the tables of docs/dialplan.md.
 * Run it after changing server/dialplan/schema.ts (under Node 24): `node scripts/make-dialplan-docs.mjs`. A test checks that
 * it was run.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as prettier from 'prettier';
import { fillTables, publishedSchemas } from '../server/dialplan/published.ts';

const root = path.join(import.meta.dirname, '..');
const write = async (file, text) => {
  const options = await prettier.resolveConfig(file);
  writeFileSync(file, await prettier.format(text, { ...options, filepath: file }));
};

mkdirSync(path.join(root, 'dialplans', 'schema'), { recursive: true });
for (const [name, text] of publishedSchemas()) await write(path.join(root, 'dialplans', 'schema', name), text);
const document = path.join(root, 'docs', 'dialplan.md');
await write(document, fillTables(readFileSync(document, 'utf8')));
