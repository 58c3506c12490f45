/** `jackfield agent list|show|password|pause|resume|logout`, and `device` and `ring` of cli/device.ts. */
import type { Command } from 'commander';
import { agentSummary, callSummary, passwordResult } from '../protocol/rest.ts';
import type { AgentStateRequest, AgentSummary, CallSummary } from '../protocol/rest.ts';
import type { Agent } from '../server/dialplan/index.ts';
import type { Api } from './api.ts';
import { openApi, siteConfig } from './api.ts';
import { callLines } from './call/records.ts';
import { currentPlan } from './plan.ts';
import { deviceLines, registerDevices } from './device.ts';
import type { Column } from './table.ts';
import { tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';
import { CliError, exitCodes, perform, processTerminal, withCommonOptions } from './terminal.ts';
import { deviceTexts } from './texts/devices.ts';
import { peopleTexts } from './texts/people.ts';
import { recordTexts } from './texts/records.ts';
import { speaker } from './texts/text.ts';
import { dateTime, lasting } from './times.ts';

type Say = (key: keyof typeof peopleTexts & string, facts?: Record<string, string | number>) => string;

const path = '/api/v1/agents';

/** Presence in words, a pause with its reason. */
export function presenceText(agent: AgentSummary, say: Say): string {
  const text = say(`presence-${agent.presence}`);
  return agent.pauseReason === undefined ? text : `${text} (${agent.pauseReason})`;
}

/** Whether a call would reach the agent; a phone that is registered but dead is named. */
export function phoneText({ registered, devices }: AgentSummary, say: Say): string {
  const dead = devices.filter(({ reachable }) => !reachable).length;
  const text = say(registered ? 'registered' : 'not-registered');
  return dead === 0 ? text : say('some-dead', { text, dead });
}

function columns(say: Say, now: number): Column<AgentSummary>[] {
  return [
    { title: say('title-id'), of: (agent) => agent.id },
    { title: say('title-name'), of: (agent) => agent.name },
    { title: say('title-presence'), of: (agent) => presenceText(agent, say) },
    { title: say('title-activity'), of: (agent) => say(`activity-${agent.activity}`) },
    { title: say('title-since'), of: (agent) => dateTime(agent.since) },
    { title: say('title-for'), of: (agent) => lasting(now - agent.since), align: 'right' },
    { title: say('title-phone'), of: (agent) => phoneText(agent, say) },
    { title: say('title-call'), of: (agent) => agent.callId },
  ];
}

/** The lines of `agent list`. */
export function agentLines(agents: readonly AgentSummary[], say: Say, now: number): string[] {
  return agents.length === 0 ? [say('no-agents')] : tableLines(agents, columns(say, now));
}

async function find(api: Api, id: string, say: Say): Promise<AgentSummary> {
  const agents = await api.list(path, agentSummary, 10_000);
  const found = agents.find((agent) => agent.id === id) ?? agents.find((agent) => agent.name === id);
  if (found !== undefined) return found;
  throw new CliError(
    exitCodes.failed,
    say('no-such-agent', { id, agents: agents.map((agent) => agent.id).join(', ') }),
  );
}

function skillLines(agent: Agent | undefined, say: Say): string[] {
  if (agent === undefined) return [];
  const skills = [...agent.skills].map(([skill, level]) => `${skill} ${String(level)}`).join(', ');
  return [
    say('skills', { skills: skills === '' ? '-' : skills }),
    say('queues', { queues: agent.queues.length === 0 ? '-' : agent.queues.join(', ') }),
    say('languages', { languages: agent.languages.join(', ') }),
  ];
}

function phoneLines({ ring, devices }: AgentSummary, say: ReturnType<typeof speaker<typeof deviceTexts>>): string[] {
  return ['', ...deviceLines(devices, say), say('rings-phones', { ring: say(`ring-${ring}`) })];
}

async function show(id: string, json: boolean, terminal: Terminal, say: Say): Promise<number> {
  const api = openApi(terminal);
  const agent = await find(api, id, say);
  const calls: CallSummary[] = await api.list('/api/v1/calls', callSummary, 10, { agent: agent.id });
  const plan = await currentPlan(siteConfig(terminal));
  const described = plan?.agents.get(agent.id);
  if (json) {
    const skills = Object.fromEntries(described?.skills ?? []);
    terminal.out(JSON.stringify({ ...agent, skills, queues: described?.queues ?? [], calls }));
    return exitCodes.ok;
  }
  const lines = [
    ...agentLines([agent], say, Date.now()),
    ...skillLines(described, say),
    ...phoneLines(agent, speaker(deviceTexts, terminal.language)),
    '',
    say('latest-calls'),
    ...callLines(calls, speaker(recordTexts, terminal.language)),
  ];
  for (const line of lines) terminal.out(line);
  return exitCodes.ok;
}

async function list(json: boolean, terminal: Terminal, say: Say): Promise<number> {
  const agents = await openApi(terminal).list(path, agentSummary, 10_000);
  if (json) terminal.out(JSON.stringify(agents));
  else for (const line of agentLines(agents, say, Date.now())) terminal.out(line);
  return exitCodes.ok;
}

async function change(
  id: string,
  body: AgentStateRequest,
  json: boolean,
  terminal: Terminal,
  say: Say,
): Promise<number> {
  const api = openApi(terminal);
  const agent = await find(api, id, say);
  const changed = await api.post(`${path}/${encodeURIComponent(agent.id)}/state`, body, agentSummary);
  terminal.out(
    json ? JSON.stringify(changed) : say('changed', { name: changed.name, state: presenceText(changed, say) }),
  );
  return exitCodes.ok;
}

async function password(id: string, json: boolean, terminal: Terminal, say: Say): Promise<number> {
  const api = openApi(terminal);
  const agent = await find(api, id, say);
  const made = await api.post(`${path}/${encodeURIComponent(agent.id)}/password`, {}, passwordResult);
  terminal.out(json ? JSON.stringify(made) : say('new-password', { login: made.login, password: made.password }));
  return exitCodes.ok;
}

/** Adds the command to `program`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const say = speaker(peopleTexts, terminal.language);
  const agent = program.command('agent').description(say('agent'));
  interface Options {
    readonly json?: boolean;
    readonly reason?: string;
  }
  registerDevices(agent, terminal);
  withCommonOptions(agent.command('list').description(say('agent-list')), terminal).action((options: Options) =>
    perform(terminal, () => list(options.json === true, terminal, say)),
  );
  const onAgent = (name: string, description: string): Command =>
    withCommonOptions(agent.command(name).description(description).argument('<id>', say('agent-id')), terminal);
  onAgent('show', say('agent-show')).action((id: string, options: Options) =>
    perform(terminal, () => show(id, options.json === true, terminal, say)),
  );
  onAgent('password', say('agent-password')).action((id: string, options: Options) =>
    perform(terminal, () => password(id, options.json === true, terminal, say)),
  );
  onAgent('pause', say('agent-pause'))
    .option('--reason <code>', say('reason'), 'break')
    .action((id: string, options: Options) =>
      perform(terminal, () =>
        change(id, { presence: 'paused', reason: options.reason }, options.json === true, terminal, say),
      ),
    );
  onAgent('resume', say('agent-resume')).action((id: string, options: Options) =>
    perform(terminal, () => change(id, { presence: 'available' }, options.json === true, terminal, say)),
  );
  onAgent('logout', say('agent-logout')).action((id: string, options: Options) =>
    perform(terminal, () => change(id, { presence: 'offline' }, options.json === true, terminal, say)),
  );
}
