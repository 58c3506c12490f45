/** Links routes: every target, queue, hours and prompt a step names. Pure. */
import { assertNever } from '../../base/assert-never.ts';
import type { Entry } from './collect.ts';
import { labelOf, type Linker } from './link.ts';
import { parseNumber } from './numbers.ts';
import type { MenuKey, NumberPattern, Queue, Requirement, Route, Step } from './plan.ts';
import { stepKinds, type RouteSource, type StepKind, type StepSource } from './schema.ts';
import { suggest } from './suggest.ts';
import { durationMs } from './times.ts';

type SourceOf<K extends StepKind> = Extract<StepSource, Record<K, unknown>>;
type Tagged = { [K in StepKind]: { readonly kind: K; readonly step: SourceOf<K> } }[StepKind];

function tagged(step: StepSource): Tagged {
  const kind = stepKinds.find((name) => name in step);
  // The schema let exactly one kind through, so the pair belongs together.
  return { kind, step } as Tagged;
}

/** Links the steps of one route. */
class RouteLinker {
  readonly #linker: Linker;
  readonly #entry: Entry<RouteSource>;
  readonly #queues: ReadonlyMap<string, Queue>;

  constructor(linker: Linker, entry: Entry<RouteSource>, queues: ReadonlyMap<string, Queue>) {
    this.#linker = linker;
    this.#entry = entry;
    this.#queues = queues;
  }

  link(): Route {
    const { id, value, file } = this.#entry;
    const steps = new Map<string, Step>();
    for (const [name, source] of Object.entries(value.steps)) steps.set(name, this.#step(name, source));
    const language = value.language ?? this.#linker.site.languages[0];
    if (!this.#linker.site.languages.includes(language))
      this.#linker.report(this.#entry.at('language'), 'unknown-language', { language });
    return {
      id,
      name: labelOf(value.name ?? id),
      numbers: this.#numbers(),
      trunks: this.#trunks(),
      attestations: listOf(value.attestation),
      language,
      record: value.record ?? null,
      web: value.web ?? null,
      video: value.video ?? null,
      recordTo: value['record-to'] ?? null,
      start: this.#target(value.start, 'start'),
      steps,
      file,
    };
  }

  #trunks(): readonly string[] | null {
    const { trunk } = this.#entry.value;
    for (const [at, id] of (listOf(trunk) ?? []).entries())
      this.#linker.knows('trunks', id, Array.isArray(trunk) ? this.#entry.at('trunk', at) : this.#entry.at('trunk'));
    return listOf(trunk);
  }

  #numbers(): readonly NumberPattern[] {
    return this.#entry.value.numbers.flatMap((number, at) => {
      const parsed = parseNumber(number);
      if (parsed.ok) return [parsed.value];
      this.#linker.report(this.#entry.at('numbers', at), 'bad-number', { number, reason: parsed.error });
      return [];
    });
  }

  #target(id: string, ...path: PropertyKey[]): string {
    const { steps } = this.#entry.value;
    if (!Object.hasOwn(steps, id))
      this.#linker.report(this.#entry.at(...path), 'unknown-step', { id }, suggest(id, Object.keys(steps)));
    return id;
  }

  #prompts(names: string | readonly string[], every: boolean, ...path: PropertyKey[]) {
    return this.#linker.prompts(names, every, (at) =>
      at === null ? this.#entry.at(...path) : this.#entry.at(...path, at),
    );
  }

  #step(id: string, source: StepSource): Step {
    const at = (...path: string[]): PropertyKey[] => ['steps', id, ...path];
    const target = (step: string, key: string): string => this.#target(step, ...at(key));
    const { kind, step } = tagged(source);
    switch (kind) {
      case 'answer':
        return { type: 'answer', id, next: target(step.next, 'next') };
      case 'play': {
        const prompts = this.#prompts(step.play, step['in-every-language'], ...at('play'));
        return { type: 'play', id, prompts, bargeIn: step['barge-in'], next: target(step.next, 'next') };
      }
      case 'menu':
        return this.#menu(id, step.menu);
      case 'queue':
        return this.#queue(id, step);
      case 'hours': {
        this.#linker.knows('hours', step.hours, this.#entry.at(...at('hours')));
        const holiday = step.holiday === undefined ? step.closed : target(step.holiday, 'holiday');
        const [open, closed] = [target(step.open, 'open'), target(step.closed, 'closed')];
        return { type: 'hours', id, hours: step.hours, open, closed, holiday };
      }
      case 'transfer':
        return { type: 'transfer', id, to: step.transfer, otherwise: target(step.otherwise, 'otherwise') };
      case 'hangup':
        return { type: 'hangup', id, cause: step.hangup };
      default:
        return assertNever(kind, 'step');
    }
  }

  #menu(id: string, menu: SourceOf<'menu'>['menu']): Step {
    const at = (...path: string[]): PropertyKey[] => ['steps', id, 'menu', ...path];
    const again = (key: 'on-invalid' | 'on-timeout') => {
      const names = menu[key];
      return names === undefined ? [] : this.#prompts(names, menu['in-every-language'], ...at(key));
    };
    const keys = Object.entries(menu.keys).map(([digit, { label, language, next }]): MenuKey => {
      if (language !== undefined && !this.#linker.site.languages.includes(language))
        this.#linker.report(this.#entry.at(...at('keys', digit, 'language')), 'unknown-language', { language });
      return {
        digit,
        label: label === undefined ? null : labelOf(label),
        language: language ?? null,
        next: this.#target(next, ...at('keys', digit, 'next')),
      };
    });
    return {
      type: 'menu',
      id,
      prompts: this.#prompts(menu.prompts, menu['in-every-language'], ...at('prompts')),
      bargeIn: menu['barge-in'],
      keys,
      timeoutMs: durationMs(menu.timeout),
      retries: menu.retries,
      onInvalid: again('on-invalid'),
      onTimeout: again('on-timeout'),
      otherwise: this.#target(menu.otherwise, ...at('otherwise')),
    };
  }

  #queue(id: string, step: SourceOf<'queue'>): Step {
    const at = (...path: string[]): PropertyKey[] => ['steps', id, ...path];
    this.#linker.knows('queues', step.queue, this.#entry.at(...at('queue')));
    const queue = this.#queues.get(step.queue);
    const own = this.#linker.requirements(step.skills ?? {}, (skill) => this.#entry.keyAt(...at('skills', skill)));
    const wait = step['max-wait'];
    const otherwise = this.#target(step.otherwise, ...at('otherwise'));
    const branch = (key: 'on-timeout' | 'on-closed'): string => {
      const next = step[key];
      return next === undefined ? otherwise : this.#target(next, ...at(key));
    };
    return {
      type: 'queue',
      id,
      queue: step.queue,
      requirements: strictest([...(queue?.requirements ?? []), ...own]),
      priority: step.priority ?? queue?.priority ?? 5,
      maxWaitMs: wait === undefined ? (queue?.maxWaitMs ?? 0) : durationMs(wait),
      onTimeout: branch('on-timeout'),
      onClosed: branch('on-closed'),
    };
  }
}

function listOf<T extends string>(given: T | readonly T[] | undefined): readonly T[] | null {
  if (given === undefined) return null;
  return typeof given === 'string' ? [given] : given;
}

/** One requirement per skill, the highest level of those asked for. */
function strictest(requirements: readonly Requirement[]): readonly Requirement[] {
  const levels = new Map<string, number>();
  for (const { skill, minLevel } of requirements) levels.set(skill, Math.max(minLevel, levels.get(skill) ?? 0));
  return [...levels].map(([skill, minLevel]) => ({ skill, minLevel }));
}

/** One route, with every name in it looked up. */
export function linkRoute(linker: Linker, entry: Entry<RouteSource>, queues: ReadonlyMap<string, Queue>): Route {
  return new RouteLinker(linker, entry, queues).link();
}
