import { describe, expect, test } from 'vitest';
import { latelyOf, looked, newHistory, overallOf, type LegPart } from '../../server/quality/index.ts';
import type { QualityCause } from '../../protocol/quality.ts';
import { traceOf, type Fault } from '../support/quality-traces.ts';

interface Story {
  readonly fault: Fault;
  readonly kind: 'sip' | 'webrtc';
  readonly side: LegPart['side'];
  readonly cause: QualityCause | undefined;
}

const injected: readonly Story[] = [
  { fault: 'wifi-loss', kind: 'webrtc', side: 'agent', cause: 'agent-network' },
  { fault: 'carrier-jitter', kind: 'sip', side: 'outside', cause: 'carrier-leg' },
  { fault: 'one-way-audio', kind: 'sip', side: 'outside', cause: 'one-way-audio' },
  { fault: 'clock-skew', kind: 'sip', side: 'outside', cause: 'clock-skew' },
  { fault: 'wrong-codec', kind: 'sip', side: 'outside', cause: 'wrong-codec' },
];
const further: readonly Story[] = [
  { fault: 'carrier-loss', kind: 'sip', side: 'outside', cause: 'carrier-leg' },
  { fault: 'busy-computer', kind: 'webrtc', side: 'agent', cause: 'agent-computer' },
  { fault: 'none', kind: 'webrtc', side: 'agent', cause: undefined },
  { fault: 'none', kind: 'sip', side: 'outside', cause: undefined },
];

/** What is said of the leg when it ends, and what the last look said. */
function judged({ fault, kind, side }: Story, seed: number) {
  const part = { side, speaks: true };
  let history = newHistory(0);
  for (const { at, leg } of traceOf(fault, kind, seed)) history = looked(history, leg, at, part);
  return { overall: overallOf(history), lately: latelyOf(history, part) };
}

/** Those that were named wrongly, in words. */
function wrong(stories: readonly Story[], seeds: number): string[] {
  const missed: string[] = [];
  for (const story of stories)
    for (let seed = 1; seed <= seeds; seed++) {
      const { overall, lately } = judged(story, seed);
      const said = overall?.verdict?.cause;
      if (said === story.cause) continue;
      missed.push(`${story.fault} ${seed}: ${String(said)} ${JSON.stringify(lately)}`);
    }
  return missed;
}

describe('the cause of bad quality', () => {
  test('of 100 injected faults at least 95 get the right name', () => {
    const missed = wrong(injected, 20);
    console.info(`${100 - missed.length} of 100 injected faults got the right cause`);
    expect(missed.length, missed.join('\n')).toBeLessThanOrEqual(5);
  });

  test('a busy computer and plain loss are told, and a good road gets no cause', () => {
    const missed = wrong(further, 10);
    expect(missed.length, missed.join('\n')).toBeLessThanOrEqual(2);
    expect(missed.filter((line) => line.startsWith('none'))).toEqual([]);
    expect(judged({ fault: 'none', kind: 'sip', side: 'outside', cause: undefined }, 1).overall).toMatchObject({
      ...{ level: 'good', lossRatio: 0, codec: 'PCMA' },
      mos: expect.closeTo(4.4, 1) as number,
    });
  });
});
