/**
 * The language of the dialplan files, as zod schemas. They are the one source: the checker parses with them, the published
 * JSON Schemas and the tables of docs/dialplan.md are made from them. Descriptions are written for the admin.
 */
import { z } from 'zod';
import type { ExpectationKey } from './findings.ts';
import { phoneSource } from './phone-schema.ts';
import { duration, label, name, nameOf } from './schema-parts.ts';
import { attestations, outboundSource, trunkSource } from './trunk-schema.ts';

const expected = (key: ExpectationKey): string => key;

export const languages = ['en-US', 'zh-CN'] as const;

const language = z.enum(languages).describe('A language of the site: `en-US` or `zh-CN`.');
const time = (what: string) => duration.describe(what);

const prompts = z
  .union([name, z.array(name).min(1).max(20)])
  .describe('One prompt or a list of prompts: the names of files in `prompts/<language>/`, without `.wav` or `.txt`.');
const everyLanguage = z
  .boolean()
  .default(false)
  .describe('Speak the prompts in every language of the site, the language of the call first.');
const bargeIn = z.boolean().default(true).describe('Whether a key stops the prompt.');
const step = (what: string) => nameOf(`The step that follows ${what}.`);
const key = z.string().regex(/^[0-9*#]$/, expected('key'));
const level = z.number().int().min(1).max(5);
const skillLevels = z.record(name, level);
const priority = z.number().int().min(0).max(9);

const menuKey = z.strictObject({
  label: label.optional().describe('What the choice is called on the screen of the agent and in reports.'),
  language: language.optional().describe('The language the call speaks from here on.'),
  next: step('this key'),
});

const menu = z.strictObject({
  prompts,
  'in-every-language': everyLanguage,
  'barge-in': bargeIn,
  keys: z.record(key, menuKey).describe('What each key does.'),
  timeout: time('How long to wait for a key after the prompts.').default('5s'),
  retries: z.number().int().min(0).max(9).default(2).describe('How often to ask again after a wrong key or silence.'),
  'on-invalid': prompts.optional().describe('Prompts before asking again after a wrong key.'),
  'on-timeout': prompts.optional().describe('Prompts before asking again after silence.'),
  otherwise: step('when the retries are used up'),
});

/** What kinds of step there are: the key that names the kind, and the schema of the whole step. */
export const stepSchemas = {
  answer: z
    .strictObject({ answer: z.literal(true), next: step('at once') })
    .describe('Answers the call. Every other step answers by itself; this one says it aloud.'),
  play: z
    .strictObject({ play: prompts, 'in-every-language': everyLanguage, 'barge-in': bargeIn, next: step('the prompts') })
    .describe('Plays prompts. A key pressed meanwhile stops them and counts in the menu that follows.'),
  menu: z.strictObject({ menu }).describe('Plays prompts and waits for a key.'),
  queue: z
    .strictObject({
      queue: nameOf('The queue, as `queues:` names it.'),
      skills: skillLevels.optional().describe('Skills and least levels asked for besides those of the queue.'),
      priority: priority.optional().describe('0-9, higher first. Without it, the priority of the queue.'),
      'max-wait': time('How long to wait. Without it, as long as the queue says.').optional(),
      'on-timeout': step('when the wait was too long; without it, `otherwise`').optional(),
      'on-closed': step('when the queue is closed; without it, `otherwise`').optional(),
      otherwise: step('when no agent took the call'),
    })
    .describe('Waits in a queue, with music, for an agent. When an agent answers, the plan is over.'),
  hours: z
    .strictObject({
      hours: nameOf('The opening hours, as `hours:` names them.'),
      open: step('during opening hours'),
      closed: step('outside them'),
      holiday: step('on a holiday; without it, as `closed`').optional(),
    })
    .describe('Goes one way or another by the opening hours.'),
  transfer: z
    .strictObject({
      transfer: z
        .string()
        .regex(/^(?:sips?:[^\s@<>]+@[^\s<>]+|\+?[0-9*#]{1,20})$/, expected('destination'))
        .describe('A number or a SIP address.'),
      otherwise: step('when the other side cannot be reached'),
    })
    .describe('Connects the caller to somebody outside. When that party hangs up, the plan is over.'),
  hangup: z
    .strictObject({
      hangup: z
        .enum(['normal', 'busy', 'rejected', 'unavailable', 'not-found'])
        .describe('What the caller is told: `normal` after a conversation, the others before one.'),
    })
    .describe('Ends the call.'),
} as const;
export type StepKind = keyof typeof stepSchemas;
export const stepKinds = Object.keys(stepSchemas) as readonly StepKind[];

const anyStep = z
  .union([
    stepSchemas.answer,
    stepSchemas.play,
    stepSchemas.menu,
    stepSchemas.queue,
    stepSchemas.hours,
    stepSchemas.transfer,
    stepSchemas.hangup,
  ])
  .describe('A step: one of `answer play menu queue hours transfer hangup`.');
export type StepSource = z.output<typeof anyStep>;

const recordWhen = z
  .string()
  .regex(/^(always|never|on-demand|(100|[1-9]?\d)%)$/, expected('record-when'))
  .describe(
    'Whether talks are recorded: `always`, `never`, `on-demand` (when the agent asks for it), or a share of the calls such as `25%`. The queue counts before the route; without either, `never`.',
  );

const recordTo = z
  .string()
  .regex(/^sips?:[^\s<>"]+$/i, expected('recorder'))
  .describe(
    'The address of an outside recorder (SIPREC) that talks are sent to, such as `sip:recorder@192.0.2.7`. The queue counts before the route; without either, none.',
  );

export const routeSource = z.strictObject({
  name: label.optional().describe('What the route is called in reports; without it, its id.'),
  numbers: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'The called numbers: E.164 (`"+8653100000"`), short (`"1000"`), a range (`"+8653100000-99"`) or an Asterisk pattern (`"_9."`, `"_NXXNXXXXXX"`). The most particular one wins.',
    ),
  trunk: z
    .union([name, z.array(name).min(1).max(100)])
    .optional()
    .describe('Only calls that came in over this trunk, or one of these.'),
  attestation: z
    .union([z.enum(attestations), z.array(z.enum(attestations)).min(1)])
    .optional()
    .describe(
      'Only calls whose caller number is attested so (STIR/SHAKEN): `A B C`, or `absent expired forged untrusted`.',
    ),
  language: language
    .optional()
    .describe('The language of the call until a menu says otherwise; without it, the first of the site.'),
  record: recordWhen.optional(),
  web: z
    .enum(['audio', 'video'])
    .optional()
    .describe(
      'Lets anybody call it from a browser, on the page `/call?to=NAME`: by `audio` alone, or with `video` where the caller wants it. Without it, nobody.',
    ),
  video: z
    .enum(['vp8', 'h264'])
    .optional()
    .describe(
      'The codec that browsers are offered first for pictures of its calls; without it `vp8`. With `h264` a SIP phone that offers a picture is seen by agents on their page, and sees them.',
    ),
  'record-to': recordTo.optional(),
  start: step('the start of the call'),
  steps: z.record(name, anyStep).describe('The steps, by name.'),
});
export type RouteSource = z.output<typeof routeSource>;

export const queueSource = z.strictObject({
  name: label,
  skills: skillLevels.default({}).describe('Skills an agent needs, with the least level (1-5).'),
  'match-language': z.boolean().default(false).describe('Offer a call only to agents who speak its language.'),
  priority: priority.default(5).describe('0-9, higher first.'),
  ring: time('How long an offer rings at an agent before it counts as missed.').default('20s'),
  'wrap-up': time('How long an agent has after the call.').default('1m'),
  'wrap-up-unanswered': z
    .boolean()
    .default(false)
    .describe('Wrap-up also after a call an agent made for this queue that nobody answered.'),
  'max-wait': time('How long a caller waits at most; `0s`: without limit.').default('0s'),
  'service-level': time('A call answered within this meets the service level.').default('20s'),
  'hold-music': z
    .union([name, z.array(name).min(1).max(20)])
    .optional()
    .describe('Files in `music/`, without `.wav`, played over and over; without it, silence.'),
  announcement: z
    .strictObject({ prompts, every: time('How often.').default('45s') })
    .optional()
    .describe('Prompts that interrupt the music now and then.'),
  hours: nameOf('The hours outside which it takes nobody in; without it, always open.').optional(),
  record: recordWhen.optional(),
  'record-to': recordTo.optional(),
  'keep-recordings': z
    .number()
    .int()
    .min(1)
    .max(36_500)
    .optional()
    .describe('Days after which recordings are removed; without it, what the configuration says.'),
});
export type QueueSource = z.output<typeof queueSource>;

export const skillSource = z.strictObject({ name: label });

const period = z
  .string()
  .regex(/^\d{1,2}:\d{2}-\d{1,2}:\d{2}$/, expected('period'))
  .describe('From-to on the clock of the zone. `22:00-06:00` runs into the next day; `24:00` is midnight at its end.');
const periods = z.union([z.literal('closed'), period, z.array(period).min(1).max(12)]);
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}(?:\.\.\d{4}-\d{2}-\d{2})?$/, expected('date'));
export const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
const dayKeys = [...weekdays, 'weekdays', 'weekend', 'every-day'] as const;

export const hoursSource = z.strictObject({
  zone: z.string().optional().describe('IANA time zone, such as `Asia/Shanghai`; without it, the zone of the site.'),
  week: z
    .partialRecord(z.enum(dayKeys), periods)
    .describe(
      'When it is open: `monday` to `sunday`, `weekdays`, `weekend`, `every-day`; a single day beats a group. A day not listed is closed.',
    ),
  holidays: z
    .record(date, z.string().min(1))
    .default({})
    .describe('Closed days by date, with the name of the holiday.'),
  exceptions: z
    .record(date, periods)
    .default({})
    .describe('Other hours on single dates, such as a working Sunday (调休); they beat `week` and `holidays`.'),
});
export type HoursSource = z.output<typeof hoursSource>;

export const agentSource = z.strictObject({
  name: z.string().min(1).max(100),
  skills: skillLevels.default({}).describe('Skills with their level, 1 (learning) to 5 (expert).'),
  queues: z.array(name).default([]).describe('The queues whose calls are offered.'),
  languages: z.array(language).min(1).describe('The languages spoken.'),
  role: z
    .enum(['agent', 'supervisor'])
    .optional()
    .describe(
      'A supervisor may listen to the calls of others, whisper, barge in and take over. Without it, as the account says.',
    ),
  phones: z
    .record(z.string().min(1).max(60), phoneSource)
    .default({})
    .describe(
      'Desk phones that want something else of their audio than `sip.phones` in jackfield.yaml says, by the name of their account.',
    ),
  video: z
    .boolean()
    .default(true)
    .describe(
      'Whether calls with pictures have them at this agent’s page. `false`: neither sees the other, and both talk; another agent who takes the call has them again.',
    ),
});

export const choiceSource = z.strictObject({ label });

export const siteSource = z.strictObject({
  languages: z.array(language).min(1).describe('The languages of the prompts; the first is the default.'),
  'country-code': z
    .string()
    .regex(/^[1-9]\d{0,2}$/, expected('country-code'))
    .describe('E.164 country code, without the plus.'),
  'national-prefix': z
    .string()
    .regex(/^\d{0,3}$/)
    .default('0')
    .describe('Dialled before a number of the same country.'),
  'international-prefix': z
    .string()
    .regex(/^\d{0,5}$/)
    .default('00')
    .describe('Dialled before a number of another country.'),
  zone: z.string().describe('IANA time zone of the site, such as `Asia/Shanghai`.'),
  supervision: z
    .enum(['announce', 'silent'])
    .default('announce')
    .describe('Whether agents see that a supervisor listens. Many laws ask for `announce`; see docs/supervision.md.'),
});

/** What an example does after the call came in, in words. */
export const exampleActions = [
  'stay silent',
  'hear it out',
  'queue timeout',
  'queue closed',
  'transfer ends',
  'transfer fails',
] as const;
const action = z
  .union([z.enum(exampleActions), z.string().regex(/^press [0-9*#]+$/, expected('action'))])
  .describe(
    '`press 1#` presses keys; `stay silent` waits for the timeout of a menu; `hear it out` lets prompts end (they also do by themselves before a menu or a queue); `queue timeout`, `queue closed`, `transfer ends` and `transfer fails` say what became of it.',
  );

export const exampleSource = z.strictObject({
  name: z.string().min(1).describe('What the example shows.'),
  to: z.string().min(1).describe('The called number, as a caller would dial it.'),
  from: z.string().default('+8613800138000').describe('The caller.'),
  trunk: name.optional().describe('The trunk the call comes in over.'),
  attestation: z.enum(attestations).default('absent').describe('How the caller’s number is attested (STIR/SHAKEN).'),
  at: z.iso
    .datetime({ offset: true })
    .default('2026-11-23T10:00:00+08:00')
    .describe('When the call comes, with its offset: `2026-11-23T10:00:00+08:00`.'),
  language: language.optional(),
  do: z.array(action).default([]).describe('What the caller does, and what becomes of the call, in order.'),
  expect: z
    .strictObject({
      path: z.array(name).optional().describe('Every step passed, in order.'),
      hears: z.array(name).optional().describe('Every prompt begun, in order.'),
      queue: name.optional().describe('The queue the caller ends up waiting in.'),
      transfer: z.string().optional().describe('Where the caller is transferred.'),
      hangup: z.string().optional().describe('The cause with which the plan ends the call.'),
      menu: name.optional().describe('The menu the caller is left in.'),
      language: language.optional().describe('The language spoken at the end.'),
      'no-route': z.literal(true).optional().describe('No route has this number.'),
    })
    .describe('What must be true at the end. Only what is listed is checked.'),
});
export type ExampleSource = z.output<typeof exampleSource>;

/** The sections a file may have; each may be in any file, and in several. */
export const sections = {
  site: siteSource.describe('The site: its languages and how it writes numbers. In one file only.'),
  routes: z.record(name, routeSource).describe('What happens to a call, by called number.'),
  queues: z.record(name, queueSource).describe('Waiting lines.'),
  skills: z.record(name, skillSource).describe('What agents can be good at.'),
  hours: z.record(name, hoursSource).describe('Opening hours.'),
  agents: z.record(name, agentSource).describe('Agents and their skills. Their logins are in the database.'),
  dispositions: z
    .record(name, choiceSource)
    .describe('The outcomes an agent chooses from after a call, in this order.'),
  'pause-reasons': z
    .record(name, choiceSource)
    .describe('The reasons an agent chooses from when pausing, in this order.'),
  trunks: z.record(name, trunkSource).describe('Carriers and gateways: whose calls are taken, and where calls go.'),
  outbound: z.record(name, outboundSource).describe('Which trunks take calls to the outside, by called number.'),
  examples: z.array(exampleSource).describe('Calls that must go as described, or the files do not go live.'),
} as const;
export type Section = keyof typeof sections;
export const sectionNames = Object.keys(sections) as readonly Section[];

/** A whole file. */
export const fileSchema = z
  .strictObject(sections)
  .partial()
  .describe('A dialplan file of Jackfield: any of the sections, each in as many files as you like.');
