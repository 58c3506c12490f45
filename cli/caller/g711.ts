/** G.711 (ITU-T G.711): 16-bit samples to one byte and back, by tables made once. */
import type { CodecName } from './sdp.ts';

function decodeMu(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = (((code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4);
  return (code & 0x80) === 0 ? magnitude - 0x84 : 0x84 - magnitude;
}

function decodeA(byte: number): number {
  const code = byte ^ 0x55;
  const segment = (code & 0x70) >> 4;
  const mantissa = ((code & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? mantissa : (mantissa + 0x100) << (segment - 1);
  return (code & 0x80) === 0 ? -magnitude : magnitude;
}

interface Tables {
  readonly decode: Int16Array;
  /** By sample + 32768. */
  readonly encode: Uint8Array;
}

/** The encoder is the decoder turned round: each sample gets the code whose value is nearest. */
function makeTables(decodeByte: (byte: number) => number): Tables {
  const decode = Int16Array.from({ length: 256 }, (_, byte) => decodeByte(byte));
  const codes = [...decode.keys()].sort((a, b) => (decode[a] ?? 0) - (decode[b] ?? 0));
  const encode = new Uint8Array(65_536);
  let at = 0;
  for (let sample = -32_768; sample <= 32_767; sample++) {
    const distance = (index: number): number => Math.abs(sample - (decode[codes[index] ?? 0] ?? 0));
    while (at + 1 < codes.length && distance(at + 1) <= distance(at)) at++;
    encode[sample + 32_768] = codes[at] ?? 0;
  }
  return { decode, encode };
}

const tables: Readonly<Record<CodecName, Tables>> = { pcmu: makeTables(decodeMu), pcma: makeTables(decodeA) };

/** Samples to bytes, one each. */
export function encodeG711(codec: CodecName, samples: Int16Array): Buffer {
  const { encode } = tables[codec];
  const bytes = Buffer.allocUnsafe(samples.length);
  for (let i = 0; i < samples.length; i++) bytes[i] = encode[(samples[i] ?? 0) + 32_768] ?? 0;
  return bytes;
}

/** Bytes to samples, one each. */
export function decodeG711(codec: CodecName, bytes: Uint8Array): Int16Array {
  const { decode } = tables[codec];
  const samples = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) samples[i] = decode[bytes[i] ?? 0] ?? 0;
  return samples;
}
