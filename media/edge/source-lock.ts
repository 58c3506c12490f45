import { canonical, isInside } from './nat.ts';
import { Probation, type Numbered } from './probation.ts';
import { sequenceAhead } from './rtp.ts';

/** An address and a port, as UDP sees the far side. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/**
 * What becomes of a packet. `held`: its source has to prove itself first. `released`: it just did, and {@link
 * SourceLock.released} has all that it sent so far, in order. `stranger`: it came from where nobody of ours is.
 */
export type Verdict = 'heard' | 'held' | 'released' | 'stranger';

/** Packets in a row that a source behind NAT has to send before it is believed. */
const unknownNeeds = 3;
/** Packets in a row after a new SSRC, or after a leap of the sequence, at a place that is known (RFC 3550's MIN_SEQUENTIAL). */
const knownNeeds = 2;
/** RFC 3550 appendix A.1: how far the sequence may run ahead, and how far back, without being a leap. */
const mostDropout = 3000;
const mostMisorder = 100;
/** Sources on trial at a time; one more and the oldest has to begin anew. */
const mostOnTrial = 8;
/** Packets the place of before is still heard after a new description, until the new one speaks: 1 s of voice. */
const formerPackets = 50;

/** Are they the same address and port? */
export function samePlace(a: Place | undefined, b: Place): boolean {
  return a !== undefined && a.port === b.port && a.address === b.address;
}

/** What ICE has proven: places the far side sends from, and the one it has chosen (media/edge/ice.ts). */
export interface Proven {
  readonly places: readonly Place[];
  readonly selected: Place | undefined;
}

const noProof: Proven = { places: [], selected: undefined };

function has({ places }: Proven, place: Place): boolean {
  return places.some((each) => samePlace(each, place));
}

interface Trial<P extends Numbered> {
  readonly place: Place;
  readonly probation: Probation<P>;
}

/**
 * Decides whose packets a leg hears: symmetric RTP (RFC 4961) that locks. The negotiated place is heard, and nobody else;
 * only where the far side is behind NAT the first place that proves itself is. Once locked, everybody else is a stranger
 * until a new description names another place. At the locked place a new SSRC, or a leap of the sequence, proves itself
 * with two packets in a row while the old one is silent. Sends to the locked place, before that to the negotiated one.
 */
export class SourceLock<P extends Numbered = Numbered> {
  #negotiated: Place | undefined;
  #signalled: string | undefined;
  #locked: Place | undefined;
  #ssrc = 0;
  #highest = 0;
  #former: Place | undefined;
  #formerLeft = 0;
  #control: Place | undefined;
  /** With ICE: who has proven itself by a check needs no other proof, and nobody else may be learnt. */
  #ice: { readonly voice: Proven; readonly control: Proven } | undefined;
  /** Where ICE has it sent, until it is heard from there. */
  #aimed: Place | undefined;
  readonly #again = new Probation<P>();
  #trials: Trial<P>[] = [];
  #strangers = 0;
  #released: readonly P[] = [];

  /**
   * A new description. The lock stays if it names the same place; otherwise it is open again. `signalled` is the address
   * the description came from (SIP): if it is not the one inside, the far side is behind NAT or sends from elsewhere.
   */
  negotiate(place: Place | undefined, signalled?: string): void {
    const stated = place === undefined ? undefined : { address: canonical(place.address), port: place.port };
    this.#signalled = signalled === undefined ? this.#signalled : canonical(signalled);
    const unchanged = stated === undefined ? this.#negotiated === undefined : samePlace(this.#negotiated, stated);
    if (unchanged) return;
    // RFC 3264 section 8.3.1: packets from the old place are on their way until the far side has changed over.
    this.#former = this.#locked;
    this.#formerLeft = formerPackets;
    this.#negotiated = stated;
    this.#locked = undefined;
    this.#aimed = this.#ice?.voice.selected;
    this.#control = undefined;
    this.#trials = [];
    this.#again.clear();
  }

  /**
   * What ICE has proven of RTP and of RTCP, from now on; undefined: there is no ICE. Places that were heard without proof are
   * left when there is one.
   */
  prove(voice: Proven | undefined, control: Proven = noProof): void {
    const before = this.#ice?.voice.selected;
    this.#ice = voice === undefined ? undefined : { voice, control };
    if (voice === undefined) this.#aimed = undefined;
    else if (voice.selected !== undefined && !samePlace(before, voice.selected)) this.#aimed = voice.selected;
    const locked = this.#locked;
    if (voice === undefined || locked === undefined || voice.places.length === 0 || has(voice, locked)) return;
    this.#former = locked;
    this.#formerLeft = formerPackets;
    this.#locked = undefined;
  }

  /** Judges a packet that looks like what was agreed. */
  judge(place: Place, packet: P): Verdict {
    if (samePlace(this.#locked, place)) return this.#known(packet);
    if (this.#ice !== undefined) return this.#underIce(this.#ice.voice, place, packet);
    if (this.#locked === undefined && samePlace(this.#negotiated, place)) {
      this.#lock(place, packet);
      return 'heard';
    }
    if (samePlace(this.#negotiated, place) || (this.#locked === undefined && this.#mayBe(place)))
      return this.#onTrial(place, packet);
    return this.#formerOrStranger(place);
  }

  /** A packet that does not look like what was agreed: counted if it is not from the locked place, never heard. */
  reject(place: Place): void {
    if (!samePlace(this.#locked, place)) this.#strangers++;
  }

  /**
   * Is RTCP from `place` to be believed? `stated` is where the far side said it would be. Behind NAT its first report
   * decides, if it comes from the locked address and speaks of the voice that is heard.
   */
  admitControl(place: Place, ssrc: number, stated: Place | undefined): boolean {
    if (samePlace(this.#control, place) || samePlace(this.#locked, place)) return true;
    if (this.#ice !== undefined && (has(this.#ice.voice, place) || has(this.#ice.control, place))) return true;
    if (!this.behindNat && stated !== undefined && place.port === stated.port) {
      if (place.address === canonical(stated.address)) return true;
    }
    const first = this.#control === undefined && place.address === this.#locked?.address && this.behindNat;
    if (!first || ssrc !== this.#ssrc) {
      this.#strangers++;
      return false;
    }
    this.#control = { address: place.address, port: place.port };
    return true;
  }

  /** After `released`: what was held, in order, the last packet included. */
  get released(): readonly P[] {
    return this.#released;
  }

  /** Where to send, if anywhere yet. */
  get target(): Place | undefined {
    // RFC 8445 section 19.4.1: to nobody who has not asked for it by a check, or spoken.
    return this.#aimed ?? this.#locked ?? (this.#ice === undefined ? this.#negotiated : undefined);
  }

  /** Where to send RTCP that has a port of its own; `stated` is where the far side said it would be. */
  controlTarget(stated: Place | undefined): Place | undefined {
    // Behind NAT the port of RTCP is known when something came from it (RFC 4961); a guess could be somebody else's.
    return this.#ice?.control.selected ?? (this.behindNat ? this.#control : stated);
  }

  /** The place that is locked in, if any. */
  get locked(): Place | undefined {
    return this.#locked;
  }

  /** Where RTCP of a far side behind NAT comes from, once it came. */
  get control(): Place | undefined {
    return this.#control;
  }

  /** Is somebody else locked in than the description said? */
  get behindNat(): boolean {
    return this.#locked !== undefined && !samePlace(this.#negotiated, this.#locked);
  }

  /** Packets dropped because of where they came from. */
  get strangers(): number {
    return this.#strangers;
  }

  #known(packet: P): Verdict {
    if (this.#goesOn(packet)) {
      if (sequenceAhead(this.#highest, packet.sequence) > 0) this.#highest = packet.sequence;
      this.#again.clear();
      return 'heard';
    }
    return this.#release(this.#again.take(packet, knownNeeds), this.#locked);
  }

  #goesOn(packet: P): boolean {
    if (packet.ssrc !== this.#ssrc) return false;
    const ahead = sequenceAhead(this.#highest, packet.sequence);
    return ahead < mostDropout && ahead >= -mostMisorder;
  }

  /** RFC 8445 section 12.2: from wherever a check came. The place of the description counts as long as none did. */
  #underIce(voice: Proven, place: Place, packet: P): Verdict {
    const may = voice.places.length > 0 ? has(voice, place) : samePlace(this.#negotiated, place);
    if (!may) return this.#formerOrStranger(place);
    if (this.#locked !== undefined && !this.#goesOn(packet))
      return this.#release(this.#again.take(packet, knownNeeds), place);
    this.#lock(place, packet);
    return 'heard';
  }

  #formerOrStranger(place: Place): Verdict {
    if (this.#former !== undefined && samePlace(this.#former, place) && this.#formerLeft-- > 0) return 'heard';
    this.#strangers++;
    return 'stranger';
  }

  #onTrial(place: Place, packet: P): Verdict {
    let trial = this.#trials.find((each) => samePlace(each.place, place));
    if (trial === undefined) {
      trial = { place: { address: place.address, port: place.port }, probation: new Probation<P>() };
      if (this.#trials.length >= mostOnTrial) this.#trials.shift();
      this.#trials.push(trial);
    }
    return this.#release(trial.probation.take(packet, unknownNeeds), trial.place);
  }

  #release(packets: readonly P[] | undefined, place: Place | undefined): Verdict {
    const last = packets?.at(-1);
    if (packets === undefined || last === undefined || place === undefined) return 'held';
    this.#released = packets;
    this.#lock(place, last);
    return 'released';
  }

  #lock(place: Place, packet: P): void {
    if (!samePlace(this.#locked, place)) {
      this.#locked = { address: place.address, port: place.port };
      this.#control = undefined;
      this.#aimed = undefined;
    }
    this.#ssrc = packet.ssrc;
    this.#highest = packet.sequence;
    this.#former = undefined;
    this.#trials = [];
    this.#again.clear();
  }

  /** May a far side that said it was elsewhere be here? */
  #mayBe({ address }: Place): boolean {
    const stated = this.#negotiated?.address;
    const signalled = this.#signalled;
    if (signalled !== undefined && address === signalled && signalled !== stated) return true;
    // Where its SIP came from is known, and it is no proxy of ours inside: it is there or where it said.
    if (signalled !== undefined && !isInside(signalled)) return false;
    return stated === undefined ? signalled === undefined : isInside(stated) && !isInside(address);
  }
}
