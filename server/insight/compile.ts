/** From rule files to rules. Pure. */
import type { z } from 'zod';
import type { Language, Phrase } from '../../protocol/media.ts';
import { diagnose, hasErrors, inOrder, type Diagnostic, type Place } from './diagnostics.ts';
import type { Rule, RulePhrase } from './rule.ts';
import { expectations, fileSchema, milliseconds, ruleSchema, type ExpectationKey, type RuleSource } from './schema.ts';
import { Source, type SourceText } from './source.ts';
import { units } from './text.ts';

/** Rules, or what keeps them from coming into force. With an error there are no rules; the old ones stay. */
export interface CompiledRules {
  readonly rules: readonly Rule[] | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles the files of a folder. */
export function compileRules(files: readonly SourceText[]): CompiledRules {
  const rules = new Map<string, { readonly rule: Rule; readonly place: Place }>();
  const diagnostics: Diagnostic[] = [];
  for (const source of files.map((file) => new Source(file))) {
    diagnostics.push(...source.diagnostics);
    if (source.diagnostics.length > 0 || source.value === null) continue;
    const parsed = fileSchema.safeParse(source.value);
    if (!parsed.success) {
      diagnostics.push(...parsed.error.issues.flatMap((issue) => tell(issue, source)));
      continue;
    }
    for (const [id, written] of Object.entries(parsed.data.rules)) {
      const place = source.place(['rules', id], true);
      const before = rules.get(id);
      if (before !== undefined) diagnostics.push(diagnose(place, 'rule-twice', { rule: id, where: before.place.file }));
      else rules.set(id, { rule: makeRule(id, written, source, diagnostics), place });
    }
  }
  return {
    rules: hasErrors(diagnostics) ? undefined : [...rules.values()].map(({ rule }) => rule),
    diagnostics: inOrder(diagnostics),
  };
}

function makeRule(id: string, written: RuleSource, source: Source, diagnostics: Diagnostic[]): Rule {
  const { window, cooldown, phrases: lists, ...rest } = written;
  const phrases: RulePhrase[] = [];
  const seen = new Set<string>();
  for (const language of ['en-US', 'zh-CN'] as const satisfies readonly Language[]) {
    for (const [index, text] of (lists[language] ?? []).entries()) {
      const place = source.place(['rules', id, 'phrases', language, index]);
      const said = units(text, language).join(' ');
      if (said === '') diagnostics.push(diagnose(place, 'phrase-empty', { phrase: text }));
      else if (seen.has(said)) diagnostics.push(diagnose(place, 'phrase-twice', { phrase: text }));
      else phrases.push({ phraseId: `${id}.${language}.${index + 1}`, text, language, place });
      seen.add(said);
    }
  }
  if (lists['en-US'] === undefined && lists['zh-CN'] === undefined)
    diagnostics.push(diagnose(source.place(['rules', id, 'phrases'], true), 'no-phrases', { rule: id }));
  return { id, ...rest, phrases, windowMs: milliseconds(window), cooldownMs: milliseconds(cooldown) };
}

const knownAt: readonly (readonly string[])[] = [['rules'], [], Object.keys(ruleSchema.shape)];

function known(path: readonly PropertyKey[]): string {
  const last = path.at(-1);
  if (last === 'title' || last === 'advice') return 'en, zh';
  return last === 'phrases' ? 'en-US, zh-CN' : (knownAt[path.length] ?? []).join(', ');
}

function tell(issue: z.core.$ZodIssue, source: Source): readonly Diagnostic[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) =>
      diagnose(source.place([...issue.path, key], true), 'unknown-key', { key, known: known(issue.path) }),
    );
  if (issue.code === 'invalid_key') return [wrong(source.place(issue.path, true), 'name')];
  const place = source.place(issue.path);
  if (issue.code.startsWith('invalid_') && !present(source.value, issue.path))
    return [diagnose(source.place(issue.path.slice(0, -1), true), 'missing-key', { key: String(issue.path.at(-1)) })];
  return [wrong(place, issue.message)];
}

function wrong(place: Place, key: string): Diagnostic {
  const expected = key in expectations ? expectations[key as ExpectationKey] : { en: key, zh: key };
  return diagnose(place, 'wrong-value', { expected: expected.en }, { expected: expected.zh });
}

function present(value: unknown, path: readonly PropertyKey[]): boolean {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !(part in at)) return false;
    at = (at as Record<PropertyKey, unknown>)[part];
  }
  return true;
}

/** The phrases the ears must spot for these rules. */
export function phrasesOf(rules: readonly Rule[]): readonly Phrase[] {
  return rules.flatMap(({ phrases }) => phrases.map(({ phraseId, text, language }) => ({ phraseId, text, language })));
}

/** What the ears said about phrases they cannot spot, as warnings at the place they are written. */
export function unheardPhrases(
  rules: readonly Rule[],
  rejected: readonly { readonly phraseId: string; readonly reason: string }[],
): readonly Diagnostic[] {
  const places = new Map(rules.flatMap(({ phrases }) => phrases.map((phrase) => [phrase.phraseId, phrase])));
  return inOrder(
    rejected.flatMap(({ phraseId, reason }) => {
      const phrase = places.get(phraseId);
      return phrase === undefined ? [] : [diagnose(phrase.place, 'phrase-unheard', { phrase: phrase.text, reason })];
    }),
  );
}
