import { DigitReceiver, type Digit } from '../edge/telephone-event.ts';
import { Reception } from '../edge/reception.ts';
import { readRtp, type RtpPacket } from '../edge/rtp.ts';
import { SourceLock, type Place } from '../edge/source-lock.ts';
import { peerHolds, type Codec } from '../sdp/index.ts';
import type { LegMedia } from './messages.ts';

/** RFC 3389 comfort noise: says that the source is silent, carries nothing to forward. */
const comfortNoise = 13;

/** Voice that was let in. */
export interface Voice {
  /** The same object as long as packets come from one source with one clock. */
  readonly run: object;
  readonly packet: RtpPacket;
  readonly codec: Codec;
}

/** What a packet turned out to be. */
export type Heard =
  | { readonly type: 'dropped' }
  | { readonly type: 'nothing' }
  | { readonly type: 'digits'; readonly digits: readonly Digit[] }
  | { readonly type: 'voice'; readonly voice: Voice; readonly fresh: boolean };

const dropped: Heard = { type: 'dropped' };
const nothing: Heard = { type: 'nothing' };

/** What comes from one far side: who may speak, what it says, how much was lost. */
export class Ingress {
  readonly lock = new SourceLock();
  readonly reception = new Reception();
  readonly #digits = new DigitReceiver();
  readonly #trusted: boolean;
  #media: LegMedia | undefined;
  #run = {};
  #packets = 0;

  /** `trusted`: the socket is connected, so nobody else can be heard on it. */
  constructor(trusted: boolean) {
    this.#trusted = trusted;
  }

  /** What was agreed, from now on. A description without an address (an old-style hold) leaves the lock alone. */
  configure(media: LegMedia): void {
    if (this.#media === undefined || media.remote !== undefined) this.lock.negotiate(media.remote);
    this.#media = media;
  }

  /** Packets let in so far. */
  get packets(): number {
    return this.#packets;
  }

  /** Takes a packet. `now` is the media clock in samples. */
  packet(bytes: Buffer, from: Place, now: number, nowMs: number): Heard {
    const media = this.#media;
    if (media === undefined) return dropped;
    const packet = readRtp(bytes);
    const codec = media.receive.find(({ payloadType }) => payloadType === packet?.payloadType)?.codec;
    const event = packet !== undefined && media.receiveEvents.includes(packet.payloadType);
    const noise = packet?.payloadType === comfortNoise;
    const valid = packet !== undefined && packet.payload.length > 0 && (codec !== undefined || event || noise);
    if (!this.#admit(from, valid) || packet === undefined) return dropped;
    this.#packets++;
    const fresh = this.reception.packet(packet, now);
    if (fresh) this.#run = {};
    if (event) return { type: 'digits', digits: this.#digits.packet(packet.timestamp, packet.payload, nowMs) };
    // On hold the far side sends its own music, or the microphone of somebody who believes to be muted.
    if (codec === undefined || peerHolds(media.direction)) return nothing;
    return { type: 'voice', voice: { run: this.#run, packet, codec }, fresh };
  }

  /** Digits whose end was lost. */
  tick(nowMs: number): readonly Digit[] {
    return this.#digits.tick(nowMs);
  }

  #admit(from: Place, valid: boolean): boolean {
    return this.#trusted ? valid : this.lock.admit(from, valid);
  }
}
