/** What the schemas of all sections share. */
import { z } from 'zod';
import type { ExpectationKey } from './findings.ts';

const expected = (key: ExpectationKey): string => key;

export const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, expected('name'));
export const nameOf = (what: string) => name.describe(what);

export const label = z
  .union([z.string().min(1), z.strictObject({ en: z.string().min(1), zh: z.string().min(1) })])
  .describe('A text for people: one text, or `{ en: ..., zh: ... }`.');

/** A length of time as the files write it. */
export const duration = z.string().regex(/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/, expected('duration'));
