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

/** How keys travel between us and a SIP peer. */
export const keyMode = z.enum(['auto', 'rfc4733', 'in-band', 'info']);
/** Encryption of a SIP peer's audio with keys in SDP. */
export const encryption = z.enum(['off', 'optional', 'required']);
/** ICE with a SIP peer. */
export const iceUse = z.enum(['off', 'taken', 'offered']);
/** What happens when no audio comes from a SIP peer; `from` says of whom. */
export const mediaTimeout = (from: string) =>
  z.strictObject({
    after: duration.describe(`How long nothing may come while ${from} should be heard.`).default('30s'),
    then: z.enum(['end', 'flag']).default('end').describe('`end` the call, or `flag` it in the ledger and go on.'),
  });
