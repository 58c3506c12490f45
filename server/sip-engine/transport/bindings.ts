import type { Clock } from '../../../base/clock.ts';
import { readNumber } from '../parser/characters.ts';
import { headerOf, headersOf } from '../parser/message.ts';
import type { SipRequest, SipResponse } from '../parser/message.ts';
import { parseNameAddr, parseNameAddrs } from '../parser/name-addr.ts';
import { contactKey } from '../parser/uri.ts';
import type { Flow } from './flow.ts';

/** A contact and the connection it is reached by, RFC 5626. */
export interface Binding {
  readonly contact: string;
  /** The address of record it was registered for. */
  readonly record: string;
  readonly flow: Flow;
  readonly since: number;
  readonly expiresAt: number;
}

/** RFC 3261 section 10.3: what a registrar grants that names no time. */
const defaultExpiryInSeconds = 3600;

/** Which contact is reached by which connection. A contact has one flow: the newest. */
export class Bindings {
  readonly #byContact = new Map<string, Binding>();
  readonly #byFlow = new Map<Flow, Set<string>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Learns from a 2xx that an app gave to a REGISTER which came over a connection. UDP peers need no flow. */
  learn(request: SipRequest, response: SipResponse, flow: Flow): void {
    if (!flow.reliable) return;
    const record = parseNameAddr(headerOf(request, 'To') ?? '')?.uri ?? '';
    if (headerOf(request, 'Contact')?.trim() === '*') {
      for (const [key, binding] of this.#byContact) if (binding.record === record) this.#drop(key, binding);
      return;
    }
    const granted = new Map<string, number>();
    const general = readNumber(headerOf(response, 'Expires') ?? '');
    for (const contact of parseNameAddrs(headersOf(response, 'Contact'))) {
      const key = contactKey(contact.uri);
      const own = readNumber(contact.parameters.get('expires') ?? '') ?? general;
      if (key !== undefined && own !== undefined) granted.set(key, own);
    }
    const asked = readNumber(headerOf(request, 'Expires') ?? '');
    for (const contact of parseNameAddrs(headersOf(request, 'Contact'))) {
      const key = contactKey(contact.uri);
      if (key === undefined) continue;
      const wanted = readNumber(contact.parameters.get('expires') ?? '') ?? asked;
      const seconds = wanted === 0 ? 0 : (granted.get(key) ?? general ?? wanted ?? defaultExpiryInSeconds);
      this.#set(key, contact.uri, record, flow, seconds);
    }
  }

  /** The open connection a URI is reached by; undefined when none is known. */
  find(uri: string): Flow | undefined {
    const key = contactKey(uri);
    const binding = key === undefined ? undefined : this.#byContact.get(key);
    if (key === undefined || binding === undefined) return undefined;
    if (binding.expiresAt > this.#clock.now() && binding.flow.open) return binding.flow;
    if (binding.expiresAt <= this.#clock.now()) this.#drop(key, binding);
    return undefined;
  }

  /** A connection closed: its bindings go at once. Returns their contacts. */
  lost(flow: Flow): string[] {
    const contacts: string[] = [];
    for (const key of this.#byFlow.get(flow) ?? []) {
      const binding = this.#byContact.get(key);
      if (binding === undefined || binding.flow !== flow) continue;
      contacts.push(binding.contact);
      this.#byContact.delete(key);
    }
    this.#byFlow.delete(flow);
    return contacts;
  }

  /** All that have not expired. */
  list(): Binding[] {
    const now = this.#clock.now();
    for (const [key, binding] of this.#byContact) if (binding.expiresAt <= now) this.#drop(key, binding);
    return [...this.#byContact.values()];
  }

  #set(key: string, contact: string, record: string, flow: Flow, seconds: number): void {
    const old = this.#byContact.get(key);
    if (old !== undefined) this.#drop(key, old);
    if (seconds === 0 || !flow.open) return;
    const now = this.#clock.now();
    const since = old?.flow === flow ? old.since : now;
    this.#byContact.set(key, { contact, record, flow, since, expiresAt: now + seconds * 1000 });
    const keys = this.#byFlow.get(flow) ?? new Set<string>();
    this.#byFlow.set(flow, keys.add(key));
  }

  #drop(key: string, binding: Binding): void {
    this.#byContact.delete(key);
    const keys = this.#byFlow.get(binding.flow);
    keys?.delete(key);
    if (keys?.size === 0) this.#byFlow.delete(binding.flow);
  }
}
