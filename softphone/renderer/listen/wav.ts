/** WAV files of 16 bits: read, and folded to two channels for players. Pure. */

export interface Wav {
  readonly rate: number;
  readonly channels: number;
  /** Samples of each channel. */
  readonly frames: number;
  /** The samples, little-endian, channel by channel. */
  readonly samples: DataView;
}

/** Reads a WAV file of 16 bits and two channels or more; undefined for anything else. */
export function readWav(wav: ArrayBuffer): Wav | undefined {
  const view = new DataView(wav);
  const tag = (at: number): string => String.fromCharCode(...new Uint8Array(wav, at, 4));
  if (wav.byteLength < 44 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') return undefined;
  let [rate, channels] = [0, 0];
  for (let at = 12; at + 8 <= wav.byteLength;) {
    const length = view.getUint32(at + 4, true);
    const name = tag(at);
    if (name === 'fmt ') {
      channels = view.getUint16(at + 10, true);
      if (channels < 2 || view.getUint16(at + 22, true) !== 16) return undefined;
      rate = view.getUint32(at + 12, true);
    }
    if (name === 'data' && rate > 0) {
      const frames = Math.floor(Math.min(length, wav.byteLength - at - 8) / channels / 2);
      return { rate, channels, frames, samples: new DataView(wav, at + 8, frames * channels * 2) };
    }
    at += 8 + length + (length % 2);
  }
  return undefined;
}

/** A WAV file of two channels: the first on the left, and of the others those who are `heard` together on the right. */
export function folded({ rate, channels, frames, samples }: Wav, heard: readonly boolean[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(44 + frames * 4));
  const write = (at: number, text: string): void =>
    [...text].forEach((char, index) => view.setUint8(at + index, char.charCodeAt(0)));
  write(0, 'RIFF');
  view.setUint32(4, 36 + frames * 4, true);
  write(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 2, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 4, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 16, true);
  write(36, 'data');
  view.setUint32(40, frames * 4, true);
  const others = Array.from({ length: channels - 1 }, (_, at) => at + 1).filter((channel) => heard[channel] !== false);
  for (let frame = 0; frame < frames; frame++) {
    const at = frame * channels;
    let right = 0;
    for (const channel of others) right += samples.getInt16((at + channel) * 2, true);
    view.setInt16(44 + frame * 4, samples.getInt16(at * 2, true), true);
    view.setInt16(46 + frame * 4, Math.max(-32_768, Math.min(32_767, right)), true);
  }
  return view.buffer;
}
