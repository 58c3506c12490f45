/** `jackfield sip blocked|unblock`. */
import type { Command } from 'commander';
import { sipProtection } from '../protocol/sip-protection.ts';
import type { HeldSource, SipProtection } from '../protocol/sip-protection.ts';
import { openApi } from './api.ts';
import { printable, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';
import { exitCodes, perform, processTerminal, withCommonOptions } from './terminal.ts';
import { protectionTexts } from './texts/protection.ts';
import { speaker } from './texts/text.ts';
import { dateTime } from './times.ts';

type Key = keyof typeof protectionTexts & string;
type Say = (key: Key, facts?: Record<string, string | number>) => string;

interface Options {
  readonly json?: boolean;
}

function isKey(text: string): text is Key {
  return Object.hasOwn(protectionTexts, text);
}

/** A reason of an engine newer than this command is shown as it is. */
function words(reason: string, say: Say): string {
  return isKey(reason) ? say(reason) : reason;
}

function reasonOf({ reason, user }: HeldSource, say: Say): string {
  return user === undefined ? words(reason, say) : say('for-account', { reason: words(reason, say), user });
}

function droppedLine(dropped: SipProtection['dropped'], say: Say): string {
  if (dropped === null) return say('not-asked');
  const counts = Object.entries(dropped).flatMap(([reason, count]) =>
    count === 0 ? [] : [`${words(reason, say)} ${String(count)}`],
  );
  return say('dropped', { counts: counts.join(', ') || say('nothing') });
}

/** The lines of `sip blocked`. */
export function blockedLines({ held, dropped }: SipProtection, say: Say): string[] {
  const table =
    held.length === 0
      ? [say('nobody')]
      : tableLines(held, [
          { title: say('title-source'), of: ({ source }) => source },
          { title: say('title-reason'), of: (each) => reasonOf(each, say) },
          { title: say('title-count'), of: ({ count }) => String(count), align: 'right' },
          { title: say('title-until'), of: ({ until }) => dateTime(until) },
        ]);
  return [...table, droppedLine(dropped, say)].map(printable);
}

/** Adds the commands to `program`, beside `sip` alone, which runs the engine (up.ts) with whatever options follow. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const say = speaker(protectionTexts, terminal.language);
  const sip = program.commands.find((each) => each.name() === 'sip') ?? program.command('sip').description(say('sip'));
  // `sip --help` is the engine's own.
  const command = (name: string): Command => sip.command(name).helpOption('-h, --help');
  withCommonOptions(command('blocked').description(say('blocked')), terminal).action((options: Options) =>
    perform(terminal, async () => {
      const protection = await openApi(terminal).get('/api/v1/sip/blocked', sipProtection);
      if (options.json === true) terminal.out(JSON.stringify(protection));
      else for (const line of blockedLines(protection, say)) terminal.out(line);
      return exitCodes.ok;
    }),
  );
  withCommonOptions(
    command('unblock').description(say('unblock')).argument('<source>', say('source')),
    terminal,
  ).action((source: string, options: Options) =>
    perform(terminal, async () => {
      const protection = await openApi(terminal).post('/api/v1/sip/unblock', { source }, sipProtection);
      terminal.out(options.json === true ? JSON.stringify(protection) : say('released', { source }));
      return exitCodes.ok;
    }),
  );
}
