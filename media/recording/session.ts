import { compress } from '../audio/g711.ts';
import { TapRingReader } from '../audio/tap-ring.ts';
import type { Mark } from './chunker.ts';
import type { Keyring } from './keys.ts';
import { failureOf, type Finished, type RecordFailure, RecordingWriter } from './writer.ts';
import { type EndReason, frameSamples } from './track.ts';

/** To whoever writes recordings. */
export type ToRecorder =
  | {
      readonly type: 'open';
      readonly recordingId: string;
      readonly callId: string;
      /** Frames of both channels, left before right. */
      readonly memory: SharedArrayBuffer;
      /** Since when frames may be in there, ms since the epoch; absent: from now on. */
      readonly at?: number;
    }
  | { readonly type: 'close'; readonly recordingId: string; readonly reason: EndReason }
  /** Its shard died: the file is left as it is, to be taken up again. */
  | { readonly type: 'leave'; readonly recordingId: string }
  /** Everything is finished, then `stopped` is told. */
  | { readonly type: 'stop' };

/** From whoever writes recordings. */
export type FromRecorder =
  | ({ readonly type: 'ended' } & Finished)
  | ({ readonly type: 'failed'; readonly recordingId: string; readonly callId: string } & RecordFailure)
  | { readonly type: 'stopped' };

const marks: readonly Mark[] = ['audio', 'paused', 'masked'];

interface Open {
  readonly callId: string;
  readonly reader: TapRingReader;
  readonly writer: RecordingWriter;
  /** Time of the first frame on the ring's clock. */
  beganMs: number | undefined;
}

/** The recordings being written: takes orders, empties the rings when told to. What fails ends that one recording. */
export class RecorderSession {
  readonly #directory: string;
  readonly #keys: Keyring;
  readonly #wall: () => number;
  readonly #tell: (message: FromRecorder) => void;
  readonly #open = new Map<string, Open>();

  constructor(directory: string, keys: Keyring, wall: () => number, tell: (message: FromRecorder) => void) {
    this.#directory = directory;
    this.#keys = keys;
    this.#wall = wall;
    this.#tell = tell;
  }

  take(message: ToRecorder): void {
    switch (message.type) {
      case 'open':
        return this.#begin(message);
      case 'close':
        return this.#finish(message.recordingId, message.reason);
      case 'leave':
        return this.#leave(message.recordingId);
      case 'stop':
        for (const recordingId of [...this.#open.keys()]) this.#finish(recordingId, 'media-failure');
        return this.#tell({ type: 'stopped' });
    }
  }

  /** Writes what waits in the rings. */
  drain(): void {
    for (const [recordingId, open] of this.#open) this.#guard(recordingId, open, () => this.#drain(open));
  }

  #begin({ recordingId, callId, memory, at }: Extract<ToRecorder, { type: 'open' }>): void {
    if (this.#open.has(recordingId)) return;
    const recorded = { recordingId, callId, directory: this.#directory };
    const opened = RecordingWriter.open(recorded, this.#keys, this.#wall, at);
    if (!opened.ok) return this.#tell({ type: 'failed', recordingId, callId, ...opened.error });
    const reader = new TapRingReader(memory);
    this.#open.set(recordingId, { callId, reader, writer: opened.value, beganMs: undefined });
  }

  #finish(recordingId: string, reason: EndReason): void {
    const open = this.#open.get(recordingId);
    if (open === undefined) return;
    this.#guard(recordingId, open, () => {
      this.#drain(open);
      const finished = open.writer.finish(reason);
      this.#open.delete(recordingId);
      this.#tell({ type: 'ended', ...finished });
    });
  }

  #leave(recordingId: string): void {
    const open = this.#open.get(recordingId);
    if (open === undefined) return;
    this.#guard(recordingId, open, () => {
      this.#drain(open);
      open.writer.leave();
      this.#open.delete(recordingId);
    });
  }

  #drain(open: Open): void {
    open.reader.drain((frame, timeMs, mark) => {
      open.beganMs ??= timeMs;
      const left = compress('PCMU', frame.subarray(0, frameSamples));
      const right = compress('PCMU', frame.subarray(frameSamples));
      open.writer.write({ mediaMs: timeMs - open.beganMs, mark: marks[mark] ?? 'paused', left, right });
    });
  }

  #guard(recordingId: string, open: Open, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#open.delete(recordingId);
      this.#tell({ type: 'failed', recordingId, callId: open.callId, ...failureOf(error) });
      try {
        open.writer.abandon();
      } catch {
        // It is closed already.
      }
    }
  }
}
