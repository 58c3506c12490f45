import { DigitReceiver, type Digit } from '../edge/telephone-event.ts';
import { Reception } from '../edge/reception.ts';
import { readRtp, type RtpPacket } from '../edge/rtp.ts';
import { SourceLock, type Place } from '../edge/source-lock.ts';
import { peerHolds, ticksOf, type Codec } from '../sdp/index.ts';
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

/** What a packet turned out to be. `released`: its source has just proved itself, and these are all its packets so far. */
export type Heard =
  | { readonly type: 'dropped' }
  | { readonly type: 'nothing' }
  /** RFC 3389: the far side is silent, and this is how its silence sounds. */
  | { readonly type: 'noise'; readonly payload: Uint8Array }
  | { readonly type: 'digits'; readonly digits: readonly Digit[] }
  | { readonly type: 'voice'; readonly voice: Voice; readonly fresh: boolean }
  | { readonly type: 'released'; readonly heard: readonly Heard[] };

const dropped: Heard = { type: 'dropped' };
const nothing: Heard = { type: 'nothing' };

/** What comes from one far side: who may speak, what it says, how much was lost. */
export class Ingress {
  readonly lock = new SourceLock<RtpPacket>();
  readonly reception = new Reception();
  readonly #digits = new DigitReceiver();
  readonly #trusted: boolean;
  #media: LegMedia | undefined;
  /** What each payload number means, looked up once per packet. */
  readonly #kinds = new Array<Codec | 'event' | 'noise' | undefined>(128);
  #run = {};
  #packets = 0;
  /** Ticks of the far side's clock for each sample of the media clock. */
  #ticks = 1;
  #octets = 0;
  #unknown = 0;

  /** `trusted`: the socket is connected, so nobody else can be heard on it. */
  constructor(trusted: boolean) {
    this.#trusted = trusted;
  }

  /** What was agreed, from now on. A description without an address (an old-style hold) leaves the lock alone. */
  configure(media: LegMedia): void {
    if (this.#media === undefined || media.remote !== undefined) this.lock.negotiate(media.remote, media.signalled);
    this.#media = media;
    this.#kinds.fill(undefined);
    this.#kinds[comfortNoise] = 'noise';
    for (const number of media.receiveEvents) this.#kinds[number] = 'event';
    for (const { codec, payloadType } of media.receive.toReversed()) this.#kinds[payloadType] = codec;
  }

  /** Packets let in so far. */
  get packets(): number {
    return this.#packets;
  }

  /** Payload bytes of them. */
  get octets(): number {
    return this.#octets;
  }

  /** Packets in a codec that was not agreed. */
  get unknown(): number {
    return this.#unknown;
  }

  /** Ticks of the far side's clock in a millisecond: what jitter is counted in. */
  get ticksPerMs(): number {
    return this.#ticks * 8;
  }

  /** Takes a packet. `now` is the media clock in samples. */
  packet(bytes: Buffer, from: Place, now: number, nowMs: number): Heard {
    const packet = readRtp(bytes);
    const fits = packet !== undefined && packet.payload.length > 0 && this.#kinds[packet.payloadType] !== undefined;
    if (!fits) {
      if (packet !== undefined && packet.payload.length > 0) this.#unknown++;
      if (!this.#trusted && this.#media !== undefined) this.lock.reject(from);
      return dropped;
    }
    switch (this.#trusted ? 'heard' : this.lock.judge(from, packet)) {
      case 'heard':
        return this.#take(packet, now, nowMs);
      case 'released':
        return { type: 'released', heard: this.lock.released.map((each) => this.#take(each, now, nowMs)) };
      default:
        return dropped;
    }
  }

  /** Keys that went down so far: their digits are told when they are let go of. */
  get keys(): number {
    return this.#digits.begun;
  }

  /** Digits whose end was lost. */
  tick(nowMs: number): readonly Digit[] {
    return this.#digits.tick(nowMs);
  }

  #take(packet: RtpPacket, now: number, nowMs: number): Heard {
    this.#packets++;
    this.#octets += packet.payload.length;
    const kind = this.#kinds[packet.payloadType];
    if (kind !== undefined && kind !== 'event' && kind !== 'noise') this.#ticks = ticksOf(kind);
    const fresh = this.reception.packet(packet, now * this.#ticks, this.#ticks * 8);
    if (fresh) this.#run = {};
    if (kind === 'event') {
      const ticksPerMs = this.#media?.wideEvents?.includes(packet.payloadType) === true ? 48 : 8;
      return { type: 'digits', digits: this.#digits.packet(packet.timestamp, packet.payload, nowMs, ticksPerMs) };
    }
    // On hold the far side sends its own music, or the microphone of somebody who believes to be muted.
    if (kind === undefined || this.#media === undefined || peerHolds(this.#media.direction)) return nothing;
    if (kind === 'noise') return { type: 'noise', payload: packet.payload };
    return { type: 'voice', voice: { run: this.#run, packet, codec: kind }, fresh };
  }
}
