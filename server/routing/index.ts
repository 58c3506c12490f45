/** Routing: who gets which call. */
export type * from './events.ts';
export type * from './state.ts';
export { emptyRouting } from './state.ts';
