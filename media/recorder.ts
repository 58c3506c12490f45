import { Worker } from 'node:worker_threads';
import { type Cancel, type Clock, systemClock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import { RestartPolicy } from '../base/supervisor.ts';
import type { GraphRecording, MediaEvent } from '../protocol/media.ts';
import { tapRingMemory } from './audio/tap-ring.ts';
import type { PictureIn } from './recording/index.ts';
import type { FromRecorder, ToRecorder } from './recording/session.ts';
import type { RecordRing } from './shards/messages.ts';

/** Where recordings go, and the text of the key file. */
export interface RecorderOptions {
  readonly directory: string;
  readonly keys: string;
}

/** Samples of a frame on both channels, and of a voice alone; frames a ring holds (2.5 s). */
const stereoSamples = 320;
const voiceSamples = 160;
const slots = 128;

interface Open {
  readonly callId: string;
  readonly memory: SharedArrayBuffer;
  /** Since when frames may wait in the ring, ms since the epoch. */
  readonly at: number;
  /** Rings of those who have a channel of their own, by channel. */
  readonly voices: Map<string, SharedArrayBuffer>;
}

/**
 * The recordings that are being made: a ring filled by a shard, emptied by a thread that writes. A thread that dies is
 * replaced, ever more slowly, and takes each file up again; if it keeps dying, what it was writing has failed. One whose file
 * cannot be written is told as failed and not tried again.
 */
export class Recorder {
  readonly events = new Emitter<MediaEvent>();
  /** Packets of pictures are taken on another port from now on, or on none. */
  readonly listens = new Emitter<number | undefined>();
  readonly #options: RecorderOptions | undefined;
  readonly #logger: Logger;
  readonly #open = new Map<string, Open>();
  /** Not to be tried again while its call lasts. */
  readonly #failed = new Map<string, string>();
  /** Ended while no thread was there to finish them. */
  readonly #ended = new Map<string, Open>();
  readonly #clock: Clock;
  readonly #restarts: RestartPolicy;
  readonly #script: URL;
  #worker: Worker | undefined;
  /** Set while a thread has died and the next one is not to be started yet. */
  #resting: Cancel | undefined;
  #dropped = 0;
  #port: number | undefined;
  /** Who waits until a picture is waited for, by its port. */
  readonly #ready = new Map<number, () => void>();
  #closed = false;

  /** Without options every recording fails, by name, and no call does. `script` is what the thread runs; tests give one that dies. */
  constructor(
    options: RecorderOptions | undefined,
    logger: Logger,
    clock: Clock = systemClock,
    script = new URL('./recording/thread.ts', import.meta.url),
  ) {
    this.#options = options;
    this.#logger = logger;
    this.#clock = clock;
    this.#restarts = new RestartPolicy(clock);
    this.#script = script;
  }

  /** Starts the thread, so that the first recording does not wait for it. */
  warmUp(): void {
    if (this.#resting === undefined) this.#worker ??= this.#start();
  }

  /** Makes these the recordings of a call; returns the rings of the new ones, for its shard. */
  apply(callId: string, wanted: readonly GraphRecording[]): RecordRing[] {
    for (const [recordingId, open] of this.#open)
      if (open.callId === callId && !wanted.some((each) => each.recordingId === recordingId)) this.#finish(recordingId);
    if (wanted.length === 0) for (const [id, call] of this.#failed) if (call === callId) this.#failed.delete(id);
    return wanted.flatMap((recording) => {
      const { recordingId } = recording;
      const known = this.#open.get(recordingId);
      if (known !== undefined) return this.#voices(recording, known);
      if (this.#failed.has(recordingId)) return [];
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
      const open: Open = { callId, memory, at: Date.now(), voices: new Map() };
      this.#open.set(recordingId, open);
      this.#post({ type: 'open', recordingId, callId, memory, at: open.at });
      return [{ recordingId, memory }, ...this.#voices(recording, open)];
    });
  }

  /** Makes these the ones who have a channel of their own; returns the rings of those who are new. */
  #voices({ recordingId, voices = [] }: GraphRecording, open: Open): RecordRing[] {
    for (const channel of open.voices.keys()) {
      if (voices.some((each) => each.channel === channel)) continue;
      open.voices.delete(channel);
      this.#post({ type: 'voice-ended', recordingId, channel });
    }
    return voices.flatMap(({ channel }) => {
      if (open.voices.has(channel)) return [];
      const memory = tapRingMemory(voiceSamples, slots);
      open.voices.set(channel, memory);
      this.#post({ type: 'voice', recordingId, channel, memory });
      return [{ recordingId, channel, memory }];
    });
  }

  /** The shard of a call died: its recordings are left as they are until they are asked for again. */
  interrupt(callId: string): void {
    for (const [recordingId, open] of this.#open) {
      if (open.callId !== callId) continue;
      this.#open.delete(recordingId);
      this.#post({ type: 'leave', recordingId });
    }
  }

  /** Where packets of pictures are taken, on loopback; undefined while nobody takes any. */
  get port(): number | undefined {
    return this.#port;
  }

  /** Packets of a picture are about to come; resolves when they are waited for, or never will be. */
  picture(recordingId: string, picture: PictureIn): Promise<void> {
    const ready = new Promise<void>((resolve) => this.#ready.set(picture.port, resolve));
    if (this.#worker === undefined) this.#unready();
    this.#post({ type: 'picture', recordingId, picture });
    return ready;
  }

  /** No more packets come from that port. */
  pictureEnded(port: number): void {
    this.#post({ type: 'picture-ended', port });
  }

  /** Frames that finished recordings lack because their ring was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Finishes every recording and waits until all of it is on the disk. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#resting !== undefined) this.#again();
    const worker = this.#worker;
    if (worker === undefined) return;
    const gone = new Promise((resolve) => worker.once('exit', resolve));
    this.#post({ type: 'stop' });
    await gone;
  }

  #finish(recordingId: string): void {
    const open = this.#open.get(recordingId);
    this.#open.delete(recordingId);
    if (this.#resting !== undefined && open !== undefined) this.#ended.set(recordingId, open);
    this.#post({ type: 'close', recordingId, reason: 'ended' });
  }

  #fail(callId: string, recordingId: string, code: string, message: string): void {
    this.#failed.set(recordingId, callId);
    this.#logger.error({ callId, recordingId, code, reason: message }, 'a recording ended: it cannot be written');
    this.events.emit({ type: 'recording-failed', callId, recordingId, code, message });
  }

  /** While no thread is there nothing is posted: the next one is told everything anew. */
  #post(message: ToRecorder): void {
    if (this.#resting !== undefined) return;
    this.warmUp();
    this.#worker?.postMessage(message);
  }

  #start(): Worker | undefined {
    if (this.#options === undefined) return undefined;
    const worker = new Worker(this.#script, { workerData: this.#options });
    worker.on('message', (message: FromRecorder) => this.#take(message));
    worker.on('error', (err) => this.#logger.error({ err }, 'the recorder died'));
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#unready();
      this.#listens(undefined);
      if (!this.#closed) this.#died();
    });
    return worker;
  }

  #listens(port: number | undefined): void {
    this.#port = port;
    this.listens.emit(port);
  }

  #unready(): void {
    for (const resolve of this.#ready.values()) resolve();
    this.#ready.clear();
  }

  #died(): void {
    const verdict = this.#restarts.died();
    // What the shards write from now on waits in the rings; what was taken out of them and not written is lost.
    const at = Date.now();
    for (const [recordingId, open] of this.#open) this.#open.set(recordingId, { ...open, at });
    if (verdict.type === 'escalate') return this.#giveUp();
    this.#logger.warn({ delayMs: verdict.delayMs, recordings: this.#open.size }, 'the recorder is started again');
    this.#resting = this.#clock.at(this.#clock.now() + verdict.delayMs, () => this.#again());
  }

  /** A fresh thread takes up every file, and finishes those that ended meanwhile. */
  #again(): void {
    this.#resting?.();
    this.#resting = undefined;
    for (const [recordingId, { voices, ...open }] of [...this.#open, ...this.#ended]) {
      this.#post({ type: 'open', recordingId, ...open });
      for (const [channel, memory] of voices) this.#post({ type: 'voice', recordingId, channel, memory });
    }
    for (const recordingId of this.#ended.keys()) this.#post({ type: 'close', recordingId, reason: 'ended' });
    this.#ended.clear();
  }

  /** It keeps dying: these recordings have failed, and their calls go on. The next one tries a thread again. */
  #giveUp(): void {
    for (const [recordingId, { callId }] of [...this.#open]) {
      this.#open.delete(recordingId);
      this.#fail(callId, recordingId, 'recorder-died', 'the thread that writes recordings keeps dying');
    }
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
      case 'listening':
        return this.#listens(message.port);
      case 'picture-ready':
        this.#ready.get(message.port)?.();
        this.#ready.delete(message.port);
        return;
      case 'stopped':
        return;
    }
  }
}
