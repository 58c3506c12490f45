import { describe, expect, test } from 'vitest';
import { Control } from './control.ts';
import { Reception } from './reception.ts';
import { readCompound } from './rtcp.ts';

const counts = { packets: 10, octets: 1600, timestamp: 5 };

/** The moments at which reports fall due in `forMs`, looked at every 20 ms. */
function dueTimes(control: Control, forMs: number): number[] {
  const times: number[] = [];
  for (let at = 0; at <= forMs; at += 20) if (control.due(at)) times.push(at);
  return times;
}

describe('Control', () => {
  test.each([
    [0, 1040, 2060],
    [0.5, 2060, 4120],
    [0.999, 3080, 6160],
  ])('reports after RFC 3550 6.3.1 (random %f)', (random, first, then) => {
    const times = dueTimes(new Control(1, () => random), 60_000);
    expect(times[0]).toBe(first);
    for (const [at, time] of times.slice(1).entries()) expect(time - (times[at] ?? 0)).toBeCloseTo(then, -2);
  });

  test('computes the round trip from what the far side tells, and what it lost', () => {
    const ours = new Control(1);
    const theirs = new Reception();
    const epochMs = 1_700_000_000_000;
    const report = readCompound(ours.report(counts, undefined, epochMs));
    for (const sequence of [1, 2, 4, 5]) {
      const payload = new Uint8Array(160);
      theirs.packet(
        { payloadType: 0, marker: false, sequence, timestamp: sequence * 160, ssrc: 1, payload },
        sequence * 160,
      );
    }
    // 30 ms there, 1 s of waiting, 40 ms back.
    theirs.senderReport(report?.ntpMiddle ?? 0, 30);
    const answer = readCompound(new Control(2).report({ ...counts, packets: 0 }, theirs.block(1030), epochMs + 1030));
    if (answer === undefined) throw new Error('no answer was written');
    expect([ours.far, ours.roundTripMs]).toEqual([undefined, undefined]);
    ours.take(answer, epochMs + 1070);
    expect(ours.far).toEqual({ lossRatio: 51 / 256, lost: 1, jitter: 0 });
    expect(ours.roundTripMs).toBeGreaterThan(69);
    expect(ours.roundTripMs).toBeLessThan(71);
  });

  test('takes no notice of blocks about others, nor of a round trip that cannot be', () => {
    const control = new Control(1);
    const block = { ssrc: 2, fractionLost: 9, lost: 9, highestSequence: 1, jitter: 9 };
    const from = (ssrc: number, lastSenderReport: number) => ({
      ...{ ssrc: 9, ntpMiddle: undefined, bye: false },
      blocks: [{ ...block, ssrc, lastSenderReport, delaySinceLast: 0 }],
    });
    control.take(from(2, 1), 0);
    expect(control.far).toBeUndefined();
    control.take(from(1, 12_345), 1_700_000_000_000);
    expect([control.far?.lost, control.roundTripMs]).toEqual([9, undefined]);
  });

  test('says goodbye with its last report', () => {
    expect(readCompound(new Control(7).farewell(counts, undefined, 0))).toMatchObject({ ssrc: 7, bye: true });
  });
});
