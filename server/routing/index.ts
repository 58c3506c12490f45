/** Routing: who gets which call. */
export { Dispatcher, type Dispatched, type OutwardEffect, type RoutingPost } from './dispatcher.ts';
export type * from './events.ts';
export { unfitFor, unfitForAny, waitingTickets, type Unfit } from './rank.ts';
export { changesBetween, routingOf, wholeId } from './kept.ts';
export { Table } from './table.ts';
export type * from './state.ts';
export { emptyRouting } from './state.ts';
export { transition } from './transition.ts';
export { activityName, queueViews, rearm, type QueueView } from './view.ts';
