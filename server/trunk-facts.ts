/** What happens to trunks, as rows, snapshots and log lines. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { advertisedAddress, type Config, siteFiles } from './config.ts';
import type { Ledger } from './ledger/index.ts';
import { type Rows, snapshotVersion } from './rows.ts';
import { CertificateFolder, type DayUse, dayIn, httpsFetcher, type SipOptions, type TrunkEvent } from './sip/index.ts';
import { TrunkSecrets } from './trunk-secrets.ts';

const useSnapshot = 'trunk-use';
/** Strangers are counted, and told of at most so often. */
const strangersEveryMs = 10_000;

/** What trunks used on the day they were last used, by trunk. */
function keptTrunkUse(ledger: Ledger): ReadonlyMap<string, DayUse> {
  // Written by this file alone and sealed by the ledger.
  return new Map(ledger.snapshots(useSnapshot).map(({ id, state }) => [id, state as unknown as DayUse]));
}

/** The date where the site is; the zone may change with the plan, and a formatter is dear to make. */
function dayInZone(zone: () => string | undefined): (now: number) => string {
  let known = { zone: 'UTC', dayOf: dayIn('UTC') };
  return (now) => {
    const wanted = zone() ?? 'UTC';
    if (wanted !== known.zone) known = { zone: wanted, dayOf: dayIn(wanted) };
    return known.dayOf(now);
  };
}

/** `41000-41999` as numbers. */
function portsOf(range: string): readonly [number, number] {
  const [first = 0, last = 0] = range.split('-').map(Number);
  return [first, last];
}

/** Where trunks find what is kept of them: passwords, use of the day, certificates. */
export function trunkOptions(
  config: Config,
  ledger: Ledger,
  clock: Clock,
  logger: Logger,
  zone: () => string | undefined,
): SipOptions['trunks'] {
  const files = siteFiles(config);
  const secrets = new TrunkSecrets(files.trunkPasswords, (err) =>
    logger.error({ err }, 'the passwords of trunks cannot be read'),
  );
  const fetcher = config.sip.fetchCertificates ? { fetcher: httpsFetcher({ hosts: config.sip.certificateHosts }) } : {};
  return {
    secretOf: (ref) => secrets.of(ref),
    dayOf: dayInZone(zone),
    kept: keptTrunkUse(ledger),
    audio: { bind: config.network.bind, advertise: advertisedAddress(config), ports: portsOf(config.media.rtpPorts) },
    certificates: new CertificateFolder({ folder: files.stir, clock, ...fetcher }),
  };
}

const callOf = (legId: string): string => legId.slice(0, legId.indexOf('.'));

export class TrunkFacts {
  readonly #rows: Rows;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #strangers = 0;
  #strangersTold = -Infinity;

  constructor(rows: Rows, clock: Clock, logger: Logger) {
    this.#rows = rows;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Takes in an event. */
  take(event: TrunkEvent): void {
    switch (event.type) {
      case 'use':
        this.#rows.snapshotOnly([
          { kind: useSnapshot, id: event.trunk, version: snapshotVersion, state: { ...event.use } },
        ]);
        return;
      case 'alarm':
        this.#logger.warn({ trunk: event.trunk, cap: event.cap, use: event.use }, 'the daily cap of a trunk');
        this.#rows.put({ type: 'trunk-alarm', facts: { trunk: event.trunk, cap: event.cap, ...event.use } });
        return;
      case 'target':
      case 'registration': {
        const { type, ...facts } = event;
        this.#logger.info(facts, type === 'target' ? 'a target of a trunk' : 'the registration of a trunk');
        this.#rows.put({ type: `trunk-${type}-changed`, facts });
        return;
      }
      case 'tried': {
        const { trunk, target, attempt, legId } = event;
        this.#rows.put({ type: 'trunk-tried', callId: callOf(legId), facts: { trunk, target, attempt } });
        return;
      }
      case 'refused':
        return this.#refused(event);
    }
  }

  /** An INVITE of nobody we know; what it called is nobody's business, where it came from is. */
  stranger(source: string): void {
    this.#strangers++;
    const now = this.#clock.now();
    if (now - this.#strangersTold < strangersEveryMs) return;
    this.#strangersTold = now;
    this.#rows.put({ type: 'strangers-refused', facts: { count: this.#strangers, last: source } });
    this.#strangers = 0;
  }

  /** The number of an incoming call is its subject; that of an outgoing one belongs to its call's. */
  #refused(event: Extract<TrunkEvent, { type: 'refused' }>): void {
    const { trunk, direction, cause, status, legId, from, to, untold } = event;
    const callId = callOf(legId);
    const isNew = direction === 'in';
    if (isNew) this.#rows.callBegan(callId, from);
    const facts = { trunk, direction, cause, untold, ...(isNew ? { status, to } : {}) };
    this.#rows.put({ type: 'trunk-refused', callId, facts, personal: isNew ? { from } : { to } });
    if (isNew) this.#rows.callOver(callId);
  }
}
