/** `jackfield status`: 0 when everything is up, 1 when a part is not, 3 when nothing runs. */
import type { Command } from 'commander';
import { agentSummary, callSummary, dialplanStatus, queueSummary, readiness } from '../protocol/rest.ts';
import type { AgentSummary, CallSummary, DialplanStatus, QueueSummary, Readiness } from '../protocol/rest.ts';
import { openApi } from './api.ts';
import { tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';
import { exitCodes, perform, processTerminal, withCommonOptions } from './terminal.ts';
import { siteTexts } from './texts/site.ts';
import { speaker } from './texts/text.ts';
import { dateTime } from './times.ts';

type Say = (key: keyof typeof siteTexts & string, facts?: Record<string, string | number>) => string;

/** What `status` knows. */
export interface SiteStatus {
  readonly url: string;
  readonly readiness: Readiness;
  readonly dialplan: DialplanStatus;
  readonly agents: readonly AgentSummary[];
  readonly queues: readonly QueueSummary[];
  readonly calls: readonly CallSummary[];
}

function planLines(plan: DialplanStatus, say: Say): string[] {
  const { version, folder, loadedAt, rejected } = plan;
  const since = loadedAt === undefined ? '-' : dateTime(loadedAt);
  const lines = [version === undefined ? say('no-plan') : say('plan-in-force', { version, folder, since })];
  if (rejected === undefined) return lines;
  const errors = rejected.diagnostics.filter((each) => each.severity === 'error');
  const places = errors
    .slice(0, 5)
    .map((each) => `  ${each.file}:${String(each.line)}:${String(each.column)}: ${each.message}`);
  return [...lines, say('plan-rejected', { errors: errors.length }), ...places];
}

/** The lines of `status`. */
export function statusLines(status: SiteStatus, say: Say): string[] {
  const { url, agents, queues, calls } = status;
  const parts = tableLines(Object.entries(status.readiness.parts), [
    { title: say('title-part'), of: ([name]) => name },
    { title: say('title-state'), of: ([, part]) => say(part.ready ? 'part-up' : 'part-down') },
    { title: say('title-detail'), of: ([, part]) => part.detail },
  ]);
  const counts = {
    calls: calls.length,
    agents: agents.length,
    available: agents.filter((agent) => agent.presence === 'available').length,
    waiting: queues.reduce((sum, queue) => sum + queue.waiting, 0),
  };
  return [
    say(status.readiness.ready ? 'ready' : 'not-ready', { url }),
    ...parts,
    say('counts', counts),
    ...planLines(status.dialplan, say),
  ];
}

async function readStatus(terminal: Terminal): Promise<SiteStatus> {
  const api = openApi(terminal);
  // /readyz answers 503 with the same body while a part is down.
  const ready = await api.get('/readyz', readiness, {}, [503]);
  const [dialplan, agents, queues, calls] = await Promise.all([
    api.get('/api/v1/dialplans', dialplanStatus),
    api.list('/api/v1/agents', agentSummary, 10_000),
    api.list('/api/v1/queues', queueSummary, 10_000),
    api.list('/api/v1/calls', callSummary, 10_000, { state: 'active' }),
  ]);
  return { url: api.url, readiness: ready, dialplan, agents, queues, calls };
}

/** Adds the command to `program`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  const say = speaker(siteTexts, terminal.language);
  withCommonOptions(program.command('status').description(say('status')), terminal).action(
    (options: { readonly json?: boolean }) =>
      perform(terminal, async () => {
        const status = await readStatus(terminal);
        if (options.json === true) terminal.out(JSON.stringify(status));
        else for (const line of statusLines(status, say)) terminal.out(line);
        return status.readiness.ready ? exitCodes.ok : exitCodes.failed;
      }),
  );
}
