/** A call on paper: the interpreter with a clock that jumps from one happening to the next. Pure. */
import { assertNever } from '../../base/assert-never.ts';
import type { IncomingCall, Instruction, PlanFact, PlanInput, PlanPosition } from './instructions.ts';
import { advance, begin } from './interpreter.ts';
import type { Plan } from './plan.ts';

/** What happens next in a simulated call. */
export type Action =
  | { readonly type: 'press'; readonly digit: string }
  | { readonly type: 'silence' }
  | { readonly type: 'listen' }
  | { readonly type: 'queue-left'; readonly reason: 'timeout' | 'closed' }
  | { readonly type: 'transfer-ended'; readonly ok: boolean };

/** A call in simulation: where it stands and what it has been through. */
export class Simulation {
  readonly #plan: Plan;
  readonly #lengths: ReadonlyMap<string, number>;
  readonly facts: PlanFact[] = [];
  /** Null if no route has the number. */
  position: PlanPosition | null = null;
  instruction: Instruction = { type: 'hangup', cause: 'not-found' };
  now: number;

  constructor(plan: Plan, call: IncomingCall) {
    this.#plan = plan;
    this.#lengths = soundLengths(plan);
    this.now = call.now;
    const first = begin(plan, call);
    if (first.type === 'move') this.#take(first);
  }

  /** Does one thing, letting the prompts before it end first where it needs that. False if it cannot happen here. */
  act(action: Action): boolean {
    if (action.type !== 'listen' && action.type !== 'press') this.hearOut();
    switch (action.type) {
      case 'press':
        return this.#press(action.digit);
      case 'silence':
        if (this.instruction.type !== 'menu') return false;
        this.now += this.#length(this.instruction.files) + this.instruction.timeoutMs;
        return this.#input({ type: 'timeout' });
      case 'listen':
        this.hearOut();
        return true;
      case 'queue-left':
        if (this.instruction.type !== 'queue') return false;
        if (action.reason === 'timeout') this.now += this.instruction.maxWaitMs;
        return this.#input(action);
      case 'transfer-ended':
        return this.instruction.type === 'transfer' && this.#input(action);
      default:
        return assertNever(action, 'action');
    }
  }

  /** Lets prompts end until the call waits for something else. */
  hearOut(): void {
    while (this.instruction.type === 'play') {
      this.now += this.#length(this.instruction.files);
      this.#input({ type: 'prompt-ended' });
    }
  }

  #press(digit: string): boolean {
    // A key that stops nothing is pressed by somebody who then waits.
    if (this.instruction.type === 'play' && !this.instruction.bargeIn) this.hearOut();
    return (
      (this.instruction.type === 'menu' || this.instruction.type === 'play') && this.#input({ type: 'digit', digit })
    );
  }

  #input(input: PlanInput): boolean {
    if (this.position === null) return false;
    const move = advance(this.#plan, this.position, input, this.now);
    if (move.instruction.type === 'wait') return false;
    this.#take(move);
    return true;
  }

  #take(move: {
    readonly position: PlanPosition;
    readonly instruction: Instruction;
    readonly facts: readonly PlanFact[];
  }): void {
    this.position = move.position;
    this.instruction = move.instruction;
    this.facts.push(...move.facts);
  }

  #length(files: readonly string[]): number {
    return files.reduce((total, file) => total + (this.#lengths.get(file) ?? 0), 0);
  }
}

const known = new WeakMap<Plan, ReadonlyMap<string, number>>();

function soundLengths(plan: Plan): ReadonlyMap<string, number> {
  const before = known.get(plan);
  if (before !== undefined) return before;
  const lengths = new Map<string, number>();
  for (const route of plan.routes.values())
    for (const step of route.steps.values()) {
      const prompts =
        step.type === 'play'
          ? step.prompts
          : step.type === 'menu'
            ? [...step.prompts, ...step.onInvalid, ...step.onTimeout]
            : [];
      for (const { sounds } of prompts)
        for (const sound of Object.values(sounds).flat()) lengths.set(sound.path, sound.lengthMs);
    }
  known.set(plan, lengths);
  return lengths;
}
