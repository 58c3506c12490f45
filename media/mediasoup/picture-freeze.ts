/**
 * Whether a browser's picture has stopped on its way to us although it is sent and the sound goes on. Where everything is lost no loss is
 * counted: nothing new comes to count from. So what the browser says it has sent is compared with what came. Pure.
 */

/** What a browser says in a sender report (RFC 3550 section 6.4.1) that it has sent, and what had come by then. */
export interface Claim {
  readonly at: number;
  readonly claimed: number;
  readonly came: number;
}

/** Fewer packets than these say nothing. */
const fewest = 8;
/** Less than this share is what receiver reports tell better, and what may still be on its way. */
const heavy = 0.5;
/** Browsers report every second or so: an older claim is none. */
const freshMs = 4000;

/** What was lost on the way to us between two reports, 0 to 1. */
export class ClaimedLoss {
  #last: Claim | undefined;
  #loss = 0;

  /** A sender report has come. */
  report(claim: Claim): void {
    const before = this.#last;
    this.#last = claim;
    const claimed = claim.claimed - (before?.claimed ?? claim.claimed);
    const came = claim.came - (before?.came ?? claim.came);
    const share = claimed < fewest ? 0 : 1 - Math.max(0, came) / claimed;
    this.#loss = share >= heavy ? share : 0;
  }

  at(now: number): number {
    return this.#last !== undefined && now - this.#last.at <= freshMs ? this.#loss : 0;
  }
}
