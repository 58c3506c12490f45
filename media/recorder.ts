import { Worker } from 'node:worker_threads';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import type { GraphRecording, MediaEvent } from '../protocol/media.ts';
import { tapRingMemory } from './audio/tap-ring.ts';
import type { FromRecorder, ToRecorder } from './recording/session.ts';
import type { RecordRing } from './shards/messages.ts';

/** Where recordings go, and the text of the key file. */
export interface RecorderOptions {
  readonly directory: string;
  readonly keys: string;
}

/** Samples of a frame on both channels; frames a ring holds (2.5 s). */
const stereoSamples = 320;
const slots = 128;

interface Open {
  readonly callId: string;
  readonly memory: SharedArrayBuffer;
}

/**
 * The recordings that are being made: a ring filled by a shard, emptied by a thread that writes. A thread that dies is
 * replaced and takes each file up again; one whose file cannot be written is told as failed and not tried again.
 */
export class Recorder {
  readonly events = new Emitter<MediaEvent>();
  readonly #options: RecorderOptions | undefined;
  readonly #logger: Logger;
  readonly #open = new Map<string, Open>();
  /** Not to be tried again while its call lasts. */
  readonly #failed = new Map<string, string>();
  #worker: Worker | undefined;
  #dropped = 0;
  #closed = false;

  /** Without options every recording fails, by name, and no call does. */
  constructor(options: RecorderOptions | undefined, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
  }

  /** Makes these the recordings of a call; returns the rings of the new ones, for its shard. */
  apply(callId: string, wanted: readonly GraphRecording[]): RecordRing[] {
    for (const [recordingId, open] of this.#open)
      if (open.callId === callId && !wanted.some((each) => each.recordingId === recordingId)) this.#finish(recordingId);
    if (wanted.length === 0) for (const [id, call] of this.#failed) if (call === callId) this.#failed.delete(id);
    return wanted.flatMap(({ recordingId }) => {
      if (this.#open.has(recordingId) || this.#failed.has(recordingId)) return [];
      if (this.#options === undefined) {
        this.#fail(
          callId,
          recordingId,
          'no-key',
          'this media node was started without a folder and a key for recordings',
        );
        return [];
      }
      const memory = tapRingMemory(stereoSamples, slots);
      this.#open.set(recordingId, { callId, memory });
      this.#post({ type: 'open', recordingId, callId, memory });
      return [{ recordingId, memory }];
    });
  }

  /** Frames that finished recordings lack because their ring was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Finishes every recording and waits until all of it is on the disk. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    const gone = new Promise((resolve) => worker.once('exit', resolve));
    this.#post({ type: 'stop' });
    await gone;
  }

  #finish(recordingId: string): void {
    this.#open.delete(recordingId);
    this.#post({ type: 'close', recordingId, reason: 'ended' });
  }

  #fail(callId: string, recordingId: string, code: string, message: string): void {
    this.#failed.set(recordingId, callId);
    this.#logger.error({ callId, recordingId, code, reason: message }, 'a recording ended: it cannot be written');
    this.events.emit({ type: 'recording-failed', callId, recordingId, code, message });
  }

  #post(message: ToRecorder): void {
    this.#worker ??= this.#start();
    this.#worker?.postMessage(message);
  }

  #start(): Worker | undefined {
    if (this.#options === undefined) return undefined;
    const worker = new Worker(new URL('./recording/thread.ts', import.meta.url), { workerData: this.#options });
    worker.on('message', (message: FromRecorder) => this.#take(message));
    worker.on('error', (err) => this.#logger.error({ err }, 'the recorder died and is started again'));
    worker.on('exit', () => {
      this.#worker = undefined;
      if (this.#closed) return;
      for (const [recordingId, open] of this.#open) this.#post({ type: 'open', recordingId, ...open });
    });
    return worker;
  }

  #take(message: FromRecorder): void {
    switch (message.type) {
      case 'ended': {
        this.#dropped += message.dropped;
        this.#logger.info({ callId: message.callId, recordingId: message.recordingId }, 'a recording is finished');
        this.events.emit({ ...message, type: 'recording-ended' });
        return;
      }
      case 'failed':
        this.#open.delete(message.recordingId);
        return this.#fail(message.callId, message.recordingId, message.code, message.message);
      case 'stopped':
        return;
    }
  }
}
