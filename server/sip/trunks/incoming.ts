/** An INVITE that came in over a trunk: what it says in our terms. Pure. */
import { normalise, userOf, type Home } from '../numbers.ts';
import type { Diversion } from './facts.ts';
import { callerOf, type HeaderOf } from './caller.ts';
import type { TrunkConfig } from './config.ts';
import { parseNameAddrs } from './name-addrs.ts';
import { fromTrunk, homeOf } from './numbers.ts';

export interface IncomingFacts {
  readonly from: string;
  readonly to: string;
  readonly asserted: string | undefined;
  readonly diversions: readonly Diversion[];
  /** The caller and the called as a PASSPort names them. */
  readonly signed: { readonly from: string; readonly to: string };
}

/** Who was called. A carrier we register with calls our contact; whom it means stands elsewhere (RFC 7315 section 4.2). */
function calledIn(uri: string, header: HeaderOf, ownUser: string): string {
  const user = userOf(uri);
  if (ownUser === '' || user !== ownUser) return user;
  const meant = header('P-Called-Party-ID') ?? header('To') ?? '';
  const named = userOf(parseNameAddrs(meant)[0]?.uri ?? '');
  return named === '' ? user : named;
}

/** Reads the headers by the rules of the trunk. */
export function incomingFacts(
  call: { readonly uri: string; readonly header: HeaderOf },
  config: TrunkConfig,
  site: Home,
): IncomingFacts {
  const { numbers, callerId, registration } = config;
  const caller = callerOf(call.header, callerId);
  const home = homeOf(numbers, site);
  // The caller is made E.164 on every trunk: agents, contacts and erasures know people by it.
  const person = (number: string): string => normalise(fromTrunk(number, numbers, site), home);
  const to = fromTrunk(calledIn(call.uri, call.header, registration?.as.split('@')[0] ?? ''), numbers, site);
  const signer = caller.asserted ?? caller.number;
  return {
    from: caller.number === '' ? 'anonymous' : person(caller.number),
    to,
    asserted: caller.asserted === null ? undefined : person(caller.asserted),
    diversions: caller.diversions.map(({ number, reason }) => ({
      number: number === 'anonymous' || number === '' ? 'anonymous' : person(number),
      reason,
    })),
    signed: { from: signer === '' ? '' : person(signer), to: normalise(to, home) },
  };
}
