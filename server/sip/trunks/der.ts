/** As much of DER (X.690) as it takes to find something in a certificate. */

/** One value: its tag as it stands in the first byte, and its contents. */
export interface DerValue {
  readonly tag: number;
  readonly body: Uint8Array;
}

/** The values that stand one after the other in `bytes`; undefined when they are not DER, or have tags of several bytes. */
export function derValues(bytes: Uint8Array): readonly DerValue[] | undefined {
  const found: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] ?? 0;
    const length = lengthAt(bytes, at + 1);
    if ((tag & 0x1f) === 0x1f || length === undefined || length.end + length.value > bytes.length) return undefined;
    at = length.end + length.value;
    found.push({ tag, body: bytes.subarray(length.end, at) });
  }
  return found;
}

function lengthAt(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { value: first, end: at + 1 };
  const count = first & 0x7f;
  if (count === 0 || count > 3 || at + count >= bytes.length) return undefined;
  const value = bytes.subarray(at + 1, at + 1 + count).reduce((sum, byte) => sum * 256 + byte, 0);
  return { value, end: at + 1 + count };
}
