/** Ends every `switch` over a union: a case that was forgotten is a compile error, and a throw if it happens all the same. */
export function assertNever(value: never, what = 'case'): never {
  throw new Error(`unexpected ${what}: ${JSON.stringify(value)}`);
}
