/** The dialplan: from the files admins edit to what a call does next. */
export type * from './diagnostics.ts';
export { diagnosticLine, hasErrors } from './diagnostics.ts';
export type * from './instructions.ts';
export { advance, begin, findRoute, resume } from './interpreter.ts';
export type * from './plan.ts';
