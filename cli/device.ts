/** `jackfield agent device add|list|remove` and `agent ring`: desk phones of agents, and which phones are rung. */
import type { Command } from 'commander';
import { agentSummary, deviceAccount, deviceCredentials } from '../protocol/rest.ts';
import type { AgentSummary, DeviceAccountSummary } from '../protocol/rest.ts';
import { type Api, openApi } from './api.ts';
import type { Column } from './table.ts';
import { tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';
import { CliError, exitCodes, perform, withCommonOptions } from './terminal.ts';
import { deviceTexts } from './texts/devices.ts';
import { speaker } from './texts/text.ts';
import { dateTime } from './times.ts';

type Say = (key: keyof typeof deviceTexts & string, facts?: Record<string, string | number>) => string;
type Device = AgentSummary['devices'][number];

/** A device's state in a word. */
export function deviceState(device: Device, say: Say): string {
  return say(device.reachable ? 'reachable' : 'unreachable');
}

/** The registered devices of an agent, a line each. */
export function deviceLines(devices: readonly Device[], say: Say): string[] {
  const columns: Column<Device>[] = [
    { title: say('title-device'), of: (device) => device.name ?? say('softphone') },
    { title: say('title-state'), of: (device) => deviceState(device, say) },
    { title: say('title-since'), of: (device) => dateTime(device.since) },
    { title: say('title-program'), of: (device) => device.userAgent },
  ];
  return devices.length === 0 ? [say('nothing-registered')] : tableLines(devices, columns);
}

function accountLines(accounts: readonly DeviceAccountSummary[], say: Say): string[] {
  const columns: Column<DeviceAccountSummary>[] = [
    { title: say('title-device'), of: (account) => account.name },
    { title: say('title-username'), of: (account) => account.username },
    {
      title: say('title-state'),
      of: ({ registered }) =>
        registered.length === 0
          ? say('not-registered')
          : registered.map((device) => deviceState(device, say)).join(', '),
    },
    { title: say('title-program'), of: ({ registered }) => registered.map((device) => device.userAgent).join(', ') },
    { title: say('title-made'), of: (account) => dateTime(account.createdAt) },
  ];
  return accounts.length === 0 ? [say('no-devices')] : tableLines(accounts, columns);
}

function pathOf(agent: string): string {
  return `/api/v1/agents/${encodeURIComponent(agent)}/devices`;
}

async function add(agent: string, name: string, json: boolean, terminal: Terminal, say: Say): Promise<number> {
  const made = await openApi(terminal).post(pathOf(agent), { name }, deviceCredentials);
  if (json) terminal.out(JSON.stringify(made));
  else for (const line of say('made', { ...made }).split('\n')) terminal.out(line);
  return exitCodes.ok;
}

async function list(agent: string, json: boolean, terminal: Terminal, say: Say): Promise<number> {
  const api = openApi(terminal);
  await mustExist(api, agent, say);
  const accounts = await api.list(pathOf(agent), deviceAccount, 1000);
  if (json) terminal.out(JSON.stringify(accounts));
  else for (const line of accountLines(accounts, say)) terminal.out(line);
  return exitCodes.ok;
}

async function mustExist(api: Api, agent: string, say: Say): Promise<void> {
  const agents = await api.list('/api/v1/agents', agentSummary, 10_000);
  if (agents.every(({ id }) => id !== agent)) throw new CliError(exitCodes.failed, say('no-such-agent', { id: agent }));
}

async function remove(agent: string, name: string, json: boolean, terminal: Terminal, say: Say): Promise<number> {
  await openApi(terminal).remove(`${pathOf(agent)}/${encodeURIComponent(name)}`);
  terminal.out(json ? JSON.stringify({ agent, removed: name }) : say('removed', { agent, name }));
  return exitCodes.ok;
}

async function ring(agent: string, choice: string, json: boolean, terminal: Terminal, say: Say): Promise<number> {
  const path = `/api/v1/agents/${encodeURIComponent(agent)}/ring`;
  const changed = await openApi(terminal).post(path, { ring: choice }, agentSummary);
  terminal.out(
    json ? JSON.stringify(changed) : say('ring-changed', { name: changed.name, ring: say(`ring-${changed.ring}`) }),
  );
  return exitCodes.ok;
}

/** Adds the commands to `agent`. */
export function registerDevices(agent: Command, terminal: Terminal): void {
  const say = speaker(deviceTexts, terminal.language);
  interface Options {
    readonly json?: boolean;
    readonly name: string;
  }
  const device = agent.command('device').description(say('device'));
  const onAgent = (command: Command): Command =>
    withCommonOptions(command.argument('<agent>', say('agent-id')), terminal);
  const named = (command: Command): Command => onAgent(command).option('--name <name>', say('device-name'), 'desk');
  named(device.command('add').description(say('device-add'))).action((id: string, options: Options) =>
    perform(terminal, () => add(id, options.name, options.json === true, terminal, say)),
  );
  onAgent(device.command('list').description(say('device-list'))).action((id: string, options: Options) =>
    perform(terminal, () => list(id, options.json === true, terminal, say)),
  );
  named(device.command('remove').description(say('device-remove'))).action((id: string, options: Options) =>
    perform(terminal, () => remove(id, options.name, options.json === true, terminal, say)),
  );
  onAgent(agent.command('ring').description(say('ring')))
    .argument('<phones>', say('ring-choice'))
    .action((id: string, choice: string, options: Options) =>
      perform(terminal, () => ring(id, choice, options.json === true, terminal, say)),
    );
}
