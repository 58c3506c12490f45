import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileRules, phrasesOf, unheardPhrases } from './compile.ts';
import { diagnosticLine } from './diagnostics.ts';
import { loadRules } from './loader.ts';
import { publishedSchema } from './schema.ts';

const good = `rules:
  refund:
    title: { en: Refund, zh: 退款 }
    advice: { en: Look it up, zh: 查询 }
    severity: warning
    speaker: caller
    phrases:
      en-US: [refund, "my money back"]
      zh-CN: [退款]
`;

function lines(text: string, name = 'a.yaml'): readonly string[] {
  return compileRules([{ name, text }]).diagnostics.map((diagnostic) => diagnosticLine(diagnostic));
}

describe('rule files', () => {
  it('become rules and phrases with defaults filled in', () => {
    const { rules, diagnostics } = compileRules([{ name: 'a.yaml', text: good }]);
    expect(diagnostics).toEqual([]);
    expect(rules).toMatchObject([{ id: 'refund', count: 1, windowMs: 60_000, cooldownMs: 60_000, speaker: 'caller' }]);
    expect(phrasesOf(rules ?? [])).toEqual([
      { phraseId: 'refund.en-US.1', text: 'refund', language: 'en-US' },
      { phraseId: 'refund.en-US.2', text: 'my money back', language: 'en-US' },
      { phraseId: 'refund.zh-CN.1', text: '退款', language: 'zh-CN' },
    ]);
  });

  it.each([
    ['not YAML', 'rules: [', /^a\.yaml:1:\d+: error yaml-syntax: /],
    [
      'a value of the wrong kind',
      good.replace('warning', 'loud'),
      'a.yaml:5:15: error wrong-value: expected `info`, `warning` or `critical`',
    ],
    [
      'a key misspelt',
      good.replace('speaker:', 'speeker:'),
      /^a\.yaml:6:5: error unknown-key: unknown key "speeker"; known here: title, advice/,
    ],
    [
      'a key left out',
      good.replace('    severity: warning\n', ''),
      'a.yaml:2:3: error missing-key: "severity" is missing',
    ],
    [
      'one language of a text left out',
      good.replace(', zh: 查询', ''),
      'a.yaml:4:5: error missing-key: "zh" is missing',
    ],
    [
      'no phrase at all',
      good.replace(/phrases:[\s\S]*/, 'phrases: {}\n'),
      'a.yaml:7:5: error no-phrases: the rule "refund" has no phrase in any language',
    ],
    [
      'a phrase without words',
      good.replace('refund,', '"!?",'),
      'a.yaml:8:15: error phrase-empty: the phrase "!?" has no words',
    ],
    [
      'the same phrase twice',
      good.replace('refund,', 'refund, Refund!,'),
      'a.yaml:8:23: warning phrase-twice: the phrase "Refund!" is in this rule twice',
    ],
    [
      'a bad time',
      `${good}    window: soon\n`,
      'a.yaml:10:13: error wrong-value: expected a time such as `30s`, `5m` or `1h`',
    ],
    ['a bad name', good.replace('  refund:', '  "re fund":'), /^a\.yaml:2:3: error wrong-value: expected a name/],
    ['a list where a mapping belongs', 'rules: []', 'a.yaml:1:8: error wrong-value: expected a mapping (`key: value`)'],
  ])('say where and what is wrong: %s', (_name, text, expected) => {
    const [first, ...more] = lines(text);
    expect(more).toEqual([]);
    expect(first).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });

  it('give no rules at all while one is wrong, and find a rule written in two files', () => {
    const { rules, diagnostics } = compileRules([
      { name: 'a.yaml', text: good },
      { name: 'b.yaml', text: good },
    ]);
    expect(rules).toBeUndefined();
    expect(diagnostics.map((diagnostic) => diagnosticLine(diagnostic, 'zh'))).toEqual([
      'b.yaml:2:3: error rule-twice: 规则“refund”已在 a.yaml 中定义',
    ]);
  });

  it('tell the place of a phrase that the ears cannot spot', () => {
    const { rules } = compileRules([{ name: 'a.yaml', text: good }]);
    const told = unheardPhrases(rules ?? [], [{ phraseId: 'refund.en-US.2', reason: 'not in the dictionary: back' }]);
    expect(told.map((each) => diagnosticLine(each))).toEqual([
      'a.yaml:8:23: warning phrase-unheard: the phrase "my money back" cannot be spotted (not in the dictionary: back); only the transcript is searched for it',
    ]);
  });

  it('of the demo site are right, and their JSON Schema is the published one', async () => {
    const { rules, diagnostics } = await loadRules('dialplans/rules');
    expect(diagnostics).toEqual([]);
    expect(rules?.map(({ id }) => id)).toContain('refund-mentioned');
    const published: unknown = JSON.parse(readFileSync('dialplans/schema/rules.json', 'utf8'));
    expect(published).toEqual(JSON.parse(publishedSchema()));
  });
});
