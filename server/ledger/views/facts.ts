/** Reading facts of rows whose shape nobody promises: what is missing or of another type counts as absent. */
import type { JsonObject } from '../types.ts';

export function textFact(facts: JsonObject | undefined, name: string): string | undefined {
  const value = facts?.[name];
  return typeof value === 'string' ? value : undefined;
}

export function numberFact(facts: JsonObject | undefined, name: string): number | undefined {
  const value = facts?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The same object without the fields that are undefined. */
export function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
