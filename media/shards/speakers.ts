/** Who speaks, where several are mixed: told when it changes, and not for every breath. */

/** A leg of a mix as its listener needs it. */
export interface Heard {
  /** Does it say anything in these 20 ms? */
  readonly speaking: boolean;
  /** Its sound in these 20 ms, at 8 kHz. */
  readonly frame: Int16Array;
}

const stepMs = 20;
/** Loudness (root mean square) from which somebody may be speaking, and below which they may have stopped: -38 and -44 dB. */
const loud = 400;
const quiet = 200;
/** So long it must be loud: a click or a cough is no speech. */
const beginsAfterMs = 120;
/** So long it must be quiet: words have pauses. */
const endsAfterMs = 600;

interface Level {
  /** For how long the opposite of the present state has been heard. */
  otherMs: number;
  speaks: boolean;
}

function loudnessOf(frame: Int16Array): number {
  let sum = 0;
  for (const sample of frame) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, frame.length));
}

/** The speakers of one call. */
export class Speakers {
  readonly #levels = new Map<string, Level>();
  #told = '';

  /** The next 20 ms of those who are mixed, by endpoint: who speaks now, if that is another answer than before. */
  step(legs: ReadonlyMap<string, Heard>): readonly string[] | undefined {
    for (const endpointId of this.#levels.keys()) if (!legs.has(endpointId)) this.#levels.delete(endpointId);
    for (const [endpointId, leg] of legs) this.#listen(endpointId, leg.speaking ? loudnessOf(leg.frame) : 0);
    const speaking = [...this.#levels].flatMap(([endpointId, { speaks }]) => (speaks ? [endpointId] : [])).sort();
    const said = speaking.join(' ');
    if (said === this.#told) return undefined;
    this.#told = said;
    return speaking;
  }

  #listen(endpointId: string, loudness: number): void {
    const level = this.#levels.get(endpointId) ?? { otherMs: 0, speaks: false };
    this.#levels.set(endpointId, level);
    const other = level.speaks ? loudness < quiet : loudness > loud;
    level.otherMs = other ? level.otherMs + stepMs : Math.max(0, level.otherMs - (level.speaks ? endsAfterMs : stepMs));
    if (level.otherMs < (level.speaks ? endsAfterMs : beginsAfterMs)) return;
    level.speaks = !level.speaks;
    level.otherMs = 0;
  }
}
