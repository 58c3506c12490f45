/** `jackfield erase SUBJECT`: through the server while it runs, else in the ledger's file. */
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { erasureResult } from '../protocol/rest.ts';
import type { ErasureResult } from '../protocol/rest.ts';
import { siteFiles } from '../server/config.ts';
import { openApi, siteConfig } from './api.ts';
import type { Terminal } from './terminal.ts';
import { CliError, exitCodes, perform, processTerminal, withCommonOptions } from './terminal.ts';
import { peopleTexts } from './texts/people.ts';
import { speaker } from './texts/text.ts';

type Say = (key: keyof typeof peopleTexts & string, facts?: Record<string, string | number>) => string;

interface EraseOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

async function confirmed(subject: string, say: Say): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await prompt.question(say('erase-ask', { subject }))).trim().toLowerCase() === 'yes';
  } finally {
    prompt.close();
  }
}

/** With the server down nobody else writes; but numbers cannot be normalised to the site's way then. */
async function eraseInFile(subject: string, terminal: Terminal, say: Say): Promise<ErasureResult> {
  const who = subject.replace(/[\s()-]/g, '');
  if (!/^\+\d{3,15}$/.test(who) && !/^[sk]-/.test(subject))
    throw new CliError(exitCodes.usage, say('erase-number', { subject }));
  const files = siteFiles(siteConfig(terminal));
  // Loaded only here: they bring the whole server with them.
  const { eraseInLedgerFile } = await import('../server/ledger/index.ts');
  const { nodeName } = await import('../server/server.ts');
  const done = await eraseInLedgerFile({ file: files.database, keyFile: files.siteKey, node: nodeName }, who);
  return erasureResult.parse(done);
}

async function eraseAnyhow(subject: string, terminal: Terminal, say: Say): Promise<ErasureResult> {
  try {
    return await openApi(terminal).post('/api/v1/erasures', { subject }, erasureResult);
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== exitCodes.unreachable) throw error;
    return eraseInFile(subject, terminal, say);
  }
}

async function erase(subject: string, options: EraseOptions, terminal: Terminal, say: Say): Promise<number> {
  if (options.yes !== true && terminal.interactive && !(await confirmed(subject, say))) {
    terminal.err(say('erase-left'));
    return exitCodes.failed;
  }
  const result = await eraseAnyhow(subject, terminal, say);
  if (options.json === true) terminal.out(JSON.stringify(result));
  else terminal.out(say(result.found ? 'erased' : 'erase-nothing', { subject, rows: result.rows }));
  if (!result.scrubbed) terminal.err(say('not-scrubbed'));
  return exitCodes.ok;
}

/** Adds the command to `program`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const say = speaker(peopleTexts, terminal.language);
  withCommonOptions(program.command('erase').description(say('erase')), terminal)
    .argument('<subject>', say('subject'))
    .option('-y, --yes', say('yes'))
    .action((subject: string, options: EraseOptions) =>
      perform(terminal, () => erase(subject, options, terminal, say)),
    );
}
