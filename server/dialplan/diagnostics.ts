/** What is wrong in the files, and where. */
import { findings, type FindingCode, type Severity } from './findings.ts';

export type { Severity } from './findings.ts';
export type DiagnosticCode = FindingCode;

/** A place in the files. `line` and `column` start at 1; `file` is relative to the folder. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One finding, in English and Chinese. */
export interface Diagnostic extends Place {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly messageZh: string;
  /** What to do, such as `did you mean "support"?`. */
  readonly hint?: string;
  readonly hintZh?: string;
}

type Facts = Readonly<Record<string, string | number>>;

function fill(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole));
}

/** Makes a finding from the catalogue. With `meant`, its hint is "did you mean". `zh` replaces facts in the Chinese text. */
export function diagnose(place: Place, code: DiagnosticCode, facts: Facts, meant?: string, zh: Facts = {}): Diagnostic {
  const { severity, message, hint } = { hint: undefined, ...findings[code] };
  const chinese = { ...facts, ...zh };
  const guess = meant === undefined ? undefined : { en: `did you mean "${meant}"?`, zh: `是否应为“${meant}”？` };
  const advice = guess ?? hint;
  return {
    file: place.file,
    line: place.line,
    column: place.column,
    severity,
    code,
    message: fill(message.en, facts),
    messageZh: fill(message.zh, chinese),
    ...(advice === undefined ? {} : { hint: fill(advice.en, facts), hintZh: fill(advice.zh, chinese) }),
  };
}

/** A finding as one line: `file:line:col: severity code: message - hint`. */
export function diagnosticLine(diagnostic: Diagnostic, language: 'en' | 'zh' = 'en'): string {
  const { file, line, column, severity, code } = diagnostic;
  const [message, hint] =
    language === 'en' ? [diagnostic.message, diagnostic.hint] : [diagnostic.messageZh, diagnostic.hintZh];
  return `${file}:${line}:${column}: ${severity} ${code}: ${message}${hint === undefined ? '' : ` - ${hint}`}`;
}

/** Whether any of them keeps the plan from going live. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}

/** By file, then place, errors before warnings at the same place. */
export function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort(
    (a, b) =>
      a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column || a.severity.localeCompare(b.severity),
  );
}
