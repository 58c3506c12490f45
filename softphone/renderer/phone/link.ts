/** The phone's registration: socket, REGISTER, and how both come back after a loss. A call in progress does not care. */
import { assertNever } from '../../../base/assert-never.ts';

export type Link =
  | { readonly type: 'off' }
  | { readonly type: 'connecting'; readonly attempt: number }
  | { readonly type: 'registering'; readonly attempt: number }
  | { readonly type: 'registered' }
  /** The next attempt is armed. `status`: the SIP answer that refused the last one, if it was answered. */
  | { readonly type: 'waiting'; readonly attempt: number; readonly connected: boolean; readonly status?: number };

export type LinkEvent =
  | { readonly type: 'started' }
  | { readonly type: 'stopped' }
  | { readonly type: 'socket-opened' }
  | { readonly type: 'socket-closed' }
  | { readonly type: 'registered' }
  | { readonly type: 'register-refused'; readonly status: number }
  | { readonly type: 'registration-lost' }
  | { readonly type: 'retry-elapsed' };

export type LinkEffect =
  | { readonly type: 'connect' }
  | { readonly type: 'register' }
  | { readonly type: 'renew-credentials' }
  | { readonly type: 'arm-retry'; readonly delayMs: number }
  | { readonly type: 'disarm-retry' }
  | { readonly type: 'unregister' };

interface LinkStep {
  readonly link: Link;
  readonly effects: readonly LinkEffect[];
}

/** An engine that died is back within a second, so it is asked often at first. */
const firstWaitsMs = [0, 250, 250, 500, 500, 1000, 1000, 1000, 1000, 1000, 2000, 4000, 8000] as const;
const longestWaitMs = 10_000;

/** The wait before the next attempt, after `attempt` failed ones: at once, seven times in the next four seconds, much later doubling. */
export function retryDelay(attempt: number): number {
  return firstWaitsMs[attempt] ?? longestWaitMs;
}

/** What the registration does next. Pure and total. */
export function linkTransition(link: Link, event: LinkEvent): LinkStep {
  switch (event.type) {
    case 'started':
      return link.type === 'off' ? connect(0) : { link, effects: [] };
    case 'stopped':
      return { link: { type: 'off' }, effects: [{ type: 'disarm-retry' }, { type: 'unregister' }] };
    case 'socket-opened':
      return link.type === 'connecting' ? register(link.attempt) : { link, effects: [] };
    case 'socket-closed':
      return link.type === 'off' || (link.type === 'waiting' && !link.connected)
        ? { link, effects: [] }
        : wait(attemptsOf(link), false);
    case 'registered':
      return link.type === 'registering' || (link.type === 'waiting' && link.connected)
        ? { link: { type: 'registered' }, effects: [{ type: 'disarm-retry' }] }
        : { link, effects: [] };
    case 'register-refused':
      return refused(link, event.status);
    case 'registration-lost':
      return link.type === 'registered' ? wait(0, true) : { link, effects: [] };
    case 'retry-elapsed':
      if (link.type !== 'waiting') return { link, effects: [] };
      return link.connected ? register(link.attempt) : connect(link.attempt);
    default:
      return assertNever(event);
  }
}

function connect(attempt: number): LinkStep {
  return { link: { type: 'connecting', attempt }, effects: [{ type: 'connect' }] };
}

function register(attempt: number): LinkStep {
  return { link: { type: 'registering', attempt }, effects: [{ type: 'register' }] };
}

function attemptsOf(link: Link): number {
  return link.type === 'connecting' || link.type === 'registering' || link.type === 'waiting' ? link.attempt + 1 : 0;
}

function wait(attempt: number, connected: boolean, status?: number): LinkStep {
  const link: Link = { type: 'waiting', attempt, connected, ...(status === undefined ? {} : { status }) };
  return { link, effects: [{ type: 'arm-retry', delayMs: retryDelay(attempt) }] };
}

/** RFC 3261 section 22.2: credentials refused once are refused for ever, so new ones are minted before the next try. */
function refused(link: Link, status: number): LinkStep {
  if (link.type !== 'registering') return { link, effects: [] };
  const next = wait(link.attempt + 1, true, status);
  const stale = status === 401 || status === 403 || status === 407;
  return stale ? { link: next.link, effects: [{ type: 'renew-credentials' }, ...next.effects] } : next;
}
