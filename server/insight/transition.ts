/**
 * The rules of one call over what is heard in it. Pure: a spotted phrase is a mention at once, a phrase in a final text
 * is one too; one utterance is at most one mention of a rule, however it was found; `count` mentions within the window
 * raise one alert, then the rule is silent for its cooldown.
 */
import type { Language, Observation } from '../../protocol/media.ts';
import type { Label, Rule, Severity, Speaker } from './rule.ts';
import { contains, units } from './text.ts';

/** Something said in the call. */
export interface Heard {
  readonly speaker: Speaker;
  readonly utteranceId: string;
  readonly language: Language;
  readonly kind: Observation['kind'];
  readonly text: string;
  readonly phraseId?: string | undefined;
}

interface Mention {
  readonly utteranceId: string;
  readonly at: number;
}

interface RuleMemory {
  /** Newest last. Kept for the window and the cooldown, whichever is longer. */
  readonly mentions: readonly Mention[];
  readonly alertedAt?: number;
}

/** What the rules remember of one call. Plain JSON. */
export interface InsightState {
  readonly rules: Readonly<Record<string, RuleMemory>>;
}

export const nothingHeard: InsightState = { rules: {} };

/** An alert to be raised; its id is made by whoever raises it. */
export interface NewAlert {
  readonly ruleId: string;
  readonly severity: Severity;
  readonly title: Label;
  readonly advice: Label;
  /** The words that did it. */
  readonly evidence: string;
  readonly speaker: Speaker;
  readonly utteranceId: string;
  readonly at: number;
}

/** A final text may come this long after its phrase was spotted and still be the same saying. */
const longestUtteranceMs = 120_000;

/** The state after something was heard, and the alerts to be raised now. */
export function transition(
  state: InsightState,
  heard: Heard,
  rules: readonly Rule[],
  now: number,
): { readonly state: InsightState; readonly alerts: readonly NewAlert[] } {
  const alerts: NewAlert[] = [];
  const changed: Record<string, RuleMemory> = {};
  const text = heard.kind === 'final' ? units(heard.text, heard.language) : [];
  for (const rule of rules) {
    const evidence = mentioned(rule, heard, text);
    if (evidence === undefined) continue;
    const memory = state.rules[rule.id] ?? { mentions: [] };
    if (memory.mentions.some(({ utteranceId }) => utteranceId === heard.utteranceId)) continue;
    const next = remember(rule, memory, { utteranceId: heard.utteranceId, at: now });
    const due = isDue(rule, next, now);
    changed[rule.id] = due ? { ...next, alertedAt: now } : next;
    if (due) alerts.push(makeAlert(rule, heard, evidence, now));
  }
  return { state: Object.keys(changed).length === 0 ? state : { rules: { ...state.rules, ...changed } }, alerts };
}

/** The words by which the rule was mentioned; undefined if it was not. */
function mentioned(rule: Rule, heard: Heard, text: readonly string[]): string | undefined {
  if (rule.speaker !== 'any' && rule.speaker !== heard.speaker) return undefined;
  const own = rule.phrases.filter(({ language }) => language === heard.language);
  switch (heard.kind) {
    case 'spotted':
      return own.find(({ phraseId }) => phraseId === heard.phraseId)?.text;
    case 'final':
      return own.find((phrase) => contains(text, units(phrase.text, phrase.language)))?.text;
    case 'partial':
      return undefined;
  }
}

function remember(rule: Rule, memory: RuleMemory, mention: Mention): RuleMemory {
  const keep = Math.max(rule.windowMs, longestUtteranceMs);
  return { ...memory, mentions: [...memory.mentions.filter(({ at }) => at > mention.at - keep), mention] };
}

function isDue(rule: Rule, memory: RuleMemory, now: number): boolean {
  if (memory.alertedAt !== undefined && now < memory.alertedAt + rule.cooldownMs) return false;
  const since = Math.max(now - rule.windowMs, memory.alertedAt ?? -Infinity);
  return memory.mentions.filter(({ at }) => at > since || at === now).length >= rule.count;
}

function makeAlert(rule: Rule, heard: Heard, evidence: string, at: number): NewAlert {
  const { id, severity, title, advice } = rule;
  return {
    ruleId: id,
    severity,
    title,
    advice,
    evidence,
    speaker: heard.speaker,
    utteranceId: heard.utteranceId,
    at,
  };
}
