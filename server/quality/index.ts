export type { LegPart, Verdict } from './cause.ts';
export { causeOf } from './cause.ts';
export { rate } from './e-model.ts';
export { latelyOf, looked, newHistory, overallOf } from './leg-quality.ts';
export type { LegHistory, LegQuality } from './leg-quality.ts';
export type { LegStatistics } from './window.ts';
