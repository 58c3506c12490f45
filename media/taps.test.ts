import { expect, it } from 'vitest';
import { TapRingWriter } from './audio/tap-ring.ts';
import { noEars } from './ears/ports.ts';
import { Taps } from './taps.ts';

it('counts the frames the ears were too slow for, of taps that are over too', () => {
  const heard: number[] = [];
  const sink = { write: (_frame: Int16Array, timeMs: number) => void heard.push(timeMs), close: () => undefined };
  const taps = new Taps({ ...noEars(), openTap: () => sink });
  for (const [at, endpointId] of ['one', 'two'].entries()) {
    const [ring] = taps.apply(endpointId, [{ endpointId, language: 'en-US' }]);
    if (ring === undefined) throw new Error('no ring');
    const writer = new TapRingWriter(ring.memory);
    for (let frame = 0; frame < 300; frame++) writer.write(new Int16Array(160), frame * 20);
    taps.close(endpointId);
    // A ring of 128 slots gives 127 frames that nobody can be writing.
    expect([taps.dropped, heard.length]).toEqual([173 * (at + 1), 127 * (at + 1)]);
  }
  taps.closeAll();
});
