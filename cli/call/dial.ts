/** `call dial AGENT NUMBER`: lets an agent call somebody, and with `--wait` tells what becomes of it. */
import { setTimeout as after } from 'node:timers/promises';
import type { Command } from 'commander';
import { callStory, dialResult } from '../../protocol/rest.ts';
import type { CallStory } from '../../protocol/rest.ts';
import type { Api } from '../api.ts';
import { openApi } from '../api.ts';
import type { Terminal } from '../terminal.ts';
import { exitCodes, perform, withCommonOptions } from '../terminal.ts';
import { dialTexts } from '../texts/dial.ts';
import { speaker } from '../texts/text.ts';

type Say = (key: keyof typeof dialTexts & string, facts?: Record<string, string | number>) => string;

interface DialOptions {
  readonly from?: string;
  readonly queue?: string;
  readonly lateOffer?: boolean;
  readonly wait?: boolean;
  readonly json?: boolean;
}

const askEveryMs = 300;

/** Adds the sub-command. */
export function registerDial(call: Command, terminal: Terminal): void {
  const say = speaker(dialTexts, terminal.language);
  withCommonOptions(call.command('dial').description(say('dial')), terminal)
    .argument('<agent>', say('agent'))
    .argument('<number>', say('number'))
    .option('--queue <id>', say('queue'))
    .option('--late-offer', say('late-offer'))
    .option('--wait', say('wait'))
    .action((agentId: string, to: string, _options: unknown, command: Command) => {
      // `--from` is an option of `call` too, with a default that is meant for the demo caller alone.
      const given = command.parent?.getOptionValueSource('from') === 'cli';
      const { from, ...options } = command.optsWithGlobals<DialOptions>();
      const chosen = given && from !== undefined ? { ...options, from } : options;
      return perform(terminal, () => dial(agentId, to, chosen, terminal, say));
    });
}

async function dial(agentId: string, to: string, options: DialOptions, terminal: Terminal, say: Say): Promise<number> {
  const { from, queue, lateOffer, json, wait } = options;
  const api = openApi(terminal);
  const { id } = await api.post('/api/v1/calls', { agentId, to, from, queue, lateOffer }, dialResult);
  if (json === true && wait !== true) terminal.out(JSON.stringify({ id }));
  else if (json !== true) terminal.out(say('dialled', { agent: agentId, to, id }));
  if (wait !== true) return exitCodes.ok;
  const call = await outcome(api, id);
  if (json === true) terminal.out(JSON.stringify(call));
  else if (call.answeredAt === undefined) terminal.out(say('failed', { to, cause: causeOf(call, say) }));
  else terminal.out(say('answered', { to }));
  return call.answeredAt === undefined ? exitCodes.failed : exitCodes.ok;
}

/** Waits until the call is answered, or over. */
async function outcome(api: Api, id: string): Promise<CallStory> {
  for (;;) {
    const call = await api.get(`/api/v1/calls/${encodeURIComponent(id)}`, callStory);
    if (call.answeredAt !== undefined || call.state === 'ended') return call;
    await after(askEveryMs);
  }
}

/** The cause in words, with the SIP status where there was one. */
function causeOf({ cause = '', story }: CallStory, say: Say): string {
  const key = `cause-${cause}`;
  const words = key in dialTexts ? say(key as keyof typeof dialTexts & string) : cause;
  const status = story.find((row) => row.type === 'dial-failed')?.facts['status'];
  return typeof status === 'number' && status > 0 ? `${words} (SIP ${status})` : words;
}
