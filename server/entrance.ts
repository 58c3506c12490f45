/** Where INVITEs that the SIP side lets through come in: turned away while we cannot serve them, else handed to whom they concern. */
import { spread } from '../base/spread.ts';
import type { Calls } from './calls/index.ts';
import type { Ledger } from './ledger/index.ts';
import type { MediaCapacity } from './media-capacity.ts';
import type { Outbound } from './outbound.ts';
import type { Rows } from './rows.ts';
import type { Invite, Refusal } from './sip/index.ts';
import type { Transfers } from './transfers.ts';
import { signalsOf } from './trunk-plan.ts';
import type { WebCalls } from './web-calls.ts';

/** Whom an INVITE may concern. */
export interface EntranceOptions {
  readonly ledger: Pick<Ledger, 'health'>;
  readonly rows: Rows;
  readonly calls: Calls;
  readonly outbound: Outbound;
  readonly transfers: Transfers;
  readonly web: WebCalls;
  /** Whether calls are taken, and their audio. */
  readonly open: boolean;
  readonly capacity: Pick<MediaCapacity, 'turnAway'>;
  /** No call lasts longer, ms. */
  readonly longestMs: number;
}

/** Null when it was taken in; `Retry-After` differs from call to call, so that not all come back in one moment. */
export function enter(invite: Invite, options: EntranceOptions): Refusal | null {
  const { ledger, rows, calls, outbound, transfers, capacity, longestMs } = options;
  const { callId, from, to, transport, sdp, origin } = invite;
  const health = ledger.health();
  if (!health.writable) return away(callId, `the ledger cannot be written (${health.reason ?? 'unknown'})`);
  if (!options.open) return away(callId, 'starting');
  if (invite.replaces !== undefined) return transfers.replace(invite, invite.replaces);
  if (origin.type === 'agent' && calls.get(callId) !== undefined) return transfers.fromPhone(invite);
  const full = capacity.turnAway(callId);
  if (full !== null) return full;
  if (origin.type === 'agent') return outbound.fromPhone(origin.agentId, invite);
  if (origin.type === 'guest') {
    const refusal = options.web.refusal(origin.pass);
    if (refusal !== null) return refusal;
  }
  rows.callBegan(callId, from);
  const called = origin.type === 'guest' ? options.web.calledBy(origin.pass) : to;
  calls.admit({ callId, from, to: called, transport, longestMs, signals: signalsOf(invite) }, sdp);
  return null;
}

function away(callId: string, text: string): Refusal {
  const headers = { 'Retry-After': String(spread(callId, 3, 8)), Reason: `SIP;cause=503;text="${text}"` };
  return { status: 503, reason: 'Service Unavailable', headers };
}
