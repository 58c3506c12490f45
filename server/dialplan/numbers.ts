/** Called numbers: how a dialled number is understood, and which patterns it meets. Pure. */
import { fail, ok, type Result } from '../../base/result.ts';
import type { NumberPattern, Site, Tail, Route } from './plan.ts';

/** What of a site decides how its numbers are read. */
export type Numbering = Pick<Site, 'countryCode' | 'nationalPrefix' | 'internationalPrefix'>;

const separators = /[\s().\-/]/g;

/**
 * The ways a dialled number may be meant: as dialled first, then every E.164 form it can stand for. `053100000` in China
 * is `+8653100000`; so are `8653100000`, `008653100000` and, dialled without its prefix, `53100000`.
 */
export function readings(dialled: string, site: Numbering): readonly string[] {
  const raw = dialled.replace(separators, '');
  const forms = new Set([raw]);
  const { countryCode, nationalPrefix, internationalPrefix } = site;
  if (raw.startsWith('+') || !/^\d+$/.test(raw)) return [...forms];
  if (internationalPrefix !== '' && raw.startsWith(internationalPrefix))
    forms.add(`+${raw.slice(internationalPrefix.length)}`);
  else if (nationalPrefix !== '' && raw.startsWith(nationalPrefix))
    forms.add(`+${countryCode}${raw.slice(nationalPrefix.length)}`);
  else {
    if (raw.startsWith(countryCode)) forms.add(`+${raw}`);
    forms.add(`+${countryCode}${raw}`);
  }
  return [...forms];
}

const sets: Readonly<Record<string, string>> = { X: '0123456789', Z: '123456789', N: '23456789' };

function classOf(text: string): string | null {
  let members = '';
  for (let i = 0; i < text.length; i++) {
    const first = text.charAt(i);
    if (text.charAt(i + 1) !== '-' || i + 2 >= text.length) {
      members += first;
      continue;
    }
    const last = text.charAt(i + 2);
    if (!/^\d{2}$/.test(first + last) || first > last) return null;
    for (let digit = Number(first); digit <= Number(last); digit++) members += String(digit);
    i += 2;
  }
  return /^[0-9*#]+$/.test(members) ? [...new Set(members)].join('') : null;
}

/** Reads the places of an Asterisk pattern, without its underscore. */
function parseAsterisk(source: string): Result<NumberPattern, string> {
  const body = source.slice(1).replace(/[-\s]/g, (mark, at: number) => (insideClass(source, at + 1) ? mark : ''));
  const places: string[] = [];
  let tail: Tail = 'none';
  for (let i = 0; i < body.length; i++) {
    const sign = body.charAt(i);
    if (tail !== 'none') return fail(`nothing may follow "${body.charAt(i - 1)}" in a pattern`);
    if (sign === '.') tail = 'some';
    else if (sign === '!') tail = 'any';
    else if (sign === '[') {
      const end = body.indexOf(']', i);
      const members = end < 0 ? null : classOf(body.slice(i + 1, end));
      if (members === null) return fail('the [...] of the pattern is not a set of digits, such as [1-59]');
      places.push(members);
      i = end;
    } else {
      const set = sets[sign.toUpperCase()] ?? (/[0-9*#+]/.test(sign) ? sign : null);
      if (set === null) return fail(`"${sign}" means nothing in a pattern`);
      places.push(set);
    }
  }
  if (places.length === 0 && tail === 'none') return fail('the pattern is empty');
  return ok({ type: 'asterisk', source, places, tail });
}

function insideClass(source: string, at: number): boolean {
  return source.lastIndexOf('[', at) > source.lastIndexOf(']', at - 1);
}

function parseRange(source: string, from: string, given: string): Result<NumberPattern, string> {
  const end = given.startsWith('+') || given.length >= from.length ? given : from.slice(0, -given.length) + given;
  if (end.length !== from.length || end.startsWith('+') !== from.startsWith('+'))
    return fail('both ends of a range must have the same number of digits');
  if (end < from) return fail('the range ends before it begins');
  return ok({ type: 'range', source, from, to: end });
}

/**
 * Reads a number as the files write it: E.164 (`+8653100000`), a short number (`1000`), a range (`+8653100000-99`,
 * `1000-1099`) or an Asterisk pattern (`_NXXNXXXXXX`, `_9.`). The failure says what is wrong with it.
 */
export function parseNumber(source: string): Result<NumberPattern, string> {
  const text = source.trim();
  if (text.startsWith('_')) return parseAsterisk(text);
  const bare = text.replace(/[\s()]|(?<!\.)\.(?!\.)/g, '');
  const range = /^(\+?\d+)(?:-|\.\.|–)(\+?\d+)$/.exec(bare);
  if (range?.[1] !== undefined && range[2] !== undefined) return parseRange(source, range[1], range[2]);
  if (/^\+[1-9]\d{1,14}$/.test(bare) || /^[0-9*#]{1,20}$/.test(bare))
    return ok({ type: 'exact', source, number: bare });
  return fail('not a number, a range or a pattern');
}

function meetsPlaces(pattern: NumberPattern & { type: 'asterisk' }, text: string): boolean {
  const { places, tail } = pattern;
  if (text.length < places.length + (tail === 'some' ? 1 : 0)) return false;
  if (tail === 'none' && text.length > places.length) return false;
  return places.every((set, at) => set.includes(text.charAt(at)));
}

/** Whether a number, in any of its readings, meets a pattern. */
export function meets(pattern: NumberPattern, forms: readonly string[]): boolean {
  switch (pattern.type) {
    case 'exact':
      return forms.includes(pattern.number);
    case 'range':
      return forms.some((form) => form.length === pattern.from.length && form >= pattern.from && form <= pattern.to);
    case 'asterisk':
      if (pattern.places[0] === '+') return forms.some((form) => meetsPlaces(pattern, form));
      return meetsPlaces(pattern, (forms[0] ?? '').replace(/^\+/, ''));
  }
}

/** Fewer numbers first: negative when `a` is the more particular pattern, zero when they tie. */
export function compareParticular(a: NumberPattern, b: NumberPattern): number {
  const rank = { exact: 0, range: 1, asterisk: 2 } as const;
  if (a.type !== b.type) return rank[a.type] - rank[b.type];
  if (a.type === 'range' && b.type === 'range') return Number(width(a) - width(b));
  if (a.type === 'asterisk' && b.type === 'asterisk') return comparePlaces(a, b);
  return 0;
}

function width(range: NumberPattern & { type: 'range' }): number {
  return Number(range.to.replace('+', '')) - Number(range.from.replace('+', ''));
}

/** As Asterisk sorts extensions: place by place, the smaller set first; an open end last. */
function comparePlaces(a: NumberPattern & { type: 'asterisk' }, b: NumberPattern & { type: 'asterisk' }): number {
  const longest = Math.max(a.places.length, b.places.length);
  for (let at = 0; at < longest; at++) {
    const difference = (a.places[at]?.length ?? 100) - (b.places[at]?.length ?? 100);
    if (difference !== 0) return difference;
  }
  const open = { none: 0, some: 1, any: 2 } as const;
  return open[a.tail] - open[b.tail];
}

/** Whether some number meets both patterns while neither is the more particular, so that the files must decide. */
export function clash(a: NumberPattern, b: NumberPattern): boolean {
  if (a.type === 'exact' && b.type === 'exact') return a.number === b.number;
  if (a.type === 'range' && b.type === 'range')
    return a.from.length === b.from.length && a.from <= b.to && b.from <= a.to;
  if (a.type !== 'asterisk' || b.type !== 'asterisk' || comparePlaces(a, b) !== 0) return false;
  return a.places.every((set, at) => [...set].some((digit) => (b.places[at] ?? '').includes(digit)));
}

/** How much a route asks of a call besides its number. */
export function conditionsOf(route: Pick<Route, 'trunks' | 'attestations'>): number {
  return Number(route.trunks !== null) + Number(route.attestations !== null);
}

/** Whether some call could meet the conditions of both while neither asks more of it. */
export function sameConditions(a: Route, b: Route): boolean {
  if (conditionsOf(a) !== conditionsOf(b)) return false;
  const apart = (one: readonly string[] | null, other: readonly string[] | null): boolean =>
    one !== null && other !== null && !one.some((name) => other.includes(name));
  return !apart(a.trunks, b.trunks) && !apart(a.attestations, b.attestations);
}
