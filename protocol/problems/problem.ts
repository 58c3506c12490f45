import { z } from 'zod';

/** One text in both languages of the interface. `{name}` is replaced by the fact of that name. */
export interface Bilingual {
  readonly en: string;
  readonly zh: string;
}

/** An entry of the catalogue of user-facing errors: what is wrong, what was expected, what to do. */
export interface ProblemText {
  /** The HTTP status when it answers a request. */
  readonly status: number;
  readonly what: Bilingual;
  readonly expected: Bilingual;
  readonly todo: Bilingual;
}

/** A problem as it crosses a process boundary (RFC 9457 when it answers HTTP). */
export const problem = z.object({
  type: z.string(),
  code: z.string(),
  status: z.number().int(),
  title: z.string(),
  detail: z.string(),
  /** Where: a file with line and column, a field, a port. */
  place: z.string().optional(),
  /** The same in the other language. */
  titleZh: z.string(),
  detailZh: z.string(),
});
export type Problem = z.infer<typeof problem>;
