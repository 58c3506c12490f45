/** For which numbers a certificate may sign: the TNAuthList of RFC 8226 section 9. */
import { derValues } from './der.ts';
import type { DerValue } from './der.ts';

/** What the holder may sign for: a provider's code stands for whatever numbers it has, which nobody here can look up. */
export type TnEntry =
  | { readonly type: 'provider'; readonly code: string }
  | { readonly type: 'range'; readonly start: string; readonly count: number }
  | { readonly type: 'number'; readonly number: string };

/** id-pe-TNAuthList, 1.3.6.1.5.5.7.1.26. */
const tnAuthList = Buffer.from('2b0601050507011a', 'hex');
const sequence = 0x30;
const oid = 0x06;
const octets = 0x04;
const integer = 0x02;
const ia5 = 0x16;
const extensionsOfTbs = 0xa3;

/** The value of the extension in a certificate (DER); undefined when there is none, or it cannot be read. */
function extensionOf(certificate: Uint8Array): Uint8Array | undefined {
  const tbs = inside(inside(certificate, sequence)?.[0], sequence);
  const extensions = inside(inside(tbs?.find(({ tag }) => tag === extensionsOfTbs))?.[0], sequence);
  for (const extension of extensions ?? []) {
    const parts = inside(extension, sequence) ?? [];
    if (parts[0]?.tag === oid && tnAuthList.equals(parts[0].body)) return parts.find(({ tag }) => tag === octets)?.body;
  }
  return undefined;
}

/** What stands inside of a value (with this tag, if one is given), or of the one value in bytes. */
function inside(value: DerValue | Uint8Array | undefined, tag?: number): readonly DerValue[] | undefined {
  const outer = value instanceof Uint8Array ? derValues(value)?.[0] : value;
  if (outer === undefined || (tag !== undefined && outer.tag !== tag)) return undefined;
  return derValues(outer.body);
}

function textOf(value: DerValue | undefined): string | undefined {
  return value?.tag === ia5 ? Buffer.from(value.body).toString('latin1') : undefined;
}

function rangeOf(value: DerValue | undefined): TnEntry | undefined {
  const [start, count] = inside(value, sequence) ?? [];
  const from = textOf(start);
  if (from === undefined || count?.tag !== integer || count.body.length > 6) return undefined;
  return { type: 'range', start: from, count: count.body.reduce((sum, byte) => sum * 256 + byte, 0) };
}

/** RFC 8226 section 9: provider [0], range [1], number [2], with explicit tags. */
function entryOf(entry: DerValue): TnEntry | undefined {
  const [value] = inside(entry) ?? [];
  if (entry.tag === 0xa1) return rangeOf(value);
  const text = textOf(value);
  if (text === undefined) return undefined;
  if (entry.tag === 0xa0) return { type: 'provider', code: text };
  return entry.tag === 0xa2 ? { type: 'number', number: text } : undefined;
}

/** The list in a certificate (DER). Undefined when there is none, or it holds anything that is not understood. */
export function tnAuthListOf(certificate: Uint8Array): readonly TnEntry[] | undefined {
  const extension = extensionOf(certificate);
  const entries = inside(extension, sequence)?.map(entryOf);
  if (entries === undefined || entries.length === 0) return undefined;
  return entries.every((entry) => entry !== undefined) ? entries : undefined;
}

/** Whether the holder may sign for `number` (digits alone). */
export function covers(entries: readonly TnEntry[], number: string): boolean {
  return entries.some((entry) => {
    if (entry.type === 'provider') return true;
    if (entry.type === 'number') return entry.number === number;
    // `count` numbers that follow each other; as many digits as the first (RFC 8226 section 9).
    if (entry.start.length !== number.length || !/^[0-9]{1,15}$/.test(number)) return false;
    const [first, asked] = [BigInt(entry.start.replace(/[^0-9]/g, '') || '0'), BigInt(number)];
    return asked >= first && asked < first + BigInt(entry.count);
  });
}
