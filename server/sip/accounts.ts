/** Who has a SIP account: agents' phones, trunks that prove themselves like a phone, guests with a pass. */
import type { Clock } from '../../base/clock.ts';
import type { SipAccount } from './authenticator.ts';
import { ha1sOf } from './digest.ts';
import type { Guests } from './guests.ts';
import type { Trunks } from './trunks/index.ts';

export interface AccountSources {
  /** Those of agents' phones. */
  readonly accountOf: (username: string) => SipAccount | undefined;
  readonly trunks: Pick<Trunks, 'loginOf'>;
  readonly guests: Guests;
  readonly realm: string;
  readonly clock: Clock;
}

/** Finds the account of a user name, from memory. */
export function accountFinder({ accountOf, trunks, guests, realm, clock }: AccountSources) {
  const trunkAccount = (username: string): SipAccount | undefined => {
    const login = trunks.loginOf(username);
    if (login === undefined) return undefined;
    const origin = { type: 'trunk', trunk: login.trunk } as const;
    return { username, origin, device: null, ha1s: ha1sOf(username, realm, login.password) };
  };
  return (username: string): SipAccount | undefined =>
    accountOf(username) ?? trunkAccount(username) ?? guests.accountOf(username, clock.now());
}
