/** `jackfield contact add|list`. */
import type { Command } from 'commander';
import { contact } from '../protocol/rest.ts';
import type { Contact } from '../protocol/rest.ts';
import { openApi } from './api.ts';
import { numberWithin } from './options.ts';
import { tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';
import { exitCodes, perform, processTerminal, withCommonOptions } from './terminal.ts';
import { peopleTexts } from './texts/people.ts';
import { speaker } from './texts/text.ts';

type Say = (key: keyof typeof peopleTexts & string, facts?: Record<string, string | number>) => string;

const path = '/api/v1/contacts';

interface AddOptions {
  readonly notes?: string;
  readonly json?: boolean;
}

async function add(
  name: string,
  numbers: string[],
  options: AddOptions,
  terminal: Terminal,
  say: Say,
): Promise<number> {
  const notes = options.notes === undefined ? {} : { notes: options.notes };
  const made = await openApi(terminal).post(path, { name, numbers, ...notes }, contact);
  const line = say('contact-added', { name: made.name, numbers: made.numbers.join(' '), id: made.id });
  terminal.out(options.json === true ? JSON.stringify(made) : line);
  return exitCodes.ok;
}

/** The lines of `contact list`. */
export function contactLines(contacts: readonly Contact[], say: Say): string[] {
  if (contacts.length === 0) return [say('no-contacts')];
  return tableLines(contacts, [
    { title: say('title-id'), of: (each) => each.id },
    { title: say('title-name'), of: (each) => each.name },
    { title: say('title-numbers'), of: (each) => each.numbers.join(' ') },
    { title: say('title-notes'), of: (each) => each.notes },
  ]);
}

interface ListOptions {
  readonly limit: string;
  readonly number?: string;
  readonly json?: boolean;
}

async function list(options: ListOptions, terminal: Terminal, say: Say): Promise<number> {
  const limit = numberWithin(terminal, '--limit', options.limit, 1, 100_000);
  const contacts = await openApi(terminal).list(path, contact, limit, { number: options.number });
  if (options.json === true) terminal.out(JSON.stringify(contacts));
  else for (const line of contactLines(contacts, say)) terminal.out(line);
  return exitCodes.ok;
}

/** Adds the command to `program`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const say = speaker(peopleTexts, terminal.language);
  const command = program.command('contact').description(say('contact'));
  withCommonOptions(command.command('add').description(say('contact-add')), terminal)
    .argument('<name>', say('contact-name'))
    .argument('<numbers...>', say('contact-numbers'))
    .option('--notes <text>', say('notes'))
    .action((name: string, numbers: string[], options: AddOptions) =>
      perform(terminal, () => add(name, numbers, options, terminal, say)),
    );
  withCommonOptions(command.command('list').description(say('contact-list')), terminal)
    .option('--limit <n>', say('limit'), '50')
    .option('--number <number>', say('number'))
    .action((options: ListOptions) => perform(terminal, () => list(options, terminal, say)));
}
