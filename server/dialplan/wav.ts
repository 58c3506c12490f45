/** The header of a WAV file, as far as playing needs it. Pure. */
import { fail, ok, type Result } from '../../base/result.ts';

/** What the media node can play, samples a second. */
const rates = [8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/** Reads the length of a PCM16 WAV, mono or stereo, in ms; the failure says what else it is. `size`: of the whole file. */
export function wavLength(head: Uint8Array, size: number): Result<number, string> {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const tag = (at: number): string => String.fromCharCode(...head.subarray(at, at + 4));
  if (head.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') return fail('it is not a WAV file');
  let [rate, width] = [0, 2];
  for (let at = 12; at + 8 <= head.length;) {
    const length = view.getUint32(at + 4, true);
    if (tag(at) === 'data') {
      if (rate === 0) return fail('it has no format before its sound');
      const bytes = Math.min(length, size - at - 8);
      return bytes < width ? fail('it has no sound in it') : ok(Math.round((bytes / width / rate) * 1000));
    }
    if (tag(at) === 'fmt ' && at + 24 <= head.length) {
      const [format, channels, bits] = [
        view.getUint16(at + 8, true),
        view.getUint16(at + 10, true),
        view.getUint16(at + 22, true),
      ];
      rate = view.getUint32(at + 12, true);
      if (format !== 1 || bits !== 16) return fail('it is not 16-bit PCM');
      if (channels !== 1 && channels !== 2) return fail(`it has ${channels} channels, not one or two`);
      if (!rates.includes(rate)) return fail(`its rate is ${rate} Hz, not ${rates.join(', ')}`);
      width = 2 * channels;
    }
    at += 8 + length + (length % 2);
  }
  return fail('it has no sound in it');
}
