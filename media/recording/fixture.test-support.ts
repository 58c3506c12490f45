import {
  bytesOf,
  Chunker,
  encodeTrack,
  frameMs,
  frameSamples,
  type Mark,
  readTimeline,
  recordingKey,
  Sealer,
} from './index.ts';
import type { Keyring, StereoFrame, Timeline } from './index.ts';

/** A key ring of one key whose bytes are all `byte`. */
export function ringOf(byte: number): Keyring {
  const key = recordingKey(Buffer.alloc(32, byte));
  return { current: key, byId: new Map([[key.keyId, key]]) };
}

/** A frame whose bytes tell its number and its channel. */
export function frameOf(number: number, mark: Mark = 'audio'): StereoFrame {
  const left = new Uint8Array(frameSamples).fill(number & 0xff);
  const right = new Uint8Array(frameSamples).fill(~number & 0xff);
  return { mediaMs: number * frameMs, mark, left, right };
}

export const facts = {
  recordingId: 'r1',
  callId: 'c1',
  content: 'g711',
  codec: 'PCMU',
  sampleRate: 8000,
  channels: ['caller', 'agent'],
  at: 1000,
};

/** A recording in memory, and where each of its records ends. */
export function recordingOf(keys: Keyring, frames: readonly StereoFrame[]): { file: Buffer; ends: number[] } {
  const sealer = new Sealer(keys.current);
  const pieces = [sealer.begin(facts)];
  const add = (record: Parameters<typeof encodeTrack>[0]): void => {
    const { kind, content } = encodeTrack(record);
    pieces.push(sealer.seal(kind, content));
  };
  let wall = facts.at;
  const chunker = new Chunker(add, () => wall);
  for (const frame of frames) {
    wall = facts.at + frame.mediaMs;
    chunker.write(frame);
  }
  chunker.flush();
  add({ type: 'end', atMs: chunker.nextMs, wallMs: wall, reason: 'ended' });
  let at = 0;
  return { file: Buffer.concat(pieces), ends: pieces.map((piece) => (at += piece.length)) };
}

export function timelineOf(file: Buffer, keys: Keyring): Timeline {
  const read = readTimeline(bytesOf(file), keys);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}
