/** What is wrong in the rule files, and where. */

/** A place in the files. `line` and `column` start at 1; `file` is relative to the folder. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Every finding there is: how bad it is and its words. `{name}` is replaced by a fact. */
export const findings = {
  'yaml-syntax': {
    severity: 'error',
    message: { en: 'this is not YAML: {reason}', zh: '不是有效的 YAML：{reason}' },
  },
  'file-unreadable': {
    severity: 'error',
    message: { en: 'the file cannot be read: {reason}', zh: '无法读取文件：{reason}' },
  },
  'missing-key': {
    severity: 'error',
    message: { en: '"{key}" is missing', zh: '缺少“{key}”' },
  },
  'unknown-key': {
    severity: 'error',
    message: { en: 'unknown key "{key}"; known here: {known}', zh: '未知的键“{key}”；此处可用：{known}' },
  },
  'wrong-value': {
    severity: 'error',
    message: { en: 'expected {expected}', zh: '应为：{expected}' },
  },
  'no-phrases': {
    severity: 'error',
    message: { en: 'the rule "{rule}" has no phrase in any language', zh: '规则“{rule}”没有任何短语' },
  },
  'rule-twice': {
    severity: 'error',
    message: { en: 'the rule "{rule}" is already in {where}', zh: '规则“{rule}”已在 {where} 中定义' },
  },
  'phrase-empty': {
    severity: 'error',
    message: { en: 'the phrase "{phrase}" has no words', zh: '短语“{phrase}”没有可识别的文字' },
  },
  'phrase-twice': {
    severity: 'warning',
    message: { en: 'the phrase "{phrase}" is in this rule twice', zh: '短语“{phrase}”在本规则中重复' },
  },
  'phrase-unheard': {
    severity: 'warning',
    message: {
      en: 'the phrase "{phrase}" cannot be spotted ({reason}); only the transcript is searched for it',
      zh: '短语“{phrase}”无法被实时侦听（{reason}）；仅在转写文本中查找',
    },
  },
} as const satisfies Record<string, { severity: 'error' | 'warning'; message: { en: string; zh: string } }>;

export type DiagnosticCode = keyof typeof findings;

/** One finding, in English and Chinese. */
export interface Diagnostic extends Place {
  readonly severity: 'error' | 'warning';
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly messageZh: string;
}

type Facts = Readonly<Record<string, string>>;

function fill(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => facts[name] ?? whole);
}

/** Makes a finding. `zh` replaces facts in the Chinese words. */
export function diagnose(place: Place, code: DiagnosticCode, facts: Facts = {}, zh: Facts = {}): Diagnostic {
  const { severity, message } = findings[code];
  const { file, line, column } = place;
  return {
    file,
    line,
    column,
    severity,
    code,
    message: fill(message.en, facts),
    messageZh: fill(message.zh, { ...facts, ...zh }),
  };
}

/** A finding as one line: `file:line:col: severity code: message`. */
export function diagnosticLine(diagnostic: Diagnostic, language: 'en' | 'zh' = 'en'): string {
  const { file, line, column, severity, code } = diagnostic;
  return `${file}:${line}:${column}: ${severity} ${code}: ${language === 'en' ? diagnostic.message : diagnostic.messageZh}`;
}

/** Whether any of them keeps the rules from coming into force. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}

/** By file, then place. */
export function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
}
