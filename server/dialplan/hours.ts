/** Opening hours: which branch a moment takes. Wall-clock times in the zone, so days of 23 and 25 hours need no care. Pure. */
import type { HoursBranch } from './instructions.ts';
import type { Hours, Period } from './plan.ts';

/** A moment as a clock on the wall of a zone shows it. */
export interface WallTime {
  /** ISO date. */
  readonly date: string;
  /** 0 = Sunday. */
  readonly weekday: number;
  readonly minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  formats.set(zone, made);
  return made;
}

/** Whether the platform knows this IANA zone. */
export function isZone(zone: string): boolean {
  try {
    formatFor(zone);
    return true;
  } catch {
    return false;
  }
}

/** What the clocks of a zone show at `now`. The zone must exist. */
export function wallTime(zone: string, now: number): WallTime {
  const parts = new Map(
    formatFor(zone)
      .formatToParts(now)
      .map(({ type, value }) => [type, value]),
  );
  const part = (name: 'year' | 'month' | 'day' | 'hour' | 'minute'): string => parts.get(name) ?? '0';
  const date = `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
  return {
    date,
    weekday: new Date(`${date}T00:00:00Z`).getUTCDay(),
    minute: Number(part('hour')) * 60 + Number(part('minute')),
  };
}

function within(periods: readonly Period[], minute: number): boolean {
  return periods.some(({ from, to }) => minute >= from && minute < to);
}

/** Open, closed, or closed because of a holiday, at `now`. A date that is listed replaces its whole weekday. */
export function branchAt(hours: Hours, now: number): HoursBranch {
  const { date, weekday, minute } = wallTime(hours.zone, now);
  const special = hours.dates.get(date);
  if (within(special?.periods ?? hours.week[weekday] ?? [], minute)) return 'open';
  return special?.holiday === true ? 'holiday' : 'closed';
}
