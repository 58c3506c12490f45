import { describe, expect, it } from 'vitest';
import { ClaimedLoss, MissedPicture, Standstill } from './picture-freeze.ts';

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
    [
      'some came between a report and its counting',
      [
        [84, 84],
        [100, 112],
        [116, 117],
      ],
      0,
    ],
    [
      'some did so at the first report',
      [
        [100, 110],
        [116, 117],
      ],
      0,
    ],
  ] as const)('%s', (_name, reports, share) => {
    expect(after(...reports)).toBe(share);
  });

  it('is not told by a report whose packets were counted too late', () => {
    const loss = new ClaimedLoss();
    loss.report({ at: 0, claimed: 100, came: 100 });
    for (const at of [1000, 2000, 3000, 4000])
      loss.report({ at, claimed: 100 + at / 50, came: 130 + at / 50, lateMs: 900 });
    loss.report({ at: 5000, claimed: 200, came: 200, lateMs: 10 });
    expect(loss.at(5000)).toBe(0);
    loss.report({ at: 6000, claimed: 220, came: 200, lateMs: 10 });
    expect(loss.at(6000)).toBe(1);
  });

  it('is not believed when no report comes any more', () => {
    const loss = new ClaimedLoss();
    loss.report({ at: 0, claimed: 0, came: 0 });
    loss.report({ at: 1000, claimed: 50, came: 0 });
    expect([loss.at(4000), loss.at(6000)]).toEqual([1, 0]);
  });
});

describe('what a browser misses of what it is sent', () => {
  const after = (...wishes: readonly (readonly [at: number, sent: number])[]): number => {
    const missed = new MissedPicture();
    for (const [at, sent] of wishes) missed.wish(at, sent);
    return missed.at((wishes.at(-1)?.[0] ?? 0) + 100);
  };

  it.each([
    ['one wish says nothing', [[0, 100]], 0],
    [
      'what was sent between two wishes did not come',
      [
        [0, 100],
        [500, 115],
      ],
      1,
    ],
    [
      'little was sent, but by and by enough',
      [
        [0, 100],
        [500, 104],
        [1000, 108],
      ],
      1,
    ],
    [
      'nothing was sent: the camera is off',
      [
        [0, 100],
        [500, 100],
        [1000, 102],
      ],
      0,
    ],
    [
      'something came between the wishes',
      [
        [0, 100],
        [1500, 130],
      ],
      0,
    ],
  ] as const)('%s', (_name, wishes, share) => {
    expect(after(...wishes)).toBe(share);
  });

  it('is forgotten when the wishes end, and when somebody else is shown', () => {
    const missed = new MissedPicture();
    missed.wish(0, 100);
    missed.wish(500, 120);
    expect([missed.at(2500), missed.at(2600)]).toEqual([1, 0]);
    missed.wish(3000, 130);
    missed.wish(3500, 140);
    missed.reset();
    expect(missed.at(3500)).toBe(0);
    missed.wish(3600, 3);
    expect(missed.at(3600)).toBe(0);
  });
});

it('takes for outdated what is told as lost when packets come again after a while', () => {
  const standstill = new Standstill();
  const looks = (...packets: readonly number[]): boolean[] =>
    packets.map((count) => standstill.look((now += 500), count));
  let now = 0;
  expect(looks(10, 20, 20, 30, 40)).toEqual([false, false, false, false, false]);
  expect(looks(40, 40, 40, 50, 60, 70, 80, 90, 100, 110)).toEqual([
    ...[false, false, false],
    ...[true, true, true, true, true, true],
    false,
  ]);
});
