import { sequenceAhead, type RtpPacket } from './rtp.ts';

/** What a receiver report says of a source (RFC 3550 section 6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** Of 256, since the last report. */
  readonly fractionLost: number;
  readonly lost: number;
  readonly highestSequence: number;
  /** In samples. */
  readonly jitter: number;
  readonly lastSenderReport: number;
  /** In 1/65536 s. */
  readonly delaySinceLast: number;
}

/** What was received of a source since it began. */
export interface ReceptionTotals {
  readonly expected: number;
  readonly lost: number;
  /** In samples. */
  readonly jitter: number;
  /** Times that packets were missing, however many in a row. */
  readonly gaps: number;
  /** By how many millionths its clock runs faster than ours; absent until it was watched for {@link driftSpanMs}. */
  readonly driftPpm?: number;
}

/** A leap of the transit time by so many samples is a switch of source, not jitter, and begins a new look at its clock. */
const leap = 16_000;
/** The fastest packet of so many ms tells the clock; the queues that slow the others down do not. */
const driftWindowMs = 4000;
/** How long a clock is watched before something is said of it. */
const driftSpanMs = 20_000;

/** The transit time of the fastest packet of a while. */
interface Fastest {
  readonly sinceMs: number;
  readonly transit: number;
}

/** Counts what came from one source, as RFC 3550 appendix A.3 and A.8 say. A new SSRC starts a new count. */
export class Reception {
  #ssrc: number | undefined;
  #base = 0;
  #highest = 0;
  #received = 0;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #jitter = 0;
  #transit: number | undefined;
  #gaps = 0;
  #ticksPerMs = 8;
  /** Of the first while, the last whole one, and the present one. */
  #first: Fastest | undefined;
  #last: Fastest | undefined;
  #present: Fastest | undefined;
  #senderReport = 0;
  #senderReportAtMs = 0;

  /**
   * Counts a packet that arrived at `now` (media clock, ticks of the far side's clock, of which there are `ticksPerMs`). Returns true
   * if its source is a new one.
   */
  packet(packet: RtpPacket, now: number, ticksPerMs = 8): boolean {
    const fresh = packet.ssrc !== this.#ssrc;
    if (fresh) this.#restart(packet);
    this.#received++;
    const ahead = sequenceAhead(this.#highest & 0xffff, packet.sequence);
    if (ahead > 0) this.#highest += ahead;
    if (ahead > 1) this.#gaps++;
    const transit = (now - packet.timestamp) | 0;
    if (this.#transit !== undefined) {
      const change = Math.abs((transit - this.#transit) | 0);
      if (change < leap) this.#jitter += (change - this.#jitter) / 16;
      else this.#first = this.#last = this.#present = undefined;
    }
    this.#transit = transit;
    this.#watchClock(transit, now / ticksPerMs);
    this.#ticksPerMs = ticksPerMs;
    return fresh;
  }

  /** The source that is counted; undefined before its first packet. */
  get ssrc(): number | undefined {
    return this.#ssrc;
  }

  /** Remembers the middle bits of a sender report's NTP time. */
  senderReport(ntpMiddle: number, nowMs: number): void {
    this.#senderReport = ntpMiddle;
    this.#senderReportAtMs = nowMs;
  }

  /** The block for the next report, or undefined if nothing was ever received. */
  block(nowMs: number): ReportBlock | undefined {
    if (this.#ssrc === undefined) return undefined;
    const expected = this.#highest - this.#base + 1;
    const expectedNow = expected - this.#expectedPrior;
    const lostNow = expectedNow - (this.#received - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = this.#received;
    return {
      ssrc: this.#ssrc,
      fractionLost: expectedNow <= 0 || lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow)),
      lost: Math.max(0, Math.min(0x7fffff, expected - this.#received)),
      highestSequence: this.#highest >>> 0,
      jitter: Math.floor(this.#jitter),
      lastSenderReport: this.#senderReport,
      delaySinceLast: this.#senderReport === 0 ? 0 : Math.round(((nowMs - this.#senderReportAtMs) * 65_536) / 1000),
    };
  }

  /** Counts since this source began; undefined if nothing was ever received. Does not touch what {@link block} tells. */
  get totals(): ReceptionTotals | undefined {
    if (this.#ssrc === undefined) return undefined;
    const expected = this.#highest - this.#base + 1;
    const driftPpm = this.#driftPpm();
    return {
      ...{ expected, lost: Math.max(0, expected - this.#received), jitter: this.#jitter, gaps: this.#gaps },
      ...(driftPpm === undefined ? {} : { driftPpm }),
    };
  }

  #watchClock(transit: number, nowMs: number): void {
    const { sinceMs, transit: least } = this.#present ?? { sinceMs: nowMs, transit };
    if (nowMs - sinceMs < driftWindowMs) {
      this.#present = { sinceMs, transit: ((transit - least) | 0) < 0 ? transit : least };
      return;
    }
    this.#last = { sinceMs, transit: least };
    this.#first ??= this.#last;
    this.#present = { sinceMs: nowMs, transit };
  }

  /** Who sends more ticks than pass here takes ever less time on the way, as it seems. */
  #driftPpm(): number | undefined {
    const [first, last] = [this.#first, this.#last];
    if (first === undefined || last === undefined || last.sinceMs - first.sinceMs < driftSpanMs) return undefined;
    const ticks = (last.transit - first.transit) | 0;
    return (-1e6 * ticks) / this.#ticksPerMs / (last.sinceMs - first.sinceMs);
  }

  #restart(packet: RtpPacket): void {
    this.#ssrc = packet.ssrc;
    this.#base = packet.sequence;
    this.#highest = packet.sequence - 1;
    this.#received = 0;
    this.#expectedPrior = 0;
    this.#receivedPrior = 0;
    this.#jitter = 0;
    this.#transit = undefined;
    this.#gaps = 0;
    this.#first = this.#last = this.#present = undefined;
    this.#senderReport = 0;
  }
}
