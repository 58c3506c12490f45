import { describe, expect, it } from 'vitest';
import { branchAt } from './hours.ts';
import type { Hours } from './plan.ts';
import { compileFiles, linesOf, planOf } from './site.test-support.ts';
import { durationMs } from './times.ts';

const route = `routes: { main: { numbers: ['1'], start: end, steps: { end: { hangup: normal } } } }\n`;

function hoursOf(yaml: string): Hours {
  const hours = planOf({ 'routes.yaml': route, 'hours.yaml': `hours:\n  office: ${yaml}\n` }).hours.get('office');
  if (hours === undefined) throw new Error('no hours');
  return hours;
}
const at = (hours: Hours, moment: string): string => branchAt(hours, Date.parse(moment));

describe('opening hours', () => {
  const office = hoursOf(
    `{ week: { weekdays: ['09:00-12:00', '13:00-18:00'], saturday: '10:00-16:00', friday: '09:00-12:00' }, holidays: { 2026-10-01..2026-10-07: National Day, 2028-02-29: Leap day }, exceptions: { 2026-09-20: '09:00-18:00', 2026-10-02: '10:00-11:00', 2026-11-25: closed } }`,
  );

  it.each([
    ['2026-11-23T08:59:59+08:00', 'closed'],
    ['2026-11-23T09:00:00+08:00', 'open'],
    ['2026-11-23T01:00:00Z', 'open'],
    ['2026-11-23T12:00:00+08:00', 'closed'],
    ['2026-11-23T13:00:00+08:00', 'open'],
    ['2026-11-23T18:00:00+08:00', 'closed'],
    ['2026-11-27T14:00:00+08:00', 'closed'],
    ['2026-11-28T15:59:00+08:00', 'open'],
    ['2026-11-22T11:00:00+08:00', 'closed'],
    ['2026-10-01T10:00:00+08:00', 'holiday'],
    ['2026-10-07T23:59:00+08:00', 'holiday'],
    ['2026-10-08T10:00:00+08:00', 'open'],
    ['2026-10-02T10:30:00+08:00', 'open'],
    ['2026-10-02T12:00:00+08:00', 'holiday'],
    ['2026-09-20T10:00:00+08:00', 'open'],
    ['2026-11-25T10:00:00+08:00', 'closed'],
    ['2028-02-29T10:00:00+08:00', 'holiday'],
  ])('at %s are %s', (moment, branch) => {
    expect(at(office, moment)).toBe(branch);
  });

  it('may run past midnight', () => {
    const bar = hoursOf(`{ week: { saturday: '22:00-02:00', sunday: '20:00-24:00' } }`);
    expect(at(bar, '2026-11-28T23:00:00+08:00')).toBe('open');
    expect(at(bar, '2026-11-29T01:59:00+08:00')).toBe('open');
    expect(at(bar, '2026-11-29T02:00:00+08:00')).toBe('closed');
    expect(at(bar, '2026-11-29T23:59:00+08:00')).toBe('open');
    expect(at(bar, '2026-11-30T00:00:00+08:00')).toBe('closed');
  });

  it.each([
    // Berlin springs forward on 2026-03-29 at 02:00 and falls back on 2026-10-25 at 03:00.
    ['Europe/Berlin', '2026-03-28T08:30:00Z', 'open'],
    ['Europe/Berlin', '2026-03-29T07:00:00Z', 'open'],
    ['Europe/Berlin', '2026-03-29T06:59:00Z', 'closed'],
    ['Europe/Berlin', '2026-10-25T07:59:00Z', 'closed'],
    ['Europe/Berlin', '2026-10-25T08:00:00Z', 'open'],
    // New York falls back on 2026-11-01 at 02:00.
    ['America/New_York', '2026-10-31T13:00:00Z', 'open'],
    ['America/New_York', '2026-11-01T13:00:00Z', 'closed'],
    ['America/New_York', '2026-11-01T14:00:00Z', 'open'],
  ])('follow the clocks of %s at %s: %s', (zone, moment, branch) => {
    expect(at(hoursOf(`{ zone: ${zone}, week: { every-day: '09:00-18:00' } }`), moment)).toBe(branch);
  });

  it.each([
    [`{ zone: Asia/Shangai, week: {} }`, 'hours.yaml:2:19: error unknown-zone'],
    [`{ week: { monday: '9-18' } }`, 'hours.yaml:2:29: error wrong-value'],
    [`{ week: { monday: '18:00-18:00' } }`, 'hours.yaml:2:29: error bad-period'],
    [`{ week: { monday: ['09:00-12:00', '25:00-26:00'] } }`, 'hours.yaml:2:45: error bad-period'],
    [`{ week: { monnday: closed } }`, 'did you mean "monday"?'],
    [`{ week: {}, holidays: { 2026-02-29: no } }`, 'error'],
    [
      `{ week: {}, holidays: { 2026-02-29: None } }`,
      'hours.yaml:2:35: error bad-date: the date 2026-02-29 does not exist',
    ],
    [`{ week: {}, exceptions: { 2026-02-28: '22:00-02:00' } }`, 'hours.yaml:2:49: error bad-period'],
  ])('%s is refused', (yaml, expected) => {
    const lines = linesOf(compileFiles({ 'routes.yaml': route, 'hours.yaml': `hours:\n  office: ${yaml}\n` }));
    expect(lines.join('\n')).toContain(expected);
  });
});

it.each([
  ['500ms', 500],
  ['5s', 5000],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['0s', 0],
])('%s is %d ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});
