/** Lengths of time, periods and dates as the files write them. Pure; the schema has checked their form. */
import type { Period } from './plan.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1m30s` in milliseconds. */
export function durationMs(text: string): number {
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
    total += Number(amount) * (units[unit ?? ''] ?? 0);
  return Math.round(total);
}

/** A period of one day and, if it runs past midnight, its part of the next; null if its times are not times. */
export function parsePeriod(text: string): { readonly today: Period; readonly tomorrow: Period | null } | null {
  const [from, to] = text.split('-').map(minuteOf);
  if (from === undefined || to === undefined || from === null || to === null || from === to) return null;
  if (from === 1440) return null;
  if (from < to) return { today: { from, to }, tomorrow: null };
  return { today: { from, to: 1440 }, tomorrow: to === 0 ? null : { from: 0, to } };
}

function minuteOf(text: string): number | null {
  const [hour = NaN, minute = NaN] = text.split(':').map(Number);
  const minutes = hour * 60 + minute;
  return minute < 60 && minutes <= 1440 ? minutes : null;
}

const day = 86_400_000;
const longestRange = 366;

/** Every date of `2026-10-01` or `2026-10-01..2026-10-07`; null if one does not exist or the range is not one. */
export function expandDates(text: string): readonly string[] | null {
  const [first = '', last = first] = text.split('..');
  const from = dateOf(first);
  const to = dateOf(last);
  if (from === null || to === null || to < from || to - from > longestRange * day) return null;
  const dates: string[] = [];
  for (let at = from; at <= to; at += day) dates.push(new Date(at).toISOString().slice(0, 10));
  return dates;
}

function dateOf(text: string): number | null {
  const time = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text ? null : time;
}
