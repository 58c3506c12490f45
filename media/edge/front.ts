import { IceDoor, type IceState } from './ice-door.ts';
import type { IceSession } from './ice.ts';
import { isRtcp, rtpHeaderBytes } from './rtp.ts';
import { samePlace, SourceLock, type Place } from './source-lock.ts';

/** What was agreed with the far side, as far as encrypted packets show it. */
export interface FrontMedia {
  readonly remote: Place | undefined;
  readonly remoteControl: Place | undefined;
  readonly signalled: string | undefined;
  readonly mux: boolean;
  /** Numbers of what it may send. */
  readonly payloadTypes: readonly number[];
}

/** Where a front sends. */
export interface FrontOutside {
  toPeer(packet: Buffer, to: Place | undefined): void;
  toPeerControl(packet: Buffer, to: Place | undefined): void;
  /** To who decrypts. */
  inside(packet: Buffer): void;
  /** A source spoke for the first time: {@link Front.ready} says when it can be decrypted. */
  source(ssrc: number): void;
}

interface Packet {
  readonly ssrc: number;
  readonly sequence: number;
  readonly bytes: Buffer;
}

/** Sources of one far side that are believed in its life; each costs a decryption context. */
const mostSources = 32;
/** Packets of a source that wait for it to be ready: 1 s of voice. */
const mostWaiting = 50;

/**
 * Stands between an SRTP peer and who decrypts (mediasoup): the header of an SRTP packet is readable, so the same lock
 * decides who is let through at all, and which source a context is needed for. It never sees keys or voice.
 */
export class Front {
  readonly #lock = new SourceLock<Packet>();
  readonly #outside: FrontOutside;
  readonly #known = new Map<number, Buffer[] | 'ready'>();
  #media: FrontMedia | undefined;
  #door: IceDoor | undefined;

  constructor(outside: FrontOutside) {
    this.#outside = outside;
  }

  /** What was agreed, from now on. */
  configure(media: FrontMedia): void {
    if (this.#media === undefined || media.remote !== undefined) this.#lock.negotiate(media.remote, media.signalled);
    this.#media = media;
  }

  /** ICE with the far side; undefined: none (any more). */
  ice(session: IceSession | undefined): void {
    if (session !== undefined)
      this.#door ??= new IceDoor(this.#lock, (packet, to, of) =>
        of === 1 ? this.#outside.toPeer(packet, to) : this.#outside.toPeerControl(packet, to),
      );
    this.#door?.configure(session);
  }

  /** How far ICE is; undefined: there is none. */
  get iceState(): IceState | undefined {
    return this.#door?.state;
  }

  /** Another key is in force, and who decrypts knows no source yet. */
  rekeyed(): void {
    this.#known.clear();
  }

  /** This source can be decrypted now; what it sent until now goes first. */
  ready(ssrc: number): void {
    const waiting = this.#known.get(ssrc);
    // Of a key that is no longer in force.
    if (waiting === undefined) return;
    this.#known.set(ssrc, 'ready');
    if (waiting !== undefined && waiting !== 'ready') for (const bytes of waiting) this.#outside.inside(bytes);
  }

  /** A packet came to the port of RTP. */
  fromPeer(bytes: Buffer, from: Place): void {
    if (this.#door?.take(bytes, from, 1) === true) return;
    if (isRtcp(bytes)) {
      this.#control(bytes, from);
      return;
    }
    const media = this.#media;
    if (media === undefined) return;
    const fits = bytes.length > rtpHeaderBytes && bytes.readUInt8(0) >> 6 === 2;
    if (!fits || !media.payloadTypes.includes(bytes.readUInt8(1) & 0x7f)) {
      this.#lock.reject(from);
      return;
    }
    // Whoever decrypts knows a forged or repeated packet better than any look at its number.
    if (samePlace(this.#lock.locked, from) && this.#known.get(bytes.readUInt32BE(8)) === 'ready') {
      this.#outside.inside(bytes);
      return;
    }
    const packet = { sequence: bytes.readUInt16BE(2), ssrc: bytes.readUInt32BE(8), bytes };
    const verdict = this.#lock.judge(from, packet);
    if (verdict === 'heard') this.#pass(packet);
    if (verdict === 'released') for (const each of this.#lock.released) this.#pass(each);
  }

  /** A packet came to the port of RTCP. Only the first header of SRTCP is readable (RFC 3711 section 3.4). */
  fromPeerControl(bytes: Buffer, from: Place): void {
    if (this.#door?.take(bytes, from, 2) !== true) this.#control(bytes, from);
  }

  #control(bytes: Buffer, from: Place): void {
    if (!isRtcp(bytes) || this.#media === undefined) return;
    if (this.#lock.admitControl(from, bytes.readUInt32BE(4), this.#media.remoteControl)) this.#outside.inside(bytes);
  }

  /** Something encrypted for the peer. */
  fromInside(bytes: Buffer): void {
    if (!isRtcp(bytes) || this.#media?.mux === true) this.#outside.toPeer(bytes, this.#lock.target);
    else this.#outside.toPeerControl(bytes, this.#lock.controlTarget(this.#media?.remoteControl));
  }

  /** Packets dropped because of where they came from. */
  get strangers(): number {
    return this.#lock.strangers;
  }

  #pass({ ssrc, bytes }: Packet): void {
    const known = this.#known.get(ssrc);
    if (known === 'ready') this.#outside.inside(bytes);
    else if (known !== undefined) {
      if (known.length < mostWaiting) known.push(bytes);
    } else if (this.#known.size < mostSources) {
      this.#known.set(ssrc, [bytes]);
      this.#outside.source(ssrc);
    }
  }
}
