/** Pictures of whatever source as one stream: one SSRC, one payload type, sequence numbers without leaps, a clock that only goes on. */
import { sequenceAhead, timestampAhead, writeRtp, type RtpPacket } from './rtp.ts';

/** RFC 3550 appendix A.1: further ahead or back than this is another stream under the old name. */
const mostDropout = 3000;
const mostMisorder = 100;
/** RFC 6184 section 5: ticks of the clock of pictures in a millisecond. */
const ticksPerMs = 90;
/** A clock that goes back further than pictures are ever sent out of their order (16 of them, H.264 section A.3.1) was set anew; ms. */
const mostBackMs = 1000;
/** What is assumed to lie between the last picture of a source and the first of the next, at least; ms. */
const betweenMs = 33;

/** How the numbers of a source are turned into ours. */
interface Shift {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
}

/**
 * What the network lost stays missing, so that the far side knows and asks for a key frame; what we put in shifts all that follows. A
 * packet that comes late goes where it would have been.
 */
export class PictureStream {
  readonly ssrc: number;
  /** The number of what is sent; another description may change it. */
  payloadType: number;
  #shift: Shift | undefined;
  /** Packets of the source before this one have the shift of before. */
  #turn: { readonly at: number; readonly by: number } | undefined;
  /** The highest numbers of the source. */
  #highest = { sequence: 0, timestamp: 0 };
  #sent = { sequence: 0, timestamp: 0, atMs: 0 };
  #packets = 0;
  #octets = 0;

  /** Begins at `sequence` and `timestamp` (RFC 3550 section 5.1: at random). */
  constructor(ssrc: number, payloadType: number, begin: { readonly sequence: number; readonly timestamp: number }) {
    this.ssrc = ssrc;
    this.payloadType = payloadType;
    this.#sent = { sequence: (begin.sequence - 1) & 0xffff, timestamp: begin.timestamp, atMs: 0 };
  }

  /** The next packet, with what goes before it: what is to be sent, in this order. Nothing for what is too late to have a place. */
  take(packet: RtpPacket, before: readonly Uint8Array[], nowMs: number): Buffer[] {
    if (this.#isNew(packet)) this.#begin(packet, nowMs);
    const moved = timestampAhead(this.#highest.timestamp, packet.timestamp);
    const ahead = sequenceAhead(this.#highest.sequence, packet.sequence);
    if (ahead > 0 && moved < -mostBackMs * ticksPerMs) this.#setClock(packet, nowMs);
    // Late, and of the clock before.
    if (ahead < 0 && moved > mostBackMs * ticksPerMs) return [];
    const shift = this.#shift;
    if (shift === undefined) return [];
    const turn = this.#turn;
    const late = ahead < 0 && turn !== undefined && sequenceAhead(turn.at, packet.sequence) < 0;
    const added = ahead < 0 ? [] : before;
    const sequence = packet.sequence + shift.sequence - (late ? turn.by : 0);
    const timestamp = (packet.timestamp + shift.timestamp) >>> 0;
    if (ahead >= 0) this.#advance(packet);
    if (added.length > 0) {
      this.#turn = { at: packet.sequence, by: added.length };
      this.#shift = { ...shift, sequence: shift.sequence + added.length };
    }
    const payloads = [...added, packet.payload];
    const last = (sequence + added.length) & 0xffff;
    if (sequenceAhead(this.#sent.sequence, last) > 0) this.#sent = { sequence: last, timestamp, atMs: nowMs };
    this.#packets += payloads.length;
    return payloads.map((payload, at) => {
      this.#octets += payload.length;
      const number = (sequence + at) & 0xffff;
      const marker = packet.marker && at === added.length;
      return writeRtp({
        payloadType: this.payloadType,
        marker,
        sequence: number,
        timestamp,
        ssrc: this.ssrc,
        payload,
      });
    });
  }

  /** Whether {@link take} would send it after all that was sent: only there something can go before it. */
  inOrder(packet: RtpPacket): boolean {
    return this.#isNew(packet) || sequenceAhead(this.#highest.sequence, packet.sequence) > 0;
  }

  /** The timestamp as we send it of one of the present source; undefined before there is one, and for another. */
  timestampOf({ ssrc, timestamp }: { readonly ssrc: number; readonly timestamp: number }): number | undefined {
    return this.#shift?.ssrc === ssrc ? (timestamp + this.#shift.timestamp) >>> 0 : undefined;
  }

  /** For sender reports. `timestamp` is what it would be now. */
  countsAt(nowMs: number): { readonly packets: number; readonly octets: number; readonly timestamp: number } {
    const { timestamp, atMs } = this.#sent;
    const now = (timestamp + Math.round((nowMs - atMs) * ticksPerMs)) >>> 0;
    return { packets: this.#packets, octets: this.#octets, timestamp: now };
  }

  #isNew({ ssrc, sequence }: RtpPacket): boolean {
    if (this.#shift?.ssrc !== ssrc) return true;
    const ahead = sequenceAhead(this.#highest.sequence, sequence);
    return ahead > mostDropout || ahead < -mostMisorder;
  }

  #advance({ sequence, timestamp }: RtpPacket): void {
    const { timestamp: before } = this.#highest;
    this.#highest = { sequence, timestamp: timestampAhead(before, timestamp) > 0 ? timestamp : before };
    // Nothing that late is taken; and half a circle later the newest would seem to lie before it.
    if (this.#turn !== undefined && sequenceAhead(this.#turn.at, sequence) > mostMisorder) this.#turn = undefined;
  }

  #begin({ ssrc, sequence, timestamp }: RtpPacket, nowMs: number): void {
    const turned = timestampAhead(timestamp, this.#nextTimestamp(nowMs));
    this.#shift = { ssrc, sequence: this.#sent.sequence + 1 - sequence, timestamp: turned };
    this.#turn = undefined;
    this.#highest = { sequence, timestamp };
  }

  /**
   * The numbers go on, but the clock was set back, as by a camera that begins its film again: a browser would throw away everything
   * up to where the clock was.
   */
  #setClock({ timestamp }: RtpPacket, nowMs: number): void {
    if (this.#shift === undefined) return;
    this.#shift = { ...this.#shift, timestamp: timestampAhead(timestamp, this.#nextTimestamp(nowMs)) };
    this.#highest = { ...this.#highest, timestamp };
  }

  #nextTimestamp(nowMs: number): number {
    const { timestamp, atMs } = this.#sent;
    const passedMs = this.#shift === undefined ? 0 : Math.max(betweenMs, nowMs - atMs);
    return timestamp + Math.round(passedMs * ticksPerMs);
  }
}
