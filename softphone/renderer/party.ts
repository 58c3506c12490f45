/** The party outside of a call, whoever called whom. */
import type { DeskCall } from '../../protocol/desk.ts';
import type { Problem } from '../../protocol/problems/index.ts';

/** The number of the party outside. */
export function partyNumber(call: DeskCall): string {
  return call.direction === 'outbound' ? call.to : call.from.number;
}

/** The contact's name of the party outside, where it is known; else what a caller from a browser says. */
export function partyName(call: DeskCall): string | undefined {
  return call.direction === 'outbound' ? call.toName : (call.from.name ?? call.web?.name);
}

/** A caller who hides the number is written in several ways. */
export function known(number: string): string | undefined {
  return number === '' || /^(anonymous|unknown|restricted)$/i.test(number) ? undefined : number;
}

/** The call before this moment: whom it was with, and why it came to nothing if it did. */
export interface LastCall {
  readonly number: string;
  readonly name?: string;
  readonly failure?: Problem;
}

/** What is remembered of a call; undefined for a caller who hides the number. */
export function lastCallOf(call: DeskCall): LastCall | undefined {
  const number = known(partyNumber(call));
  if (number === undefined) return undefined;
  const name = partyName(call);
  const failure = call.dial?.failure;
  return { number, ...(name === undefined ? {} : { name }), ...(failure === undefined ? {} : { failure }) };
}
