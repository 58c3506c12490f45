/** Sites and pages that are there, and can tell how they stand when a test fails. */
export interface Witness {
  /** In a few lines. */
  brief(): Promise<string>;
}

/** In the order in which they came. Who is closed takes itself out. */
export const witnesses = new Set<Witness>();
