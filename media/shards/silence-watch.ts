import type { SilencePolicy } from '../../protocol/media-policy.ts';

/** What is told of a far side from which nothing comes. */
export interface SilenceEvents {
  /** For too long: the leg is lost. */
  lost(): void;
  /** For so many ms, but it goes on by its policy; or it is heard again, so many ms after the last time. */
  flagged(silent: boolean, ms: number): void;
}

/** Tells once when nothing comes from a far side whose voice is expected. All times in ms that only grow. */
export class SilenceWatch {
  readonly #usual: SilencePolicy;
  readonly #events: SilenceEvents;
  #policy: SilencePolicy;
  #heardAtMs: number | undefined;
  #told = false;
  /** Since when it has been silent, if that was told as a flag. */
  #flaggedSinceMs: number | undefined;

  /** `timeoutMs`: after which a leg without a policy of its own is lost. */
  constructor(timeoutMs: number, events: SilenceEvents) {
    this.#usual = { afterMs: timeoutMs, then: 'end' };
    this.#policy = this.#usual;
    this.#events = events;
  }

  /** Something was agreed anew: what was before counts no more. */
  anew(policy?: SilencePolicy): void {
    this.#policy = policy ?? this.#usual;
    this.#told = false;
    this.#heardAtMs = undefined;
  }

  /** A packet of its voice came: from now on silence is worth telling again. */
  voice(nowMs: number): void {
    this.#heardAtMs = nowMs;
    this.#told = false;
    if (this.#flaggedSinceMs === undefined) return;
    const ms = nowMs - this.#flaggedSinceMs;
    this.#flaggedSinceMs = undefined;
    this.#events.flagged(false, ms);
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
    const ms = nowMs - this.#heardAtMs;
    if (this.#told || ms < this.#policy.afterMs) return;
    this.#told = true;
    if (this.#policy.then === 'end') {
      this.#events.lost();
      return;
    }
    const isNew = this.#flaggedSinceMs === undefined;
    this.#flaggedSinceMs ??= this.#heardAtMs;
    if (isNew) this.#events.flagged(true, ms);
  }
}
