/** What agents.yaml says of one desk phone. */
import { z } from 'zod';
import type { ExpectationKey } from './findings.ts';
import type { PhoneAudio } from './plan.ts';
import { encryption, iceUse, keyMode, mediaTimeout } from './schema-parts.ts';
import { durationMs } from './times.ts';

const expected = (key: ExpectationKey): string => key;

/** The audio of a desk phone; what is not said is as for all of them (`sip.phones` in jackfield.yaml). */
export const phoneSource = z.strictObject({
  codecs: z
    .array(z.enum(['PCMU', 'PCMA', 'G722', 'opus']))
    .min(1)
    .max(4)
    .refine((all) => new Set(all).size === all.length, expected('codecs-once'))
    .optional()
    .describe('What is spoken with it, and nothing else, the best first.'),
  dtmf: keyMode
    .optional()
    .describe('How its keys travel: `auto` (as it shows), or only as events, as tones in the voice, or as SIP INFO.'),
  srtp: encryption.optional().describe('Encryption of its audio with keys in SDP (RFC 4568), as with a trunk.'),
  ice: iceUse.optional().describe('ICE: `taken` where it offers it, `offered` when it is called too, or `off`.'),
  'media-timeout': mediaTimeout('it').optional().describe('What happens when no audio comes from it.'),
});
export type PhoneSource = z.output<typeof phoneSource>;

/** An agent's phones by name, in small letters: who makes an account may write it either way. */
export function linkPhones(phones: Readonly<Record<string, PhoneSource>>): ReadonlyMap<string, PhoneAudio> {
  return new Map(Object.entries(phones).map(([name, source]) => [name.toLowerCase(), audioOf(source)]));
}

function audioOf({ codecs, dtmf, srtp, ice, 'media-timeout': timeout }: PhoneSource): PhoneAudio {
  return {
    ...(codecs === undefined ? {} : { codecs }),
    ...(dtmf === undefined ? {} : { dtmf: dtmf === 'in-band' ? ('tone' as const) : dtmf }),
    ...(srtp === undefined ? {} : { srtp }),
    ...(ice === undefined ? {} : { ice }),
    ...(timeout === undefined ? {} : { silence: { afterMs: silenceMs(timeout.after), then: timeout.then } }),
  };
}

/** What the media node takes. */
export function silenceMs(after: string): number {
  return Math.min(3_600_000, Math.max(100, durationMs(after)));
}
