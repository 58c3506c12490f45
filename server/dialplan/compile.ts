/** From a folder's content to a plan, or to the reasons why not. Pure. */
import { collect } from './collect.ts';
import { diagnose, hasErrors, inOrder, type Diagnostic } from './diagnostics.ts';
import { runExamples } from './examples.ts';
import { checkFlow } from './flow.ts';
import { Linker, type Sounds } from './link.ts';
import { linkRoute } from './link-routes.ts';
import { linkAgents, linkChoices, linkHours, linkQueue, linkSite, linkSkills } from './link-site.ts';
import { linkOutbound, linkTrunks } from './link-trunks.ts';
import type { Plan } from './plan.ts';
import type { SourceText } from './source.ts';

/** A dialplan folder as read. */
export interface Folder {
  /** Names the content; becomes the version of the plan. */
  readonly version: string;
  readonly files: readonly SourceText[];
  readonly sounds: Sounds;
  /** What could not be read. */
  readonly diagnostics: readonly Diagnostic[];
}

/** `plan` is there exactly when no diagnostic is an error. */
export interface Compiled {
  readonly plan?: Plan;
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles a folder: parse, schema, link, flow, examples. Never throws for anything the files may hold. */
export function compile(folder: Folder): Compiled {
  const collected = collect(folder.files);
  const diagnostics: Diagnostic[] = [...folder.diagnostics, ...collected.diagnostics];
  const site = linkSite(collected, diagnostics);
  const linker = new Linker(collected, site, folder.sounds);
  const { entries } = collected;
  const hours = new Map([...entries.hours].map(([id, entry]) => [id, linkHours(linker, entry)]));
  const queues = new Map([...entries.queues].map(([id, entry]) => [id, linkQueue(linker, entry)]));
  const agents = linkAgents(linker);
  const trunks = linkTrunks(linker);
  const outbound = linkOutbound(linker, trunks);
  const routes = new Map([...entries.routes].map(([id, entry]) => [id, linkRoute(linker, entry, queues)]));
  checkFlow(linker, [...routes.values()], queues, [...agents.values()]);
  if (routes.size === 0 && ![...collected.broken].some((name) => name.startsWith('routes/')))
    linker.report({ file: folder.files[0]?.name ?? 'routes.yaml', line: 1, column: 1 }, 'no-routes', {});
  diagnostics.push(...linker.diagnostics);
  const plan: Plan = freeze({
    version: folder.version,
    site,
    routes,
    queues,
    skills: linkSkills(linker),
    hours,
    agents,
    dispositions: linkChoices(linker, 'dispositions'),
    pauseReasons: linkChoices(linker, 'pause-reasons'),
    trunks,
    outbound,
  });
  if (!hasErrors(diagnostics)) diagnostics.push(...runExamples(plan, collected.examples));
  return { ...(hasErrors(diagnostics) ? {} : { plan }), diagnostics: inOrder(diagnostics) };
}

/** Freezes a value and all it holds, the values of maps too. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) for (const inner of value.values()) freeze(inner);
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}

/** What a folder with nothing readable in it comes to. */
export function unreadable(file: string, reason: string): Diagnostic {
  return diagnose({ file, line: 1, column: 1 }, 'unreadable', { reason });
}
