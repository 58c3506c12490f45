/** `call list|show|hangup`: views of the ledger, and what one can do to a call, asked of the running server. */
import type { Command } from 'commander';
import { z } from 'zod';
import { callStory, callSummary } from '../../protocol/rest.ts';
import type { CallStory, CallSummary } from '../../protocol/rest.ts';
import type { Api } from '../api.ts';
import { openApi } from '../api.ts';
import { numberWithin } from '../options.ts';
import type { Column } from '../table.ts';
import { displayWidth, pad, printable, tableLines } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { CliError, exitCodes, perform, withCommonOptions } from '../terminal.ts';
import { recordTexts } from '../texts/records.ts';
import { speaker } from '../texts/text.ts';
import { dateTime, lasting } from '../times.ts';
import { showQuality } from './quality.ts';

type Say = (key: keyof typeof recordTexts & string, facts?: Record<string, string | number>) => string;

interface ListOptions {
  readonly limit: string;
  readonly active?: boolean;
  readonly agent?: string;
  readonly queue?: string;
  readonly number?: string;
  readonly json?: boolean;
}

interface ShowOptions {
  readonly json?: boolean;
  readonly quality?: boolean;
}

const callsPath = '/api/v1/calls';
/** How far back a shortened id is looked for. */
const searchedCalls = 500;

function callColumns(say: Say): Column<CallSummary>[] {
  return [
    { title: say('title-id'), of: (call) => call.id },
    { title: say('title-started'), of: (call) => dateTime(call.startedAt) },
    {
      title: say('title-from'),
      of: (call) =>
        call.from === '' ? undefined : call.fromName === undefined ? call.from : `${call.from} ${call.fromName}`,
    },
    { title: say('title-to'), of: (call) => (call.toName === undefined ? call.to : `${call.to} ${call.toName}`) },
    { title: say('title-direction'), of: (call) => say(`direction-${call.direction}`) },
    { title: say('title-state'), of: (call) => say(`state-${call.state}`) },
    { title: say('title-queue'), of: (call) => call.queue },
    { title: say('title-agent'), of: (call) => call.agent },
    { title: say('title-waited'), of: (call) => lasting(call.waitedMs), align: 'right' },
    { title: say('title-talked'), of: (call) => lasting(call.talkedMs), align: 'right' },
    { title: say('title-alerts'), of: (call) => call.alerts, align: 'right' },
    { title: say('title-end'), of: (call) => call.cause },
    { title: say('title-disposition'), of: (call) => call.disposition },
  ];
}

/** The lines of `call list`. */
export function callLines(calls: readonly CallSummary[], say: Say): string[] {
  return calls.length === 0 ? [say('no-calls')] : tableLines(calls, callColumns(say));
}

const factText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function factsText(row: CallStory['story'][number], say: Say): string {
  const fields = Object.entries({ ...row.facts, ...row.personal }).map(([name, value]) => `${name}=${factText(value)}`);
  return [...fields, ...(row.erased ? [say('erased')] : [])].join(' ');
}

/** The lines of `call show`: its line in the list, then each thing that happened with seconds since the start. */
export function storyLines(call: CallStory, say: Say): string[] {
  const since = (at: number): string => `+${((at - call.startedAt) / 1000).toFixed(3)}`;
  const story = tableLines(call.story, [
    { title: say('title-at'), of: (row) => since(row.at), align: 'right' },
    { title: say('title-event'), of: (row) => row.type },
    { title: say('title-facts'), of: (row) => factsText(row, say) },
  ]);
  const columns = callColumns(say);
  const width = Math.max(...columns.map((column) => displayWidth(column.title)));
  const head = columns.map((column) => `${pad(column.title, width)}  ${printable(String(column.of(call) ?? '-'))}`);
  return [...head, '', ...story];
}

/** The full id of a call from `last`, its beginning or its end. */
export async function findCallId(api: Api, given: string, say: Say): Promise<string> {
  if (/^[0-9A-HJKMNP-TV-Z]{26}$/i.test(given)) return given;
  const calls = await api.list(callsPath, callSummary, given === 'last' ? 1 : searchedCalls);
  if (given === 'last' && calls[0] !== undefined) return calls[0].id;
  const wanted = given.toLowerCase();
  const ids = calls.map((call) => call.id);
  const found = ids.filter((id) => id.toLowerCase().startsWith(wanted) || id.toLowerCase().endsWith(wanted));
  const exact = ids.find((id) => id === given) ?? (found.length === 1 ? found[0] : undefined);
  if (exact !== undefined) return exact;
  const problem =
    found.length === 0
      ? say('no-such-call', { id: given })
      : say('several-calls', { id: given, calls: found.slice(0, 10).join(', ') });
  throw new CliError(exitCodes.failed, problem);
}

async function list(options: ListOptions, terminal: Terminal, say: Say): Promise<number> {
  const limit = numberWithin(terminal, '--limit', options.limit, 1, 100_000);
  const { agent, queue, number } = options;
  const state = options.active === true ? 'active' : undefined;
  const calls = await openApi(terminal).list(callsPath, callSummary, limit, { state, agent, queue, number });
  if (options.json === true) terminal.out(JSON.stringify(calls));
  else for (const line of callLines(calls, say)) terminal.out(line);
  return exitCodes.ok;
}

async function show(given: string, { json, quality }: ShowOptions, terminal: Terminal, say: Say): Promise<number> {
  const api = openApi(terminal);
  const id = await findCallId(api, given, say);
  if (quality === true) return showQuality(id, json === true, api, terminal);
  const call = await api.get(`${callsPath}/${encodeURIComponent(id)}`, callStory);
  if (json === true) terminal.out(JSON.stringify(call));
  else for (const line of storyLines(call, say)) terminal.out(line);
  return exitCodes.ok;
}

async function hangUp(given: string, json: boolean, terminal: Terminal, say: Say): Promise<number> {
  const api = openApi(terminal);
  const id = await findCallId(api, given, say);
  await api.post(`${callsPath}/${encodeURIComponent(id)}/hangup`, {}, z.unknown());
  terminal.out(json ? JSON.stringify({ id }) : say('hung-up', { id }));
  return exitCodes.ok;
}

/** Adds the sub-commands. */
export function registerCallRecords(call: Command, terminal: Terminal): void {
  const say = speaker(recordTexts, terminal.language);
  const wantsJson = (command: Command): boolean => command.optsWithGlobals<{ json?: boolean }>().json === true;
  withCommonOptions(call.command('list').description(say('list')), terminal)
    .option('--limit <n>', say('limit'), '20')
    .option('--active', say('active'))
    .option('--agent <id>', say('agent'))
    .option('--queue <id>', say('queue'))
    .option('--number <number>', say('number'))
    .action((_options: unknown, command: Command) =>
      perform(terminal, () => list(command.optsWithGlobals<ListOptions>(), terminal, say)),
    );
  withCommonOptions(call.command('show').description(say('show')).argument('<id>', say('id')), terminal)
    .option('--quality', say('quality'))
    .action((id: string, _options: unknown, command: Command) =>
      perform(terminal, () => show(id, command.optsWithGlobals<ShowOptions>(), terminal, say)),
    );
  withCommonOptions(call.command('hangup').description(say('hangup')).argument('<id>', say('id')), terminal).action(
    (id: string, _options: unknown, command: Command) =>
      perform(terminal, () => hangUp(id, wantsJson(command), terminal, say)),
  );
}
