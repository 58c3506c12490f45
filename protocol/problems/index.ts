import { configProblems } from './config.ts';
import { dialProblems } from './dial.ts';
import { deskProblems } from './desk.ts';
import { type Facts, filledProblem } from './fill.ts';
import { httpProblems } from './http.ts';
import type { Problem, ProblemText } from './problem.ts';
import { recordingProblems } from './recording.ts';
import { softphoneProblems } from './softphone.ts';
import { transferProblems } from './transfer.ts';
import { upProblems } from './up.ts';
import { webCallProblems } from './web-call.ts';

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
  ...webCallProblems,
} as const satisfies Record<string, ProblemText>;

export type ProblemCode = keyof typeof catalogue;

/** Makes a problem from the catalogue. `facts` fill the `{...}` of its texts; `place` says where. */
export function makeProblem(code: ProblemCode, facts: Facts = {}, place?: string): Problem {
  return filledProblem(code, catalogue[code], facts, place);
}

/** A problem as one line for a terminal: `place: what - expected. what to do (code)`. */
export function problemLine(problem: Problem): string {
  const place = problem.place === undefined ? '' : `${problem.place}: `;
  return `${place}${problem.title} ${problem.detail} (${problem.code})`;
}
