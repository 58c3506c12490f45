/** The SIP side as a site is configured, and who is told what comes of it. */
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Calls } from './calls/index.ts';
import { audioOfPhones, type Config } from './config.ts';
import type { DigitModes } from './dtmf.ts';
import { engineOf } from './engine-place.ts';
import type { Ledger } from './ledger/index.ts';
import type { OutsideRecorders } from './outside-recorders.ts';
import { phonePolicies } from './phone-audio.ts';
import type { Phones } from './phones.ts';
import type { Plans } from './plans.ts';
import type { Rows } from './rows.ts';
import { readKey } from './secrets.ts';
import { type Invite, type Refusal, type SipListener, SipSide, type StoredDialog } from './sip/index.ts';
import type { Store } from './store/index.ts';
import { postLegEvent } from './switchboard.ts';
import type { Transfers } from './transfers.ts';
import { TrunkFacts, trunkOptions } from './trunk-facts.ts';

/** What the SIP side needs of its server; those that are made after it are asked for when something happens. */
export interface SipParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly store: Store;
  readonly rows: Rows;
  readonly plans: Plans;
  readonly phones: Phones;
  readonly digits: DigitModes;
  readonly nextId: () => string;
  readonly calls: () => Calls;
  readonly transfers: () => Transfers;
  readonly recorders: () => OutsideRecorders;
  readonly invited: (invite: Invite) => Refusal | null;
}

/** See the head of the file. */
export function makeSip(parts: SipParts): SipSide {
  const { config, clock, logger, ledger, plans, phones, nextId } = parts;
  const { calls: numbers, sip } = config;
  return new SipSide(
    {
      ...engineOf(config),
      realm: sip.domain,
      trunks: trunkOptions(config, ledger, clock, logger, () => plans.current?.site.zone),
      home: { country: numbers.country, areaCode: numbers.areaCode },
      clock,
      logger,
      newCallId: nextId,
      key: readKey(join(config.home, 'data', 'credentials.key')),
      accountOf: (username) => phones.accountOf(username),
      devices: { digest: sip.digest, ...sip.registrations, audio: audioOfPhones(config) },
      phones: phonePolicies(audioOfPhones(config), () => plans.current),
      returnMs: sip.returnInSeconds * 1000,
    },
    listenerOf(parts),
  );
}

function listenerOf(parts: SipParts): SipListener {
  const { clock, logger, rows, phones, digits, calls, transfers, recorders, invited } = parts;
  const facts = new TrunkFacts(rows, clock, logger);
  return {
    invited,
    consultingCall: (agentId) => transfers().consultingCall(agentId),
    mayReplace: (agentId, legId) => transfers().mayReplace(agentId, legId),
    legEvent: (event) => {
      if (event.type === 'leg-referred') return transfers().refer(event);
      if (!recorders().legEvent(event)) postLegEvent(calls(), event, digits, logger);
    },
    dialogChanged: (legId, dialog) => keepDialog(parts, legId, dialog),
    registrationChanged: (agentId, bindings) => phones.bindingsChanged(agentId, bindings),
    trunkEvent: (event) => facts.take(event),
    strangerRefused: (source) => facts.stranger(source),
    engineChanged: (connected) => logger.info({ connected }, 'the SIP engine'),
  };
}

/** What a restart needs of a dialog, kept with the person whose call it is. */
function keepDialog(
  { store, rows }: Pick<SipParts, 'store' | 'rows'>,
  legId: string,
  dialog: StoredDialog | null,
): void {
  if (dialog === null) return void store.legs.remove(legId);
  const callId = legId.slice(0, legId.indexOf('.'));
  const subject = rows.subjectOfCall(callId);
  if (subject !== undefined) store.legs.put({ id: legId, callId, subject, state: { ...dialog } });
}
