/** Tells once when nothing comes from a far side whose voice is expected. All times in ms that only grow. */
export class SilenceWatch {
  readonly #timeoutMs: number;
  readonly #silent: () => void;
  #heardAtMs: number | undefined;
  #told = false;

  constructor(timeoutMs: number, silent: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#silent = silent;
  }

  /** Something was agreed anew: what was before counts no more. */
  anew(): void {
    this.#told = false;
    this.#heardAtMs = undefined;
  }

  /** A packet of its voice came: from now on silence is worth telling again. */
  voice(nowMs: number): void {
    this.#heardAtMs = nowMs;
    this.#told = false;
  }

  /** RTCP came: a phone that is muted, or without a microphone, is there all the same. */
  report(nowMs: number): void {
    this.#heardAtMs = nowMs;
  }

  /** 20 ms have passed in which its voice was expected, or was not. */
  step(expected: boolean, nowMs: number): void {
    if (!expected) {
      this.#heardAtMs = undefined;
      return;
    }
    this.#heardAtMs ??= nowMs;
    if (this.#told || nowMs - this.#heardAtMs < this.#timeoutMs) return;
    this.#told = true;
    this.#silent();
  }
}
