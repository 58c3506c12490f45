import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Cdr } from '../cdr/cdr.ts';
import type { Apps } from '../control/apps.ts';
import type { Dialogs } from '../dialog/dialog.ts';
import type { SessionPolicy } from '../dialog/session-negotiation.ts';
import type { Rings } from '../journal/rings.ts';
import type { EngineLimits } from '../limits.ts';
import type { Resolver } from '../resolve/resolver.ts';
import type { TimerValues } from '../transaction/timers.ts';
import type { TransactionLayer } from '../transaction/transaction-layer.ts';
import type { Bindings } from '../transport/bindings.ts';
import type { TransportLayer } from '../transport/transport-layer.ts';
import type { LatePracks } from './late-pracks.ts';
import type { ParkingLot } from './parking-lot.ts';

/** How the engine behaves beyond RFC 3261's timers; all in milliseconds. */
export interface EnginePatience {
  /** What waited for an app comes this long after it connected, or srf's user is not there yet. */
  readonly echoLead: number;
  /** How long a request to a parked dialog waits for the app to come back. */
  readonly parkingGrace: number;
  /** How long a parked dialog lives. */
  readonly parkingLease: number;
  /** How long a TCP connection may take to stand. */
  readonly connect: number;
  /** How long somebody asked by HTTP may take to answer. */
  readonly question: number;
  /** A connection that carries nothing for so long is closed, unless a binding or a dialog counts on it. 0: never. */
  readonly idle: number;
  /** How long a target that says nothing at all is waited for when there is another one to try. */
  readonly nextTarget: number;
  /** How often a client of RFC 5626 must be heard of (`Flow-Timer`). */
  readonly flowTimer: number;
}

/** The parts of the engine, as the user agents see them. */
export interface EngineContext {
  readonly clock: Clock;
  readonly log: Logger;
  readonly timers: TimerValues;
  readonly patience: EnginePatience;
  readonly session: SessionPolicy;
  /** Extensions that requests may require; `*` for any. */
  readonly supports: ReadonlySet<string>;
  readonly transport: TransportLayer;
  readonly resolver: Resolver;
  readonly limits: EngineLimits;
  readonly transactions: TransactionLayer;
  readonly dialogs: Dialogs;
  readonly latePracks: LatePracks;
  readonly bindings: Bindings;
  readonly apps: Apps;
  readonly cdr: Cdr;
  readonly lot: ParkingLot;
  /** What was taken up from the journal; absent without one. */
  readonly recovery?: { readonly unsure: boolean } | undefined;
  /** Who writes down what rings; absent without a journal. */
  readonly rings?: Rings | undefined;
}
