/** Reads rule files and keeps the rules in force the same as the files, as long as the files are right. */
import { watch, type FSWatcher } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, type Cancel, type Clock } from '../../base/clock.ts';
import { compileRules, type CompiledRules } from './compile.ts';
import { diagnose, inOrder, type Diagnostic } from './diagnostics.ts';
import type { Rule } from './rule.ts';
import type { SourceText } from './source.ts';

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}

interface Read {
  readonly files: readonly SourceText[];
  readonly diagnostics: readonly Diagnostic[];
}

async function readFiles(directory: string): Promise<Read> {
  let names: readonly string[];
  try {
    names = (await readdir(directory)).filter((name) => /^[^.].*\.ya?ml$/i.test(name)).sort();
  } catch (cause) {
    // A site without a folder of rules has no rules; that is no error.
    if (isMissing(cause)) return { files: [], diagnostics: [] };
    const place = { file: directory, line: 1, column: 1 };
    return { files: [], diagnostics: [diagnose(place, 'file-unreadable', { reason: reasonOf(cause) })] };
  }
  const files: SourceText[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const name of names) {
    try {
      files.push({ name, text: await readFile(join(directory, name), 'utf8') });
    } catch (cause) {
      if (isMissing(cause)) continue;
      const place = { file: name, line: 1, column: 1 };
      diagnostics.push(diagnose(place, 'file-unreadable', { reason: reasonOf(cause) }));
    }
  }
  return { files, diagnostics };
}

function compileRead({ files, diagnostics }: Read): CompiledRules {
  const compiled = compileRules(files);
  return diagnostics.length === 0
    ? compiled
    : { rules: undefined, diagnostics: inOrder([...diagnostics, ...compiled.diagnostics]) };
}

/** Reads and compiles `*.yaml` of a folder. Never throws: what cannot be read is a diagnostic. */
export async function loadRules(directory: string): Promise<CompiledRules> {
  return compileRead(await readFiles(directory));
}

export interface RulesWatchOptions {
  readonly clock?: Clock;
  /** How long the folder must be quiet before it is read; 150 ms. */
  readonly settleMs?: number;
}

/** A folder of rules being watched. */
export interface RulesWatch {
  /** The rules in force; empty until the files were right for the first time. */
  readonly rules: readonly Rule[];
  /** Reads the folder now; resolves when its content is in force or rejected. Listeners are told only of changes. */
  reload(): Promise<CompiledRules>;
  /** Stops watching. Idempotent. */
  close(): Promise<void>;
}

/** How often the folder is read although nothing was heard of a change: not every file system tells. */
const lookAgainMs = 5000;

class WatchedRules implements RulesWatch {
  rules: readonly Rule[] = [];
  readonly #directory: string;
  readonly #listener: (compiled: CompiledRules) => void;
  readonly #clock: Clock;
  readonly #settleMs: number;
  #content: string | undefined;
  #compiled: CompiledRules = { rules: [], diagnostics: [] };
  #watcher: FSWatcher | undefined;
  #settling: Cancel | undefined;
  #looking: Cancel | undefined;
  #reading: Promise<CompiledRules> = Promise.resolve(this.#compiled);
  #closed = false;

  constructor(directory: string, listener: (compiled: CompiledRules) => void, options: RulesWatchOptions) {
    this.#directory = directory;
    this.#listener = listener;
    this.#clock = options.clock ?? systemClock;
    this.#settleMs = options.settleMs ?? 150;
  }

  async start(): Promise<void> {
    await this.reload();
    this.#lookAgain();
  }

  reload(): Promise<CompiledRules> {
    // One after the other: an older reading must never come into force after a newer one.
    this.#reading = this.#reading.then(() => this.#read());
    return this.#reading;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#settling?.();
    this.#looking?.();
    this.#watcher?.close();
    await this.#reading;
  }

  async #read(): Promise<CompiledRules> {
    if (this.#closed) return this.#compiled;
    this.#watch();
    const read = await readFiles(this.#directory);
    const content = JSON.stringify(read);
    if (content === this.#content || this.#isClosed()) return this.#compiled;
    this.#content = content;
    this.#compiled = compileRead(read);
    if (this.#compiled.rules !== undefined) this.rules = this.#compiled.rules;
    this.#listener(this.#compiled);
    return this.#compiled;
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #watch(): void {
    if (this.#watcher !== undefined) return;
    try {
      const watcher = watch(this.#directory, { persistent: false }, () => this.#changed());
      watcher.on('error', () => {
        watcher.close();
        this.#watcher = undefined;
        this.#changed();
      });
      this.#watcher = watcher;
    } catch {
      // The folder is not there (yet): looking again from time to time covers it.
    }
  }

  #changed(): void {
    if (this.#closed) return;
    this.#settling?.();
    this.#settling = this.#clock.at(this.#clock.now() + this.#settleMs, () => this.#readInBackground());
  }

  #lookAgain(): void {
    if (this.#closed) return;
    this.#looking = this.#clock.at(this.#clock.now() + lookAgainMs, () => {
      this.#readInBackground();
      this.#lookAgain();
    });
  }

  #readInBackground(): void {
    // Reading never rejects; what is wrong comes out as diagnostics.
    void this.reload();
  }
}

/**
 * Loads and watches a folder. `listener` is called on each change of the files' content: with `rules`, they are in force
 * now; without, the old ones stay and `diagnostics` say why. Resolves after the first reading.
 */
export async function watchRules(
  directory: string,
  listener: (compiled: CompiledRules) => void,
  options: RulesWatchOptions = {},
): Promise<RulesWatch> {
  const watched = new WatchedRules(directory, listener, options);
  await watched.start();
  return watched;
}
