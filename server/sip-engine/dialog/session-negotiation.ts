import { readNumber, readParameters } from '../parser/characters.ts';
import { headerOf, headersOf } from '../parser/message.ts';
import type { Header } from '../parser/message.ts';

/** What the engine wants of session timers by itself; seconds, as in the headers. */
export interface SessionPolicy {
  /** Session-Expires where the app asks for nothing; 0 leaves it to apps and peers. */
  readonly expires: number;
  /** The shortest interval we agree to. RFC 4028 section 4 forbids less than 90 outside of tests. */
  readonly min: number;
}

/** A Session-Expires value. */
export interface SessionExpires {
  readonly seconds: number;
  /** Seen from the transaction that carries it: `uac` is whoever sent the request. */
  readonly refresher: 'uac' | 'uas' | undefined;
}

interface Headed {
  readonly headers: readonly Header[];
}

/** Reads Session-Expires; undefined when absent or unreadable. */
export function readSessionExpires(message: Headed): SessionExpires | undefined {
  const value = headerOf(message, 'Session-Expires');
  if (value === undefined) return undefined;
  const [first = '', ...rest] = value.split(';');
  const seconds = readNumber(first.trim());
  if (seconds === undefined || seconds === 0) return undefined;
  const refresher = readParameters(rest.join(';')).get('refresher')?.toLowerCase();
  return { seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
}

/** Reads Min-SE; undefined when absent or unreadable. */
export function readMinSe(message: Headed): number | undefined {
  return readNumber((headerOf(message, 'Min-SE') ?? '').split(';')[0]?.trim() ?? '');
}

/** True when Supported or Require names an extension. */
export function namesOption(message: Headed, option: string, ...headers: readonly string[]): boolean {
  const values = headers.flatMap((header) => headersOf(message, header));
  return values.some((value) => value.split(',').some((tag) => tag.trim().toLowerCase() === option));
}

function supportsTimer(message: Headed): boolean {
  return namesOption(message, 'timer', 'Supported', 'Require');
}

/** RFC 4028 section 9: an interval below ours is 422, unless a proxy put it in for a client that would not understand. */
export function tooShort(request: Headed, policy: SessionPolicy): boolean {
  const asked = readSessionExpires(request);
  return asked !== undefined && asked.seconds < policy.min && supportsTimer(request);
}

/** What is in force in a dialog: null before the first agreement, undefined when there is none. */
export interface SessionNow {
  readonly seconds: number;
  readonly refresher: 'us' | 'peer';
}

/** What a 2xx of ours says. */
export interface SessionAnswer {
  readonly seconds: number;
  readonly refresher: 'uac' | 'uas';
  /** Require: timer goes with it. */
  readonly require: boolean;
}

/**
 * The session timer of a 2xx to INVITE or UPDATE, RFC 4028 section 9 and its table 2. `wish` is what the app put into
 * its answer, `now` what is in force in the dialog. `alone`: nobody asked and the peer knows no timers, but the engine
 * wants to know whether it lives.
 */
export function answerSession(
  request: Headed,
  wish: SessionExpires | undefined,
  policy: SessionPolicy,
  now: SessionNow | undefined,
  inside: boolean,
): SessionAnswer | { readonly alone: number } | undefined {
  const asked = readSessionExpires(request);
  const supported = supportsTimer(request);
  const standing = inside ? 0 : policy.expires;
  if (wish === undefined && asked === undefined && now === undefined) {
    if (standing === 0) return undefined;
    if (!supported) return { alone: Math.max(standing, policy.min) };
  }
  const floor = Math.max(policy.min, readMinSe(request) ?? 0);
  const wanted = wish?.seconds ?? reduced(asked, policy) ?? now?.seconds ?? standing;
  // A UAS may lower what was asked for, down to Min-SE, and never raise it.
  const seconds = Math.min(Math.max(wanted, floor), asked?.seconds ?? Number.MAX_SAFE_INTEGER);
  if (!supported) return { seconds, refresher: 'uas', require: false };
  return { seconds, refresher: asked?.refresher ?? chosen(wish, asked, now), require: true };
}

function reduced(asked: SessionExpires | undefined, policy: SessionPolicy): number | undefined {
  if (asked === undefined) return undefined;
  return policy.expires === 0 ? asked.seconds : Math.min(asked.seconds, policy.expires);
}

function chosen(
  wish: SessionExpires | undefined,
  asked: SessionExpires | undefined,
  now: SessionNow | undefined,
): 'uac' | 'uas' {
  if (wish !== undefined) return wish.refresher ?? 'uac';
  if (now !== undefined) return now.refresher === 'us' ? 'uas' : 'uac';
  return asked === undefined ? 'uas' : 'uac';
}

/** The session timer of an INVITE or UPDATE of ours, RFC 4028 sections 7.1 and 7.4; undefined when it asks for none. */
export function proposeSession(
  request: Headed,
  policy: SessionPolicy,
  now: SessionNow | undefined,
  inside: boolean,
): SessionExpires | undefined {
  const wish = readSessionExpires(request);
  if (wish !== undefined) return { ...wish, seconds: Math.max(wish.seconds, policy.min, readMinSe(request) ?? 0) };
  if (now !== undefined) {
    return { seconds: Math.max(now.seconds, policy.min), refresher: now.refresher === 'us' ? 'uac' : 'uas' };
  }
  if (inside || policy.expires === 0) return undefined;
  // Whoever was challenged cannot refresh by itself: the engine does not know the app's password.
  const challenged = request.headers.some(({ name }) => name === 'Authorization' || name === 'Proxy-Authorization');
  return { seconds: Math.max(policy.expires, policy.min), refresher: challenged ? 'uas' : undefined };
}

/** `1800;refresher=uac`. */
export function writeSessionExpires(value: SessionExpires): string {
  return value.refresher === undefined ? String(value.seconds) : `${value.seconds};refresher=${value.refresher}`;
}

/** Sets the session headers of a request of ours, in place. */
export function headRequest(headers: Header[], session: SessionExpires, policy: SessionPolicy): void {
  const least = Math.max(policy.min, readMinSe({ headers }) ?? 0);
  set(headers, 'Session-Expires', writeSessionExpires(session));
  set(headers, 'Min-SE', String(least));
  addOption(headers, 'Supported', 'timer');
}

/** Sets the session headers of a 2xx of ours, in place. */
export function headAnswer(headers: Header[], session: SessionAnswer): void {
  set(headers, 'Session-Expires', writeSessionExpires(session));
  if (session.require) addOption(headers, 'Require', 'timer');
}

function set(headers: Header[], name: string, value: string): void {
  const at = headers.findIndex((header) => header.name === name);
  if (at < 0) headers.push({ name, value });
  else headers[at] = { name, value };
}

function addOption(headers: Header[], name: 'Supported' | 'Require', option: string): void {
  if (namesOption({ headers }, option, name)) return;
  const at = headers.findIndex((header) => header.name === name);
  const found = headers[at];
  if (found === undefined) headers.push({ name, value: option });
  else headers[at] = { name, value: found.value.trim() === '' ? option : `${found.value}, ${option}` };
}
