import { setImmediate } from 'node:timers';
import type { Cancel, Clock } from '../../../base/clock.ts';
import { Emitter } from '../../../base/emitter.ts';
import type { Logger } from '../../../base/logger.ts';
import type { JournalDialog, JournalRing } from '../../../protocol/engine-journal.ts';
import type { Dialog, Dialogs, DialogWatch } from '../dialog/dialog.ts';
import type { JournalDisk, JournalFile } from './disk.ts';
import { changesOf, entryOf } from './entry.ts';
import { readJournal, writeLine } from './lines.ts';
import type { JournalContent } from './lines.ts';

/** When the file is written anew; sizes in characters, times in ms. */
export interface JournalLimits {
  /** When it has grown to this, and to three times what it was when new. */
  readonly longest: number;
  /** At the latest so long after a call in it ended: who talked with whom is nobody's business later. */
  readonly stale: number;
  /** After a failure the next attempt is made in this time. */
  readonly retry: number;
}

export const defaultLimits: JournalLimits = { longest: 4 * 1024 * 1024, stale: 60_000, retry: 5000 };

/** Dialogs encoded in one go while the file is written anew: about a millisecond. */
const chunk = 100;

/** How the journal is: `failing` means that a death of the engine now would lose calls. */
export interface JournalHealth {
  readonly at: number;
  readonly state: 'well' | 'failing';
  readonly reason: string;
}

/**
 * Writes down what happens to confirmed dialogs, so that the next run of the engine has them. Changes are gathered for
 * one turn of the event loop and written by another thread; signalling never waits, and goes on when the disk refuses.
 */
export class Journal implements DialogWatch {
  readonly health = new Emitter<JournalHealth>();
  readonly #disk: JournalDisk;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #limits: JournalLimits;
  /** What the file says of each dialog in it. */
  readonly #written = new Map<string, JournalDialog>();
  readonly #rings = new Map<string, JournalRing>();
  readonly #touched = new Set<Dialog>();
  /** Lines that stand already. */
  #said = '';
  #dialogs: Dialogs | undefined;
  #file: JournalFile | undefined;
  #pending = '';
  /** Written to the old file while the new one is made, and so owed to the new one. */
  #owed: string | undefined;
  #size = 0;
  /** Its size when it was new. */
  #fresh = 0;
  #gathering = false;
  #rewrite = true;
  #stale: Cancel | undefined;
  #retry: Cancel = () => {};
  #work: Promise<void> | undefined;
  /** After a failure nothing is written until the next attempt; all of it is told once. */
  #waiting = false;
  #alarmed = false;
  #lastHealth: JournalHealth | undefined;
  #closed = false;

  constructor(disk: JournalDisk, clock: Clock, log: Logger, limits: JournalLimits = defaultLimits) {
    this.#disk = disk;
    this.#clock = clock;
    this.#log = log;
    this.#limits = limits;
  }

  /** What the run before this one left. A file that cannot be read is told and leaves nothing. */
  read(): JournalContent {
    try {
      const content = readJournal(this.#disk.read());
      const { dialogs, torn, broken } = content;
      const facts = { dialogs: dialogs.length, torn, broken };
      if (broken > 0) this.#log.error(facts, 'the journal has lines that cannot be trusted');
      else this.#log.info(facts, 'the journal was read');
      return content;
    } catch (err) {
      this.#log.error({ err }, 'the journal cannot be read: calls of before are lost');
      return { dialogs: [], rings: [], torn: 0, broken: 0 };
    }
  }

  /** What was told last; undefined while nothing went wrong. */
  get lastHealth(): JournalHealth | undefined {
    return this.#lastHealth;
  }

  /** Begins to write about these dialogs, with a new file of those that are there. */
  start(dialogs: Dialogs): void {
    this.#dialogs = dialogs;
    for (const dialog of dialogs.values()) this.touched(dialog);
    this.#run();
  }

  /** An INVITE waits for its answer. */
  ringing(ring: JournalRing): void {
    this.#rings.set(ring.id, ring);
    this.#say(writeLine({ type: 'ring', ring }));
  }

  /** It does not any more. */
  rung(id: string): void {
    if (!this.#rings.delete(id)) return;
    this.#say(writeLine({ type: 'rung', id }));
    this.#cleanLater();
  }

  #say(line: string): void {
    this.#said += line;
    this.#gatherSoon();
  }

  /** Something may have changed in a dialog, or will before this turn of the event loop is over. */
  touched(dialog: Dialog): void {
    this.#touched.add(dialog);
    this.#gatherSoon();
  }

  #gatherSoon(): void {
    if (this.#gathering || this.#closed) return;
    this.#gathering = true;
    setImmediate(() => this.#gather());
  }

  /** Writes the file anew, so that nothing of calls that are over is in it. Resolves when it is done, or cannot be. */
  async tidy(): Promise<void> {
    this.#gather();
    this.#rewrite = true;
    this.#run();
    await this.#work;
  }

  /** Writes what is left and closes the file. Dialogs that end afterwards stay in it. */
  async close(): Promise<void> {
    this.#gather();
    this.#closed = true;
    this.#retry();
    this.#stale?.();
    await this.#work;
    await this.#file?.close().catch(() => undefined);
  }

  #gather(): void {
    this.#gathering = false;
    if (this.#closed || this.#dialogs === undefined) return;
    let text = this.#said;
    this.#said = '';
    for (const dialog of this.#touched) text += this.#lineOf(dialog, this.#dialogs);
    this.#touched.clear();
    // While the disk refuses, what is alive is in memory; the next attempt writes all of it.
    if (text === '' || this.#waiting) return;
    this.#pending += text;
    this.#run();
  }

  #lineOf(dialog: Dialog, dialogs: Dialogs): string {
    const { id } = dialog;
    const before = this.#written.get(id);
    const held = dialogs.peek(id);
    if (held === undefined) return before === undefined ? '' : this.#ended(id);
    if (held !== dialog || dialog.state !== 'confirmed') return '';
    const now = entryOf(dialog);
    this.#written.set(id, now);
    if (before === undefined || before.localTag !== now.localTag || before.remoteTag !== now.remoteTag) {
      return writeLine({ type: 'put', dialog: now });
    }
    const to = changesOf(before, now);
    // A CSeq that was not written must stay behind in what we know of the file.
    if (to?.localSeq === undefined) this.#written.set(id, { ...now, localSeq: before.localSeq });
    return to === undefined ? '' : writeLine({ type: 'set', id, to });
  }

  #ended(id: string): string {
    this.#written.delete(id);
    this.#cleanLater();
    return writeLine({ type: 'end', id });
  }

  /** Who talked with whom does not stay in the file for long. */
  #cleanLater(): void {
    this.#stale ??= this.#clock.at(this.#clock.now() + this.#limits.stale, () => {
      this.#stale = undefined;
      this.#rewrite = true;
      this.#run();
    });
  }

  /** One write after the other, never two at once. */
  #run(): void {
    if (this.#closed || this.#waiting || this.#dialogs === undefined) return;
    this.#work ??= this.#drain().then(
      () => this.#recovered(),
      (err: unknown) => this.#failed(err),
    );
  }

  async #drain(): Promise<void> {
    while (this.#pending !== '' || this.#rewrite) {
      if (this.#rewrite) await this.#writeAnew();
      else await this.#flush();
      this.#rewrite ||= this.#size > this.#limits.longest && this.#size > 3 * this.#fresh;
    }
    this.#work = undefined;
  }

  async #flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = '';
    if (text === '') return;
    if (this.#owed !== undefined) this.#owed += text;
    this.#size += text.length;
    await this.#file?.append(text);
  }

  /** A new file of what is alive; until it is whole and in place, the old one goes on. */
  async #writeAnew(): Promise<void> {
    this.#rewrite = false;
    this.#stale?.();
    this.#stale = undefined;
    const file = await this.#disk.begin();
    try {
      this.#owed = '';
      const filled = await this.#fill(file);
      const owed = this.#owed;
      this.#owed = undefined;
      await file.append(owed);
      await this.#disk.replace();
      this.#fresh = this.#size = filled + owed.length;
    } catch (error) {
      this.#owed = undefined;
      await file.close().catch(() => undefined);
      throw error;
    }
    const old = this.#file;
    this.#file = file;
    await old?.close().catch(() => undefined);
  }

  async #fill(file: JournalFile): Promise<number> {
    let text = writeLine({ type: 'journal', version: 1, at: this.#clock.now() });
    for (const ring of this.#rings.values()) text += writeLine({ type: 'ring', ring });
    let size = 0;
    let count = 0;
    for (const dialog of [...this.#written.values()]) {
      text += writeLine({ type: 'put', dialog });
      if (++count % chunk !== 0) continue;
      size += text.length;
      await file.append(text);
      text = '';
      await this.#flush();
    }
    await file.append(text);
    return size + text.length;
  }

  #recovered(): void {
    if (!this.#alarmed) return;
    this.#alarmed = false;
    this.#log.warn({}, 'the journal can be written again');
    this.#tell('well', 'it can be written again');
  }

  /** What was to be written is in memory still: the next attempt writes the file anew. */
  #failed(err: unknown): void {
    void this.#file?.close().catch(() => undefined);
    this.#file = undefined;
    this.#work = undefined;
    this.#pending = '';
    this.#rewrite = true;
    this.#waiting = true;
    this.#retry = this.#clock.at(this.#clock.now() + this.#limits.retry, () => {
      this.#waiting = false;
      this.#run();
    });
    if (this.#alarmed) return;
    this.#alarmed = true;
    this.#log.error({ err }, 'the journal cannot be written: calls go on, but would not survive the engine');
    this.#tell('failing', err instanceof Error ? err.message : String(err));
  }

  #tell(state: JournalHealth['state'], reason: string): void {
    this.#lastHealth = { at: this.#clock.now(), state, reason };
    this.health.emit(this.#lastHealth);
  }
}
