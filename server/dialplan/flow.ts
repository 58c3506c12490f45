/** How calls flow through a route: what cannot be reached, what goes round for ever, which numbers clash. Pure. */
import { assertNever } from '../../base/assert-never.ts';
import type { Collected } from './collect.ts';
import type { Linker } from './link.ts';
import { clash, sameConditions } from './numbers.ts';
import type { Agent, Queue, Requirement, Route, Step } from './plan.ts';

/** A way out of a step. `waits`: the call waits for somebody or something before it goes that way. */
interface Exit {
  readonly to: string;
  readonly waits: boolean;
}

/** Every way out of a step. A prompt alone is no wait: a caller would hear it for ever. */
export function exits(step: Step): readonly Exit[] {
  const at = (to: string): Exit => ({ to, waits: false });
  const later = (to: string): Exit => ({ to, waits: true });
  switch (step.type) {
    case 'answer':
    case 'play':
      return [at(step.next)];
    case 'menu':
      return [...step.keys.map(({ next }) => later(next)), later(step.otherwise)];
    case 'queue':
      return [later(step.onTimeout), at(step.onClosed)];
    case 'hours':
      return [at(step.open), at(step.closed), at(step.holiday)];
    case 'transfer':
      return [at(step.otherwise)];
    case 'hangup':
      return [];
    default:
      return assertNever(step, 'step');
  }
}

function reachable(route: Route): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [route.start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const step = route.steps.get(id);
    if (step === undefined || seen.has(id)) continue;
    seen.add(id);
    open.push(...exits(step).map(({ to }) => to));
  }
  return seen;
}

/** The steps of a loop that never waits, first step again at the end; undefined if there is none. */
function endlessLoop(route: Route): readonly string[] | undefined {
  const onward = (id: string): string[] => {
    const step = route.steps.get(id);
    return step === undefined ? [] : exits(step).flatMap(({ to, waits }) => (waits ? [] : [to]));
  };
  const done = new Set<string>();
  for (const first of route.steps.keys()) {
    if (done.has(first)) continue;
    // Depth first, with the way here kept by hand: a route may be longer than the stack is deep.
    const way = [{ id: first, ahead: onward(first) }];
    const onWay = new Set([first]);
    for (let at = way.at(-1); at !== undefined; at = way.at(-1)) {
      const next = at.ahead.pop();
      if (next === undefined) {
        way.pop();
        onWay.delete(at.id);
        done.add(at.id);
      } else if (onWay.has(next)) {
        const steps = way.map(({ id }) => id);
        return [...steps.slice(steps.indexOf(next)), next];
      } else if (!done.has(next)) {
        way.push({ id: next, ahead: onward(next) });
        onWay.add(next);
      }
    }
  }
  return undefined;
}

function checkRoute(linker: Linker, route: Route): void {
  const entry = linker.collected.entries.routes.get(route.id);
  if (entry === undefined) return;
  const reached = reachable(route);
  for (const id of route.steps.keys())
    if (!reached.has(id)) linker.report(entry.keyAt('steps', id), 'unreachable-step', { id });
  const loop = endlessLoop(route);
  if (loop !== undefined)
    linker.report(entry.keyAt('steps', loop[0] ?? ''), 'endless-loop', { path: loop.join(' -> ') });
}

function checkNumbers(linker: Linker, routes: readonly Route[]): void {
  const seen: { readonly route: Route; readonly pattern: Route['numbers'][number] }[] = [];
  for (const route of routes)
    for (const pattern of route.numbers) {
      const earlier = seen.find((one) => clash(one.pattern, pattern) && sameConditions(one.route, route));
      seen.push({ route, pattern });
      const entry = linker.collected.entries.routes.get(route.id);
      if (earlier === undefined || entry === undefined) continue;
      const at = entry.value.numbers.indexOf(pattern.source);
      const facts = { number: pattern.source, other: earlier.pattern.source, route: earlier.route.id };
      linker.report(entry.at('numbers', at), 'overlapping-numbers', facts);
    }
}

function meetsAll(agent: Agent, requirements: readonly Requirement[]): boolean {
  return requirements.every(({ skill, minLevel }) => (agent.skills.get(skill) ?? 0) >= minLevel);
}

function checkQueues(
  linker: Linker,
  routes: readonly Route[],
  queues: ReadonlyMap<string, Queue>,
  agents: readonly Agent[],
): void {
  const used = new Set<string>();
  for (const route of routes)
    for (const step of route.steps.values()) {
      if (step.type !== 'queue') continue;
      used.add(step.queue);
      const able = agents.some((agent) => agent.queues.includes(step.queue) && meetsAll(agent, step.requirements));
      const entry = linker.collected.entries.routes.get(route.id);
      if (!able && queues.has(step.queue) && entry !== undefined)
        linker.report(entry.at('steps', step.id, 'queue'), 'nobody-qualified', { id: step.queue });
    }
  for (const id of queues.keys()) {
    const entry = linker.collected.entries.queues.get(id);
    if (!used.has(id) && entry !== undefined) linker.report(entry.keyAt(), 'unused-queue', { id });
  }
}

/** Reports what is wrong between steps, routes, queues and agents that each are right by themselves. */
export function checkFlow(
  linker: Linker,
  routes: readonly Route[],
  queues: ReadonlyMap<string, Queue>,
  agents: readonly Agent[],
): void {
  for (const route of routes) checkRoute(linker, route);
  checkNumbers(linker, routes);
  if (!anyBroken(linker.collected)) checkQueues(linker, routes, queues, agents);
}

/** With entries left out, "nobody" and "nowhere" would often be untrue. */
function anyBroken({ broken }: Collected): boolean {
  return broken.size > 0;
}
