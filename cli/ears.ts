/** `jackfield ears install zh FOLDER | list | remove zh`: which languages are heard. */
import type { Command } from 'commander';
import {
  chineseHint,
  englishHint,
  englishInstalled,
  installedModel,
  installModel,
  removeModel,
} from '../media/listen.ts';
import type { InstallProblem } from '../media/listen.ts';
import { tableLines } from './table.ts';
import { CliError, exitCodes, perform, processTerminal, withCommonOptions } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { earsTexts } from './texts/ears.ts';
import { speaker } from './texts/text.ts';

type Say = (key: keyof typeof earsTexts & string, facts?: Record<string, string | number>) => string;

const problemTexts = {
  model: 'ears-no-model',
  package: 'ears-no-package',
  'self-test': 'ears-deaf',
} as const satisfies Record<InstallProblem['step'], keyof typeof earsTexts>;

/** The language a model may be installed for. */
function languageOf(given: string, say: Say): 'zh-CN' {
  if (given.toLowerCase() === 'zh' || given.toLowerCase() === 'zh-cn') return 'zh-CN';
  throw new CliError(exitCodes.usage, say('ears-bad-language', { language: given }));
}

async function install(given: string, folder: string, json: boolean, terminal: Terminal, say: Say): Promise<number> {
  const language = languageOf(given, say);
  const progress = (step: InstallProblem['step'], seconds: number): void => {
    if (step === 'model' || json) return;
    if (seconds > 0) terminal.err(say('ears-waiting', { seconds }));
    else terminal.err(say(step === 'package' ? 'ears-package' : 'ears-self-test'));
  };
  const done = await installModel({ language, folder, progress });
  if (!done.ok) throw new CliError(exitCodes.failed, say(problemTexts[done.error.step], { reason: done.error.reason }));
  const { model } = done.value;
  terminal.out(json ? JSON.stringify({ language, model }) : say('ears-installed', { language, model }));
  return exitCodes.ok;
}

function list(json: boolean, terminal: Terminal, say: Say): number {
  const english = englishInstalled();
  const chinese = installedModel('zh-CN');
  const languages = [
    { language: 'en-US', engine: 'pocketsphinx', model: english, hint: englishHint },
    { language: 'zh-CN', engine: 'sherpa-onnx', model: chinese?.model, hint: chineseHint },
  ];
  if (json) {
    for (const { language, engine, model } of languages)
      terminal.out(JSON.stringify({ language, engine: model === undefined ? null : engine, model: model ?? null }));
    return exitCodes.ok;
  }
  const lines = tableLines(languages, [
    { title: say('title-language'), of: ({ language }) => language },
    {
      title: say('title-engine'),
      of: ({ engine, model, hint }) => (model === undefined ? say('engine-none', { command: hint }) : engine),
    },
    { title: say('title-model'), of: ({ model }) => model },
  ]);
  for (const line of lines) terminal.out(line);
  return exitCodes.ok;
}

function remove(given: string, terminal: Terminal, say: Say): number {
  const language = languageOf(given, say);
  const was = removeModel(language);
  terminal.out(say(was ? 'ears-removed' : 'ears-none', { language }));
  return was ? exitCodes.ok : exitCodes.failed;
}

/** Adds the command to `program`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const say = speaker(earsTexts, terminal.language);
  const ears = program.command('ears').description(say('ears'));
  withCommonOptions(ears.command('install').description(say('ears-install')), terminal)
    .argument('<language>', say('ears-language'))
    .argument('<folder>', say('ears-folder'))
    .action((language: string, folder: string, options: { readonly json?: boolean }) =>
      perform(terminal, () => install(language, folder, options.json === true, terminal, say)),
    );
  withCommonOptions(ears.command('list').description(say('ears-list')), terminal).action(
    (options: { readonly json?: boolean }) => perform(terminal, () => list(options.json === true, terminal, say)),
  );
  withCommonOptions(ears.command('remove').description(say('ears-remove')), terminal)
    .argument('<language>', say('ears-language'))
    .action((language: string) => perform(terminal, () => remove(language, terminal, say)));
}
