import { describe, expect, it } from 'vitest';
import { ClaimedLoss } from './picture-freeze.ts';

describe('what a browser claims to have sent', () => {
  const after = (...reports: readonly (readonly [claimed: number, came: number])[]): number => {
    const loss = new ClaimedLoss();
    reports.forEach(([claimed, came], at) => loss.report({ at: at * 1000, claimed, came }));
    return loss.at((reports.length - 1) * 1000 + 500);
  };

  it.each([
    [
      'all of it came',
      [
        [100, 98],
        [150, 148],
        [200, 200],
      ],
      0,
    ],
    [
      'nothing came at all',
      [
        [100, 98],
        [150, 98],
      ],
      1,
    ],
    [
      'half of it came',
      [
        [100, 100],
        [200, 150],
      ],
      0.5,
    ],
    [
      'a little is on its way, or is told by receiver reports',
      [
        [100, 100],
        [200, 160],
      ],
      0,
    ],
    [
      'the camera was turned off',
      [
        [100, 80],
        [120, 120],
        [120, 120],
        [122, 120],
      ],
      0,
    ],
    [
      'it came again',
      [
        [100, 100],
        [150, 100],
        [200, 150],
      ],
      0,
    ],
    ['there was one report', [[100, 0]], 0],
  ] as const)('%s', (_name, reports, share) => {
    expect(after(...reports)).toBe(share);
  });

  it('is not believed when no report comes any more', () => {
    const loss = new ClaimedLoss();
    loss.report({ at: 0, claimed: 0, came: 0 });
    loss.report({ at: 1000, claimed: 50, came: 0 });
    expect([loss.at(4000), loss.at(6000)]).toEqual([1, 0]);
  });
});
