/** How rule files are written. */
import { z } from 'zod';

/** What was expected where the schema says no, in both languages. The key is the schema's message. */
export const expectations = {
  text: { en: 'text that is not empty', zh: '非空文本' },
  severity: { en: '`info`, `warning` or `critical`', zh: 'info、warning 或 critical' },
  speaker: { en: '`caller`, `agent` or `any`', zh: 'caller、agent 或 any' },
  time: { en: 'a time such as `30s`, `5m` or `1h`', zh: '时间，例如 30s、5m 或 1h' },
  count: { en: 'a whole number from 1 to 100', zh: '1 到 100 的整数' },
  list: { en: 'a list with at least one phrase', zh: '至少包含一个短语的列表' },
  name: {
    en: 'a name of at most 40 letters, digits, "-" and "_"',
    zh: '由字母、数字、“-”和“_”组成、不超过 40 个字符的名称',
  },
  mapping: { en: 'a mapping (`key: value`)', zh: '映射（key: value）' },
} as const;
export type ExpectationKey = keyof typeof expectations;

const says = (key: ExpectationKey): { error: (issue: z.core.$ZodRawIssue) => string | undefined } => ({
  error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : key),
});

const text = z.string(says('text')).trim().min(1, says('text'));
const label = z.strictObject({ en: text, zh: text }, says('mapping'));
const phraseText = text.max(200, says('text'));
const list = z.array(phraseText, says('list')).min(1, says('list')).max(200, says('list'));
const unit = { s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `1h30m` as milliseconds; NaN if it is not a time. */
export function milliseconds(value: string): number {
  if (!/^(?:\d+[smh])+$/.test(value)) return Number.NaN;
  return [...value.matchAll(/(\d+)([smh])/g)].reduce(
    (sum, [, count, letter]) => sum + Number(count) * unit[letter as keyof typeof unit],
    0,
  );
}

const time = z.string(says('time')).regex(/^(?:\d+[smh])+$/, says('time'));

/** One rule. */
export const ruleSchema = z.strictObject(
  {
    title: label.describe('What the agent reads first.'),
    advice: label.describe('What the agent should do now.'),
    severity: z.enum(['info', 'warning', 'critical'], says('severity')).describe('How loudly it is shown.'),
    speaker: z.enum(['caller', 'agent', 'any'], says('speaker')).default('any').describe('Whose words count.'),
    phrases: z
      .strictObject({ 'en-US': list.optional(), 'zh-CN': list.optional() }, says('mapping'))
      .describe('Words that count as a mention, by language. English as the dictionary spells it, without digits.'),
    count: z
      .int(says('count'))
      .min(1, says('count'))
      .max(100, says('count'))
      .default(1)
      .describe('Mentions within the window that raise the alert.'),
    window: time.default('60s').describe('How long a mention counts.'),
    cooldown: time.default('60s').describe('After an alert the rule is silent for so long in the same call.'),
  },
  says('mapping'),
);
export type RuleSource = z.infer<typeof ruleSchema>;

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/, says('name'));

/** A whole file. */
export const fileSchema = z.strictObject(
  { rules: z.record(name, ruleSchema, says('mapping')).describe('Rules by name.') },
  says('mapping'),
);

/** `dialplans/schema/rules.json`, for editors. */
export function publishedSchema(): string {
  const schema = z.toJSONSchema(fileSchema, { io: 'input', target: 'draft-2020-12' });
  return `${JSON.stringify({ ...schema, title: 'Jackfield rules' }, null, 2)}\n`;
}
