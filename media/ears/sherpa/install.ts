/** Installing sherpa-onnx with a model for a language; used by `jackfield ears install`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { Language } from '../../../protocol/media.ts';
import { decode, encode, uint32 } from '../messages.ts';
import { findModel } from './model.ts';
import { sherpaChild } from './recogniser.ts';

/** The version whose interface `main.ts` was written for. */
export const sherpaVersion = '1.13.8';

/** What is installed for a language. */
export interface InstalledModel {
  readonly packages: string;
  readonly model: string;
}

/** Where set-up's cache is; inside the project with `--no-system`. */
function defaultCache(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'jackfield');
}

function settingsFile(language: Language, cache: string): string {
  return join(cache, 'ears', `${language}.json`);
}

/** The model that was installed for a language; undefined when none was, or its files are gone. */
export function installedModel(language: Language, cache = defaultCache()): InstalledModel | undefined {
  try {
    const read: unknown = JSON.parse(readFileSync(settingsFile(language, cache), 'utf8'));
    if (typeof read !== 'object' || read === null || !('packages' in read) || !('model' in read)) return undefined;
    const { packages, model } = read;
    if (typeof packages !== 'string' || typeof model !== 'string') return undefined;
    return existsSync(packages) && findModel(model).ok ? { packages, model } : undefined;
  } catch {
    return undefined;
  }
}

/** Forgets the model of a language; its files stay. False when there was none. */
export function removeModel(language: Language, cache = defaultCache()): boolean {
  const file = settingsFile(language, cache);
  if (!existsSync(file)) return false;
  rmSync(file);
  return true;
}

/** Why a model was not installed: which step, and what it said. */
export interface InstallProblem {
  readonly step: 'model' | 'package' | 'self-test';
  readonly reason: string;
}

export interface InstallOptions {
  readonly language: Language;
  readonly folder: string;
  readonly cache?: string;
  /** Called before the package is fetched and before the self-test (0 seconds), and now and then while they go on. */
  readonly progress?: (step: InstallProblem['step'], seconds: number) => void;
  /** How long each may take, ms. */
  readonly limits?: Partial<InstallLimits>;
}

export interface InstallLimits {
  readonly package: number;
  readonly 'self-test': number;
  /** How often progress is told. */
  readonly tell: number;
}

/** 30 MB over a slow line; a large model on a slow disk. */
const usualLimits: InstallLimits = { package: 900_000, 'self-test': 180_000, tell: 10_000 };

/** How long a step may take, and who is told how long it has. */
export interface Patience {
  readonly limitMs: number;
  readonly tellMs: number;
  readonly tell: (seconds: number) => void;
}

/** Ends a process that takes too long. What is returned stops the watch and gives the reason if it had to. */
function watch(child: ChildProcess, { limitMs, tellMs, tell }: Patience): () => string | undefined {
  const began = Date.now();
  const seconds = (): number => Math.round((Date.now() - began) / 1000);
  let overdue = false;
  const telling = setInterval(() => tell(seconds()), tellMs);
  const limit = setTimeout(() => {
    overdue = true;
    child.kill('SIGKILL');
  }, limitMs);
  return () => {
    clearInterval(telling);
    clearTimeout(limit);
    return overdue ? `it had not ended after ${String(limitMs / 1000)} s` : undefined;
  };
}

function failed(step: InstallProblem['step'], reason: string): Result<InstalledModel, InstallProblem> {
  return fail({ step, reason });
}

/** Runs npm, which is on the PATH of whatever set-up made. Resolves with what went wrong, or undefined. */
function fetchPackage(folder: string, patience: Patience): Promise<string | undefined> {
  mkdirSync(folder, { recursive: true });
  const args = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  return new Promise((done) => {
    const npm = spawn('npm', [...args, `sherpa-onnx-node@${sherpaVersion}`], { stdio: ['ignore', 'ignore', 'pipe'] });
    const watched = watch(npm, patience);
    let said = '';
    npm.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    npm.once('error', (error) => {
      watched();
      done(error.message);
    });
    npm.once('close', (code) => {
      const ended = code === 0 ? undefined : said.trim().split('\n').at(-1) || `npm ended with ${String(code)}`;
      done(watched() ?? ended);
    });
  });
}

/** The last line a process that aborted wrote, without the frame C++ puts around it. */
function lastWords(said: string): string {
  const line = said.trim().split('\n').at(-1) ?? '';
  return line.replace(/^\s*what\(\):\s*/, '').replace(/\.$/, '');
}

const usualPatience: Patience = { limitMs: usualLimits['self-test'], tellMs: usualLimits.tell, tell: () => undefined };

/** Starts the child and lets it hear a second of silence. Resolves with what went wrong, or undefined. */
export function selfTest(packages: string, model: string, patience = usualPatience): Promise<string | undefined> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [...sherpaChild(packages, model)], { stdio: 'pipe' });
    const watched = watch(child, patience);
    let said = '';
    let verdict: string | undefined = 'it ended before it could hear';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => (verdict = error.message));
    child.once('close', () => {
      const overdue = watched();
      done(verdict === undefined ? undefined : (overdue ?? (lastWords(said) || verdict)));
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = decode(line);
      if (message?.type === 'failed') verdict = message.reason;
      if (message?.type === 'ready')
        for (const bytes of [encode('B', 1, uint32(1)), encode('A', 1, new Uint8Array(16_000)), encode('E', 1)])
          child.stdin.write(bytes);
      if (message?.type !== 'final') return;
      verdict = undefined;
      child.stdin.end();
    });
  });
}

/** Installs the model in `folder` for a language: checks its files, fetches the engine, lets both hear, remembers them. */
export async function installModel(options: InstallOptions): Promise<Result<InstalledModel, InstallProblem>> {
  const { language, cache = defaultCache(), progress } = options;
  const model = resolve(options.folder);
  const found = findModel(model);
  if (!found.ok) return failed('model', found.error);
  const packages = join(cache, 'sherpa-onnx', sherpaVersion);
  const limits = { ...usualLimits, ...options.limits };
  const begin = (step: 'package' | 'self-test'): Patience => {
    progress?.(step, 0);
    return { limitMs: limits[step], tellMs: limits.tell, tell: (seconds) => progress?.(step, seconds) };
  };
  if (!existsSync(join(packages, 'node_modules', 'sherpa-onnx-node'))) {
    const problem = await fetchPackage(packages, begin('package'));
    if (problem !== undefined) {
      // Half a package would be taken for a whole one the next time.
      rmSync(packages, { recursive: true, force: true });
      return failed('package', problem);
    }
  }
  const deaf = await selfTest(packages, model, begin('self-test'));
  if (deaf !== undefined) return failed('self-test', deaf);
  const file = settingsFile(language, cache);
  mkdirSync(join(cache, 'ears'), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify({ packages, model }));
  renameSync(`${file}.new`, file);
  return ok({ packages, model });
}
