/**
 * The moment from which a program may open ports and files. A program that was started as a spare has everything else ready by
 * then: it waits here until the one before it is gone.
 */
export class GoAhead {
  #given: Promise<void> = Promise.resolve();
  #held = false;

  /** Whether somebody holds the program back now: there is time to make things ready. */
  get held(): boolean {
    return this.#held;
  }

  /** Resolves when the program may go ahead; at once unless somebody holds it back. */
  get given(): Promise<void> {
    return this.#given;
  }

  /** Holds the program back. Returns how to let it go. */
  hold(): () => void {
    this.#held = true;
    let go = (): void => undefined;
    this.#given = new Promise((resolve) => {
      go = resolve;
    });
    return () => {
      this.#held = false;
      go();
    };
  }
}

/** This process's own: held back by who started it, waited for by its program. */
export const goAhead = new GoAhead();
