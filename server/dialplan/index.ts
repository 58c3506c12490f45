/** The dialplan: from the files admins edit to what a call does next. */
export { compile, type Compiled, type Folder } from './compile.ts';
export type { Diagnostic, DiagnosticCode, Place, Severity } from './diagnostics.ts';
export { diagnosticLine, hasErrors } from './diagnostics.ts';
export { branchAt } from './hours.ts';
export type * from './instructions.ts';
export { advance, begin, findRoute, resume } from './interpreter.ts';
export { checkDialplans, readFolder } from './loader.ts';
export { meets, readings } from './numbers.ts';
export type * from './plan.ts';
export type * from './trunk-plan.ts';
export { Simulation, type Action } from './simulate.ts';
export { watchDialplans, type DialplanWatch, type WatchOptions } from './watch.ts';
