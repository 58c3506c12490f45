import { compress } from '../audio/g711.ts';
import { type RecordState, readMark } from '../audio/record-mark.ts';
import { TapRingReader } from '../audio/tap-ring.ts';
import type { Mark } from './chunker.ts';
import type { Keyring } from './keys.ts';
import { type PictureIn, PictureTracks } from './picture-tracks.ts';
import { failureOf, type Finished, type RecordFailure, RecordingWriter } from './writer.ts';
import { type EndReason, frameMs, frameSamples } from './track.ts';
import { VoiceFrames } from './voice-frames.ts';

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
  /** From now on a voice of it has a channel of its own: frames with the times of those of both channels. */
  | {
      readonly type: 'voice';
      readonly recordingId: string;
      readonly channel: string;
      readonly memory: SharedArrayBuffer;
    }
  | { readonly type: 'voice-ended'; readonly recordingId: string; readonly channel: string }
  /** Its shard died: the file is left as it is, to be taken up again. */
  | { readonly type: 'leave'; readonly recordingId: string }
  /** Packets of a picture come from this port from now on; `picture-ready` is told when they are waited for. */
  | { readonly type: 'picture'; readonly recordingId: string; readonly picture: PictureIn }
  | { readonly type: 'picture-ended'; readonly port: number }
  /** Everything is finished, then `stopped` is told. */
  | { readonly type: 'stop' };

/** From whoever writes recordings. */
export type FromRecorder =
  | ({ readonly type: 'ended' } & Finished)
  | ({ readonly type: 'failed'; readonly recordingId: string; readonly callId: string } & RecordFailure)
  /** Where packets of pictures are to be sent, on loopback. */
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'picture-ready'; readonly port: number }
  | { readonly type: 'stopped' };

const marks: Readonly<Record<RecordState, Mark>> = { on: 'audio', paused: 'paused', masked: 'masked' };

interface Open {
  readonly callId: string;
  readonly reader: TapRingReader;
  readonly writer: RecordingWriter;
  readonly pictures: PictureTracks;
  readonly voices: VoiceFrames;
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
  /** Which recording the packets from a port belong to. */
  readonly #ports = new Map<number, string>();

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
      case 'voice':
        this.#open.get(message.recordingId)?.voices.add(message.channel, message.memory);
        return;
      case 'voice-ended':
        return this.#quiet(message.recordingId, message.channel);
      case 'leave':
        return this.#leave(message.recordingId);
      case 'picture':
        return this.#show(message.recordingId, message.picture);
      case 'picture-ended':
        return this.#hide(message.port);
      case 'stop':
        for (const recordingId of [...this.#open.keys()]) this.#finish(recordingId, 'media-failure');
        return this.#tell({ type: 'stopped' });
    }
  }

  /** A packet of a picture came from a port on loopback. The bytes are kept as they are until they are written. */
  packet(port: number, bytes: Uint8Array): void {
    const recordingId = this.#ports.get(port);
    if (recordingId !== undefined) this.#open.get(recordingId)?.pictures.packet(port, bytes, this.#wall());
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
    const writer = opened.value;
    const pictures = new PictureTracks((record) => writer.picture(record));
    this.#open.set(recordingId, { callId, reader, writer, pictures, voices: new VoiceFrames(), beganMs: undefined });
  }

  #show(recordingId: string, picture: PictureIn): void {
    this.#ports.set(picture.port, recordingId);
    this.#open.get(recordingId)?.pictures.add(picture);
    this.#tell({ type: 'picture-ready', port: picture.port });
  }

  #hide(port: number): void {
    const recordingId = this.#ports.get(port);
    const open = recordingId === undefined ? undefined : this.#open.get(recordingId);
    this.#ports.delete(port);
    if (recordingId === undefined || open === undefined) return;
    this.#guard(recordingId, open, () => {
      this.#drain(open);
      open.pictures.remove(port);
    });
  }

  #quiet(recordingId: string, channel: string): void {
    const open = this.#open.get(recordingId);
    if (open === undefined) return;
    this.#guard(recordingId, open, () => {
      this.#drain(open);
      open.voices.remove(channel);
    });
  }

  #finish(recordingId: string, reason: EndReason): void {
    const open = this.#open.get(recordingId);
    if (open === undefined) return;
    this.#guard(recordingId, open, () => {
      this.#drain(open);
      open.pictures.finish();
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
      open.pictures.finish();
      open.writer.leave();
      this.#open.delete(recordingId);
    });
  }

  #drain(open: Open): void {
    open.reader.drain((frame, timeMs, mark) => {
      // The oldest may be gone already where the first look was late.
      open.beganMs ??= timeMs - open.reader.dropped * frameMs;
      const mediaMs = timeMs - open.beganMs;
      const now = this.#wall();
      const kind = marks[readMark(mark, now).state];
      const left = compress('PCMU', frame.subarray(0, frameSamples));
      const right = compress('PCMU', frame.subarray(frameSamples));
      const voices = open.voices.at(timeMs);
      open.writer.write({ mediaMs, mark: kind, left, right, voices });
      open.pictures.frame(mediaMs, mark, now, kind === 'audio');
    });
    open.pictures.drain();
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
