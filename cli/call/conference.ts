/** `call conference list|add|merge|drop|mute|unmute|gain`: a talk of more than two. */
import type { Command } from 'commander';
import { z } from 'zod';
import { memberList, type MemberRequest, type MemberSummary } from '../../protocol/rest.ts';
import type { Api } from '../api.ts';
import { openApi } from '../api.ts';
import { numberWithin } from '../options.ts';
import { tableLines } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { CliError, exitCodes, perform, withCommonOptions } from '../terminal.ts';
import { conferenceTexts } from '../texts/conference.ts';
import { recordTexts } from '../texts/records.ts';
import { speaker } from '../texts/text.ts';
import { findCallId } from './records.ts';

type Say = (key: keyof typeof conferenceTexts & string, facts?: Record<string, string | number>) => string;

/** A call, as a command names it. */
interface Named {
  readonly api: Api;
  readonly id: string;
  readonly path: string;
}

async function named(terminal: Terminal, given: string): Promise<Named> {
  const api = openApi(terminal);
  const id = await findCallId(api, given, speaker(recordTexts, terminal.language));
  return { api, id, path: `/api/v1/calls/${encodeURIComponent(id)}/conference` };
}

/** The path of a member, named by id or by who they are. */
async function memberPath({ api, path }: Named, given: string, say: Say): Promise<string> {
  const { items } = await api.get(path, memberList);
  const wanted = given.replace(/^agent:/, '');
  const found = items.find(({ id, to }) => id === given || to === wanted);
  if (found === undefined) throw new CliError(exitCodes.failed, say('no-such-member', { member: given }));
  return `${path}/${encodeURIComponent(found.id)}`;
}

/** Adds the sub-commands. */
export function registerConference(call: Command, terminal: Terminal): void {
  const say = speaker(conferenceTexts, terminal.language);
  const conference = call.command('conference').description(say('describe'));
  const command = (name: 'list' | 'add' | 'merge' | 'drop' | 'mute' | 'unmute' | 'gain'): Command =>
    withCommonOptions(conference.command(name).description(say(name)), terminal).argument(
      '<id>',
      speaker(recordTexts, terminal.language)('id'),
    );
  const wantsJson = (of: Command): boolean => of.optsWithGlobals<{ json?: boolean }>().json === true;
  const asked = (of: Command, id: string, text: string, more: object = {}): number => {
    terminal.out(wantsJson(of) ? JSON.stringify({ id, ...more }) : text);
    return exitCodes.ok;
  };
  const set = (of: Command, given: string, member: string, what: string, change: () => MemberRequest) =>
    perform(terminal, async () => {
      const wanted = change();
      const one = await named(terminal, given);
      await one.api.put(await memberPath(one, member, say), wanted, z.unknown());
      return asked(of, one.id, say('asked-of', { id: one.id, what }));
    });

  command('list').action((given: string, _options: unknown, of: Command) =>
    perform(terminal, async () => {
      const { api, path } = await named(terminal, given);
      const { items } = await api.get(path, memberList);
      if (wantsJson(of)) terminal.out(JSON.stringify(items));
      else for (const line of memberLines(items, say)) terminal.out(line);
      return exitCodes.ok;
    }),
  );
  command('add')
    .argument('<to>', say('to'))
    .action((given: string, to: string, _options: unknown, of: Command) =>
      perform(terminal, async () => {
        const { api, id, path } = await named(terminal, given);
        await api.post(path, { to }, z.unknown());
        return asked(of, id, say('adding', { id, to }), { to });
      }),
    );
  command('merge').action((given: string, _options: unknown, of: Command) =>
    perform(terminal, async () => {
      const { api, id, path } = await named(terminal, given);
      await api.post(path, {}, z.unknown());
      return asked(of, id, say('asked-of', { id, what: say('merge') }));
    }),
  );
  command('drop')
    .argument('<member>', say('member'))
    .action((given: string, member: string, _options: unknown, of: Command) =>
      perform(terminal, async () => {
        const one = await named(terminal, given);
        await one.api.remove(await memberPath(one, member, say));
        return asked(of, one.id, say('asked-of', { id: one.id, what: say('drop') }));
      }),
    );
  for (const name of ['mute', 'unmute'] as const)
    command(name)
      .argument('<member>', say('member'))
      .action((given: string, member: string, _options: unknown, of: Command) =>
        set(of, given, member, say(name), () => ({ muted: name === 'mute' })),
      );
  command('gain')
    .argument('<member>', say('member'))
    .argument('<db>', say('db'))
    .action((given: string, member: string, db: string, _options: unknown, of: Command) =>
      set(of, given, member, say('gain'), () => ({ gainDb: numberWithin(terminal, 'db', db, -30, 12) })),
    );
}

function memberLines(items: readonly MemberSummary[], say: Say): string[] {
  if (items.length === 0) return [say('nobody')];
  return tableLines(items, [
    { title: say('title-member'), of: ({ to }) => to },
    { title: say('title-id'), of: ({ id }) => id },
    { title: say('title-by'), of: ({ by }) => by },
    { title: say('title-muted'), of: ({ muted }) => (muted ? '*' : '') },
    { title: say('title-gain'), of: ({ gainDb }) => gainDb, align: 'right' },
  ]);
}
