/** Where agents' devices are registered: the location service of RFC 3261 section 10, in memory. */
import type { Clock } from '../../base/clock.ts';
import type { AgentId } from '../../protocol/ids.ts';
import type { Binding } from './ports.ts';
import { keyOf } from './registration.ts';
import { Wheel } from './wheel.ts';

/** Told with every change of an agent's bindings. */
export type LocationListener = (agentId: AgentId, bindings: readonly Binding[]) => void;

/** No operation looks at more than the devices of the agents it concerns. */
export class Locations {
  readonly #clock: Clock;
  readonly #listener: LocationListener;
  /** Per agent the newest last. */
  readonly #byAgent = new Map<AgentId, readonly Binding[]>();
  readonly #agentOf = new Map<string, AgentId>();
  /** Which agents have a device with this contact. */
  readonly #byContact = new Map<string, Set<AgentId>>();
  /** Which agents registered over which flow; behind a proxy all share one. */
  readonly #byFlow = new Map<string, Set<AgentId>>();
  readonly #newestOn = new Map<string, AgentId>();
  readonly #expiries: Wheel<AgentId>;
  #size = 0;

  constructor(clock: Clock, listener: LocationListener) {
    this.#clock = clock;
    this.#listener = listener;
    this.#expiries = new Wheel(clock, (agents) => {
      for (const agentId of agents) this.#expire(agentId);
    });
  }

  /** How many devices are registered. */
  get size(): number {
    return this.#size;
  }

  /** An agent's devices, the newest last. */
  of(agentId: AgentId): readonly Binding[] {
    return this.#byAgent.get(agentId) ?? [];
  }

  /** The device of that id. */
  byId(id: string): Binding | undefined {
    const agentId = this.#agentOf.get(id);
    return agentId === undefined ? undefined : this.of(agentId).find((binding) => binding.id === id);
  }

  /** Whose registration came this way; the newest if it was more than one agent's. */
  onFlow(flow: string): AgentId | undefined {
    return this.#newestOn.get(flow);
  }

  /** The bindings of one address of record of an agent become these. */
  replace(agentId: AgentId, record: string, bindings: readonly Binding[]): void {
    this.#set(agentId, [...this.of(agentId).filter((binding) => binding.record !== record), ...bindings]);
  }

  /** Takes up a binding from before a restart. */
  restore(binding: Binding): void {
    if (binding.expiresAt <= this.#clock.now()) return;
    this.#set(binding.agentId, [...this.of(binding.agentId).filter((each) => each.id !== binding.id), binding]);
  }

  /** Whether a device answers. Nothing happens where that is known already. */
  setReachable(id: string, reachable: boolean): void {
    const binding = this.byId(id);
    if (binding === undefined || binding.reachable === reachable) return;
    const changed = { ...binding, reachable, since: this.#clock.now() };
    this.#set(
      binding.agentId,
      this.of(binding.agentId).map((each) => (each === binding ? changed : each)),
    );
  }

  /**
   * The connection from there (`host:port`), over which these contacts registered, is gone. Browsers cannot be called any more and
   * go; a desk phone may be reached by a new connection, so it is only doubtful: returned, to be asked. A contact that has registered
   * over another connection since stays: word of the old one's end may come later than the REGISTER.
   */
  flowLost(contacts: readonly string[], remote: string): Binding[] {
    const doubtful: Binding[] = [];
    for (const key of new Set(contacts.map(keyOf)))
      for (const agentId of [...(this.#byContact.get(key) ?? [])])
        doubtful.push(
          ...this.#lose(
            agentId,
            (binding) => keyOf(binding.contact) === key && plain(binding.source) === plain(remote),
          ),
        );
    return doubtful;
  }

  /**
   * The same for all that need a connection and have none in the list: the inventory after a restart. Who has registered since
   * `since` may not have been in it yet.
   */
  keepOnly(flows: readonly { readonly contact: string; readonly remote: string }[], since: number): Binding[] {
    const there = new Set(flows.map(({ contact, remote }) => `${keyOf(contact)} ${plain(remote)}`));
    const gone = ({ contact, source, refreshedAt }: Binding): boolean =>
      refreshedAt < since && !there.has(`${keyOf(contact)} ${plain(source)}`);
    return [...this.#byAgent.keys()].flatMap((agentId) => this.#lose(agentId, gone));
  }

  /** Takes away what was registered with the credentials of one account. */
  removeAccount(agentId: AgentId, username: string): void {
    const left = this.of(agentId).filter((binding) => binding.account !== username);
    if (left.length !== this.of(agentId).length) this.#set(agentId, left);
  }

  all(): Binding[] {
    return [...this.#byAgent.values()].flat();
  }

  close(): void {
    this.#expiries.close();
  }

  #lose(agentId: AgentId, gone: (binding: Binding) => boolean): Binding[] {
    const hit = (binding: Binding): boolean => needsConnection(binding) && gone(binding);
    const before = this.of(agentId);
    const left = before.filter((binding) => binding.kind !== 'webrtc' || !hit(binding));
    if (left.length !== before.length) this.#set(agentId, left);
    return left.filter(hit);
  }

  #set(agentId: AgentId, bindings: readonly Binding[]): void {
    for (const binding of this.of(agentId)) {
      this.#agentOf.delete(binding.id);
      forget(this.#byContact, keyOf(binding.contact), agentId);
      forget(this.#byFlow, binding.flow, agentId);
      this.#leave(binding.flow, agentId);
      this.#size--;
    }
    if (bindings.length === 0) this.#byAgent.delete(agentId);
    else this.#byAgent.set(agentId, bindings);
    for (const binding of bindings) {
      this.#agentOf.set(binding.id, agentId);
      note(this.#byContact, keyOf(binding.contact), agentId);
      note(this.#byFlow, binding.flow, agentId);
      this.#newestOn.set(binding.flow, agentId);
      this.#size++;
      this.#expiries.set(agentId, binding.expiresAt);
    }
    this.#listener(agentId, bindings);
  }

  /** Of those who are still there any will do: a flow of several agents is a proxy's, which proves itself. */
  #leave(flow: string, agentId: AgentId): void {
    if (this.#newestOn.get(flow) !== agentId) return;
    const [other] = this.#byFlow.get(flow) ?? [];
    if (other === undefined) this.#newestOn.delete(flow);
    else this.#newestOn.set(flow, other);
  }

  #expire(agentId: AgentId): void {
    const now = this.#clock.now();
    const left = this.of(agentId).filter((binding) => binding.expiresAt > now);
    if (left.length !== this.of(agentId).length) this.#set(agentId, left);
  }
}

function note(index: Map<string, Set<AgentId>>, key: string, agentId: AgentId): void {
  index.set(key, (index.get(key) ?? new Set()).add(agentId));
}

function forget(index: Map<string, Set<AgentId>>, key: string, agentId: AgentId): void {
  const agents = index.get(key);
  agents?.delete(agentId);
  if (agents?.size === 0) index.delete(key);
}

/** `host:port` without the brackets of IPv6, which not everybody writes. */
function plain(place: string): string {
  return place.replace(/[[\]]/g, '');
}

/** Without Path the connection is the device's own; a UDP phone has none. */
function needsConnection(binding: Binding): boolean {
  return binding.transport !== 'udp' && binding.path.length === 0;
}
