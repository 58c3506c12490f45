import type { Joined } from '../join.ts';
import type { Line } from '../phone/machine.ts';

/** The caller in one word: the contact's name, else the number the desk or SIP knows, else `unknown`. */
export function who(joined: Joined, line: Line, unknown: string): string {
  const details = joined.type === 'none' ? undefined : joined.details;
  if (details !== undefined) return details.from.name ?? known(details.from.number) ?? unknown;
  return (line.type === 'idle' ? undefined : known(line.from ?? '')) ?? unknown;
}

/** A caller who hides the number is written in several ways. */
export function known(number: string): string | undefined {
  return number === '' || /^(anonymous|unknown|restricted)$/i.test(number) ? undefined : number;
}
