/** `jackfield dialplan check [DIR]`. */
import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Compiled } from '../server/dialplan/index.ts';
import { checkDialplans, diagnosticLine, hasErrors } from '../server/dialplan/index.ts';
import { siteConfig } from './api.ts';
import type { Terminal } from './terminal.ts';
import { CliError, exitCodes, perform, processTerminal, withCommonOptions } from './terminal.ts';
import { siteTexts } from './texts/site.ts';
import { speaker } from './texts/text.ts';

type Say = (key: keyof typeof siteTexts & string, facts?: Record<string, string | number>) => string;

/** The folder that is meant. Throws `CliError` (usage) when it is none. */
export async function folderOf(given: string | undefined, own: () => string, say: Say): Promise<string> {
  const folder = given === undefined ? own() : resolve(given);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return folder;
  throw new CliError(exitCodes.usage, say('no-folder', { folder: given ?? folder }));
}

/** A folder as a terminal shows it: relative where that is shorter. */
export function shortPath(folder: string): string {
  const short = relative(process.cwd(), folder);
  return short === '' ? '.' : short.length < folder.length ? short : folder;
}

/** The lines of `dialplan check`; each diagnostic as `file:line:col`, the file with its folder so that editors find it. */
export function checkLines(folder: string, { plan, diagnostics }: Compiled, terminal: Terminal, say: Say): string[] {
  const lines = diagnostics.map((each) => `${shortPath(folder)}/${diagnosticLine(each, terminal.language)}`);
  if (plan === undefined) {
    const errors = diagnostics.filter((each) => each.severity === 'error').length;
    return [...lines, say('dialplan-wrong', { errors, warnings: diagnostics.length - errors })];
  }
  const facts = { routes: plan.routes.size, queues: plan.queues.size, agents: plan.agents.size };
  return [...lines, say('dialplan-ok', { folder: shortPath(folder), ...facts, version: plan.version })];
}

async function check(given: string | undefined, json: boolean, terminal: Terminal, say: Say): Promise<number> {
  const folder = await folderOf(given, () => siteConfig(terminal).dialplans, say);
  const compiled = await checkDialplans(folder);
  const wrong = hasErrors(compiled.diagnostics);
  if (json) {
    const version = compiled.plan === undefined ? {} : { version: compiled.plan.version };
    terminal.out(JSON.stringify({ folder, ok: !wrong, ...version, diagnostics: compiled.diagnostics }));
  } else for (const line of checkLines(folder, compiled, terminal, say)) terminal.out(line);
  return wrong ? exitCodes.failed : exitCodes.ok;
}

/** Adds the command to `program`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const say = speaker(siteTexts, terminal.language);
  const dialplan = program.command('dialplan').description(say('dialplan'));
  withCommonOptions(dialplan.command('check').description(say('dialplan-check')), terminal)
    .argument('[dir]', say('folder'))
    .action((given: string | undefined, options: { readonly json?: boolean }) =>
      perform(terminal, () => check(given, options.json === true, terminal, say)),
    );
}
