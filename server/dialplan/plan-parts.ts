/** What the parts of a plan share. */

/** A text in both languages of the interface. */
export interface Label {
  readonly en: string;
  readonly zh: string;
}

/** A called number, as a pattern; see `numbers.ts`. */
export type NumberPattern =
  /** One number: E.164 with its plus, or a short number as dialled. */
  | { readonly type: 'exact'; readonly source: string; readonly number: string }
  /** Both ends included; of equal length, both with a plus or both without. */
  | { readonly type: 'range'; readonly source: string; readonly from: string; readonly to: string }
  /** Asterisk's patterns; each place is the set of characters it accepts. */
  | { readonly type: 'asterisk'; readonly source: string; readonly places: readonly string[]; readonly tail: Tail };
/** What may follow the places: nothing, one or more characters (`.`), any number of them (`!`). */
export type Tail = 'none' | 'some' | 'any';
