/** Where agents are registered: the location service of RFC 3261 section 10, in memory. */
import type { Clock } from '../../base/clock.ts';
import type { AgentId } from '../../protocol/ids.ts';
import type { Binding } from './ports.ts';

/** Told with every change of an agent's bindings. */
export type LocationListener = (agentId: AgentId, bindings: readonly Binding[]) => void;

export class Locations {
  readonly #clock: Clock;
  readonly #listener: LocationListener;
  /** Per agent the newest last. */
  readonly #bindings = new Map<AgentId, Binding[]>();
  #cancel: () => void = () => {};

  constructor(clock: Clock, listener: LocationListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Binds a contact, or refreshes it; `expiresAt` in the past unbinds. */
  bind(binding: Binding): void {
    const others = this.of(binding.agentId).filter((each) => each.contact !== binding.contact);
    const live = binding.expiresAt > this.#clock.now();
    this.#set(binding.agentId, live ? [...others, binding] : others);
  }

  /** Removes all of an agent's contacts (`Contact: *`). */
  unbindAll(agentId: AgentId): void {
    this.#set(agentId, []);
  }

  /** Removes contacts whose connection is gone. */
  drop(contacts: readonly string[]): void {
    const gone = new Set(contacts.map(keyOf));
    for (const [agentId, bindings] of [...this.#bindings]) {
      const left = bindings.filter((binding) => !gone.has(keyOf(binding.contact)));
      if (left.length !== bindings.length) this.#set(agentId, left);
    }
  }

  /** Keeps only contacts that are in the list; for the inventory after a restart. */
  keepOnly(contacts: readonly string[]): void {
    const there = new Set(contacts.map(keyOf));
    this.drop(this.all().flatMap((binding) => (there.has(keyOf(binding.contact)) ? [] : [binding.contact])));
  }

  /** An agent's contacts, the newest last. */
  of(agentId: AgentId): readonly Binding[] {
    return this.#bindings.get(agentId) ?? [];
  }

  /** Whose registration came this way; the newest if it was more than one agent's. */
  onFlow(flow: string): AgentId | undefined {
    return this.all().findLast((binding) => binding.flow === flow)?.agentId;
  }

  all(): Binding[] {
    return [...this.#bindings.values()].flat();
  }

  close(): void {
    this.#cancel();
  }

  #set(agentId: AgentId, bindings: Binding[]): void {
    if (bindings.length === 0) this.#bindings.delete(agentId);
    else this.#bindings.set(agentId, bindings);
    this.#armNext();
    this.#listener(agentId, bindings);
  }

  #armNext(): void {
    this.#cancel();
    const next = Math.min(...this.all().map((binding) => binding.expiresAt));
    this.#cancel = Number.isFinite(next) ? this.#clock.at(next, () => this.#expire()) : () => {};
  }

  #expire(): void {
    const now = this.#clock.now();
    for (const [agentId, bindings] of [...this.#bindings]) {
      const left = bindings.filter((binding) => binding.expiresAt > now);
      if (left.length !== bindings.length) this.#set(agentId, left);
    }
    this.#armNext();
  }
}

/** What tells two contacts apart: user and host, without parameters. */
export function keyOf(contact: string): string {
  return /sips?:([^;>?\s]+)/i.exec(contact)?.[1]?.toLowerCase() ?? contact.toLowerCase();
}
