/**
 * Whether a picture has stopped on its way to us or to a browser although it is sent and the sound goes on. Where everything is lost no
 * loss is counted: nothing new comes to count from. So what the browser says it has sent is compared with what came, and what it was
 * sent with what it says that it misses. Pure.
 */

/** What a browser says in a sender report (RFC 3550 section 6.4.1) that it has sent, and what had come by then. */
export interface Claim {
  readonly at: number;
  /** How long after the report was counted what had come, ms. */
  readonly lateMs?: number;
  readonly claimed: number;
  readonly came: number;
}

/** Fewer packets than these say nothing. */
const fewest = 8;
/** Less than this share is what receiver reports tell better, and what may still be on its way. */
const heavy = 0.5;
/** Browsers report every second or so: an older claim is none. */
const freshMs = 4000;

/** Counted later than this after its report, what had come is more than the report claims, and says nothing. */
const mostLateMs = 150;
/** So many reports back what had been lost in all is remembered: what came between a report and its counting makes it look less. */
const lookBack = 4;

/** What was lost on the way to us between two reports, 0 to 1. */
export class ClaimedLoss {
  #last: Claim | undefined;
  #loss = 0;
  /** What was claimed and had not come, at the last reports. */
  #missing: readonly number[] = [0];

  /** A sender report has come. */
  report(claim: Claim): void {
    if ((claim.lateMs ?? 0) > mostLateMs) return;
    const before = this.#last;
    this.#last = claim;
    const claimed = claim.claimed - (before?.claimed ?? claim.claimed);
    const missing = claim.claimed - claim.came;
    const lost = missing - Math.max(...this.#missing);
    this.#missing = [...this.#missing, missing].slice(-lookBack);
    const share = claimed < fewest ? 0 : Math.min(1, lost / claimed);
    this.#loss = share >= heavy ? share : 0;
  }

  at(now: number): number {
    return this.#last !== undefined && now - this.#last.at <= freshMs ? this.#loss : 0;
  }
}

/** Wishes for key frames that come closer together than this are of one and the same stretch in which a browser saw nothing. */
const together = 900;
/** They come twice a second: without another one the picture is there again. */
const wishMs = 2000;

/**
 * Whether a browser is sent a picture and gets none of it: it wishes for a key frame twice a second, and what was sent between two such
 * wishes cannot have come.
 */
export class MissedPicture {
  #first: number | undefined;
  #wishedAt = -Infinity;
  #missedAt = -Infinity;

  /** The browser wishes; `sent`: packets it was sent so far. */
  wish(now: number, sent: number): void {
    if (now - this.#wishedAt > together) this.#first = undefined;
    this.#wishedAt = now;
    this.#first ??= sent;
    if (sent - this.#first >= fewest) this.#missedAt = now;
  }

  /** Somebody else is shown: what was sent is counted from nothing. */
  reset(): void {
    this.#first = undefined;
    this.#missedAt = -Infinity;
  }

  /** The share lost, 0 or 1. */
  at(now: number): number {
    return now - this.#missedAt <= wishMs ? 1 : 0;
  }
}

/** Looks without a packet after which nothing came. */
const mostStill = 2;
/** The first receiver report after that may come a good second later, and stands until the next one. */
const outdatedMs = 3000;

/**
 * Whether what was lost is of long ago: where nothing came for a while (all was lost, or the picture had given way), the packets that
 * come again show what was lost before them, and the receiver report tells it as if it were now.
 */
export class Standstill {
  #packets: number | undefined;
  #still = 0;
  #until = -Infinity;

  /** A look at what has come so far; true while the losses that are told are outdated. */
  look(now: number, packets: number): boolean {
    const came = this.#packets !== undefined && packets > this.#packets;
    if (came && this.#still >= mostStill) this.#until = now + outdatedMs;
    this.#still = came ? 0 : this.#still + 1;
    this.#packets = packets;
    return now < this.#until;
  }
}
