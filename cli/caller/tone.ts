/** Keys as tones in the audio (ITU-T Q.23), for far sides that take no telephone events. */
const rows = [697, 770, 852, 941];
const columns = [1209, 1336, 1477, 1633];
const layout = '123A456B789C*0#D';

/** The tone of a key at 8 kHz, about -9 dBFS in all. */
export function dtmfTone(digit: string, ms: number): Int16Array {
  const at = layout.indexOf(digit);
  const low = rows[Math.floor(at / 4)] ?? 0;
  const high = columns[at % 4] ?? 0;
  return Int16Array.from({ length: ms * 8 }, (_, i) => {
    const phase = (2 * Math.PI * i) / 8000;
    return Math.round(5800 * (Math.sin(phase * low) + Math.sin(phase * high)));
  });
}
