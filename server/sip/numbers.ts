/** Numbers as SIP carries them, and as a site writes them (E.164). */
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js';

/** Where a number without `+` is at home. */
export interface Home {
  /** ISO 3166. */
  readonly country: string;
  /** Put before local numbers that have no area code. */
  readonly areaCode: string;
}

/** A short number is an extension or a service, never a subscriber. */
const shortestSubscriber = 7;
/** Up to this many digits the area code is left out. */
const longestLocal = 8;

/** What a number may have been meant as, likeliest first. */
function readings(plain: string, home: Home): readonly string[] {
  if (plain.startsWith('+')) return [plain];
  if (!/^\d+$/.test(plain) || plain.length < shortestSubscriber) return [];
  if (plain.length <= longestLocal && !plain.startsWith('0')) return [`${home.areaCode}${plain}`, plain];
  return [plain, `+${plain}`];
}

/** E.164 where the number can be made so; else as it came, without what a number cannot hold. */
export function normalise(number: string, home: Home): string {
  // A name is no number written with separators: the desk phone `bob-desk` keeps its dash.
  const plain = number.replace(/[A-Za-z]/.test(number) ? /\s/g : /[\s()./-]/g, '');
  const country: CountryCode | undefined = isSupportedCountry(home.country) ? home.country : undefined;
  for (const reading of readings(plain, home)) {
    const parsed = parsePhoneNumberFromString(reading, country === undefined ? {} : { defaultCountry: country });
    if (parsed?.isValid() === true) return parsed.number;
  }
  return plain;
}

/** The user part of a SIP URI, decoded; empty when there is none. */
export function userOf(uri: string): string {
  const user = /^(?:sips?|tel):([^@;>?]+)/i.exec(uri.trim())?.[1] ?? '';
  const bare = uri.toLowerCase().startsWith('tel:') || uri.includes('@') ? user : '';
  try {
    return decodeURIComponent(bare.split(';')[0] ?? '');
  } catch {
    return bare;
  }
}

/** A number as the user part of a From: what is not allowed there is dropped; nobody is `anonymous`. */
export function asUser(number: string): string {
  const user = number.replace(/[^0-9A-Za-z+*#._-]/g, '').slice(0, 64);
  return user === '' ? 'anonymous' : user;
}

/** So many last digits tell one number from others. */
const telling = 8;

/** The last digits of a number, by which it is found however it is written; undefined where there are too few. */
export function tellingDigits(number: string): string | undefined {
  const digits = number.replace(/\D/g, '').slice(-telling);
  return digits.length < telling ? undefined : digits;
}
