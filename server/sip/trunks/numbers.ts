/** Numbers as a carrier writes them and as we do (E.164), both ways; and what kind of number one is. Pure. */
import {
  type CountryCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
  type PhoneNumber,
} from 'libphonenumber-js/max';
import { type Home, normalise } from '../numbers.ts';
import type { PrefixRule, TrunkDestinations, TrunkNumbers } from './config.ts';

/** Where the numbers of a trunk are at home. */
export function homeOf(numbers: TrunkNumbers | null, site: Home): Home {
  return { country: numbers?.country ?? site.country, areaCode: numbers?.areaCode ?? site.areaCode };
}

function rewritten(number: string, rules: readonly PrefixRule[]): string | undefined {
  const rule = rules.find(({ prefix }) => number.startsWith(prefix));
  return rule === undefined ? undefined : `${rule.put}${number.slice(rule.prefix.length)}`;
}

/** A number as it came in, made E.164 where it can be; as it came where the trunk has no rules for numbers. */
export function fromTrunk(number: string, numbers: TrunkNumbers | null, site: Home): string {
  if (numbers === null) return number;
  return normalise(rewritten(number, numbers.in) ?? number, homeOf(numbers, site));
}

function countryOf(home: Home): CountryCode | undefined {
  return isSupportedCountry(home.country) ? home.country : undefined;
}

function parsed(number: string, home: Home): PhoneNumber | undefined {
  const country = countryOf(home);
  return parsePhoneNumberFromString(number, country === undefined ? {} : { defaultCountry: country });
}

const digits = (text: string): string => text.replace(/\D/g, '');

function formatted(number: PhoneNumber, format: TrunkNumbers['format'], home: Home): string {
  const country = countryOf(home);
  const international = (): string =>
    country === undefined ? `00${digits(number.number)}` : digits(number.format('IDD', { fromCountry: country }));
  switch (format) {
    case 'e164':
      return number.number;
    case 'digits':
      return digits(number.number);
    case 'national':
      return number.country === country ? digits(number.formatNational()) : international();
    case 'international':
      return number.country === country ? `00${digits(number.number)}` : international();
  }
}

/** A number as the trunk wants it. Short numbers and what is no number pass as they are. */
export function toTrunk(number: string, numbers: TrunkNumbers | null, site: Home): string {
  if (numbers === null) return number;
  const ruled = rewritten(number, numbers.out);
  if (ruled !== undefined) return ruled;
  if (!number.startsWith('+')) return number;
  const home = homeOf(numbers, site);
  const known = parsed(number, home);
  return known === undefined ? number : formatted(known, numbers.format, home);
}

const kinds: Readonly<Record<string, readonly string[]>> = {
  MOBILE: ['mobile'],
  FIXED_LINE: ['fixed'],
  FIXED_LINE_OR_MOBILE: ['mobile', 'fixed'],
  TOLL_FREE: ['toll-free'],
  PREMIUM_RATE: ['premium'],
  SHARED_COST: ['shared-cost'],
};

/** Everything a destination rule may call the number: its kinds and its country. */
function namesOf(number: string, home: Home): ReadonlySet<string> {
  if (!number.startsWith('+')) return new Set(['short', 'any']);
  const known = parsed(number, home);
  const kind = known?.getType();
  return new Set([...((kind && kinds[kind]) ?? []), ...(known?.country === undefined ? [] : [known.country]), 'any']);
}

/** Whether a number (E.164, or short) may be called. */
export function mayCall(number: string, rules: TrunkDestinations, home: Home): boolean {
  const names = namesOf(number, home);
  const fits = (rule: string): boolean => names.has(rule) || (/^\+?\d/.test(rule) && number.startsWith(rule));
  return (rules.allow ?? [home.country]).some(fits) && !rules.deny.some(fits);
}
