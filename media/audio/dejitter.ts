import { expandInto, type Law } from './g711.ts';

/** Samples of room: 2 s at 8 kHz. A power of two, so that positions wrap with the 32-bit timestamps. */
const room = 16_384;
/** How far behind the newest sample reading starts, and what it returns to: 60 ms. */
const target = 480;
/** Reading further behind than this (300 ms) skips forward to the target. */
const most = 2400;

/**
 * Puts the packets of one source back on its media clock: `write` when a packet comes, `read` every 20 ms. Any packet
 * length works. What did not come in time is zeros. Follows jumps of the source's timestamps and its drift.
 */
export class Dejitter {
  readonly #samples = new Int16Array(room);
  readonly #scratch = new Int16Array(2048);
  /** Timestamp of the next sample to read; undefined before the first packet. */
  #position: number | undefined;
  /** Timestamp after the newest sample. */
  #end = 0;
  #late = 0;
  #quiet = true;

  /** Takes the payload of a packet with its RTP timestamp. */
  write(timestamp: number, law: Law, payload: Uint8Array): void {
    if (payload.length > this.#scratch.length) return;
    const behind = this.#position === undefined ? 0 : (timestamp - this.#position) | 0;
    if (this.#position === undefined || behind > room - 4096 || behind < -room || this.#quiet) this.#anchor(timestamp);
    else if (behind < 0) {
      this.#late++;
      // Late again and again means the way got longer: start over with the full delay.
      if (this.#late >= 3) this.#anchor(timestamp);
      else return;
    } else this.#late = 0;
    const samples = this.#scratch.subarray(0, payload.length);
    expandInto(law, payload, samples);
    for (let at = 0; at < samples.length; at++) this.#samples[(timestamp + at) & (room - 1)] = samples[at] ?? 0;
    const end = (timestamp + payload.length) | 0;
    if (((end - this.#end) | 0) > 0) this.#end = end;
  }

  /** Fills `frame` with the next samples. Returns false if nothing of it had come: then it is all zeros. */
  read(frame: Int16Array): boolean {
    if (this.#position === undefined || this.#quiet) {
      frame.fill(0);
      return false;
    }
    if (((this.#end - this.#position) | 0) > most) this.#skipTo((this.#end - target) | 0);
    const heard = ((this.#end - this.#position) | 0) > 0;
    for (let at = 0; at < frame.length; at++) {
      const index = (this.#position + at) & (room - 1);
      frame[at] = this.#samples[index] ?? 0;
      this.#samples[index] = 0;
    }
    this.#position = (this.#position + frame.length) | 0;
    // Read dry for half a second: the source stopped. The next packet begins anew, with the full delay.
    if (((this.#position - this.#end) | 0) > 4000) this.#quiet = true;
    return heard;
  }

  /** The source is another one now. */
  reset(): void {
    this.#position = undefined;
  }

  #anchor(timestamp: number): void {
    this.#samples.fill(0);
    this.#position = (timestamp - target) | 0;
    this.#end = timestamp | 0;
    this.#late = 0;
    this.#quiet = false;
  }

  #skipTo(position: number): void {
    for (let at = this.#position ?? position; ((position - at) | 0) > 0; at++) this.#samples[at & (room - 1)] = 0;
    this.#position = position;
  }
}
