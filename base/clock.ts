declare function setTimeout(run: () => void, milliseconds: number): unknown;
declare function clearTimeout(timer: unknown): void;

/** Cancels what it stands for; calling it twice is harmless. */
export type Cancel = () => void;

/** Time as the code sees it. All times are milliseconds since the Unix epoch. */
export interface Clock {
  now(): number;
  /** Runs `run` once when `now()` reaches `time`; at once (but never synchronously) when that has passed. */
  at(time: number, run: () => void): Cancel;
}

/** The longest delay a platform timer holds (2^31 - 1 ms); longer ones are taken in several hops. */
const longestDelay = 0x7fffffff;

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  at(time, run) {
    let timer: unknown;
    const arm = (): void => {
      const delay = Math.max(0, time - Date.now());
      timer = delay > longestDelay ? setTimeout(arm, longestDelay) : setTimeout(run, delay);
    };
    arm();
    return () => clearTimeout(timer);
  },
};

interface Alarm {
  readonly time: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that moves only when told to, for tests and simulation. Alarms run in order of time, then of arming. */
export class SimulatedClock implements Clock {
  #now: number;
  #order = 0;
  readonly #alarms = new Set<Alarm>();

  constructor(start = 0) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  at(time: number, run: () => void): Cancel {
    const alarm: Alarm = { time, order: this.#order++, run };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Moves time on by `milliseconds`, running each alarm at its own time. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#alarms.delete(next);
      this.#now = Math.max(this.#now, next.time);
      next.run();
    }
    this.#now = end;
  }

  /** How many alarms are armed. */
  get armed(): number {
    return this.#alarms.size;
  }

  #next(end: number): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.time > end) continue;
      if (first === undefined || alarm.time < first.time || (alarm.time === first.time && alarm.order < first.order))
        first = alarm;
    }
    return first;
  }
}
