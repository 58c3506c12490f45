/**
 * The interpreter: where a call stands and what happened to it -> where it stands then and what it is to do. Pure and
 * total: whatever the plan, the position and the input, it returns; and it never moves on without a wait for ever.
 */
import { assertNever } from '../../base/assert-never.ts';
import { branchAt } from './hours.ts';
import type {
  IncomingCall,
  Instruction,
  NoRoute,
  PlanFact,
  PlanInput,
  PlanMove,
  PlanPosition,
} from './instructions.ts';
import { compareParticular, conditionsOf, meets, readings } from './numbers.ts';
import type { HangupCause, Language, NumberPattern, Plan, Prompt, Queue, Route, Step } from './plan.ts';

type StepOf<T extends Step['type']> = Extract<Step, { type: T }>;

/** Whether a route takes calls that come this way. */
function takes(route: Route, call: CallFacts): boolean {
  const { trunks, attestations } = route;
  if (trunks !== null && (call.trunk === undefined || !trunks.includes(call.trunk))) return false;
  return attestations === null || attestations.includes(call.attestation ?? 'absent');
}

/** What a route may ask of a call besides its number. */
export type CallFacts = Pick<IncomingCall, 'trunk' | 'attestation'>;

/** The route a call takes: the one with the most particular pattern that its number meets, then the one that asks most of it. */
export function findRoute(plan: Plan, called: string, call: CallFacts = {}): Route | undefined {
  const forms = readings(called, plan.site);
  let best: { readonly route: Route; readonly pattern: NumberPattern } | undefined;
  for (const route of plan.routes.values()) {
    if (!takes(route, call)) continue;
    for (const pattern of route.numbers) {
      if (!meets(pattern, forms)) continue;
      const order = best === undefined ? -1 : compareParticular(pattern, best.pattern);
      if (best === undefined || order < 0 || (order === 0 && conditionsOf(route) > conditionsOf(best.route)))
        best = { route, pattern };
    }
  }
  return best?.route;
}

/** Starts a call on a plan. The call keeps this plan until it ends, whatever is loaded meanwhile. */
export function begin(plan: Plan, call: IncomingCall): PlanMove | NoRoute {
  const route = call.route === undefined ? findRoute(plan, call.called, call) : plan.routes.get(call.route);
  if (route === undefined) return { type: 'no-route' };
  const spoken = call.language !== undefined && plan.site.languages.includes(call.language);
  const language = spoken && call.language !== undefined ? call.language : route.language;
  const walk = new Walk(plan, route, { turn: 0, language, now: call.now });
  walk.facts.push({ type: 'plan-begun', route: route.id, version: plan.version, language });
  const move = walk.enter(route.start);
  return route.video === null ? move : { ...move, video: route.video };
}

/**
 * What the call does next. An input that does not belong to the current step changes nothing (`wait`). A position whose
 * route or step this plan does not have ends the call, for there is nowhere to go on from.
 */
export function advance(plan: Plan, position: PlanPosition, input: PlanInput, now: number): PlanMove {
  if (position.ended !== null) return unmoved(position);
  const route = plan.routes.get(position.route);
  const step = route?.steps.get(position.step);
  if (route === undefined || step === undefined) return lost(position);
  const walk = new Walk(plan, route, { turn: position.turn, language: position.language, now });
  return react(walk, step, position, input) ?? unmoved(position);
}

/** The instruction a position is in, again: after a restart, when nobody remembers whether it was carried out. */
export function resume(plan: Plan, position: PlanPosition): Instruction {
  if (position.ended !== null) return { type: 'hangup', cause: position.ended };
  const step = plan.routes.get(position.route)?.steps.get(position.step);
  if (step === undefined) return { type: 'hangup', cause: 'unavailable' };
  return instructionOf(plan, step, position.language) ?? { type: 'hangup', cause: 'unavailable' };
}

function lost(position: PlanPosition): PlanMove {
  const cause = 'unavailable';
  return { type: 'move', position: { ...position, ended: cause }, instruction: { type: 'hangup', cause }, facts: [] };
}

function unmoved(position: PlanPosition): PlanMove {
  return { type: 'move', position, instruction: { type: 'wait' }, facts: [] };
}

function react(walk: Walk, step: Step, position: PlanPosition, input: PlanInput): PlanMove | undefined {
  switch (step.type) {
    case 'play':
      return afterPlay(walk, step, input);
    case 'menu':
      return afterMenu(walk, step, position, input);
    case 'queue':
      if (input.type !== 'queue-left') return undefined;
      return walk.enter(input.reason === 'timeout' ? step.onTimeout : step.onClosed);
    case 'transfer':
      if (input.type !== 'transfer-ended') return undefined;
      return input.ok ? walk.stop('normal', step.id) : walk.enter(step.otherwise);
    case 'hangup':
    case 'hours':
    case 'answer':
      return undefined;
    default:
      return assertNever(step, 'step');
  }
}

function afterPlay(walk: Walk, step: StepOf<'play'>, input: PlanInput): PlanMove | undefined {
  if (input.type === 'prompt-ended') return walk.enter(step.next);
  if (input.type !== 'digit' || !step.bargeIn) return undefined;
  // Callers who know the menu press its key during the greeting before it: the key counts there too.
  const move = walk.enter(step.next);
  const menu = move.instruction;
  if (menu.type !== 'menu' || !menu.bargeIn || !menu.accepts.includes(input.digit)) return move;
  const unheard = move.facts.filter((fact) => fact.type !== 'prompt-played');
  const chosen = advance(walk.plan, move.position, input, walk.now);
  return { ...chosen, facts: [...unheard, ...chosen.facts] };
}

function afterMenu(walk: Walk, step: StepOf<'menu'>, position: PlanPosition, input: PlanInput): PlanMove | undefined {
  if (input.type === 'timeout') return askAgain(walk, step, position, 'timeout');
  if (input.type !== 'digit') return undefined;
  const key = step.keys.find(({ digit }) => digit === input.digit);
  if (key === undefined) return askAgain(walk, step, position, 'invalid');
  const label = key.label;
  walk.facts.push({
    type: 'menu-chosen',
    step: step.id,
    digit: key.digit,
    label: label?.en ?? null,
    labelZh: label?.zh ?? null,
  });
  if (key.language !== null) walk.speak(key.language, step.id);
  return walk.enter(key.next);
}

function askAgain(walk: Walk, step: StepOf<'menu'>, position: PlanPosition, reason: 'invalid' | 'timeout'): PlanMove {
  const retry = position.retries + 1;
  walk.facts.push({ type: 'menu-missed', step: step.id, reason, retry });
  if (retry > step.retries) return walk.enter(step.otherwise);
  const before = reason === 'invalid' ? step.onInvalid : step.onTimeout;
  return walk.wait(step, menuInstruction(step, walk.language, before), [...before, ...step.prompts], retry);
}

/** One way through steps that do not wait, to the next that does, collecting facts. */
class Walk {
  readonly plan: Plan;
  readonly route: Route;
  readonly now: number;
  readonly facts: PlanFact[] = [];
  language: Language;
  readonly #turn: number;

  constructor(plan: Plan, route: Route, from: { turn: number; language: Language; now: number }) {
    this.plan = plan;
    this.route = route;
    this.#turn = from.turn;
    this.language = from.language;
    this.now = from.now;
  }

  speak(language: Language, step: string): void {
    this.language = language;
    this.facts.push({ type: 'language-chosen', step, language });
  }

  enter(first: string): PlanMove {
    let next: string | undefined = first;
    // A checked plan has no loop without a wait, so it waits before it has passed every step twice; the bound keeps any other plan total.
    for (let passed = 0; next !== undefined && passed <= this.route.steps.size; passed++) {
      const step: Step | undefined = this.route.steps.get(next);
      if (step === undefined) break;
      this.facts.push({ type: 'step-entered', step: step.id, stepType: step.type });
      const through = this.#through(step);
      if (through === undefined) return this.#waitIn(step);
      next = through;
    }
    return this.stop('unavailable', first);
  }

  wait(step: Step, instruction: Instruction, prompts: readonly Prompt[], retries: number): PlanMove {
    if (prompts.length > 0)
      this.facts.push({ type: 'prompt-played', step: step.id, prompts: prompts.map(({ name }) => name) });
    const ended = instruction.type === 'hangup' ? instruction.cause : null;
    return { type: 'move', position: this.#at(step.id, retries, ended), instruction, facts: this.facts };
  }

  stop(cause: HangupCause, step: string): PlanMove {
    const instruction: Instruction = { type: 'hangup', cause };
    return { type: 'move', position: this.#at(step, 0, cause), instruction, facts: this.facts };
  }

  #at(step: string, retries: number, ended: HangupCause | null): PlanPosition {
    const { plan, route, language } = this;
    return { version: plan.version, route: route.id, step, turn: this.#turn + 1, language, retries, ended };
  }

  #waitIn(step: Step): PlanMove {
    const instruction = instructionOf(this.plan, step, this.language);
    if (instruction === undefined) return this.stop('unavailable', step.id);
    const prompts = step.type === 'play' || step.type === 'menu' ? step.prompts : [];
    return this.wait(step, instruction, prompts, 0);
  }

  /** Where a step that does not wait leads; undefined if it waits. */
  #through(step: Step): string | undefined {
    if (step.type === 'answer') return step.next;
    if (step.type === 'hours') {
      const branch = this.#branch(step.hours);
      this.facts.push({ type: 'hours-checked', step: step.id, hours: step.hours, branch });
      return step[branch];
    }
    const hours = step.type === 'queue' ? this.plan.queues.get(step.queue)?.hours : undefined;
    if (step.type !== 'queue' || hours === undefined || hours === null) return undefined;
    const branch = this.#branch(hours);
    this.facts.push({ type: 'hours-checked', step: step.id, hours, branch });
    return branch === 'open' ? undefined : step.onClosed;
  }

  #branch(id: string): 'open' | 'closed' | 'holiday' {
    const hours = this.plan.hours.get(id);
    return hours === undefined ? 'open' : branchAt(hours, this.now);
  }
}

function paths(prompts: readonly Prompt[], language: Language): readonly string[] {
  return prompts.flatMap(({ sounds }) => sounds[language].map(({ path }) => path));
}

function menuInstruction(step: StepOf<'menu'>, language: Language, before: readonly Prompt[]): Instruction {
  return {
    type: 'menu',
    files: [...paths(before, language), ...paths(step.prompts, language)],
    bargeIn: step.bargeIn,
    accepts: step.keys.map(({ digit }) => digit).join(''),
    timeoutMs: step.timeoutMs,
  };
}

function queueInstruction(queue: Queue, step: StepOf<'queue'>, language: Language): Instruction {
  const { announcement } = queue;
  return {
    type: 'queue',
    queueId: queue.id,
    requirements: step.requirements,
    requiredLanguage: queue.matchLanguage ? language : null,
    priority: step.priority,
    language,
    holdMusic: queue.holdMusic,
    announcement:
      announcement === null ? null : { files: paths(announcement.prompts, language), everyMs: announcement.everyMs },
    maxWaitMs: step.maxWaitMs,
  };
}

/** What a step that waits asks for; undefined if the step does not wait or its queue is not in the plan. */
function instructionOf(plan: Plan, step: Step, language: Language): Instruction | undefined {
  switch (step.type) {
    case 'play':
      return { type: 'play', files: paths(step.prompts, language), bargeIn: step.bargeIn };
    case 'menu':
      return menuInstruction(step, language, []);
    case 'queue': {
      const queue = plan.queues.get(step.queue);
      return queue === undefined ? undefined : queueInstruction(queue, step, language);
    }
    case 'transfer':
      return { type: 'transfer', to: step.to };
    case 'hangup':
      return { type: 'hangup', cause: step.cause };
    case 'hours':
    case 'answer':
      return undefined;
    default:
      return assertNever(step, 'step');
  }
}
