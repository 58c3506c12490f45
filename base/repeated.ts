/** The values whose key a value before them had already, in order; those without a key never repeat. Linear. */
export function repeated<T>(values: Iterable<T>, keyOf: (value: T) => string | undefined): T[] {
  const seen = new Set<string>();
  const found: T[] = [];
  for (const value of values) {
    const key = keyOf(value);
    if (key === undefined) continue;
    if (seen.has(key)) found.push(value);
    seen.add(key);
  }
  return found;
}
