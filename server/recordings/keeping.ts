/** How long recordings are kept: legal hold, removal, erasure, retention. */
import { makeProblem, type Problem } from '../../protocol/problems/index.ts';
import type { Archive } from './archive.ts';
import { isExpired, type RecordingFacts, recordingOf } from './facts.ts';
import type { RecordingLedger } from './ports.ts';

export interface KeepingOptions {
  readonly archive: Archive | undefined;
  readonly ledger: RecordingLedger;
}

export class Keeping {
  readonly #options: KeepingOptions;

  constructor(options: KeepingOptions) {
    this.#options = options;
  }

  /** Legal hold: nothing removes it until it is released. Resolves when durable. */
  async hold(callId: string, held: boolean, by: string): Promise<Problem | undefined> {
    const facts = this.#there(callId);
    if (facts === undefined) return makeProblem('no-recording');
    if (facts.held === held) return undefined;
    const type = held ? 'recording-held' : 'recording-released';
    await this.#options.ledger.put({ type, callId, facts: { recording: facts.recordingId, by } }).durable;
    return undefined;
  }

  /** Removes a recording for good. Resolves when durable. */
  async remove(callId: string, by: string, reason = 'asked'): Promise<Problem | undefined> {
    const facts = this.#there(callId);
    if (facts === undefined) return makeProblem('no-recording');
    const { held, recordingId: recording, state } = facts;
    if (held) return makeProblem('recording-held');
    if (state === 'recording') return makeProblem('recording-not-now', { state });
    this.#options.archive?.remove(recording);
    await this.#options.ledger.put({ type: 'recording-removed', callId, facts: { recording, by, reason } }).durable;
    return undefined;
  }

  /** A person is erased: the recordings of their calls go, those under legal hold stay. Gives how many of each. */
  async erase(callIds: readonly string[]): Promise<{ readonly removed: number; readonly held: number }> {
    let removed = 0;
    let held = 0;
    for (const callId of callIds) {
      const problem = await this.remove(callId, 'erasure', 'erased');
      if (problem === undefined) removed++;
      else if (problem.code === 'recording-held') held++;
    }
    return { removed, held };
  }

  /** Removes what is older than its queue wants it kept, and what an erasure without this server left behind. */
  async applyRetention(callIds: readonly string[], now: number): Promise<void> {
    for (const callId of callIds) {
      const rows = this.#options.ledger.rows(callId);
      const facts = recordingOf(rows);
      if (rows.some(({ erased }) => erased)) await this.remove(callId, 'erasure', 'erased');
      else if (facts !== undefined && isExpired(facts, now)) await this.remove(callId, 'retention', 'retention');
    }
  }

  #there(callId: string): RecordingFacts | undefined {
    const facts = recordingOf(this.#options.ledger.rows(callId));
    return facts?.state === 'removed' ? undefined : facts;
  }
}
