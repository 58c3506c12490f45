import type { Problem, ProblemText } from './problem.ts';

/** What stands for the `{...}` of a text. */
export type Facts = Readonly<Record<string, string | number>>;

function fill(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole));
}

/** A problem from its entry of the catalogue. For pages that want a few entries only: everybody else uses `makeProblem`. */
export function filledProblem(code: string, text: ProblemText, facts: Facts = {}, place?: string): Problem {
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
