/** From what a schema found to what the admin is told. Pure. */
import type { z } from 'zod';
import { diagnose, type Diagnostic } from './diagnostics.ts';
import { expectations, type ExpectationKey } from './findings.ts';
import { stepKinds } from './schema.ts';
import type { Source } from './source.ts';
import { suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Where the parsed value sits in its file. */
export interface Context {
  readonly source: Source;
  /** The path of the parsed value in the file. */
  readonly base: Path;
  readonly value: unknown;
  /** The keys known at a path, for "did you mean". */
  readonly known: (path: Path) => readonly string[];
}

/** Every finding of a failed parse. */
export function issuesToDiagnostics(issues: readonly Issue[], context: Context): readonly Diagnostic[] {
  return issues.flatMap((issue) => tell(issue, issue.path, context));
}

function tell(issue: Issue, path: Path, context: Context): readonly Diagnostic[] {
  const { source } = context;
  const full = [...context.base, ...path];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, path, context));
    case 'invalid_union':
      return tellUnion(issue, path, context);
    case 'invalid_key':
      return [wrong(context, path, firstExpectation(issue.issues), source.keyAt(full))];
    case 'invalid_type':
      if (valueAt(context.value, path) === undefined) return [missing(path, context)];
      return [wrong(context, path, expectationOf(issue))];
    default:
      return [wrong(context, path, expectationOf(issue))];
  }
}

function unknownKey(key: string, path: Path, context: Context): Diagnostic {
  const known = context.known([...context.base, ...path]);
  const place = context.source.keyAt([...context.base, ...path, key]);
  return diagnose(place, 'unknown-key', { key, known: known.join(', ') }, suggest(key, known));
}

function missing(path: Path, context: Context): Diagnostic {
  const place = context.source.keyAt([...context.base, ...path.slice(0, -1)]);
  return diagnose(place, 'missing-key', { key: String(path.at(-1)) });
}

function wrong(
  context: Context,
  path: Path,
  expected: { en: string; zh: string },
  place = context.source.at([...context.base, ...path]),
): Diagnostic {
  const found = show(valueAt(context.value, path), path);
  return diagnose(place, 'wrong-value', { expected: expected.en, found }, undefined, { expected: expected.zh });
}

function show(value: unknown, path: Path): string {
  if (value === undefined) return `"${String(path.at(-1))}"`;
  // What is said here reaches logs and the ledger.
  if (path.at(-1) === 'password') return 'another text';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A union has one alternative that was meant; its findings are told, not those of all. */
function tellUnion(issue: Issue & { code: 'invalid_union' }, path: Path, context: Context): readonly Diagnostic[] {
  const value = valueAt(context.value, path);
  if (value === undefined) return [missing(path, context)];
  const inner = (issues: readonly Issue[]): readonly Diagnostic[] =>
    issues.flatMap((one) => tell(one, [...path, ...one.path], context));
  if (path.at(-2) === 'steps') {
    const kind = stepKinds.findIndex((name) => typeof value === 'object' && value !== null && name in value);
    const branch = issue.errors[kind];
    return branch === undefined ? [wrongStep(value, path, context)] : inner(branch);
  }
  const branch = issue.errors.find(
    (issues) => !issues.some((one) => one.path.length === 0 && one.code === 'invalid_type'),
  );
  if (branch !== undefined && branch.every((one) => one.path.length > 0 || one.code === 'unrecognized_keys'))
    return inner(branch);
  return [wrong(context, path, anyOf(issue.errors.map((issues) => firstExpectation(issues))))];
}

function wrongStep(value: unknown, path: Path, context: Context): Diagnostic {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const meant = keys.map((key) => suggest(key, stepKinds)).find((name) => name !== undefined);
  return diagnose(
    context.source.keyAt([...context.base, ...path]),
    'wrong-step',
    { known: stepKinds.join(', ') },
    meant,
  );
}

function firstExpectation(issues: readonly Issue[]): { en: string; zh: string } {
  const first = issues[0];
  return first === undefined ? expectations.name : expectationOf(first);
}

function anyOf(texts: readonly { en: string; zh: string }[]): { en: string; zh: string } {
  const unique = [...new Map(texts.map((text) => [text.en, text])).values()];
  return { en: unique.map(({ en }) => en).join(' or '), zh: unique.map(({ zh }) => zh).join('或') };
}

function isExpectation(key: string): key is ExpectationKey {
  return Object.hasOwn(expectations, key);
}

function expectationOf(issue: Issue): { en: string; zh: string } {
  if (isExpectation(issue.message)) return expectations[issue.message];
  switch (issue.code) {
    case 'invalid_type':
      return isExpectation(issue.expected) ? expectations[issue.expected] : plain(issue.expected);
    case 'invalid_value':
      return plain(issue.values.map((value) => JSON.stringify(value)).join(', '));
    case 'too_small':
      return bound(issue.origin, `${String(issue.minimum)}`, 'min');
    case 'too_big':
      return bound(issue.origin, `${String(issue.maximum)}`, 'max');
    case 'invalid_format':
      return issue.format === 'datetime' ? expectations.datetime : expectations.digits;
    default:
      return plain(issue.message);
  }
}

function bound(origin: string, limit: string, side: 'min' | 'max'): { en: string; zh: string } {
  const [most, mostZh] = side === 'min' ? ['at least', '至少'] : ['at most', '至多'];
  if (origin === 'string')
    return { en: `a text of ${most} ${limit} characters`, zh: `${mostZh} ${limit} 个字符的文本` };
  if (origin === 'array') return { en: `a list of ${most} ${limit}`, zh: `${mostZh} ${limit} 项的列表` };
  return { en: `${most} ${limit}`, zh: `${mostZh} ${limit}` };
}

function plain(text: string): { en: string; zh: string } {
  return { en: text, zh: text };
}

function valueAt(value: unknown, path: Path): unknown {
  let here = value;
  for (const part of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, part)) return undefined;
    here = (here as Record<PropertyKey, unknown>)[part];
  }
  return here;
}
