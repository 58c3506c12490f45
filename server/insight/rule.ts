/** A compliance rule as it is in force. */
import type { Language } from '../../protocol/media.ts';
import type { Place } from './diagnostics.ts';

export type Severity = 'info' | 'warning' | 'critical';
export type Speaker = 'caller' | 'agent';

/** A text in both languages of the interface. */
export interface Label {
  readonly en: string;
  readonly zh: string;
}

/** Words that count as one mention of the rule. */
export interface RulePhrase {
  /** `RULE.LANGUAGE.NUMBER`; changes when the list in the file does. */
  readonly phraseId: string;
  readonly text: string;
  readonly language: Language;
  /** Where it is written. */
  readonly place: Place;
}

export interface Rule {
  readonly id: string;
  readonly title: Label;
  readonly advice: Label;
  readonly severity: Severity;
  /** Whose words count. */
  readonly speaker: Speaker | 'any';
  readonly phrases: readonly RulePhrase[];
  /** Mentions, in different utterances, within the window that raise the alert. */
  readonly count: number;
  readonly windowMs: number;
  /** After an alert the rule is silent for so long in the same call. */
  readonly cooldownMs: number;
}
