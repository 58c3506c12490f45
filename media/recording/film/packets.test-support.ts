/** Pictures as ffmpeg makes them, cut into RTP packets as a browser does: for tests. */
import { execFileSync } from 'node:child_process';
import { writeRtp } from '../../edge/rtp.ts';
import type { PictureCodec } from '../track.ts';

export interface EncodedFrame {
  readonly atMs: number;
  readonly data: Buffer;
}

const most = 1000;

function ffmpeg(...how: readonly string[]): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', ...how, 'pipe:1'], { maxBuffer: 1 << 26 });
}

/** Frames of a filter's picture, 20 a second, a key frame every second. */
export function encoded(codec: PictureCodec, filter: string): EncodedFrame[] {
  const input = ['-f', 'lavfi', '-i', filter, '-r', '20', '-g', '20'];
  if (codec === 'VP8') return ivfFrames(ffmpeg(...input, '-c:v', 'libvpx', '-deadline', 'realtime', '-f', 'ivf'));
  const h264 = ['-c:v', 'libx264', '-profile:v', 'baseline', '-tune', 'zerolatency', '-x264-params', 'aud=1'];
  return accessUnits(ffmpeg(...input, '-pix_fmt', 'yuv420p', ...h264, '-f', 'h264'));
}

function ivfFrames(ivf: Buffer): EncodedFrame[] {
  const frames: EncodedFrame[] = [];
  for (let at = 32; at + 12 <= ivf.length;) {
    const length = ivf.readUInt32LE(at);
    frames.push({ atMs: frames.length * 50, data: ivf.subarray(at + 12, at + 12 + length) });
    at += 12 + length;
  }
  return frames;
}

/** Cut before each access unit delimiter; what is inside is still an Annex B stream. */
function accessUnits(stream: Buffer): EncodedFrame[] {
  const delimiter = Buffer.from([0, 0, 0, 1, 9]);
  const frames: EncodedFrame[] = [];
  for (let at = stream.indexOf(delimiter); at >= 0;) {
    const next = stream.indexOf(delimiter, at + 5);
    frames.push({ atMs: frames.length * 50, data: stream.subarray(at, next < 0 ? undefined : next) });
    at = next;
  }
  return frames;
}

function unitsOf(annexB: Buffer): Buffer[] {
  const units: Buffer[] = [];
  const starts: number[] = [];
  for (let at = annexB.indexOf('000001', 0, 'hex'); at >= 0; at = annexB.indexOf('000001', at + 3, 'hex'))
    starts.push(at + 3);
  for (const [index, start] of starts.entries()) {
    const end = (starts[index + 1] ?? annexB.length + 3) - 3;
    const unit = annexB.subarray(start, end);
    units.push(unit.at(-1) === 0 ? unit.subarray(0, -1) : unit);
  }
  return units.filter((unit) => ((unit[0] ?? 0) & 0x1f) !== 9);
}

/** RFC 7741: each payload behind its descriptor, with a picture id of two bytes. */
function vp8Payloads(data: Buffer, number: number): Buffer[] {
  const payloads: Buffer[] = [];
  for (let at = 0; at < data.length; at += most) {
    const head = Buffer.from([0x80 | (at === 0 ? 0x10 : 0), 0x80, 0x80 | ((number >> 8) & 0x7f), number & 0xff]);
    payloads.push(Buffer.concat([head, data.subarray(at, at + most)]));
  }
  return payloads;
}

/** RFC 6184: parameter sets in one STAP-A, what is long in FU-A. */
function h264Payloads(data: Buffer): Buffer[] {
  const units = unitsOf(data);
  const small = units.filter((unit) => unit.length <= 100);
  const sets = small.length > 1 ? small : [];
  const counted = sets.flatMap((unit) => [Buffer.from([unit.length >> 8, unit.length & 0xff]), unit]);
  const aggregate = sets.length > 0 ? [Buffer.concat([Buffer.from([24]), ...counted])] : [];
  const rest = units.filter((unit) => !sets.includes(unit));
  return [...aggregate, ...rest.flatMap((unit) => (unit.length <= most ? [unit] : fragments(unit)))];
}

function fragments(unit: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  const first = unit[0] ?? 0;
  for (let at = 1; at < unit.length; at += most) {
    const flags = (at === 1 ? 0x80 : 0) | (at + most >= unit.length ? 0x40 : 0);
    pieces.push(
      Buffer.concat([Buffer.from([(first & 0xe0) | 28, flags | (first & 0x1f)]), unit.subarray(at, at + most)]),
    );
  }
  return pieces;
}

export interface SentPacket {
  readonly atMs: number;
  readonly bytes: Buffer;
}

/** The packets of frames, with their RTP clock at `ticks` and their numbers from `sequence`. */
export function packetsOf(
  codec: PictureCodec,
  frames: readonly EncodedFrame[],
  { ssrc = 77, sequence = 65_500, ticks = 2 ** 32 - 90_000, fromMs = 0 } = {},
): SentPacket[] {
  let number = sequence;
  return frames.flatMap(({ atMs, data }, index) => {
    const payloads = codec === 'VP8' ? vp8Payloads(data, index) : h264Payloads(data);
    return payloads.map((payload, at) => {
      const marker = at === payloads.length - 1;
      const timestamp = (ticks + atMs * 90) >>> 0;
      const head = { payloadType: 96, marker, sequence: number++ & 0xffff, timestamp, ssrc };
      return { atMs: fromMs + atMs, bytes: writeRtp({ ...head, payload }) };
    });
  });
}
