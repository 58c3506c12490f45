/** The language of trunks.yaml: trunks and the rules by which calls go out over them. Descriptions are for the admin. */
import { z } from 'zod';
import type { ExpectationKey } from './findings.ts';
import { duration, encryption, iceUse, keyMode, label, mediaTimeout, nameOf } from './schema-parts.ts';

const expected = (key: ExpectationKey): string => key;
const time = (what: string) => duration.describe(what);
const count = (what: string) => z.number().int().min(0).max(100_000).describe(what);

/** Ready sets of defaults for carriers people meet. */
export const profileNames = ['ims-cn', 'gateway-cn', 'generic'] as const;

const password = z
  .string()
  .regex(/^(?:stored|\$\{env:[A-Za-z_][A-Za-z0-9_]*\})$/, expected('secret'))
  .default('stored')
  .describe(
    'Never the password itself: `stored` (put there with `./jackfield trunk password NAME`) or `${env:VARIABLE}`.',
  );

const uri = z.string().regex(/^sips?:[^\s@;<>]+(?:;transport=(?:udp|tcp|tls))?$/, expected('target'));

const target = z.union([
  uri,
  z.strictObject({
    uri: uri.describe('Where it listens: `sip:sbc.example.com:5060;transport=tcp`.'),
    priority: z.number().int().min(0).max(65_535).default(0).describe('Lower first, as in RFC 2782.'),
    weight: z.number().int().min(0).max(65_535).default(1).describe('Share among targets of the same priority.'),
  }),
]);

const account = z.strictObject({
  user: z.string().min(1).max(128).describe('The user name of the digest.'),
  password,
});

const registration = z.strictObject({
  as: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe('The user part of the address of record; without it, the user of `account`.'),
  expires: time('How long a registration is asked for.').default('1h'),
});

const prefixRule = z.strictObject({
  prefix: z
    .string()
    .regex(/^\+?[0-9*#]*$/, expected('prefix'))
    .describe('What the number begins with.'),
  put: z
    .string()
    .regex(/^\+?[0-9*#]*$/, expected('prefix'))
    .default('')
    .describe('What stands there instead.'),
});

const numbers = z.strictObject({
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, expected('country'))
    .optional()
    .describe('ISO 3166 country that numbers without `+` belong to; without it, that of the site.'),
  'area-code': z
    .string()
    .regex(/^\d{0,5}$/)
    .optional()
    .describe('Put before local numbers.'),
  in: z
    .array(prefixRule)
    .max(200)
    .default([])
    .describe('Rules for numbers as they come, before they are made E.164; the first that fits is used.'),
  format: z
    .enum(['e164', 'digits', 'national', 'international'])
    .optional()
    .describe(
      'How numbers go out: `e164` (`+8653188880000`), `digits` (`8653188880000`), `national` (`053188880000`, others as `international`), `international` (`008653188880000`).',
    ),
  out: z
    .array(prefixRule)
    .max(200)
    .default([])
    .describe('Rules for E.164 numbers as they go out, before `format`; a number that one fits goes out as it says.'),
});

const callerId = z.strictObject({
  allowed: z
    .array(z.string().min(1))
    .max(1000)
    .default([])
    .describe('Numbers that may be shown: numbers, ranges, patterns. Empty: any.'),
  default: z
    .string()
    .regex(/^\+?[0-9]{1,20}$/, expected('number-text'))
    .optional()
    .describe('Shown instead of a number that is not allowed, and behind an anonymous call.'),
  otherwise: z
    .enum(['default', 'refuse'])
    .default('default')
    .describe('What becomes of a call whose number is not allowed.'),
  anonymous: z.boolean().default(true).describe('Whether a call may hide its number (RFC 3323).'),
  identity: z
    .enum(['asserted', 'preferred', 'none'])
    .optional()
    .describe(
      'Header that carries our number besides From: P-Asserted-Identity, P-Preferred-Identity (RFC 3325) or none.',
    ),
  trust: z
    .boolean()
    .optional()
    .describe('Whether P-Asserted-Identity, Diversion and History-Info of incoming calls are believed.'),
  privacy: z
    .enum(['honour', 'show'])
    .default('honour')
    .describe('Whether a caller who asks for privacy is shown as anonymous.'),
});

const destination = z
  .string()
  .regex(
    /^(?:\+?[0-9]{1,15}|[A-Z]{2}|mobile|fixed|toll-free|premium|shared-cost|short|any)$/,
    expected('destination-rule'),
  );
const destinations = z.strictObject({
  allow: z
    .array(destination)
    .max(500)
    .optional()
    .describe(
      'What may be called: prefixes (`"+8610"`), countries (`CN`), kinds (`mobile fixed toll-free premium shared-cost short any`). Without it, the country of the trunk.',
    ),
  deny: z.array(destination).max(500).default(['premium']).describe('What may not be called although `allow` has it.'),
});

const daily = z.strictObject({
  minutes: z.number().positive().max(10_000_000).optional().describe('Minutes talked a day, outgoing calls together.'),
  spend: z.number().positive().max(10_000_000).optional().describe('What a day may cost, by `rates`.'),
  rates: z
    .record(z.string().regex(/^\+?[0-9]*$/, expected('prefix')), z.number().min(0))
    .default({})
    .describe('Price of a minute by prefix of the E.164 number; the longest prefix counts.'),
});

const limits = z.strictObject({
  channels: count('Calls at the same time, both ways.').optional(),
  'channels-in': count('Incoming calls at the same time.').optional(),
  'channels-out': count('Outgoing calls at the same time.').optional(),
  'per-second-in': count('Incoming calls begun in a second.').optional(),
  'per-second-out': count('Outgoing calls begun in a second.').optional(),
});

const health = z.strictObject({
  every: time('How often OPTIONS asks each target; `0s`: never.').optional(),
  timeout: time('How long an answer may take.').default('4s'),
  failures: z.number().int().min(1).max(20).default(2).describe('So many in a row: the target is down.'),
  'retry-after': time('A target that failed a call is left alone so long where OPTIONS is not used.').default('30s'),
});

export const attestations = ['A', 'B', 'C', 'absent', 'expired', 'forged', 'untrusted'] as const;

export const trunkSource = z.strictObject({
  name: label.optional().describe('What the trunk is called; without it, its id.'),
  profile: z
    .enum(profileNames)
    .optional()
    .describe(
      'Defaults for a kind of carrier: `ims-cn` (a Chinese operator’s IMS), `gateway-cn` (a voice gateway in China), `generic` (a US or European SIP trunk).',
    ),
  calls: z.enum(['in', 'out', 'both']).default('both').describe('Which way calls may go.'),
  addresses: z
    .array(z.string().min(1))
    .max(1000)
    .default([])
    .describe(
      'Calls from here are this trunk’s without further proof: addresses, CIDR blocks, or `loopback`, `this-machine`, `local-network`.',
    ),
  login: account.optional().describe('The carrier proves itself to us by digest with this name.'),
  account: account.optional().describe('We prove ourselves to the carrier by digest with this name.'),
  registration: registration.optional().describe('We register with the carrier; needs `account`.'),
  targets: z.array(target).max(20).default([]).describe('Where calls (and registrations) go.'),
  domain: z
    .string()
    .regex(/^[A-Za-z0-9.:[\]-]+$/, expected('domain'))
    .optional()
    .describe('The domain in From, To and the request; without it, the host of the target.'),
  health: health.prefault({}).describe('How it is found out whether a target can take calls.'),
  'answer-within': time('A target that has not even rung by then counts as dead and the next is tried.').optional(),
  limits: limits.prefault({}),
  numbers: numbers.optional().describe('How numbers are made E.164 and back; without it they pass as they are.'),
  'caller-id': callerId.prefault({}),
  destinations: destinations.prefault({}),
  daily: daily
    .optional()
    .describe('A cap against toll fraud: when it is reached outgoing calls are refused until midnight.'),
  codecs: z
    .array(z.enum(['PCMU', 'PCMA', 'G722', 'opus']))
    .min(1)
    .max(4)
    .refine((all) => new Set(all).size === all.length, expected('codecs-once'))
    .optional()
    .describe(
      'What is spoken, and nothing else, the best first; the codec a call already has goes first where it is among them. Without it: `media.codecs` of the site.',
    ),
  dtmf: keyMode
    .default('auto')
    .describe(
      'How keys travel: `auto` (as each side shows), or only as events (`rfc4733`), as tones in the voice (`in-band`), or as SIP INFO (`info`).',
    ),
  srtp: encryption
    .optional()
    .describe(
      'Encryption of the audio with keys in SDP (RFC 4568): `off`, `optional` (offered beside plain RTP, RFC 8643) or `required`. Without it: taken where the carrier offers it, not offered.',
    ),
  ice: iceUse
    .default('taken')
    .describe(
      'ICE for the way of the audio (RFC 8445, we are lite): `taken` where the carrier offers it, `offered` in our calls too, or `off`.',
    ),
  'media-timeout': mediaTimeout('the carrier')
    .optional()
    .describe('What happens when no audio comes; without it, the call ends after `media.rtpTimeoutInSeconds`.'),
  reliable: z.boolean().optional().describe('Offer reliable provisional answers (RFC 3262).'),
  'verify-identity': z
    .boolean()
    .optional()
    .describe('Verify the Identity header (STIR/SHAKEN, RFC 8224) of incoming calls.'),
  'test-number': z
    .string()
    .regex(/^\+?[0-9*#]{1,20}$/, expected('number-text'))
    .optional()
    .describe('A number that echoes, for `./jackfield trunk test`.'),
});
export type TrunkSource = z.output<typeof trunkSource>;

export const outboundSource = z.strictObject({
  prefixes: z
    .array(z.string().regex(/^\+?[0-9*#]*$/, expected('prefix')))
    .min(1)
    .max(200)
    .describe('Beginnings of the called number in E.164 (or of a short number); the longest that fits decides.'),
  trunks: z.array(nameOf('A trunk.')).min(1).max(20).describe('The trunks to try, in this order.'),
  priority: z.number().int().min(0).max(65_535).default(0).describe('Among rules with the same prefix: lower first.'),
  from: z
    .string()
    .regex(/^\+?[0-9]{1,20}$/, expected('number-text'))
    .optional()
    .describe('The number to show, whoever calls.'),
});
export type OutboundSource = z.output<typeof outboundSource>;
