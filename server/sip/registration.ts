/** What a REGISTER asks for and what becomes of an address of record by it: RFC 3261 section 10.3, pure. */
import { hash } from 'node:crypto';
import type { AgentId } from '../../protocol/ids.ts';
import type { Binding, SipTransport } from './ports.ts';

/** One contact of a REGISTER. `seconds`: how long it asks for, 0 to unbind. */
export interface AskedContact {
  readonly uri: string;
  readonly seconds: number;
  readonly instance: string | null;
  readonly regId: number | null;
}

/** A REGISTER of somebody who has shown their password. */
export interface Registration {
  readonly agentId: AgentId;
  readonly record: string;
  readonly account: string;
  readonly device: string | null;
  /** `Contact: *`. */
  readonly all: boolean;
  readonly contacts: readonly AskedContact[];
  readonly callId: string;
  readonly cseq: number;
  readonly path: readonly string[];
  readonly transport: SipTransport;
  readonly source: string;
  /** The way it came, as `flowOf` writes it. */
  readonly flow: string;
  readonly userAgent: string;
}

export interface RegistrationLimits {
  readonly shortestInSeconds: number;
  /** The longest a browser's and a phone's contact is kept without a refresh. */
  readonly longestInSeconds: { readonly webrtc: number; readonly sip: number };
  /** Contacts of one address of record; the one refreshed longest ago makes room. */
  readonly mostContacts: number;
}

/** The bindings of the address of record from now on, or the answer that refuses; nothing changes then. */
export type Outcome =
  | { readonly type: 'bound'; readonly bindings: readonly Binding[] }
  | { readonly type: 'refused'; readonly status: 400 | 403 | 423 | 500; readonly reason: string };

/** RFC 3261 section 10.3: shorter times than an hour may be refused as too brief. */
const anHour = 3600;

/** Applies a REGISTER to the bindings of its address of record: all of it or nothing. `newId` names a new device. */
export function applyRegistration(
  before: readonly Binding[],
  asked: Registration,
  limits: RegistrationLimits,
  now: number,
  newId: () => string,
): Outcome {
  if (asked.all) return unbindAll(before, asked);
  if (asked.contacts.length > limits.mostContacts) return refused(403, 'Too Many Contacts');
  let bindings = before.filter((binding) => binding.expiresAt > now);
  for (const contact of asked.contacts) {
    const { seconds } = contact;
    if (seconds > 0 && seconds < limits.shortestInSeconds && seconds < anHour)
      return refused(423, 'Interval Too Brief');
    const old = bindings.find((binding) => isSameDevice(binding, contact));
    if (old?.callId === asked.callId && asked.cseq <= old.cseq) return refused(500, 'CSeq Too Low');
    const others = bindings.filter((binding) => !isSameDevice(binding, contact));
    bindings = seconds === 0 ? others : [...others, bind(asked, contact, limits, now, old, newId)];
  }
  return { type: 'bound', bindings: bindings.slice(-limits.mostContacts) };
}

function refused(status: 400 | 403 | 423 | 500, reason: string): Outcome {
  return { type: 'refused', status, reason };
}

/** RFC 3261 section 10.3 step 6: every binding with the same Call-ID must have been made by an older request. */
function unbindAll(before: readonly Binding[], asked: Registration): Outcome {
  const late = before.some((binding) => binding.callId === asked.callId && asked.cseq <= binding.cseq);
  return late ? refused(500, 'CSeq Too Low') : { type: 'bound', bindings: [] };
}

/** RFC 5626 section 6: an instance and its reg-id are one device, whatever its contact; else the contact is. */
function isSameDevice(binding: Binding, contact: AskedContact): boolean {
  if (contact.instance !== null && contact.instance === binding.instance && contact.regId === binding.regId)
    return true;
  return keyOf(binding.contact) === keyOf(contact.uri);
}

function bind(
  asked: Registration,
  contact: AskedContact,
  limits: RegistrationLimits,
  now: number,
  old: Binding | undefined,
  newId: () => string,
): Binding {
  const { agentId, record, account, device, callId, cseq, path, transport, source, flow, userAgent } = asked;
  const kind = isBrowser(transport, contact.uri) ? 'webrtc' : 'sip';
  const seconds = Math.min(contact.seconds, limits.longestInSeconds[kind]);
  return {
    ...{ agentId, record, account, device, kind, callId, cseq, path, transport, source, flow, userAgent },
    id: old?.id ?? (kind === 'webrtc' ? pageId(record, contact.uri) : newId()),
    contact: contact.uri,
    instance: contact.instance,
    regId: contact.regId,
    since: old?.reachable === true ? old.since : now,
    refreshedAt: now,
    expiresAt: now + seconds * 1000,
    reachable: true,
  };
}

/** WebRTC phones register over WebSocket; behind a proxy only their contact tells. */
function isBrowser(transport: SipTransport, contact: string): boolean {
  return transport === 'ws' || transport === 'wss' || /;transport=wss?\b|\.invalid\b/i.test(contact);
}

/**
 * A page makes its contact up when it is loaded and keeps it for as long as it lives: with the connection lost and made
 * anew it is the same device, loaded again it is another one.
 */
function pageId(record: string, contact: string): string {
  return hash('sha256', `${record} ${keyOf(contact)}`, 'base64url').slice(0, 22);
}

/** What tells two contacts apart: user and host, without parameters. */
export function keyOf(contact: string): string {
  return /sips?:([^;>?\s]+)/i.exec(contact)?.[1]?.toLowerCase() ?? contact.toLowerCase();
}
