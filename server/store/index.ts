/** What the server keeps beside the ledger, in the same file: logins, contacts, legs of open calls. */
import type { Clock } from '../../base/clock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { Accounts } from './accounts.ts';
import { Contacts } from './contacts.ts';
import { DeviceAccounts } from './devices.ts';
import { Legs } from './legs.ts';
import { Meta } from './meta.ts';

export { type Account, Accounts, type IssuedToken, type Role } from './accounts.ts';
export { Contacts, type NewContact, type PutContact } from './contacts.ts';
export { type DeviceAccount, DeviceAccounts } from './devices.ts';
export { Legs, type StoredLeg } from './legs.ts';
export { Meta } from './meta.ts';

export interface Store {
  readonly accounts: Accounts;
  readonly contacts: Contacts;
  readonly devices: DeviceAccounts;
  readonly legs: Legs;
  readonly meta: Meta;
}

/** The store of an open ledger; it has nothing of its own to close. Tests lower `passwordCost` (a power of two). */
export function openStore(ledger: Ledger, clock: Clock, options: { readonly passwordCost?: number } = {}): Store {
  return {
    accounts: new Accounts(ledger, clock, options.passwordCost),
    contacts: new Contacts(ledger, clock),
    devices: new DeviceAccounts(ledger, clock),
    legs: new Legs(ledger),
    meta: new Meta(ledger),
  };
}
