/** `call transfer|swap|complete|cancel`: handing a call over for the agent who has it, blindly or after a consultation. */
import type { Command } from 'commander';
import { z } from 'zod';
import { openApi } from '../api.ts';
import type { Terminal } from '../terminal.ts';
import { exitCodes, perform, withCommonOptions } from '../terminal.ts';
import { recordTexts } from '../texts/records.ts';
import { speaker } from '../texts/text.ts';
import { findCallId } from './records.ts';

interface TransferOptions {
  readonly attended?: boolean;
  readonly json?: boolean;
}

const steps = ['swap', 'complete', 'cancel'] as const;

/** Adds the sub-commands. */
export function registerTransfer(call: Command, terminal: Terminal): void {
  const say = speaker(recordTexts, terminal.language);
  const post = async (given: string, what: string, body: object): Promise<string> => {
    const api = openApi(terminal);
    const id = await findCallId(api, given, say);
    await api.post(`/api/v1/calls/${encodeURIComponent(id)}/${what}`, body, z.unknown());
    return id;
  };
  withCommonOptions(call.command('transfer').description(say('transfer')), terminal)
    .argument('<id>', say('id'))
    .argument('<to>', say('transfer-to'))
    .option('--attended', say('attended'))
    .action((given: string, to: string, _options: unknown, command: Command) =>
      perform(terminal, async () => {
        const { attended = false, json = false } = command.optsWithGlobals<TransferOptions>();
        const id = await post(given, 'transfer', { to, type: attended ? 'attended' : 'blind' });
        const text = say(attended ? 'consulting' : 'transferring', { id, to });
        terminal.out(json ? JSON.stringify({ id, to }) : text);
        return exitCodes.ok;
      }),
    );
  for (const what of steps)
    withCommonOptions(call.command(what).description(say(what)), terminal)
      .argument('<id>', say('id'))
      .action((given: string, _options: unknown, command: Command) =>
        perform(terminal, async () => {
          const id = await post(given, `transfer/${what}`, {});
          const { json = false } = command.optsWithGlobals<TransferOptions>();
          terminal.out(json ? JSON.stringify({ id }) : say('asked-of', { id, what: say(what) }));
          return exitCodes.ok;
        }),
      );
}
