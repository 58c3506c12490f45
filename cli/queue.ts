/** `jackfield queue list|show|stats`. `show` reads like Asterisk's `queue show`. */
import type { Command } from 'commander';
import { agentSummary, callStory, callSummary, queueSummary } from '../protocol/rest.ts';
import type { AgentSummary, CallSummary, QueueSummary } from '../protocol/rest.ts';
import type { Plan } from '../server/dialplan/index.ts';
import type { Api } from './api.ts';
import { openApi, siteConfig } from './api.ts';
import { numberWithin } from './options.ts';
import { currentPlan } from './plan.ts';
import { countQueue, percent } from './queue/statistics.ts';
import type { QueueStatistics } from './queue/statistics.ts';
import { printable, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';
import { CliError, exitCodes, perform, processTerminal, withCommonOptions } from './terminal.ts';
import { queueTexts } from './texts/queue.ts';
import { speaker } from './texts/text.ts';
import { lasting, midnightBefore } from './times.ts';

type Say = (key: keyof typeof queueTexts & string, facts?: Record<string, string | number>) => string;

/** Everything there is to tell of one queue. */
export interface QueueView {
  readonly queue: QueueSummary;
  readonly withinMs: number;
  readonly statistics: QueueStatistics;
  readonly members: readonly AgentSummary[];
  /** Since the beginning of the counting. */
  readonly calls: readonly CallSummary[];
  /** Those who wait now, the first in line first. */
  readonly waiting: readonly { readonly call: CallSummary; readonly since: number }[];
}

const defaultWithinMs = 20_000;
/** Calls one command looks at, at most. */
const mostCalls = 20_000;
/** Waiting callers shown of one queue. */
const mostShown = 100;
/** The one strategy there is: who has waited longest among those who qualify. */
const strategy = 'longest-idle';

interface Options {
  readonly since?: string;
  readonly json?: boolean;
}

async function readViews(
  api: Api,
  id: string | undefined,
  since: number,
  terminal: Terminal,
  say: Say,
): Promise<QueueView[]> {
  const [queues, agents, plan] = await Promise.all([
    api.list('/api/v1/queues', queueSummary, 10_000),
    api.list('/api/v1/agents', agentSummary, 10_000),
    currentPlan(siteConfig(terminal)),
  ]);
  const wanted = id === undefined ? queues : queues.filter((queue) => queue.id === id);
  if (id !== undefined && wanted.length === 0)
    throw new CliError(
      exitCodes.failed,
      say('no-such-queue', { id, queues: queues.map((queue) => queue.id).join(', ') }),
    );
  return Promise.all(
    wanted.map(async (queue) => {
      const withinMs = plan?.queues.get(queue.id)?.serviceLevelMs ?? defaultWithinMs;
      const calls = await api.list('/api/v1/calls', callSummary, mostCalls, { queue: queue.id, since });
      const statistics = countQueue(calls, withinMs);
      const members = membersOf(queue.id, agents, plan);
      return { queue, withinMs, calls, statistics, members, waiting: await waitingIn(api, calls) };
    }),
  );
}

/** Since when each waiting call waits is told by its story only. */
async function waitingIn(api: Api, calls: readonly CallSummary[]): Promise<QueueView['waiting']> {
  const active = calls.filter((call) => call.state === 'active' && call.answeredAt === undefined);
  const waiting = await Promise.all(
    active.slice(0, mostShown).map(async (call) => {
      const { story } = await api.get(`/api/v1/calls/${encodeURIComponent(call.id)}`, callStory);
      return { call, since: story.findLast((row) => row.type === 'queued')?.at ?? call.startedAt };
    }),
  );
  return waiting.sort((a, b) => a.since - b.since);
}

/** Who may get calls of this queue: those the files put in it; all, while the files cannot be read. */
function membersOf(queueId: string, agents: readonly AgentSummary[], plan: Plan | undefined): readonly AgentSummary[] {
  if (plan === undefined) return agents;
  return agents.filter((agent) => plan.agents.get(agent.id)?.queues.includes(queueId) === true);
}

function stateText(agent: AgentSummary, say: Say): string {
  if (agent.activity !== 'idle') return say(`member-${agent.activity}`);
  if (agent.presence === 'offline') return say('member-offline');
  if (agent.presence === 'paused') return say('member-paused', { reason: agent.pauseReason ?? '-' });
  return say('member-idle');
}

function memberLine(agent: AgentSummary, calls: readonly CallSummary[], now: number, say: Say): string {
  const taken = calls.filter((call) => call.agent === agent.id);
  const ends = taken.flatMap((call) => (call.endedAt === undefined ? [] : [call.endedAt]));
  const facts = { name: agent.name, id: agent.id, state: stateText(agent, say), taken: taken.length };
  if (taken.length === 0) return say('member-new', facts);
  const last = ends.length === 0 ? '' : say('last-call', { seconds: Math.round((now - Math.max(...ends)) / 1000) });
  return say('member', { ...facts, last });
}

/** The lines of `queue show` for one queue. */
export function showLines(view: QueueView, say: Say, now: number): string[] {
  const { queue, statistics, withinMs, members, calls } = view;
  const head = say('head', {
    id: queue.id,
    waiting: queue.waiting,
    max: say('unlimited'),
    strategy,
    holdtime: Math.round(statistics.holdtimeMs / 1000),
    talktime: Math.round(statistics.talktimeMs / 1000),
    completed: statistics.answered,
    abandoned: statistics.abandoned,
    level: percent(statistics.serviceLevel),
    level2: percent(statistics.serviceLevel2),
    within: withinMs / 1000,
  });
  const waiting = view.waiting.map(({ call, since }, index) => {
    const from = call.fromName === undefined ? call.from : `${call.from} ${call.fromName}`;
    return say('caller', { position: index + 1, from, wait: lasting(now - since) ?? '-' });
  });
  return [
    head,
    ...(members.length === 0 ? [say('no-members')] : [say('members')]),
    ...members.map((agent) => memberLine(agent, calls, now, say)),
    ...(waiting.length === 0 ? [say('no-callers')] : [say('callers'), ...waiting]),
  ].map(printable);
}

/** The lines of `queue stats`. */
export function statsLines(views: readonly QueueView[], say: Say): string[] {
  if (views.length === 0) return [say('no-queues')];
  const table = tableLines(views, [
    { title: say('title-id'), of: (view) => view.queue.id },
    { title: say('title-offered'), of: (view) => view.statistics.offered, align: 'right' },
    { title: say('title-answered'), of: (view) => view.statistics.answered, align: 'right' },
    { title: say('title-abandoned'), of: (view) => view.statistics.abandoned, align: 'right' },
    { title: say('title-waiting'), of: (view) => view.statistics.waiting, align: 'right' },
    { title: 'SL', of: (view) => percent(view.statistics.serviceLevel), align: 'right' },
    { title: 'SL2', of: (view) => percent(view.statistics.serviceLevel2), align: 'right' },
    { title: say('title-holdtime'), of: (view) => lasting(view.statistics.holdtimeMs), align: 'right' },
    { title: say('title-talktime'), of: (view) => lasting(view.statistics.talktimeMs), align: 'right' },
    { title: say('title-longest'), of: (view) => lasting(view.statistics.longestWaitMs), align: 'right' },
  ]);
  const thresholds = [...new Set(views.map((view) => view.withinMs / 1000))];
  return [...table, '', ...thresholds.map((within) => say('formula', { within }))];
}

async function list(json: boolean, terminal: Terminal, say: Say): Promise<number> {
  const queues = await openApi(terminal).list('/api/v1/queues', queueSummary, 10_000);
  const now = Date.now();
  if (json) terminal.out(JSON.stringify(queues));
  else if (queues.length === 0) terminal.out(say('no-queues'));
  else
    for (const line of tableLines(queues, [
      { title: say('title-id'), of: (queue) => queue.id },
      { title: say('title-name'), of: (queue) => queue.name },
      { title: say('title-waiting'), of: (queue) => queue.waiting, align: 'right' },
      {
        title: say('title-oldest'),
        of: (queue) => (queue.oldestSince === undefined ? undefined : lasting(now - queue.oldestSince)),
        align: 'right',
      },
      { title: say('title-available'), of: (queue) => queue.agentsAvailable, align: 'right' },
    ]))
      terminal.out(line);
  return exitCodes.ok;
}

function startOf(options: Options, terminal: Terminal, now: number): number {
  if (options.since === undefined) return midnightBefore(now);
  return now - Math.round(numberWithin(terminal, '--since', options.since, 0, 24 * 3660) * 3_600_000);
}

/** Adds the command to `program`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const say = speaker(queueTexts, terminal.language);
  const queue = program.command('queue').description(say('queue'));
  withCommonOptions(queue.command('list').description(say('list')), terminal).action((options: Options) =>
    perform(terminal, () => list(options.json === true, terminal, say)),
  );
  const looking = (name: 'show' | 'stats', lines: (views: QueueView[], now: number) => string[]): void => {
    withCommonOptions(queue.command(name).description(say(name)).argument('[id]', say('id')), terminal)
      .option('--since <hours>', say('since'))
      .action((id: string | undefined, options: Options) =>
        perform(terminal, async () => {
          const now = Date.now();
          const views = await readViews(openApi(terminal), id, startOf(options, terminal, now), terminal, say);
          if (options.json === true) terminal.out(JSON.stringify(views));
          else for (const line of lines(views, now)) terminal.out(line);
          return exitCodes.ok;
        }),
      );
  };
  looking('show', (views, now) =>
    views.length === 0 ? [say('no-queues')] : views.flatMap((view) => [...showLines(view, say, now), '']).slice(0, -1),
  );
  looking('stats', (views) => statsLines(views, say));
}
