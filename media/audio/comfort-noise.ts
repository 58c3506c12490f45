/** RFC 3389: the far side is silent and says how its room sounds. */

/** Reflection coefficients are bytes around 127 (section 3.2); more than this many are not believed. */
const mostCoefficients = 12;
/** The loudest that is believed: a level above -20 dBov is no silence. */
const loudest = 20;

/** Noise of the loudness and colour the last packet named, through a lattice of its reflection coefficients. */
export class ComfortNoise {
  #level = 0;
  #reflections: readonly number[] = [];
  #lattice = new Float64Array(mostCoefficients + 1);
  #seed = 1;

  /** Takes the payload of a packet. */
  packet(payload: Uint8Array): void {
    const [level = 127, ...coded] = payload;
    this.#reflections = coded
      .slice(0, mostCoefficients)
      .map((byte) => Math.max(-0.95, Math.min(0.95, (byte - 127) / 128)));
    // White noise gets louder in a resonance: what is put in is less by that much.
    const gain = this.#reflections.reduce((product, each) => product * (1 - each * each), 1);
    const amplitude = 32_768 * 10 ** (-Math.max(loudest, level & 127) / 20);
    this.#level = amplitude * Math.sqrt(3 * gain);
  }

  /** Fills a frame. */
  fill(frame: Int16Array): void {
    for (let at = 0; at < frame.length; at++)
      frame[at] = Math.max(-32_768, Math.min(32_767, Math.round(this.#shaped(this.#white()))));
  }

  #white(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) | 0;
    return (this.#seed / 2 ** 31) * this.#level;
  }

  #shaped(value: number): number {
    const lattice = this.#lattice;
    let forward = value;
    for (let at = this.#reflections.length - 1; at >= 0; at--) {
      const k = this.#reflections[at] as number;
      forward -= k * (lattice[at] as number);
      lattice[at + 1] = (lattice[at] as number) + k * forward;
    }
    lattice[0] = forward;
    return forward;
  }
}
