import { describe, expect, it } from 'vitest';
import { silentLogger } from '../base/logger.ts';
import type { Graph } from '../protocol/media.ts';
import type { MediaPort } from './calls/index.ts';
import { DigitModes, withInfoKeypad } from './dtmf.ts';

describe('the ways digits come', () => {
  it('counts a digit once, however often a phone sends it', () => {
    const modes = new DigitModes();
    expect(modes.counts('c1.c', 'info')).toBe(true);
    expect(modes.counts('c1.c', 'rfc4733')).toBe(false);
    expect(modes.counts('c1.c', 'tone')).toBe(false);
    expect(modes.counts('c1.c', 'info')).toBe(true);
    expect(modes.counts('c1.a', 'tone')).toBe(true);
    expect(modes.counts('c10.c', 'tone')).toBe(true);
    modes.forgetCall('c1');
    expect(modes.of('c1.c')).toBeUndefined();
    expect(modes.of('c10.c')).toBe('tone');
  });
});

describe('keys for a far side', () => {
  const graph = (dtmfId: string): Graph => ({
    edges: [],
    plays: [],
    taps: [],
    dtmf: [
      { dtmfId, to: 'c1.c', digits: '12' },
      { dtmfId: `${dtmfId}x`, to: 'c1.a', digits: '3' },
    ],
  });

  it('go by INFO, once, to one that sends INFO; by the media node to all others', async () => {
    const modes = new DigitModes();
    modes.counts('c1.c', 'info');
    modes.counts('c1.a', 'tone');
    const applied: string[][] = [];
    const pressed: string[] = [];
    const told: string[] = [];
    let answer: (taken: boolean) => void = () => undefined;
    // Only `apply` is wrapped.
    const media = {
      apply: (_call: string, _revision: number, { dtmf }: Graph) =>
        Promise.resolve(void applied.push(dtmf.map(({ dtmfId }) => dtmfId))),
    } as unknown as MediaPort;
    const port = withInfoKeypad(media, {
      modes,
      send: (legId, digits) => {
        pressed.push(`${legId} ${digits}`);
        return new Promise((resolve) => (answer = resolve));
      },
      sent: (callId, dtmfId) => told.push(`${callId} ${dtmfId}`),
      logger: silentLogger,
    });
    await port.apply('c1', 1, graph('k1'));
    await port.apply('c1', 2, graph('k1'));
    expect(applied).toEqual([['k1x'], ['k1x']]);
    expect(pressed).toEqual(['c1.c 12']);
    expect(told).toEqual([]);
    answer(true);
    await new Promise(setImmediate);
    expect(told).toEqual(['c1 k1']);
  });
});
