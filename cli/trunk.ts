/** `jackfield trunk list|show|test|password`. */
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { trunkCard, trunkSummary } from '../protocol/trunks.ts';
import type { TrunkCard, TrunkSummary } from '../protocol/trunks.ts';
import { siteFiles } from '../server/config.ts';
import { storeTrunkPassword } from '../server/trunk-secrets.ts';
import { openApi, siteConfig } from './api.ts';
import { currentPlan } from './plan.ts';
import { printable, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';
import { CliError, exitCodes, perform, processTerminal, withCommonOptions } from './terminal.ts';
import { trunkTexts } from './texts/trunk.ts';
import { speaker } from './texts/text.ts';
import { dateTime } from './times.ts';

type Say = (key: keyof typeof trunkTexts & string, facts?: Record<string, string | number>) => string;

const testTimeoutMs = 90_000;

interface Options {
  readonly json?: boolean;
}

function limited(count: number, limit: number | undefined): string {
  return limit === undefined ? String(count) : `${count}/${limit}`;
}

function today({ minutes, spent, minutesCap, spendCap }: TrunkSummary['today'], say: Say): string {
  const texts = [say('minutes', { minutes: limited(Math.round(minutes * 10) / 10, minutesCap) })];
  if (spendCap !== undefined || spent > 0)
    texts.push(say('spent', { spent: limited(Math.round(spent * 100) / 100, spendCap) }));
  return texts.join(', ');
}

function stateOf({ state, trouble }: TrunkSummary, say: Say): string {
  return trouble === undefined ? say(`state-${state}`) : `${say(`state-${state}`)} (${say(`trouble-${trouble}`)})`;
}

/** The lines of `trunk list`. */
export function listLines(trunks: readonly TrunkSummary[], terminal: Terminal, say: Say): string[] {
  if (trunks.length === 0) return [say('no-trunks')];
  return tableLines(trunks, [
    { title: say('title-id'), of: ({ id }) => id },
    { title: say('title-name'), of: ({ name }) => name[terminal.language] },
    { title: say('title-state'), of: (trunk) => stateOf(trunk, say) },
    { title: say('title-calls'), of: ({ calls }) => say(`calls-${calls}`) },
    { title: say('title-in'), of: ({ active, limits }) => limited(active.in, limits.channelsIn), align: 'right' },
    { title: say('title-out'), of: ({ active, limits }) => limited(active.out, limits.channelsOut), align: 'right' },
    { title: say('title-today'), of: (trunk) => today(trunk.today, say) },
  ]);
}

/** The lines of `trunk show`. */
export function showLines(trunk: TrunkSummary, terminal: Terminal, say: Say): string[] {
  const { registration, targets, limits, addresses } = trunk;
  const line = (key: keyof typeof trunkTexts & string, value: string): string => `${say(key)}: ${value}`;
  const caps = Object.entries(limits).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  const since = (at: number | undefined): string =>
    at === undefined ? '' : ` ${say('until', { time: dateTime(at) })}`;
  return [
    `${trunk.id} - ${trunk.name[terminal.language]}: ${stateOf(trunk, say)}`,
    line('title-calls', say(`calls-${trunk.calls}`)),
    line('title-profile', trunk.profile ?? '-'),
    line('title-addresses', addresses.join(', ') || '-'),
    ...(registration === undefined
      ? []
      : [
          line(
            'title-registration',
            `${say(`registration-${registration.state}`)}${since(registration.expiresAt)}${registration.reason === undefined ? '' : ` (${registration.reason})`}`,
          ),
        ]),
    ...targets.map(({ uri, state, rttMs, reason }) => {
      const details = [rttMs === undefined ? '' : `${rttMs} ms`, reason ?? ''].filter((text) => text !== '');
      return line(
        'title-target',
        `${uri} ${say(`target-${state}`)}${details.length === 0 ? '' : ` (${details.join(', ')})`}`,
      );
    }),
    line('title-active', `${say('calls-in')} ${trunk.active.in}, ${say('calls-out')} ${trunk.active.out}`),
    line('title-limits', caps.join(', ') || '-'),
    line('title-today', today(trunk.today, say)),
  ].map(printable);
}

/** The card of `trunk test`. */
export function cardLines(card: TrunkCard, say: Say): string[] {
  return [
    say('card', { trunk: card.trunk, grade: card.grade }),
    '',
    ...tableLines(card.checks, [
      { title: say('title-check'), of: ({ name }) => say(`check-${name}`) },
      { title: say('title-grade'), of: ({ grade }) => say(`grade-${grade}`) },
      { title: say('title-found'), of: ({ found }) => found },
    ]),
    '',
    say(`verdict-${card.grade}`),
  ];
}

async function find(id: string, terminal: Terminal, say: Say): Promise<TrunkSummary> {
  const trunks = await openApi(terminal).list('/api/v1/trunks', trunkSummary, 10_000);
  const found = trunks.find((trunk) => trunk.id === id);
  if (found !== undefined) return found;
  throw new CliError(
    exitCodes.failed,
    say('no-such-trunk', { id, trunks: trunks.map((trunk) => trunk.id).join(', ') }),
  );
}

async function test(
  id: string,
  options: Options & { readonly number?: string },
  terminal: Terminal,
  say: Say,
): Promise<number> {
  await find(id, terminal, say);
  if (options.json !== true) terminal.live(say('testing', { id }));
  const body = options.number === undefined ? {} : { number: options.number };
  const card = await openApi(terminal).post(
    `/api/v1/trunks/${encodeURIComponent(id)}/test`,
    body,
    trunkCard,
    testTimeoutMs,
  );
  if (options.json === true) terminal.out(JSON.stringify(card));
  else for (const line of cardLines(card, say)) terminal.out(line);
  return card.grade === 'F' ? exitCodes.failed : exitCodes.ok;
}

/** One line from the keyboard or a pipe; what is typed is not shown. */
async function readPassword(terminal: Terminal, prompt: string): Promise<string> {
  const { stdin } = process;
  if (stdin.isTTY) {
    terminal.err(prompt);
    stdin.setRawMode(true);
  }
  const lines = createInterface({ input: stdin, terminal: false });
  try {
    // In raw mode Ctrl-C is a character like any other.
    for await (const line of lines) return line.includes('\u0003') ? '' : line.replace(/\r$/, '');
    return '';
  } finally {
    lines.close();
    if (stdin.isTTY) stdin.setRawMode(false);
  }
}

async function password(
  id: string,
  options: { readonly login?: boolean; readonly remove?: boolean },
  terminal: Terminal,
  say: Say,
): Promise<number> {
  const config = siteConfig(terminal);
  const plan = await currentPlan(config);
  if (plan !== undefined && !plan.trunks.has(id))
    throw new CliError(exitCodes.failed, say('no-such-trunk', { id, trunks: [...plan.trunks.keys()].join(', ') }));
  const key = options.login === true ? `${id}/login` : id;
  const secret = options.remove === true ? null : await readPassword(terminal, say('type-password', { id }));
  if (secret === '') throw new CliError(exitCodes.usage, say('empty-password'));
  storeTrunkPassword(siteFiles(config).trunkPasswords, key, secret);
  terminal.out(say(secret === null ? 'password-removed' : 'password-stored', { id }));
  return exitCodes.ok;
}

/** Adds the command to `program`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const say = speaker(trunkTexts, terminal.language);
  const trunk = program.command('trunk').description(say('trunk'));
  withCommonOptions(trunk.command('list').description(say('list')), terminal).action((options: Options) =>
    perform(terminal, async () => {
      const trunks = await openApi(terminal).list('/api/v1/trunks', trunkSummary, 10_000);
      if (options.json === true) terminal.out(JSON.stringify(trunks));
      else for (const line of listLines(trunks, terminal, say)) terminal.out(line);
      return exitCodes.ok;
    }),
  );
  withCommonOptions(trunk.command('show').description(say('show')).argument('<name>', say('name')), terminal).action(
    (id: string, options: Options) =>
      perform(terminal, async () => {
        const found = await find(id, terminal, say);
        if (options.json === true) terminal.out(JSON.stringify(found));
        else for (const line of showLines(found, terminal, say)) terminal.out(line);
        return exitCodes.ok;
      }),
  );
  withCommonOptions(trunk.command('test').description(say('test')).argument('<name>', say('name')), terminal)
    .option('--number <number>', say('number'))
    .action((id: string, options: Options & { readonly number?: string }) =>
      perform(terminal, () => test(id, options, terminal, say)),
    );
  trunk
    .command('password')
    .description(say('password'))
    .argument('<name>', say('name'))
    .option('--login', say('login'))
    .option('--remove', say('remove'))
    .action((id: string, options: { readonly login?: boolean; readonly remove?: boolean }) =>
      perform(terminal, () => password(id, options, terminal, say)),
    );
}
