/** An agent's phones: their accounts, what of them is registered, and which are rung. */
import { randomInt } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { DeskPhones, RingChoice } from '../protocol/desk.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import type { DeviceCredentials } from '../protocol/rest.ts';
import type { Device } from './calls/index.ts';
import { Registrations } from './registrations.ts';
import type { Rows } from './rows.ts';
import { type Binding, ha1sOf, type SipAccount } from './sip/index.ts';
import type { DeviceAccount, Store } from './store/index.ts';

export interface PhonesOptions {
  readonly clock: Clock;
  readonly rows: Rows;
  readonly store: Pick<Store, 'devices' | 'meta'>;
  readonly realm: string;
  /** Where phones find us: `host:port`. */
  readonly server: string;
  readonly isAgent: (id: string) => boolean;
  /** Whether the agent's pages have pictures where a call has them. */
  readonly hasVideo: (agentId: string) => boolean;
  /** What an agent's phones are, or which are rung, has changed. */
  readonly changed: (agentId: string) => void;
  /** An account is gone: so is what is registered with it. */
  readonly removed: (agentId: string, username: string) => void;
}

/** No letter or digit that looks like another: it is typed in on a phone. 20 of them are 100 bits. */
const passwordLetters = 'abcdefghijkmnpqrstuvwxyz23456789';

function newPassword(): string {
  return Array.from({ length: 20 }, () => passwordLetters[randomInt(passwordLetters.length)]).join('');
}

export class Phones {
  readonly #options: PhonesOptions;
  readonly #registrations: Registrations;
  readonly #bindings = new Map<string, readonly Binding[]>();
  readonly #rings = new Map<string, RingChoice>();

  constructor(options: PhonesOptions) {
    this.#options = options;
    this.#registrations = new Registrations(options.rows, options.clock);
  }

  /** The account of a user name, as the SIP side asks for it. One made for another domain is none. */
  accountOf(username: string): SipAccount | undefined {
    const account = this.#options.store.devices.byUsername(username);
    if (account?.realm !== this.#options.realm) return undefined;
    const { agentId, name: device, ha1s } = account;
    return { username, origin: { type: 'agent', agentId }, device, ha1s };
  }

  /** What of an agent's is registered now. */
  bindingsChanged(agentId: string, bindings: readonly Binding[]): void {
    const before = this.#bindings.get(agentId) ?? [];
    if (bindings.length === 0) this.#bindings.delete(agentId);
    else this.#bindings.set(agentId, bindings);
    this.#registrations.changed(agentId, bindings);
    if (looksOf(before) !== looksOf(bindings)) this.#options.changed(agentId);
  }

  /** An agent's phones as the desk and the API show them. */
  phonesOf(agentId: string): DeskPhones {
    const devices = (this.#bindings.get(agentId) ?? []).map(({ id, kind, device, userAgent, reachable, since }) => ({
      ...{ id, userAgent, reachable, since },
      kind: kind === 'webrtc' ? ('softphone' as const) : ('desk' as const),
      ...(device === null ? {} : { name: device }),
    }));
    return { ring: this.ringOf(agentId), devices };
  }

  /** Which of their phones an agent wants rung; all unless they chose. */
  ringOf(agentId: string): RingChoice {
    const known = this.#rings.get(agentId);
    if (known !== undefined) return known;
    const kept = this.#options.store.meta.get(`ring.${agentId}`);
    const ring = kept === 'softphone' || kept === 'desk' ? kept : 'all';
    this.#rings.set(agentId, ring);
    return ring;
  }

  choose(agentId: string, ring: RingChoice): void {
    this.#rings.set(agentId, ring);
    this.#options.store.meta.set(`ring.${agentId}`, ring);
    this.#options.changed(agentId);
  }

  /** The devices an offer to the agent rings now: those that answer, of the kind they chose. */
  toRing(agentId: string): Device[] {
    const ring = this.ringOf(agentId);
    const video = this.#videoOf(agentId);
    return (this.#bindings.get(agentId) ?? []).flatMap((binding) => {
      const { id, kind, device, reachable } = binding;
      const chosen = ring === 'all' || (ring === 'softphone') === (kind === 'webrtc');
      return reachable && chosen ? [{ deviceId: id, kind, name: device, ...flowOf(binding), ...video }] : [];
    });
  }

  /** Their pages that answer now, the newest last, whichever devices they want rung. */
  pagesOf(agentId: string): Device[] {
    const video = this.#videoOf(agentId);
    return (this.#bindings.get(agentId) ?? []).flatMap((binding) => {
      const { id, kind, device, reachable } = binding;
      return kind === 'webrtc' && reachable ? [{ deviceId: id, kind, name: device, ...flowOf(binding), ...video }] : [];
    });
  }

  #videoOf(agentId: string): Pick<Device, 'video'> {
    return this.#options.hasVideo(agentId) ? {} : { video: false };
  }

  /** Where the agent speaks from when they make a call: of the phones they want rung the page, else the newest desk phone. */
  toSpeakOn(agentId: string): Device | undefined {
    const devices = this.toRing(agentId);
    return devices.findLast(({ kind }) => kind === 'webrtc') ?? devices.at(-1);
  }

  accountsOf(agentId: string): DeviceAccount[] {
    return this.#options.store.devices.of(agentId);
  }

  /** Makes the account of a desk phone; its password is in the answer and nowhere else. Resolves when durable. */
  async add(agentId: string, name: string): Promise<Result<DeviceCredentials, Problem>> {
    const { store, realm, server, isAgent } = this.#options;
    if (!isAgent(agentId)) return fail(makeProblem('not-found', { what: 'agent' }));
    const names = this.accountsOf(agentId).map((account) => account.name.toLowerCase());
    if (names.includes(name.toLowerCase())) return fail(makeProblem('device-exists', { name }));
    const username = this.#usernameFor(agentId, name);
    const password = newPassword();
    await store.devices.add({ username, agentId, name, realm, ha1s: ha1sOf(username, realm, password) });
    return ok({ agent: agentId, name, username, password, domain: realm, server });
  }

  /** Removes an account by its device's name or its user name, and what is registered with it. */
  async remove(agentId: string, device: string): Promise<Result<undefined, Problem>> {
    const wanted = device.toLowerCase();
    const account = this.accountsOf(agentId).find(
      ({ name, username }) => name.toLowerCase() === wanted || username === device,
    );
    if (account === undefined) return fail(makeProblem('not-found', { what: 'device' }));
    await this.#options.store.devices.remove(account.username);
    this.#options.removed(agentId, account.username);
    return ok(undefined);
  }

  /** Writes what is still waiting. */
  close(): void {
    this.#registrations.flush();
  }

  /** `alice-desk`: easy to type, no agent's own name and nobody else's. */
  #usernameFor(agentId: string, name: string): string {
    const { store, isAgent } = this.#options;
    const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    const first = `${agentId}-${plain.replace(/^-|-$/g, '') || 'phone'}`.slice(0, 56);
    const taken = (username: string): boolean => isAgent(username) || store.devices.byUsername(username) !== undefined;
    for (let count = 2, username = first; ; username = `${first}${String(count++)}`)
      if (!taken(username)) return username;
  }
}

/** What of the devices can be seen: a refresh changes nothing of it. */
/** A page's connection is its way to us; a desk phone's says nothing of where its audio comes from. */
function flowOf({ kind, flow }: Binding): { readonly flow?: string } {
  return kind === 'webrtc' ? { flow } : {};
}

function looksOf(bindings: readonly Binding[]): string {
  return bindings
    .map((each) => `${each.id} ${String(each.reachable)} ${each.userAgent} ${flowOf(each).flow ?? ''}`)
    .join('\n');
}
