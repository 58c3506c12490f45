/** `call monitor ID listen|whisper|barge|take-over|stop`: a supervisor listens to a talk, on their phone. */
import type { Command } from 'commander';
import { z } from 'zod';
import { openApi } from '../api.ts';
import { oneOf } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { exitCodes, perform, withCommonOptions } from '../terminal.ts';
import { monitorTexts } from '../texts/monitor.ts';
import { recordTexts } from '../texts/records.ts';
import { speaker } from '../texts/text.ts';
import { findCallId } from './records.ts';

interface MonitorOptions {
  readonly as?: string;
  readonly json?: boolean;
}

const orders = ['listen', 'whisper', 'barge', 'take-over', 'stop'] as const;

/** Adds the sub-command. */
export function registerMonitor(call: Command, terminal: Terminal): void {
  const say = speaker(monitorTexts, terminal.language);
  const records = speaker(recordTexts, terminal.language);
  withCommonOptions(call.command('monitor').description(say('describe')), terminal)
    .argument('<id>', records('id'))
    .argument('<how>', say('how'))
    .requiredOption('--as <agent>', say('as'))
    .action((given: string, wanted: string, _options: unknown, command: Command) =>
      perform(terminal, async () => {
        const how = oneOf(terminal, 'how', wanted, orders);
        const { as: supervisor, json = false } = command.optsWithGlobals<MonitorOptions>();
        const api = openApi(terminal);
        const id = await findCallId(api, given, records);
        const path = `/api/v1/calls/${encodeURIComponent(id)}/monitor`;
        if (how === 'take-over' || how === 'stop') await api.post(`${path}/${how}`, { supervisor }, z.unknown());
        else await api.post(path, { mode: how, supervisor }, z.unknown());
        terminal.out(json ? JSON.stringify({ id, how }) : say('asked-of', { id, how: say(how) }));
        return exitCodes.ok;
      }),
    );
}
