/** How the server's facts reach the ledger: the subject of every personal field is the caller's number. */
import type { Clock } from '../base/clock.ts';
import type { CallRow, CallState, LedgerPort } from './calls/index.ts';
import type { Append, Ledger, Row, Snapshot } from './ledger/index.ts';

/** Version of the snapshots' shapes; see `recovery.ts` for upcasting. */
export const snapshotVersion = 1;

/** A state as the ledger takes it: plain JSON by construction. */
function asJson(state: object): Record<string, unknown> {
  return { ...state };
}

/** The number of the party outside: who called, or who is called. */
export function partyOf({ dial, from, to }: CallState): string {
  return dial === null ? from : to;
}

export class Rows implements LedgerPort {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  /** Whose call it is (the party outside), for rows that come without the call's state. */
  readonly #parties = new Map<string, string>();

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** The rows of one transition and the call's snapshot. The number of the party outside is the subject of both. */
  async append(callId: string, rows: readonly CallRow[], snapshot: CallState | null): Promise<void> {
    if (snapshot !== null) this.#parties.set(callId, partyOf(snapshot));
    const subject = this.subjectOfCall(callId);
    const snapshots: Snapshot[] = [
      {
        kind: 'call',
        id: callId,
        version: snapshotVersion,
        state: snapshot === null ? null : asJson(snapshot),
        ...(subject === undefined ? {} : { subject }),
      },
    ];
    const at = this.#clock.now();
    await this.#ledger.append(
      rows.map((row) => this.#rowOf(row, callId, subject, at)),
      snapshots,
    ).written;
  }

  /** One fact, with the snapshots that go with it. */
  put(row: CallRow & { readonly callId?: string }, snapshots: readonly Snapshot[] = []): Append {
    const subject = row.callId === undefined ? undefined : this.subjectOfCall(row.callId);
    return this.#ledger.append([this.#rowOf(row, row.callId, subject, this.#clock.now())], snapshots);
  }

  /** Snapshots that changed without a fact worth a row. */
  snapshotOnly(snapshots: readonly Snapshot[]): Append {
    return this.#ledger.append([], snapshots);
  }

  /** The subject of a call's personal fields: the party outside, whoever called whom. */
  subjectOfCall(callId: string): string | undefined {
    const from = this.#parties.get(callId);
    return from === undefined ? undefined : this.#ledger.subjectOf(from);
  }

  /** Names the party outside of a call before its first row. */
  callBegan(callId: string, party: string): void {
    this.#parties.set(callId, party);
  }

  callOver(callId: string): void {
    this.#parties.delete(callId);
  }

  #rowOf(row: CallRow, callId: string | undefined, subject: string | undefined, at: number): Row {
    const { type, facts, personal, agentId } = row;
    return {
      type,
      at,
      facts,
      ...(callId === undefined ? {} : { callId }),
      ...(agentId === undefined ? {} : { agentId }),
      ...(personal === undefined || subject === undefined ? {} : { personal: { subject, fields: personal } }),
    };
  }
}
