/** Where the command line prints, in which language, and how it ends. The one place that looks at the process. */
import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { commonTexts } from './texts/common.ts';
import type { Language } from './texts/text.ts';
import { speaker } from './texts/text.ts';

/** Exit codes, stable: scripts depend on them. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const;

/** A failure that has already been put into words for the user. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface Terminal {
  readonly language: Language;
  /** Somebody watches: lines may be drawn over. */
  readonly interactive: boolean;
  /** The folder of the installation. */
  readonly root: string;
  /** A line of result. */
  out(line: string): void;
  /** A line of complaint or progress. */
  err(line: string): void;
  /** Draws over the current line; nothing when nobody watches. */
  live(line: string): void;
  /** What the command ends with. */
  end(exitCode: number): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** zh if `--lang zh` or the locale says so, else en. */
export function languageOf(environment: Environment, args: readonly string[]): Language {
  const at = args.indexOf('--lang');
  const stated = at < 0 ? args.find((arg) => arg.startsWith('--lang='))?.slice('--lang='.length) : args[at + 1];
  const locale = stated ?? (environment['LC_ALL'] || environment['LANG'] || '');
  return locale.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** The terminal this process runs in. */
export function processTerminal(): Terminal {
  const interactive = process.stdout.isTTY && process.stderr.isTTY;
  // `jackfield call list | head`: whoever read has read enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCodes.ok);
  });
  let drawn = false;
  const clear = (): void => {
    if (drawn) process.stderr.write('\r\u001b[2K');
    drawn = false;
  };
  return {
    language: languageOf(process.env, process.argv),
    interactive,
    root: resolve(fileURLToPath(new URL('..', import.meta.url))),
    out(line) {
      clear();
      process.stdout.write(`${line}\n`);
    },
    err(line) {
      clear();
      process.stderr.write(`${line}\n`);
    },
    live(line) {
      if (!interactive) return;
      clear();
      process.stderr.write(line);
      drawn = true;
    },
    end(exitCode) {
      clear();
      process.exitCode = exitCode;
    },
  };
}

/** Adds the options that every command has. */
export function withCommonOptions(command: Command, terminal: Terminal): Command {
  const say = speaker(commonTexts, terminal.language);
  return command.option('--json', say('json')).option('--lang <language>', say('lang'));
}

/** Runs a command's work, which resolves with the exit code, and turns what it throws into one line and a code. */
export async function perform(terminal: Terminal, work: () => Promise<number> | number): Promise<void> {
  try {
    terminal.end(await work());
  } catch (error) {
    const say = speaker(commonTexts, terminal.language);
    const known = error instanceof CliError;
    terminal.err(
      known ? error.message : say('failed', { reason: error instanceof Error ? error.message : String(error) }),
    );
    terminal.end(known ? error.exitCode : exitCodes.failed);
  }
}
