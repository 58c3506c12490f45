/**
 * Our registration with a carrier (RFC 3261 section 10.2): asked for, refreshed before it runs out, moved to the next target
 * when one fails. Pure and total; deadlines are data.
 */
import { assertNever } from '../../../base/assert-never.ts';
import type { Challenge } from './digest-client.ts';
import type { RegistrationPhase } from './facts.ts';

export interface RegistrationState {
  readonly phase: RegistrationPhase;
  /** Which target, of `targets`. */
  readonly target: number;
  readonly targets: number;
  /** What is asked for. */
  readonly seconds: number;
  readonly expiresAt: number | null;
  readonly due: number | null;
  /** The last challenges; answered at once in later requests, so that a refresh needs no second trip. */
  readonly challenges: Challenges | null;
  /** Challenges in a row: a password that is wrong must not go round for ever. */
  readonly challenged: number;
  /** Times it failed at every target. */
  readonly rounds: number;
  readonly failedInRound: number;
  /** Why it is not registered. */
  readonly reason: string | null;
}

export interface Challenges {
  /** The header that answers. */
  readonly header: 'Authorization' | 'Proxy-Authorization';
  readonly list: readonly Challenge[];
}

export type RegistrationEvent =
  | { readonly type: 'due' }
  | {
      readonly type: 'answered';
      readonly status: number;
      readonly challenges: Challenges | null;
      /** Granted in a 200. */
      readonly granted: number | null;
      /** Min-Expires of a 423. */
      readonly least: number | null;
      readonly retryAfter: number | null;
    }
  | { readonly type: 'ended' };

/** `ask`: send a REGISTER for so many seconds to that target; its outcome is `answered` (408 when there is none). */
export interface Ask {
  readonly target: number;
  readonly seconds: number;
  readonly challenges: Challenges | null;
}

export interface RegistrationStep {
  readonly state: RegistrationState;
  readonly ask: Ask | null;
}

const firstWaitMs = 5000;
const longestWaitMs = 300_000;

function ask(state: RegistrationState): RegistrationStep {
  const { target, seconds, challenges } = state;
  return { state: { ...state, phase: 'asking', due: null }, ask: { target, seconds, challenges } };
}

const quiet = (state: RegistrationState): RegistrationStep => ({ state, ask: null });

/** Begins: the first REGISTER goes out at once. */
export function beginRegistration(targets: number, seconds: number): RegistrationStep {
  return ask({
    ...{ phase: 'asking', target: 0, targets, seconds, expiresAt: null, due: null, challenges: null },
    ...{ challenged: 0, rounds: 0, failedInRound: 0, reason: null },
  });
}

/** The next state, and the REGISTER to send, if any. */
export function registrationStep(state: RegistrationState, event: RegistrationEvent, now: number): RegistrationStep {
  switch (event.type) {
    case 'due':
      return state.phase === 'ended' || state.phase === 'asking' ? quiet(state) : ask({ ...state, challenged: 0 });
    case 'answered':
      return state.phase === 'asking' ? answered(state, event, now) : quiet(state);
    case 'ended':
      return state.phase === 'registered' || state.expiresAt !== null
        ? {
            state: { ...state, phase: 'ended', due: null },
            ask: { target: state.target, seconds: 0, challenges: state.challenges },
          }
        : quiet({ ...state, phase: 'ended', due: null });
    default:
      return assertNever(event);
  }
}

function answered(
  state: RegistrationState,
  event: Extract<RegistrationEvent, { type: 'answered' }>,
  now: number,
): RegistrationStep {
  const { status, challenges, granted, least } = event;
  if (status >= 200 && status < 300) return granting(state, granted ?? state.seconds, now);
  if ((status === 401 || status === 407) && challenges !== null && state.challenged < 2)
    return ask({ ...state, challenges, challenged: state.challenged + 1 });
  // RFC 3261 section 10.3: the registrar wants it longer.
  if (status === 423 && least !== null && least > state.seconds)
    return ask({ ...state, seconds: least, challenged: 0 });
  const wrong = status === 401 || status === 403 || status === 407;
  return failed(state, wrong ? `${status}: user or password` : String(status), event.retryAfter, now);
}

function granting(state: RegistrationState, seconds: number, now: number): RegistrationStep {
  if (seconds <= 0) return failed(state, 'not granted', null, now);
  // Early enough for a second try, late enough not to be a burden.
  const lead = seconds > 120 ? 60 : seconds / 2;
  return quiet({
    ...state,
    ...{ phase: 'registered', expiresAt: now + seconds * 1000, due: now + (seconds - lead) * 1000 },
    ...{ challenged: 0, rounds: 0, failedInRound: 0, reason: null },
  });
}

/** The next target at once; after the last one a wait that doubles. */
function failed(state: RegistrationState, reason: string, retryAfter: number | null, now: number): RegistrationStep {
  const target = (state.target + 1) % Math.max(1, state.targets);
  const failedInRound = state.failedInRound + 1;
  const lost = { ...state, target, failedInRound, reason, challenges: null, challenged: 0 };
  const expiresAt = state.expiresAt !== null && state.expiresAt > now ? state.expiresAt : null;
  if (failedInRound < state.targets) return ask({ ...lost, expiresAt });
  const wait = Math.max(
    Math.min(firstWaitMs * 2 ** Math.min(state.rounds, 10), longestWaitMs),
    (retryAfter ?? 0) * 1000,
  );
  return quiet({ ...lost, expiresAt, phase: 'waiting', due: now + wait, rounds: state.rounds + 1, failedInRound: 0 });
}
