/** `jackfield rules check [DIR]`: DIR is a folder of rule files, or a dialplan folder with `rules/` in it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CompiledRules } from '../server/insight/index.ts';
import { diagnosticLine, hasErrors, loadRules, phrasesOf } from '../server/insight/index.ts';
import { siteConfig } from './api.ts';
import { folderOf, shortPath } from './dialplan.ts';
import type { Terminal } from './terminal.ts';
import { exitCodes, perform, processTerminal, withCommonOptions } from './terminal.ts';
import { siteTexts } from './texts/site.ts';
import { speaker } from './texts/text.ts';

type Say = (key: keyof typeof siteTexts & string, facts?: Record<string, string | number>) => string;

/** The lines of `rules check`. */
export function rulesLines(folder: string, compiled: CompiledRules, terminal: Terminal, say: Say): string[] {
  const { diagnostics, rules } = compiled;
  const lines = diagnostics.map((each) => `${shortPath(folder)}/${diagnosticLine(each, terminal.language)}`);
  const errors = diagnostics.filter((each) => each.severity === 'error').length;
  if (errors > 0) return [...lines, say('dialplan-wrong', { errors, warnings: diagnostics.length - errors })];
  const found = rules ?? [];
  return [
    ...lines,
    say('rules-ok', { folder: shortPath(folder), rules: found.length, phrases: phrasesOf(found).length }),
  ];
}

async function check(given: string | undefined, json: boolean, terminal: Terminal, say: Say): Promise<number> {
  const named = await folderOf(given, () => siteConfig(terminal).dialplans, say);
  const inside = join(named, 'rules');
  const folder = existsSync(inside) ? inside : named;
  const compiled = await loadRules(folder);
  const wrong = hasErrors(compiled.diagnostics);
  if (json) {
    const rules = (compiled.rules ?? []).map((rule) => rule.id);
    terminal.out(JSON.stringify({ folder, ok: !wrong, rules, diagnostics: compiled.diagnostics }));
  } else for (const line of rulesLines(folder, compiled, terminal, say)) terminal.out(line);
  return wrong ? exitCodes.failed : exitCodes.ok;
}

/** Adds the command to `program`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const say = speaker(siteTexts, terminal.language);
  const rules = program.command('rules').description(say('rules'));
  withCommonOptions(rules.command('check').description(say('rules-check')), terminal)
    .argument('[dir]', say('folder'))
    .action((given: string | undefined, options: { readonly json?: boolean }) =>
      perform(terminal, () => check(given, options.json === true, terminal, say)),
    );
}
