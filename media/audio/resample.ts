/** Taps of the low-pass filter on each side of its middle. */
const reach = 96;
/** Pass band edge as a share of the new Nyquist frequency: 3.76 kHz of 4. */
const cutoff = 0.94;

/** Sinc under a Blackman window: at least 70 dB down where 8 kHz would fold. */
function lowPass(): Float64Array {
  const taps = new Float64Array(2 * reach + 1);
  let sum = 0;
  for (let at = 0; at < taps.length; at++) {
    const x = at - reach;
    const angle = (Math.PI * x * cutoff) / 2;
    const sinc = x === 0 ? 1 : Math.sin(angle) / angle;
    const phase = (2 * Math.PI * at) / (taps.length - 1);
    const value = sinc * (0.42 - 0.5 * Math.cos(phase) + 0.08 * Math.cos(2 * phase));
    taps[at] = value;
    sum += value;
  }
  return taps.map((value) => value / sum);
}

const taps = lowPass();

/** 16 kHz to 8 kHz: every second sample of what a linear-phase low-pass leaves. Whole files only, it keeps no state. */
export function halve(samples: Int16Array): Int16Array {
  const made = new Int16Array(Math.ceil(samples.length / 2));
  for (let at = 0; at < made.length; at++) {
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap++) sum += (taps[tap] ?? 0) * (samples[at * 2 + tap - reach] ?? 0);
    made[at] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return made;
}
