/** Reads a dialplan folder from disk. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { compile, unreadable, type Compiled, type Folder } from './compile.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { BadSound } from './link.ts';
import type { Sound } from './plan.ts';
import type { SourceText } from './source.ts';
import { spokenSound } from './spoken.ts';
import { wavLength } from './wav.ts';

/** Folders that others read: rules belong to `server/insight`. */
const notOurs = /^(?:rules|schema)\/|(?:^|\/)\./;
const headBytes = 4096;

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function soundOf(file: string, content: Buffer): Sound | BadSound {
  const length = wavLength(content.subarray(0, headBytes), content.length);
  return length.ok ? { path: file, lengthMs: length.value } : { problem: length.error };
}

/** The files of a folder that belong to the plan, by name, sorted. Throws if the folder cannot be read. */
async function namesIn(root: string): Promise<readonly string[]> {
  const names = (await readdir(root, { recursive: true })).map((name) => name.split(path.sep).join('/'));
  return names.filter((name) => !notOurs.test(name) && /\.(?:ya?ml|wav)$|^prompts\/[^/]+\/.+\.txt$/i.test(name)).sort();
}

/** Changes whenever a file of the folder does, without reading any; for looking often. Never throws. */
export async function fingerprint(directory: string): Promise<string> {
  const root = path.resolve(directory);
  const names = await namesIn(root).catch(() => []);
  const marks = names.map(async (name) => {
    const found = await stat(path.join(root, name)).catch(() => null);
    return found === null ? '' : `${name}:${found.size}:${found.mtimeMs}:${found.ino}`;
  });
  return (await Promise.all(marks)).join('\n');
}

/** Reads every file of the folder that belongs to the plan. What cannot be read becomes a diagnostic, never an exception. */
export async function readFolder(directory: string): Promise<Folder> {
  const root = path.resolve(directory);
  const files: SourceText[] = [];
  const sounds = new Map<string, Sound | BadSound>();
  const diagnostics: Diagnostic[] = [];
  const hash = createHash('sha256');
  let names: readonly string[];
  try {
    names = await namesIn(root);
  } catch (cause) {
    return { version: 'unreadable', files, sounds, diagnostics: [unreadable(directory, reasonOf(cause))] };
  }
  for (const name of names) {
    const file = path.join(root, name);
    try {
      const content = await readFile(file);
      hash.update(`${name}\0${content.length}\0`).update(content);
      if (/\.wav$/i.test(name)) sounds.set(name, soundOf(file, content));
      else if (/\.txt$/i.test(name)) sounds.set(name, spokenSound(name, content.toString('utf8')));
      else files.push({ name, text: content.toString('utf8') });
    } catch (cause) {
      // Editors put a file aside for a moment when they save it; one that is gone by now is simply not there.
      if (isMissing(cause)) continue;
      diagnostics.push(unreadable(name, reasonOf(cause)));
    }
  }
  return { version: hash.digest('hex').slice(0, 16), files, sounds, diagnostics };
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'EISDIR');
}

/** Reads and compiles a folder: what `./jackfield dialplan check` shows and what `watchDialplans` puts in force. */
export async function checkDialplans(directory: string): Promise<Compiled> {
  return compile(await readFolder(directory));
}
