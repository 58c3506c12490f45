/** `call recording ID`: what is known of a recording, its sound, its seal. `call record ID ORDER`: what an agent's button does. */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { recordingOrder, recordingSummary, recordingVerdict } from '../../protocol/rest.ts';
import type { RecordingSummary, RecordingVerdict } from '../../protocol/rest.ts';
import type { Api } from '../api.ts';
import { openApi } from '../api.ts';
import { tableLines } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { CliError, exitCodes, perform, withCommonOptions } from '../terminal.ts';
import { recordTexts } from '../texts/records.ts';
import { recordingTexts } from '../texts/recording.ts';
import { speaker } from '../texts/text.ts';
import { dateTime, lasting } from '../times.ts';
import { findCallId } from './records.ts';

type Say = (key: keyof typeof recordingTexts & string, facts?: Record<string, string | number>) => string;

interface RecordingOptions {
  readonly out?: string;
  readonly format?: string;
  readonly channels?: string;
  readonly verify?: boolean;
  readonly hold?: string;
  readonly remove?: boolean;
  readonly json?: boolean;
}

/** Adds the sub-commands. */
export function registerRecording(call: Command, terminal: Terminal): void {
  const say = speaker(recordingTexts, terminal.language);
  const find = speaker(recordTexts, terminal.language);
  withCommonOptions(call.command('recording').description(say('recording')), terminal)
    .argument('<id>', say('id'))
    .option('--out <file>', say('out'))
    .option('--format <name>', say('format'))
    .option('--channels <which>', say('channels'))
    .option('--verify', say('verify'))
    .option('--hold <on|off>', say('hold'))
    .option('--remove', say('remove'))
    .action((id: string, _options: unknown, command: Command) =>
      perform(terminal, async () => {
        const found = await findCallId(openApi(terminal), id, find);
        return recording(found, command.optsWithGlobals<RecordingOptions>(), terminal, say);
      }),
    );
  withCommonOptions(call.command('record').description(say('record')), terminal)
    .argument('<id>', say('id'))
    .argument('<order>', say('order'))
    .action((id: string, order: string) =>
      perform(terminal, async () => {
        const known = recordingOrder.safeParse(order);
        if (!known.success) throw new CliError(exitCodes.usage, say('bad-order', { given: order }));
        const api = openApi(terminal);
        await api.post(pathOf(await findCallId(api, id, find)), { order: known.data }, z.object({}));
        terminal.out(say('asked', { order }));
        return exitCodes.ok;
      }),
    );
}

function pathOf(id: string): string {
  return `/api/v1/calls/${encodeURIComponent(id)}/recording`;
}

async function recording(id: string, options: RecordingOptions, terminal: Terminal, say: Say): Promise<number> {
  const { out, verify, hold, remove, json } = options;
  const api = openApi(terminal);
  if (hold !== undefined) return holdIt(api, id, hold, terminal, say);
  if (remove === true) {
    await api.remove(pathOf(id));
    terminal.out(say('removed'));
    return exitCodes.ok;
  }
  const facts = await api.get(`${pathOf(id)}/facts`, recordingSummary);
  if (out !== undefined) await write(api, id, { ...options, out }, terminal, say);
  if (verify === true)
    return told(await api.post(`${pathOf(id)}/verify`, {}, recordingVerdict), options, terminal, say);
  if (out !== undefined) return exitCodes.ok;
  if (json === true) terminal.out(JSON.stringify(facts));
  else {
    for (const line of factLines(facts, say)) terminal.out(line);
    if (facts.state !== 'removed')
      terminal.out(say('listen-at', { url: `${api.url}/listen?call=${encodeURIComponent(id)}` }));
  }
  return exitCodes.ok;
}

async function holdIt(api: Api, id: string, hold: string, terminal: Terminal, say: Say): Promise<number> {
  if (hold !== 'on' && hold !== 'off') throw new CliError(exitCodes.usage, say('bad-hold', { given: hold }));
  await api.put(`${pathOf(id)}/hold`, { held: hold === 'on' }, z.object({}));
  terminal.out(say(hold === 'on' ? 'held' : 'released'));
  return exitCodes.ok;
}

async function write(
  api: Api,
  id: string,
  { out, format, channels }: RecordingOptions & { readonly out: string },
  terminal: Terminal,
  say: Say,
): Promise<void> {
  const named = /\.(wav|ogg|webm|mkv)$/i.exec(out)?.[1]?.toLowerCase();
  const wanted = format ?? (named === 'webm' || named === 'mkv' ? 'film' : named);
  if (wanted !== undefined && wanted !== 'wav' && wanted !== 'ogg' && wanted !== 'film')
    throw new CliError(exitCodes.usage, say('bad-format', { given: wanted }));
  if (channels !== undefined && channels !== 'two' && channels !== 'all')
    throw new CliError(exitCodes.usage, say('bad-channels', { given: channels }));
  const sound = await api.bytes(pathOf(id), { format: wanted, channels });
  const file = createWriteStream(out, { mode: 0o600 });
  await pipeline(sound, file);
  terminal.err(say('written', { file: out, bytes: file.bytesWritten }));
}

function told(verdict: RecordingVerdict, { json }: RecordingOptions, terminal: Terminal, say: Say): number {
  const { whole, matches, damages, lengthMs, hash } = verdict;
  if (json === true) terminal.out(JSON.stringify(verdict));
  else {
    const places = damages.map(({ damage, offset }) => `${damage} @ ${String(offset)}`);
    if (!whole) terminal.out(say('not-whole', { damages: places.length === 0 ? say('no-end') : places.join(', ') }));
    if (!matches) terminal.out(say('no-match', { hash }));
    if (whole && matches) terminal.out(say('whole', { seconds: Math.round(lengthMs / 100) / 10 }));
  }
  return whole && matches ? exitCodes.ok : exitCodes.failed;
}

/** The channels in their order, each with whoever was on it last. */
function channelsText(channels: RecordingSummary['channels']): string {
  const named = channels.map(({ channel, parties }) => {
    const last = parties.at(-1);
    const who = last?.agent ?? last?.to;
    return who === undefined ? channel : `${channel}=${who}`;
  });
  return named.join(' ');
}

function factLines(facts: RecordingSummary, say: Say): string[] {
  return tableLines(
    [facts],
    [
      { title: say('title-state'), of: ({ state }) => state },
      { title: say('title-length'), of: ({ lengthMs }) => (lengthMs === null ? undefined : lasting(lengthMs)) },
      { title: say('title-bytes'), of: ({ bytes }) => bytes ?? undefined, align: 'right' },
      { title: say('title-content'), of: ({ content }) => content },
      { title: say('title-pictures'), of: ({ pictures }) => pictures.map((side) => say(side)).join(' ') || undefined },
      {
        title: say('title-channels'),
        of: ({ channels }) => (channels.length === 2 ? undefined : channelsText(channels)),
      },
      { title: say('title-held'), of: ({ held }) => say(held ? 'yes' : 'no') },
      { title: say('title-until'), of: ({ until }) => (until === null ? undefined : dateTime(until)) },
      { title: say('title-hash'), of: ({ hash }) => hash ?? undefined },
    ],
  );
}
