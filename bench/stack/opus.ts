/**
 * Opus by one package, as a process of its own. `opus.ts KIND ENTRY RATE` prints microseconds of CPU to encode and to
 * decode a frame of 20 ms; `opus.ts KIND ENTRY collect` makes and forgets encoders until they were garbage-collected, and
 * prints `alive` if it lives to say so.
 */
import { createRequire } from 'node:module';

const frames = 4000;
const warmUpFrames = 500;
const bitrate = 24_000;
const complexity = 5;
/** OPUS_SET_COMPLEXITY and OPUS_APPLICATION_VOIP of opus_defines.h. */
const setComplexity = 4010;
const applicationVoip = 2048;

interface Codec {
  encode(pcm: Buffer): Uint8Array;
  decode(packet: Uint8Array): unknown;
}

interface NodeOpus {
  encode(pcm: Buffer): Buffer;
  decode(packet: Uint8Array): Buffer;
  setBitrate(bitrate: number): void;
  applyEncoderCTL(control: number, value: number): void;
}

interface EvanEncoder {
  bitrate: number;
  complexity: number;
  encode(pcm: Buffer): Uint8Array;
}

function nodeOpus(entry: string, rate: number): Codec {
  const { OpusEncoder } = createRequire(import.meta.url)(entry) as {
    OpusEncoder: new (rate: number, channels: number, application: number) => NodeOpus;
  };
  const codec = new OpusEncoder(rate, 1, applicationVoip);
  codec.setBitrate(bitrate);
  codec.applyEncoderCTL(setComplexity, complexity);
  return codec;
}

function evanOpus(entry: string, rate: number): Codec {
  const { Encoder, Decoder } = createRequire(import.meta.url)(entry) as {
    Encoder: new (options: object) => EvanEncoder;
    Decoder: new (options: object) => { decode(packet: Uint8Array): Uint8Array };
  };
  const encoder = new Encoder({ channels: 1, sample_rate: rate, application: 'voip' });
  encoder.bitrate = bitrate;
  encoder.complexity = complexity;
  const decoder = new Decoder({ channels: 1, sample_rate: rate });
  return { encode: (pcm) => encoder.encode(pcm), decode: (packet) => decoder.decode(packet) };
}

/** A voice of sorts: a gliding tone with harmonics, in syllables, over a little noise; the same for everybody. */
function voice(rate: number): Buffer[] {
  const samples = rate / 50;
  let phase = 0;
  let seed = 1;
  return Array.from({ length: 500 }, (_, frame) => {
    const pcm = Buffer.alloc(samples * 2);
    for (let n = 0; n < samples; n++) {
      const time = frame / 50 + n / rate;
      phase += (2 * Math.PI * (140 + 40 * Math.sin(time * 3))) / rate;
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      const loud = Math.max(0, Math.sin(time * 8));
      const sound = Math.sin(phase) + 0.5 * Math.sin(3 * phase) + 0.25 * Math.sin(7 * phase);
      pcm.writeInt16LE(Math.round(6000 * loud * sound + 200 * (seed / 1_073_741_824 - 1)), n * 2);
    }
    return pcm;
  });
}

/** Microseconds of CPU (user and system, this process) for each of `count` calls of `work`. */
function cpuUs(count: number, work: (n: number) => unknown): number {
  const before = process.cpuUsage();
  for (let n = 0; n < count; n++) work(n);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

const [kind = '', entry = '', what = ''] = process.argv.slice(2);
const make = kind === 'node-opus' ? nodeOpus : evanOpus;
if (what === 'collect') {
  const frame = Buffer.alloc(1920);
  for (let n = 0; n < 3000; n++) make(entry, 48_000).encode(frame);
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, 100));
  globalThis.gc?.();
  console.log('alive');
} else {
  const rate = Number(what);
  const codec = make(entry, rate);
  const speech = voice(rate);
  const packets = speech.map((pcm) => Uint8Array.from(codec.encode(pcm)));
  const pcmOf = (n: number): Buffer => speech[n % speech.length] ?? Buffer.alloc(0);
  const packetOf = (n: number): Buffer => Buffer.from(packets[n % packets.length] ?? []);
  cpuUs(warmUpFrames, (n) => codec.decode(packetOf(n)));
  const encodeUs = cpuUs(frames, (n) => codec.encode(pcmOf(n)));
  const decodeUs = cpuUs(frames, (n) => codec.decode(packetOf(n)));
  console.log(JSON.stringify({ encodeUs, decodeUs }));
}
