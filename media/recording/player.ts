import { expandInto } from '../audio/g711.ts';
import type { Keyring } from './keys.ts';
import { type Bytes, readRecord } from './sealed.ts';
import type { Timeline } from './timeline.ts';
import { decodeTrack, recordKind, sampleRate } from './track.ts';

/** Bytes of a WAV file before its samples. */
const wavHead = 44;
const bytesPerFrame = 4;

/** How long the WAV file of a recording is. */
export function wavSize(timeline: Timeline): number {
  return wavHead + samplesOf(timeline) * bytesPerFrame;
}

function samplesOf({ lengthMs }: Timeline): number {
  return Math.round((lengthMs * sampleRate) / 1000);
}

/** The head of a WAV file of so many samples: PCM16, 8 kHz, two channels. */
export function wavHeadOf(samples: number): Buffer {
  const length = samples * bytesPerFrame;
  const head = Buffer.alloc(wavHead);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * bytesPerFrame, 28);
  head.writeUInt16LE(bytesPerFrame, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(length, 40);
  return head;
}

/**
 * Bytes `from` to `to` (not included) of the recording as a WAV file: the caller left, what the caller heard right,
 * gaps as silence. Only the records needed are read.
 */
export function wavBytes(bytes: Bytes, keys: Keyring, timeline: Timeline, from: number, to: number): Buffer {
  const made = Buffer.alloc(Math.max(0, Math.min(to, wavSize(timeline)) - from));
  if (from < wavHead) wavHeadOf(samplesOf(timeline)).subarray(from, to).copy(made);
  const ms = (position: number): number => ((position - wavHead) / bytesPerFrame / sampleRate) * 1000;
  for (const { fromMs, toMs, offset } of timeline.stretches) {
    if (toMs <= ms(from) || fromMs >= ms(to)) continue;
    const pcm = stretchPcm(bytes, keys, timeline, offset);
    const at = wavHead + Math.round((fromMs * sampleRate) / 1000) * bytesPerFrame;
    if (at >= from) pcm.copy(made, at - from);
    else pcm.copy(made, 0, from - at);
  }
  return made;
}

const left = new Int16Array(16_384);
const right = new Int16Array(16_384);

function stretchPcm(bytes: Bytes, keys: Keyring, timeline: Timeline, offset: number): Buffer {
  const part = timeline.parts.findLast((each) => each.offset < offset);
  const content = part && readRecord(bytes, keys, part.head, offset);
  const record = content && decodeTrack(recordKind.audio, content);
  if (record?.type !== 'audio' || record.left.length > left.length) return Buffer.alloc(0);
  expandInto('PCMU', record.left, left);
  expandInto('PCMU', record.right, right);
  const pcm = Buffer.alloc(record.left.length * bytesPerFrame);
  for (let at = 0; at < record.left.length; at++) {
    pcm.writeInt16LE(left[at] ?? 0, at * bytesPerFrame);
    pcm.writeInt16LE(right[at] ?? 0, at * bytesPerFrame + 2);
  }
  return pcm;
}
