import { configProblems } from './config.ts';
import { dialProblems } from './dial.ts';
import { deskProblems } from './desk.ts';
import { httpProblems } from './http.ts';
import type { Problem, ProblemText } from './problem.ts';
import { recordingProblems } from './recording.ts';
import { softphoneProblems } from './softphone.ts';
import { transferProblems } from './transfer.ts';
import { upProblems } from './up.ts';

export type { Bilingual, Problem, ProblemText } from './problem.ts';
export { problem } from './problem.ts';

/** Every user-facing error there is. A new one is added to the file of its area, in both languages. */
export const catalogue = {
  ...configProblems,
  ...deskProblems,
  ...dialProblems,
  ...httpProblems,
  ...recordingProblems,
  ...softphoneProblems,
  ...transferProblems,
  ...upProblems,
} as const satisfies Record<string, ProblemText>;

export type ProblemCode = keyof typeof catalogue;

type Facts = Readonly<Record<string, string | number>>;

function fill(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole));
}

/** Makes a problem from the catalogue. `facts` fill the `{...}` of its texts; `place` says where. */
export function makeProblem(code: ProblemCode, facts: Facts = {}, place?: string): Problem {
  const text: ProblemText = catalogue[code];
  const detail = (language: 'en' | 'zh'): string =>
    language === 'en'
      ? `Expected ${fill(text.expected.en, facts)}. ${fill(text.todo.en, facts)}`
      : `应为：${fill(text.expected.zh, facts)}。${fill(text.todo.zh, facts)}`;
  return {
    type: `https://jackfield.dev/problems/${code}`,
    code,
    status: text.status,
    title: fill(text.what.en, facts),
    detail: detail('en'),
    titleZh: fill(text.what.zh, facts),
    detailZh: detail('zh'),
    ...(place === undefined ? {} : { place }),
  };
}

/** A problem as one line for a terminal: `place: what - expected. what to do (code)`. */
export function problemLine(problem: Problem): string {
  const place = problem.place === undefined ? '' : `${problem.place}: `;
  return `${place}${problem.title} ${problem.detail} (${problem.code})`;
}
