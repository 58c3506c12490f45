/** One agent's desk: its state, the numbered events that led there, and whoever is watching. */
import { type DeskEvent, type DeskFrame, type DeskState, foldDesk } from '../../protocol/desk.ts';

type Numbered = Extract<DeskFrame, { type: 'event' }>;

/** Somebody watching: gets frames in order until it is removed. */
export type Watcher = (frame: DeskFrame) => void;

const keptEvents = 500;

export class Feed {
  readonly #boot: string;
  readonly #now: () => number;
  readonly #watchers = new Set<Watcher>();
  #recent: Numbered[] = [];
  #state: DeskState;
  #seq = 0;

  constructor(boot: string, state: DeskState, now: () => number) {
    this.#boot = boot;
    this.#state = state;
    this.#now = now;
  }

  get state(): DeskState {
    return this.#state;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Folds an event in and sends it to everybody watching. */
  publish(event: DeskEvent): void {
    this.#state = foldDesk(this.#state, event);
    const frame: Numbered = { type: 'event', seq: ++this.#seq, at: this.#now(), event };
    this.#recent.push(frame);
    if (this.#recent.length > keptEvents) this.#recent = this.#recent.slice(-keptEvents / 2);
    for (const watcher of [...this.#watchers]) watcher(frame);
  }

  /** Starts watching: what was missed since `resume` if that is still known, else a snapshot; then every event. */
  watch(watcher: Watcher, resume?: { readonly boot: string; readonly seq: number }): () => void {
    const missed = this.#missed(resume);
    const head = { boot: this.#boot, seq: this.#seq, at: this.#now() };
    if (missed === undefined) watcher({ type: 'snapshot', ...head, state: this.#state });
    else {
      watcher({ type: 'resumed', ...head });
      for (const frame of missed) watcher(frame);
    }
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #missed(resume?: { readonly boot: string; readonly seq: number }): readonly Numbered[] | undefined {
    if (resume === undefined || resume.boot !== this.#boot || resume.seq > this.#seq) return undefined;
    const missed = this.#recent.filter((frame) => frame.seq > resume.seq);
    return missed.length === this.#seq - resume.seq ? missed : undefined;
  }
}
