import type { Joined } from '../join.ts';
import { known, partyName, partyNumber } from '../party.ts';
import type { Line } from '../phone/machine.ts';

/** The party outside in one word: the contact's name, else the number the desk or SIP knows, else `unknown`. */
export function who(joined: Joined, line: Line, unknown: string): string {
  const details = joined.type === 'none' ? undefined : joined.details;
  if (details !== undefined) return partyName(details) ?? known(partyNumber(details)) ?? unknown;
  return (line.type === 'idle' ? undefined : known(line.from ?? '')) ?? unknown;
}
