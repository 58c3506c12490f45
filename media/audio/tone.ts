const rows = [697, 770, 852, 941];
const columns = [1209, 1336, 1477, 1633];
const keys = ['123A', '456B', '789C', '*0#D'];
const sampleRate = 8000;
/** -7 dBFS for both tones together. */
const amplitude = 7000;

/** Frame `index` (20 ms) of the dual tone of a digit (ITU-T Q.23), for a peer that does not know RFC 4733. */
export function toneFrame(digit: string, index: number, samples = 160): Int16Array {
  const row = keys.findIndex((each) => each.includes(digit));
  const low = rows[row] ?? 0;
  const high = columns[keys[row]?.indexOf(digit) ?? 0] ?? 0;
  return Int16Array.from({ length: samples }, (_, at) => {
    const time = (2 * Math.PI * (index * samples + at)) / sampleRate;
    return Math.round(amplitude * (Math.sin(low * time) + Math.sin(high * time)));
  });
}
