import type { ReportBlock } from './reception.ts';
import { middleOfNtp, writeBye, writeReport, type Compound, type SenderCounts } from './rtcp.ts';

/** RFC 3550 section 6.2: the least time between reports of two who talk; the first comes after half of it. */
const intervalMs = 5000;
/** RFC 3550 section 6.3.1: makes up for timers that are looked at again when they fire. */
const compensation = Math.E - 1.5;
/** A round trip longer than this is a mistake of the far side's, or of its clock. */
const longestTripMs = 10_000;

/** What the far side last told of what it receives from us. */
export interface FarView {
  /** Share of our packets it lost since its report before, 0 to 1. */
  readonly lossRatio: number;
  /** Packets it lost since the beginning. */
  readonly lost: number;
  /** In samples. */
  readonly jitter: number;
}

/** A leg's RTCP: when to report, what to say, and what the far side says of what we send. */
export class Control {
  readonly #ssrc: number;
  readonly #random: () => number;
  #dueAtMs: number | undefined;
  #far: FarView | undefined;
  #roundTripMs: number | undefined;

  /** `random` (0 to 1) spreads the reports of legs that were opened together. */
  constructor(ssrc: number, random: () => number = Math.random) {
    this.#ssrc = ssrc;
    this.#random = random;
  }

  /** Is it time for a report? Asked again and again by `nowMs` that only grows. Yes sets the time of the next one. */
  due(nowMs: number): boolean {
    if (this.#dueAtMs === undefined) {
      this.#dueAtMs = nowMs + this.#interval(intervalMs / 2);
      return false;
    }
    if (nowMs < this.#dueAtMs) return false;
    this.#dueAtMs = nowMs + this.#interval(intervalMs);
    return true;
  }

  /** Takes a compound packet of the far side that arrived at `epochMs`. */
  take({ blocks }: Compound, epochMs: number): void {
    for (const block of blocks) if (block.ssrc === this.#ssrc) this.#heardOf(block, middleOfNtp(epochMs));
  }

  /** The report of this moment. */
  report(counts: SenderCounts, block: ReportBlock | undefined, epochMs: number): Buffer {
    return writeReport(this.#ssrc, counts, block, epochMs);
  }

  /** The last report, with a goodbye. */
  farewell(counts: SenderCounts, block: ReportBlock | undefined, epochMs: number): Buffer {
    return Buffer.concat([this.report(counts, block, epochMs), writeBye(this.#ssrc)]);
  }

  /** What the far side said last; undefined before its first report about us. */
  get far(): FarView | undefined {
    return this.#far;
  }

  /** Milliseconds there and back, by the last report that tells (RFC 3550 section 6.4.1). */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  #interval(least: number): number {
    return (least * (0.5 + this.#random())) / compensation;
  }

  #heardOf(block: ReportBlock, middle: number): void {
    this.#far = { lossRatio: block.fractionLost / 256, lost: block.lost, jitter: block.jitter };
    if (block.lastSenderReport === 0) return;
    const tripMs = (((middle - block.lastSenderReport - block.delaySinceLast) | 0) * 1000) / 65_536;
    // The grain of the far side's clock may make it a little less than nothing.
    if (tripMs < longestTripMs && tripMs > -50) this.#roundTripMs = Math.max(0, tripMs);
  }
}
