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

describe('the policy of a trunk or phone', () => {
  it.each(['rfc4733', 'tone', 'info'] as const)('%s: digits that come another way do not count', (policy) => {
    const modes = new DigitModes((legId) => (legId === 'c1.c' ? policy : 'auto'));
    for (const way of ['rfc4733', 'tone', 'info'] as const) expect(modes.counts('c1.c', way)).toBe(way === policy);
    expect(modes.takesInfo('c1.c')).toBe(policy === 'info');
    expect(modes.counts('c1.a', 'tone')).toBe(true);
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
    const refusals: string[] = [];
    let answer: (left: string) => void = () => undefined;
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
      refused: (callId, dtmfId, left) => refusals.push(`${callId} ${dtmfId} ${left}`),
      logger: silentLogger,
    });
    await port.apply('c1', 1, graph('k1'));
    await port.apply('c1', 2, graph('k1'));
    expect(applied).toEqual([['k1x'], ['k1x']]);
    expect(pressed).toEqual(['c1.c 12']);
    expect(told).toEqual([]);
    answer('');
    await new Promise(setImmediate);
    expect(told).toEqual(['c1 k1']);
    await port.apply('c1', 3, graph('k2'));
    answer('2');
    await new Promise(setImmediate);
    expect(refusals).toEqual(['c1 k2 2']);
    await port.apply('c1', 4, graph('k2-again'));
    expect(applied.at(-1)).toEqual(['k2-again', 'k2-againx']);
  });
});
