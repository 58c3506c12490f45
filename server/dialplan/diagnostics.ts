/** What is wrong in the files, and where. */

/** `error` keeps the old plan in force; `warning` does not. */
export type Severity = 'error' | 'warning';

export type DiagnosticCode =
  | 'unreadable'
  | 'yaml-syntax'
  | 'unknown-key'
  | 'missing-key'
  | 'wrong-value'
  | 'duplicate-id'
  | 'unknown-step'
  | 'unknown-queue'
  | 'unknown-skill'
  | 'unknown-hours'
  | 'unknown-prompt'
  | 'missing-language'
  | 'bad-audio'
  | 'bad-number'
  | 'overlapping-numbers'
  | 'unreachable-step'
  | 'endless-loop'
  | 'unused-queue'
  | 'nobody-qualified'
  | 'no-routes'
  | 'example-failed';

/** One finding. `line` and `column` start at 1; `file` is relative to the folder. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  readonly message: string;
  /** What to do, such as `did you mean "support"?`. */
  readonly hint?: string;
}

/** A finding as one line: `file:line:col: severity code: message - hint`. */
export function diagnosticLine(diagnostic: Diagnostic): string {
  const { file, line, column, severity, code, message, hint } = diagnostic;
  return `${file}:${line}:${column}: ${severity} ${code}: ${message}${hint === undefined ? '' : ` - ${hint}`}`;
}

/** Whether any of them keeps the plan from going live. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}
