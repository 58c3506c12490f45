/** Keeps the plan in force the same as the files, as long as the files are right. */
import { watch, type FSWatcher } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Cancel, Clock } from '../../base/clock.ts';
import { systemClock } from '../../base/clock.ts';
import { compile, type Compiled } from './compile.ts';
import type { Diagnostic } from './diagnostics.ts';
import { fingerprint, readFolder } from './loader.ts';
import type { Plan } from './plan.ts';

export interface WatchOptions {
  readonly clock?: Clock;
  /** How long the folder must be quiet before it is read; an editor may write several files. 150 ms. */
  readonly settleMs?: number;
}

/** A folder being watched. */
export interface DialplanWatch {
  /** The plan in force; undefined until the files were right for the first time. */
  readonly plan: Plan | undefined;
  /** Reads the folder now. Resolves when its content is in force or rejected; tells listeners only if it changed. */
  reload(): Promise<Compiled>;
  /** Stops watching. Idempotent. */
  close(): Promise<void>;
}

/** How often the folders are looked at although nothing was heard of a change: not every file system tells. */
const lookAgainMs = 5000;

class FolderWatch implements DialplanWatch {
  plan: Plan | undefined;
  readonly #directory: string;
  readonly #onPlan: (plan: Plan, diagnostics: readonly Diagnostic[]) => void;
  readonly #onDiagnostics: (diagnostics: readonly Diagnostic[]) => void;
  readonly #clock: Clock;
  readonly #settleMs: number;
  readonly #watchers = new Map<string, FSWatcher>();
  #version: string | undefined;
  #mark = '';
  #compiled: Compiled = { diagnostics: [] };
  #settling: Cancel | undefined;
  #looking: Cancel | undefined;
  #reading: Promise<Compiled> = Promise.resolve(this.#compiled);
  #closed = false;

  constructor(
    directory: string,
    onPlan: (plan: Plan, diagnostics: readonly Diagnostic[]) => void,
    onDiagnostics: (diagnostics: readonly Diagnostic[]) => void,
    options: WatchOptions,
  ) {
    this.#directory = directory;
    this.#onPlan = onPlan;
    this.#onDiagnostics = onDiagnostics;
    this.#clock = options.clock ?? systemClock;
    this.#settleMs = options.settleMs ?? 150;
  }

  async start(): Promise<void> {
    await this.reload();
    this.#lookAgain();
  }

  reload(): Promise<Compiled> {
    // One after the other: an older reading must never come into force after a newer one.
    this.#reading = this.#reading.then(() => this.#read());
    return this.#reading;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#settling?.();
    this.#looking?.();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    await this.#reading;
  }

  async #read(): Promise<Compiled> {
    if (this.#closed) return this.#compiled;
    await this.#watchFolders();
    this.#mark = await fingerprint(this.#directory);
    const folder = await readFolder(this.#directory);
    if (folder.version === this.#version) return this.#compiled;
    this.#version = folder.version;
    this.#compiled = compile(folder);
    const { plan, diagnostics } = this.#compiled;
    if (plan === undefined) this.#onDiagnostics(diagnostics);
    else {
      this.plan = plan;
      this.#onPlan(plan, diagnostics);
    }
    return this.#compiled;
  }

  /** One watcher per folder: the recursive kind misses folders made later on some platforms. */
  async #watchFolders(): Promise<void> {
    const root = path.resolve(this.#directory);
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
    const folders = new Set([
      root,
      ...entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(entry.parentPath, entry.name)),
    ]);
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#watchFolder(folder);
  }

  #watchFolder(folder: string): void {
    if (this.#closed) return;
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#changed());
      // A folder that goes away ends its watcher; the next reading finds out what there is now.
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
        this.#changed();
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // Out of watches, or already gone: looking again from time to time covers it.
    }
  }

  #changed(): void {
    if (this.#closed) return;
    this.#settling?.();
    this.#settling = this.#clock.at(this.#clock.now() + this.#settleMs, () => this.#reloadInBackground());
  }

  #lookAgain(): void {
    if (this.#closed) return;
    this.#looking = this.#clock.at(this.#clock.now() + lookAgainMs, () => void this.#lookNow());
  }

  /** Dropped by its caller: neither step of it rejects. */
  async #lookNow(): Promise<void> {
    if ((await fingerprint(this.#directory)) !== this.#mark) await this.reload();
    this.#lookAgain();
  }

  /** Nobody waits for this one: its outcome goes to the listeners, and reading never throws for what the files hold. */
  #reloadInBackground(): void {
    void this.reload();
  }
}

/**
 * Reads a folder and keeps watching it. `onPlan`: a clean plan is in force from now on (with its warnings).
 * `onDiagnostics`: the files are wrong; the plan before stays. Both are called only when the content changed.
 * Resolves after the first reading.
 */
export async function watchDialplans(
  directory: string,
  onPlan: (plan: Plan, diagnostics: readonly Diagnostic[]) => void,
  onDiagnostics: (diagnostics: readonly Diagnostic[]) => void,
  options: WatchOptions = {},
): Promise<DialplanWatch> {
  const folder = new FolderWatch(directory, onPlan, onDiagnostics, options);
  await folder.start();
  return folder;
}
