/** `jackfield ledger verify`: reads the file itself, whether or not a server runs. */
import type { Command } from 'commander';
import { siteFiles } from '../server/config.ts';
import type { Verification } from '../server/ledger/index.ts';
import { LedgerError, verifyLedgerFile } from '../server/ledger/index.ts';
import { siteConfig } from './api.ts';
import type { Terminal } from './terminal.ts';
import { CliError, exitCodes, perform, processTerminal, withCommonOptions } from './terminal.ts';
import { siteTexts } from './texts/site.ts';
import { speaker } from './texts/text.ts';

type Say = (key: keyof typeof siteTexts & string, facts?: Record<string, string | number>) => string;

/** The lines of `ledger verify`. */
export function verificationLines(found: Verification, say: Say): string[] {
  if (found.ok)
    return [...found.warnings.map((text) => say('ledger-warning', { text })), say('ledger-ok', { rows: found.rows })];
  const { kind, node, seq, id, message } = found.problem;
  return [say('ledger-bad', { kind, node, seq, id: id === undefined ? '' : ` (${id})`, message })];
}

async function verify(json: boolean, terminal: Terminal, say: Say): Promise<number> {
  const { database, siteKey } = siteFiles(siteConfig(terminal));
  let found: Verification;
  try {
    found = await verifyLedgerFile({ file: database, keyFile: siteKey });
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const facts = { file: database, reason: error.message, code: error.code };
    throw new CliError(exitCodes.failed, say('ledger-unreadable', facts));
  }
  if (json) terminal.out(JSON.stringify(found));
  else for (const line of verificationLines(found, say)) terminal.out(line);
  return found.ok ? exitCodes.ok : exitCodes.failed;
}

/** Adds the command to `program`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const say = speaker(siteTexts, terminal.language);
  const ledger = program.command('ledger').description(say('ledger'));
  withCommonOptions(ledger.command('verify').description(say('ledger-verify')), terminal).action(
    (options: { readonly json?: boolean }) => perform(terminal, () => verify(options.json === true, terminal, say)),
  );
}
