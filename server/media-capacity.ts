/** Whether the media node takes new calls, as it says itself, and how many were turned away because it does not. */
import { spread } from '../base/spread.ts';
import { mediaFullTexts, type MediaFull } from '../protocol/media.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import type { Refusal } from './sip/index.ts';

export class MediaCapacity {
  readonly #refused = new Map<MediaFull, number>();
  #full: MediaFull | null = null;

  /** Why it takes none; null: it does. */
  get full(): MediaFull | null {
    return this.#full;
  }

  /** Calls turned away since the start of this server, by reason. */
  get refused(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refused);
  }

  /** What the node says of itself. */
  told(full: MediaFull | null): void {
    this.#full = full;
  }

  /** Another start of the node, which has not said anything yet. */
  restarted(): void {
    this.#full = null;
  }

  /** The answer to the INVITE of a new call; null: it is taken. `Retry-After` differs from call to call. */
  turnAway(callId: string): Refusal | null {
    const full = this.#full;
    if (full === null) return null;
    this.#refused.set(full, (this.#refused.get(full) ?? 0) + 1);
    const text = `the media node takes no new calls: ${mediaFullTexts[full].en}`;
    const headers = { 'Retry-After': String(spread(callId, 3, 8)), Reason: `SIP;cause=503;text="${text}"` };
    return { status: 503, reason: 'Service Unavailable', headers };
  }

  /** Why an agent cannot call now. */
  get problem(): Problem | undefined {
    const full = this.#full;
    if (full === null) return undefined;
    const { en, zh } = mediaFullTexts[full];
    return makeProblem('media-full', { reason: en, reasonZh: zh });
  }

  /** For the status. */
  get detail(): string {
    return this.#full === null ? 'connected' : `connected; takes no new calls: ${mediaFullTexts[this.#full].en}`;
  }
}
