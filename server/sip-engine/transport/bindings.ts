import type { Clock } from '../../../base/clock.ts';
import { readNumber } from '../parser/characters.ts';
import { headerOf, headersOf } from '../parser/message.ts';
import type { SipRequest, SipResponse } from '../parser/message.ts';
import { parseNameAddr, parseNameAddrs } from '../parser/name-addr.ts';
import type { NameAddr } from '../parser/name-addr.ts';
import { contactKey } from '../parser/uri.ts';
import type { Address, Flow } from './flow.ts';

/** A contact and the connection it is reached by, RFC 5626. */
export interface Binding {
  readonly contact: string;
  /** The address of record it was registered for. */
  readonly record: string;
  readonly flow: Flow;
  readonly since: number;
  readonly expiresAt: number;
  /** Instance and reg-id of a client with several flows (RFC 5626 section 4.2.1); undefined for others. */
  readonly outbound: string | undefined;
}

/** RFC 3261 section 10.3: what a registrar grants that names no time. */
const defaultExpiryInSeconds = 3600;

/** What tells one flow of a client from its others: its instance and the number it gave that flow. */
function outboundOf(contact: NameAddr): string | undefined {
  const instance = contact.parameters.get('+sip.instance');
  const flow = contact.parameters.get('reg-id');
  return instance === undefined || flow === undefined ? undefined : `${instance} ${flow}`;
}

/** For how long a REGISTER was granted: 0 when it took its contact away. */
function grantedInSeconds(request: SipRequest, response: SipResponse): number {
  const named = (message: SipRequest | SipResponse): (number | undefined)[] =>
    parseNameAddrs(headersOf(message, 'Contact')).map(({ parameters }) => readNumber(parameters.get('expires') ?? ''));
  const [general, asked] = [response, request].map((message) => readNumber(headerOf(message, 'Expires') ?? ''));
  const [first = asked] = named(request);
  if (first === 0 || headerOf(request, 'Contact') === undefined) return 0;
  return general ?? Math.max(0, ...named(response).map((seconds) => seconds ?? first ?? defaultExpiryInSeconds));
}

/**
 * Which contact is reached by which connection: the newest. A client that numbers its flows (reg-id) keeps them all, and
 * is reached by the next newest when one is lost.
 */
export class Bindings {
  /** Newest first. */
  readonly #byContact = new Map<string, Binding[]>();
  readonly #byFlow = new Map<Flow, Set<string>>();
  /** The contacts of each address of record. */
  readonly #byRecord = new Map<string, Set<string>>();
  /** Instance and reg-id to the contact they were registered with last. */
  readonly #byClient = new Map<string, string>();
  readonly #clock: Clock;
  /** Hears where a registration came from, and until when it was granted (ms). Set before anything arrives. */
  peer: (remote: Address, until: number) => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Learns from a 2xx that an app gave to a REGISTER which came over a connection. UDP peers need no flow. */
  learn(request: SipRequest, response: SipResponse, flow: Flow): void {
    this.peer(flow.remote, this.#clock.now() + grantedInSeconds(request, response) * 1000);
    if (!flow.reliable) return;
    const record = parseNameAddr(headerOf(request, 'To') ?? '')?.uri ?? '';
    if (headerOf(request, 'Contact')?.trim() === '*') {
      for (const key of [...(this.#byRecord.get(record) ?? [])]) {
        for (const binding of this.#byContact.get(key) ?? []) if (binding.record === record) this.#drop(key, binding);
      }
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
      this.#set(key, { contact: contact.uri, record, flow, outbound: outboundOf(contact) }, seconds);
    }
  }

  /** The open connection a URI is reached by; undefined when none is known. */
  find(uri: string): Flow | undefined {
    const key = contactKey(uri);
    if (key === undefined) return undefined;
    const now = this.#clock.now();
    for (const binding of this.#byContact.get(key) ?? []) {
      if (binding.expiresAt <= now) this.#drop(key, binding);
      else if (binding.flow.open) return binding.flow;
    }
    return undefined;
  }

  /** The connections that contacts are reached by. */
  flows(): Iterable<Flow> {
    return this.#byFlow.keys();
  }

  /** A connection closed: its bindings go at once. Returns the contacts that were reached by it, whatever others they have. */
  lost(flow: Flow): string[] {
    const contacts: string[] = [];
    for (const key of this.#byFlow.get(flow) ?? []) {
      const bindings = this.#byContact.get(key) ?? [];
      const left = bindings.filter((binding) => binding.flow !== flow);
      const lost = bindings.find((binding) => binding.flow === flow);
      if (lost !== undefined) contacts.push(lost.contact);
      this.#leaveRecords(key, bindings, left);
      if (left.length > 0) this.#byContact.set(key, left);
      else {
        this.#byContact.delete(key);
        for (const { outbound } of bindings) if (outbound !== undefined) this.#byClient.delete(outbound);
      }
    }
    this.#byFlow.delete(flow);
    return contacts;
  }

  /** All that have not expired. */
  list(): Binding[] {
    const now = this.#clock.now();
    for (const [key, bindings] of this.#byContact) {
      for (const binding of bindings) if (binding.expiresAt <= now) this.#drop(key, binding);
    }
    return [...this.#byContact.values()].flat();
  }

  #set(key: string, facts: Omit<Binding, 'since' | 'expiresAt'>, seconds: number): void {
    const { flow, record, outbound } = facts;
    const since = this.#byContact.get(key)?.find((binding) => binding.flow === flow)?.since;
    for (const [other, bindings] of this.#ofClient(key, outbound)) {
      for (const binding of bindings) {
        const same = other === key && binding.outbound === undefined;
        // RFC 5626 section 6: the same flow of the same client, whatever address it has now.
        if (same || (binding.outbound === outbound && (other === key || binding.record === record))) {
          this.#drop(other, binding);
        }
      }
    }
    if (seconds === 0 || !flow.open) return;
    const now = this.#clock.now();
    const binding: Binding = { ...facts, since: since ?? now, expiresAt: now + seconds * 1000 };
    this.#byContact.set(key, [binding, ...(this.#byContact.get(key) ?? [])]);
    this.#byRecord.set(record, (this.#byRecord.get(record) ?? new Set<string>()).add(key));
    if (outbound !== undefined) this.#byClient.set(outbound, key);
    const keys = this.#byFlow.get(flow) ?? new Set<string>();
    this.#byFlow.set(flow, keys.add(key));
  }

  /** The bindings a new one may replace: those of its contact, and those its client registered this flow with before. */
  #ofClient(key: string, outbound: string | undefined): [string, Binding[]][] {
    const keys = new Set([key, outbound === undefined ? key : (this.#byClient.get(outbound) ?? key)]);
    return [...keys].map((each) => [each, this.#byContact.get(each) ?? []]);
  }

  /** These bindings of a contact are gone: it leaves the addresses of record that none of the others has. */
  #leaveRecords(key: string, gone: readonly Binding[], left: readonly Binding[]): void {
    for (const { record } of gone) {
      if (left.some((binding) => binding.record === record)) continue;
      const keys = this.#byRecord.get(record);
      keys?.delete(key);
      if (keys?.size === 0) this.#byRecord.delete(record);
    }
  }

  #drop(key: string, binding: Binding): void {
    const left = (this.#byContact.get(key) ?? []).filter((other) => other !== binding);
    this.#leaveRecords(key, [binding], left);
    if (left.length > 0) this.#byContact.set(key, left);
    else this.#byContact.delete(key);
    if (binding.outbound !== undefined && left.every(({ outbound }) => outbound !== binding.outbound)) {
      this.#byClient.delete(binding.outbound);
    }
    if (left.some(({ flow }) => flow === binding.flow)) return;
    const keys = this.#byFlow.get(binding.flow);
    keys?.delete(key);
    if (keys?.size === 0) this.#byFlow.delete(binding.flow);
  }
}
