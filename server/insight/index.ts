/** Insight: rules over what is said, and the alerts they raise. */
export { compileRules, phrasesOf, unheardPhrases, type CompiledRules } from './compile.ts';
export { diagnosticLine, hasErrors, type Diagnostic, type DiagnosticCode, type Place } from './diagnostics.ts';
export { loadRules, watchRules, type RulesWatch, type RulesWatchOptions } from './loader.ts';
export type { Label, Rule, RulePhrase, Severity, Speaker } from './rule.ts';
export { publishedSchema } from './schema.ts';
export { nothingHeard, transition, type Heard, type InsightState, type NewAlert } from './transition.ts';
