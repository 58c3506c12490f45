/**
 * `jackfield call CALLED` places a demo call; `call list|show|ladder|hangup` look into and end calls, `call transfer|swap|complete|cancel`
 * hand them over, `call conference` adds people to one, `call monitor` listens to one, `call dial` makes one.
 */
import type { Command } from 'commander';
import { registerConference } from './call/conference.ts';
import { registerDial } from './call/dial.ts';
import { registerLadder } from './call/ladder.ts';
import { registerRecording } from './call/recording.ts';
import { registerMonitor } from './call/monitor.ts';
import { registerCallRecords } from './call/records.ts';
import { registerTransfer } from './call/transfer.ts';
import { readPlaceOptions } from './call/options.ts';
import type { RawPlaceOptions } from './call/options.ts';
import { runCall } from './call/place.ts';
import type { Terminal } from './terminal.ts';
import { perform, processTerminal, withCommonOptions } from './terminal.ts';
import { callTexts } from './texts/call.ts';
import { speaker } from './texts/text.ts';

/** Adds the command to `program`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const say = speaker(callTexts, terminal.language);
  const call = withCommonOptions(program.command('call').description(say('describe')), terminal)
    .argument('[called]', say('called'))
    .option('--say <text>', say('say'))
    .option('--play <file>', say('play'))
    .option('--digits <keys>', say('digits'), '1')
    .option('--digits-after <ms>', say('digits-after'), '2000')
    .option('--say-after <ms>', say('say-after'), '4000')
    .option('--say-times <n>', say('say-times'))
    .option('--say-every <ms>', say('say-every'), '12000')
    .option('--record <file>', say('record'))
    .option('--from <number>', say('from'), '+8613800000000')
    .option('--to-host <host:port>', say('to-host'))
    .option('--transport <name>', say('transport'), 'udp')
    .option('--codec <name>', say('codec'))
    .option('--duration <s>', say('duration'))
    .option('--language <name>', say('language'), 'en')
    .action(async (called: string | undefined, raw: RawPlaceOptions) => {
      if (called === undefined) return call.help({ error: true });
      await perform(terminal, async () => runCall(await readPlaceOptions(called, raw, terminal), terminal));
    });
  registerCallRecords(call, terminal);
  registerTransfer(call, terminal);
  registerConference(call, terminal);
  registerMonitor(call, terminal);
  registerLadder(call, terminal);
  registerDial(call, terminal);
  registerRecording(call, terminal);
}
