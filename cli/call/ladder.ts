/** `call ladder ID`: what passed on the wire, drawn, in full, or as a file for Wireshark. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { callLadder } from '../../protocol/rest.ts';
import type { CallLadder } from '../../protocol/rest.ts';
import { openApi } from '../api.ts';
import { printable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { CliError, exitCodes, perform, withCommonOptions } from '../terminal.ts';
import { ladderTexts } from '../texts/ladder.ts';
import { recordTexts } from '../texts/records.ts';
import { speaker } from '../texts/text.ts';
import { ladderLines } from './ladder-picture.ts';
import { pcapOf } from './pcap.ts';
import { findCallId } from './records.ts';

type Say = (key: keyof typeof ladderTexts & string, facts?: Record<string, string | number>) => string;

interface LadderOptions {
  readonly pcap?: string;
  readonly full?: boolean;
  readonly unmasked?: boolean;
  readonly json?: boolean;
}

/** Where nobody says how wide the terminal is. */
const usualColumns = 120;

function fullLines({ messages }: CallLadder): string[] {
  return messages.flatMap(({ at, direction, transport, remote, local, text }) => {
    const ends = direction === 'in' ? `${remote} -> ${local}` : `${local} -> ${remote}`;
    const lines = text.split(/\r?\n/).map(printable);
    return [`--- ${new Date(at).toISOString()} ${transport} ${ends}`, ...lines];
  });
}

function writeFile(file: string, ladder: CallLadder, say: Say): void {
  try {
    writeFileSync(file, pcapOf(ladder), { mode: 0o600 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(exitCodes.failed, say('not-written', { file, reason }));
  }
}

async function show(given: string, options: LadderOptions, terminal: Terminal, say: Say): Promise<number> {
  const { pcap, full, unmasked, json } = options;
  const api = openApi(terminal);
  const id = await findCallId(api, given, speaker(recordTexts, terminal.language));
  const query = unmasked === true ? '?unmasked=true' : '';
  const ladder = await api.get(`/api/v1/calls/${encodeURIComponent(id)}/ladder${query}`, callLadder);
  if (pcap !== undefined) {
    writeFile(pcap, ladder, say);
    terminal.out(
      json === true
        ? JSON.stringify({ file: pcap, messages: ladder.messages.length })
        : say('written', { file: pcap, messages: ladder.messages.length }),
    );
    return exitCodes.ok;
  }
  if (json === true) terminal.out(JSON.stringify(ladder));
  else if (ladder.messages.length === 0) terminal.out(say('no-messages'));
  else {
    const words = { engine: say('engine'), again: say('again') };
    const lines =
      full === true ? fullLines(ladder) : ladderLines(ladder, words, process.stdout.columns ?? usualColumns);
    for (const line of lines) terminal.out(line);
    if (ladder.left > 0) terminal.out(say('left', { left: ladder.left }));
  }
  return exitCodes.ok;
}

/** Adds the sub-command. */
export function registerLadder(call: Command, terminal: Terminal): void {
  const say = speaker(ladderTexts, terminal.language);
  const id = speaker(recordTexts, terminal.language)('id');
  withCommonOptions(call.command('ladder').description(say('ladder')).argument('<id>', id), terminal)
    .option('--pcap <file>', say('pcap'))
    .option('--full', say('full'))
    .option('--unmasked', say('unmasked'))
    .action((given: string, _options: unknown, command: Command) =>
      perform(terminal, () => show(given, command.optsWithGlobals<LadderOptions>(), terminal, say)),
    );
}
