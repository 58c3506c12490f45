import type { Clock } from '../../base/clock.ts';
import { makeProblem, type Problem } from '../../protocol/problems/index.ts';
import type { Crm } from '../crm/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Store } from '../store/index.ts';
import type { Idempotency } from './idempotency.ts';
import type { Gate, LoginGuard } from './login-guard.ts';
import type { Metrics } from './metrics.ts';
import type { LivePort } from './ports.ts';
import type { Turnstile } from './turnstile.ts';
import type { Answer } from './route.ts';

/** What the routes work with. */
export interface Context {
  readonly ledger: Ledger;
  readonly store: Store;
  readonly crm: Crm;
  readonly live: LivePort;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly guard: LoginGuard;
  readonly turnstile: Turnstile;
  readonly idempotency: Idempotency;
  readonly passwordGate: Gate;
  /** How long a login lasts, ms. */
  readonly tokenLifetimeMs: number;
}

export function done<B>(body: B, status = 200): Answer<B> {
  return { status, body };
}

export function refuse(problem: Problem): { readonly problem: Problem } {
  return { problem };
}

export function notFound(what: string): { readonly problem: Problem } {
  return refuse(makeProblem('not-found', { what }));
}
