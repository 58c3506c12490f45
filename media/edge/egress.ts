import { sequenceAhead, timestampAhead, writeRtp, type RtpPacket } from './rtp.ts';

/** Samples of a 20 ms frame of G.711. */
const frame = 160;
/** A source whose timestamp leaps further than this (10 s) is taken as a new run of packets. */
const leap = 80_000;
/**
 * Our own frames that fall this far (300 ms) behind the media clock, because none were sent, catch up with it. More than
 * the 200 ms of steps that are made up for after a stall: those come in a burst and must not be torn apart.
 */
const behind = 2400;

/** A packet this far behind may still be one that was overtaken (RFC 3550's MAX_MISORDER). */
const misordered = 100;

/** A packet of some source that is to be sent on. `run` is the same object as long as its clock is the same. */
export interface Forwarded {
  readonly run: object;
  readonly packet: RtpPacket;
  /** The payload under the codec and gain of this leg. */
  readonly payload: Uint8Array;
  /** How long it sounds, in ticks of its clock; one per byte if nobody says. */
  readonly ticks?: number;
}

/**
 * The one stream of packets a leg receives from us, whoever feeds it: a constant SSRC, sequence numbers without a gap,
 * timestamps that never run backwards and follow the media clock, a marker at every switch. `send` gets each packet.
 */
export class Egress {
  readonly ssrc: number;
  readonly #send: (packet: Buffer) => void;
  #payloadType: number;
  #sequence: number;
  #next: number;
  #clockBase: number;
  /** The moment of the media clock at which the timestamps were at the base, and their ticks for each of its samples. */
  #clockStart = 0;
  #ticks = 1;
  #newClock = false;
  #run: object | undefined;
  #offset = 0;
  #lastSource = 0;
  /** The number that would show, after one far behind, that its sender began anew. */
  #restartAt: number | undefined;
  #packets = 0;
  #octets = 0;
  #late = 0;

  /** `seed` makes the start numbers (RFC 3550 wants them unguessable); the sequence never starts at 0. */
  constructor(ssrc: number, payloadType: number, seed: number, send: (packet: Buffer) => void) {
    this.ssrc = ssrc;
    this.#payloadType = payloadType;
    this.#sequence = 1 + (seed % 20_000);
    this.#next = seed >>> 0;
    this.#clockBase = seed >>> 0;
    this.#send = send;
  }

  /** The number of the agreed codec. */
  set payloadType(value: number) {
    this.#payloadType = value;
  }

  /** Ticks of the agreed codec's clock for each sample of the media clock. The timestamps go on from where they are. */
  set ticks(value: number) {
    this.#newClock ||= value !== this.#ticks;
    this.#ticks = value;
  }

  /** Sends a source's packet on. A packet older than the last of its run is dropped: the sequence may not go back. */
  forward({ run, packet, payload, ticks = payload.length }: Forwarded, now: number): void {
    const ahead = timestampAhead(this.#next, (packet.timestamp + this.#offset) >>> 0);
    const resumed = run !== this.#run || Math.abs(ahead) > leap * this.#ticks || this.#restarted(packet.sequence);
    if (!resumed && sequenceAhead(this.#lastSource, packet.sequence) <= 0) {
      this.#late++;
      return;
    }
    if (resumed || ahead < 0) {
      this.#run = run;
      this.#offset = (this.#startAt(now) - packet.timestamp) >>> 0;
    }
    this.#lastSource = packet.sequence;
    this.#write(packet.marker || resumed, (packet.timestamp + this.#offset) >>> 0, payload, ticks);
  }

  /** Sends a frame of our own (play, mix, silence): `run` tells one such stream from another. */
  frame(run: object, payload: Uint8Array, now: number): void {
    const resumed = run !== this.#run || timestampAhead(this.#next, this.#clock(now)) > behind * this.#ticks;
    const timestamp = resumed ? this.#startAt(now) : this.#next;
    this.#run = run;
    this.#write(resumed, timestamp, payload, frame * this.#ticks);
  }

  /** Sends one packet of an RFC 4733 event. All packets of an event share the timestamp of its start. */
  event(payload: Uint8Array, payloadType: number, timestamp: number, marker: boolean): void {
    this.#run = undefined;
    if (timestampAhead(this.#next, timestamp) >= 0) this.#next = (timestamp + frame * this.#ticks) >>> 0;
    this.#emit({ payloadType, marker, timestamp, sequence: this.#sequence, ssrc: this.ssrc, payload });
  }

  /** The timestamp at which something new would start. `now` is the media clock in samples. */
  startTimestamp(now: number): number {
    return this.#startAt(now);
  }

  /** What a sender report says: packets and payload bytes so far, and the timestamp of this moment (RFC 3550 6.4.1). */
  report(now: number): { readonly packets: number; readonly octets: number; readonly timestamp: number } {
    return { packets: this.#packets, octets: this.#octets, timestamp: this.#startAt(now) };
  }

  get packets(): number {
    return this.#packets;
  }

  /** Payload bytes of them. */
  get octets(): number {
    return this.#octets;
  }

  /** Packets that came too late to be sent on. */
  get late(): number {
    return this.#late;
  }

  /** RFC 3550 appendix A.1: a sender that began anew under its old SSRC is believed after two packets in order. */
  #restarted(sequence: number): boolean {
    if (sequenceAhead(this.#lastSource, sequence) >= -misordered) return false;
    const believed = sequence === this.#restartAt;
    this.#restartAt = (sequence + 1) & 0xffff;
    return believed;
  }

  #startAt(now: number): number {
    const clock = this.#clock(now);
    // Less than a frame is no pause, only the grain of the clock.
    return timestampAhead(this.#next, clock) >= frame * this.#ticks ? clock : this.#next;
  }

  #clock(now: number): number {
    if (this.#newClock) {
      this.#newClock = false;
      this.#clockBase = this.#next;
      this.#clockStart = now;
    }
    return (this.#clockBase + (now - this.#clockStart) * this.#ticks) >>> 0;
  }

  #write(marker: boolean, timestamp: number, payload: Uint8Array, ticks: number): void {
    this.#next = (timestamp + ticks) >>> 0;
    const { ssrc } = this;
    this.#emit({ payloadType: this.#payloadType, marker, timestamp, sequence: this.#sequence, ssrc, payload });
  }

  #emit(packet: RtpPacket): void {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packets++;
    this.#octets += packet.payload.length;
    this.#send(writeRtp(packet));
  }
}
