import { expandInto } from '../audio/g711.ts';
import type { Keyring } from './keys.ts';
import { type Bytes, readRecord } from './sealed.ts';
import type { Timeline } from './timeline.ts';
import { agentChannel, decodeTrack, recordKind, sampleRate, type TrackRecord } from './track.ts';

/** Bytes of a WAV file before its samples: of two channels, and of more (WAVE_FORMAT_EXTENSIBLE). */
const stereoHead = 44;
const extensibleHead = 68;
const bytesPerSample = 2;

/** What a WAV file has on two channels unless more are asked for: the caller, and all that the caller heard. */
export const bothSides = ['caller', agentChannel] as const;

/** The bytes before the samples of a WAV file of so many channels. */
function headBytesOf(channels: number): number {
  return channels === 2 ? stereoHead : extensibleHead;
}

/** Where a time is in a WAV file of so many channels. */
export function wavPlace(ms: number, channels = 2): number {
  return headBytesOf(channels) + Math.round((ms * sampleRate) / 1000) * bytesPerSample * channels;
}

/** How long the WAV file of a recording is. */
export function wavSize({ lengthMs }: Timeline, channels = 2): number {
  return wavPlace(lengthMs, channels);
}

/** The head of a WAV file of so many samples on each channel: PCM16, 8 kHz. Of more than two none is a loudspeaker's. */
export function wavHeadOf(samples: number, channels = 2): Buffer {
  const [headBytes, frameBytes] = [headBytesOf(channels), channels * bytesPerSample];
  const length = samples * frameBytes;
  const head = Buffer.alloc(headBytes);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(headBytes - 8 + length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(headBytes - 28, 16);
  head.writeUInt16LE(channels === 2 ? 1 : 0xfffe, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * frameBytes, 28);
  head.writeUInt16LE(frameBytes, 32);
  head.writeUInt16LE(16, 34);
  if (channels !== 2) {
    head.writeUInt16LE(22, 36);
    head.writeUInt16LE(16, 38);
    // No loudspeaker (the mask at 40 is 0), and the sub-format PCM.
    Buffer.from('0100000000001000800000aa00389b71', 'hex').copy(head, 44);
  }
  head.write('data', headBytes - 8, 'latin1');
  head.writeUInt32LE(length, headBytes - 4);
  return head;
}

/**
 * Bytes `from` to `to` (not included) of the recording as a WAV file: the caller, what the caller heard, gaps as silence. Where more
 * `channels` are asked for, everybody has their own, and the second has the agent alone while several are heard. Only the records
 * needed are read.
 */
export function wavBytes(
  bytes: Bytes,
  keys: Keyring,
  timeline: Timeline,
  from: number,
  to: number,
  channels: readonly string[] = bothSides,
): Buffer {
  const count = channels.length;
  const first = wavPlace(0, count);
  const made = Buffer.alloc(Math.max(0, Math.min(to, wavSize(timeline, count)) - from));
  if (from < first)
    wavHeadOf((wavSize(timeline, count) - first) / count / bytesPerSample, count)
      .subarray(from, to)
      .copy(made);
  const ms = (position: number): number => ((position - first) / count / bytesPerSample / sampleRate) * 1000;
  const voices = count === 2 ? undefined : new Map(timeline.voices.map(({ fromMs, offset }) => [fromMs, offset]));
  for (const { fromMs, toMs, offset } of timeline.stretches) {
    if (toMs <= ms(from) || fromMs >= ms(to)) continue;
    const audio = recordAt(bytes, keys, timeline, offset, recordKind.audio);
    if (audio?.type !== 'audio') continue;
    const at = voices?.get(fromMs);
    const own = at === undefined ? undefined : recordAt(bytes, keys, timeline, at, recordKind.voices);
    const pcm = pcmOf(audio, own?.type === 'voices' ? own : undefined, channels);
    const place = wavPlace(fromMs, count);
    if (place >= from) pcm.copy(made, place - from);
    else pcm.copy(made, 0, from - place);
  }
  return made;
}

function recordAt(
  bytes: Bytes,
  keys: Keyring,
  timeline: Timeline,
  offset: number,
  kind: number,
): TrackRecord | undefined {
  const part = timeline.parts.findLast((each) => each.offset < offset);
  const content = part && readRecord(bytes, keys, part.head, offset);
  return content && decodeTrack(kind, content);
}

const samples = new Int16Array(16_384);

type Audio = Extract<TrackRecord, { type: 'audio' }>;
type Voices = Extract<TrackRecord, { type: 'voices' }>;

/** The samples of all channels, turn by turn. */
function pcmOf(audio: Audio, own: Voices | undefined, channels: readonly string[]): Buffer {
  const length = audio.left.length;
  if (length > samples.length) return Buffer.alloc(0);
  const pcm = Buffer.alloc(length * bytesPerSample * channels.length);
  for (const [channel, name] of channels.entries()) {
    const law = lawOf(audio, own, name);
    if (law === undefined) continue;
    expandInto('PCMU', law, samples);
    let place = channel * bytesPerSample;
    for (let at = 0; at < law.length && at < length; at++, place += bytesPerSample * channels.length)
      pcm.writeInt16LE(samples[at] ?? 0, place);
  }
  return pcm;
}

/** A channel's bytes; undefined where it is silent. */
function lawOf(audio: Audio, own: Voices | undefined, name: string): Uint8Array | undefined {
  if (name === 'caller') return audio.left;
  if (name === agentChannel && own === undefined) return audio.right;
  return own?.voices.find(({ channel }) => channel === name)?.bytes;
}
