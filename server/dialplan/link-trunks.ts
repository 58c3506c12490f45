/** Links trunks and outbound rules: profiles filled in, addresses and numbers read, names looked up. Pure. */
import { parseBlock } from '../../base/ip.ts';
import type { Entry } from './collect.ts';
import { labelOf, type Linker } from './link.ts';
import { meets, parseNumber } from './numbers.ts';
import type { NumberPattern } from './plan.ts';
import { silenceMs } from './phone-schema.ts';
import { durationMs } from './times.ts';
import type { OutboundRule, SecretRef, Trunk, TrunkAccount } from './trunk-plan.ts';
import type { OutboundSource, TrunkSource } from './trunk-schema.ts';

/** Words an address list may hold besides addresses. */
const addressWords: ReadonlySet<string> = new Set(['loopback', 'this-machine', 'local-network']);

type Profile = Pick<Trunk, 'codecs' | 'reliable' | 'answerWithinMs' | 'verifyIdentity'> & {
  readonly everyMs: number;
  readonly format: 'e164' | 'digits' | 'national' | 'international';
  readonly identity: 'asserted' | 'preferred' | 'none';
  readonly trust: boolean;
  /** Numbers are made E.164 even when the file says nothing of numbers. */
  readonly normalises: boolean;
};

const plain: Profile = {
  ...{ codecs: [], reliable: false, answerWithinMs: 10_000, verifyIdentity: false },
  ...{ everyMs: 30_000, format: 'e164', identity: 'none', trust: false, normalises: false },
};

/** What each kind of carrier wants; docs/trunks.md tells the reasons. */
const profiles: Readonly<Record<NonNullable<Trunk['profile']>, Profile>> = {
  // TS 24.229: the network asserts identities, answers no OPTIONS outside of a registration, and wants 100rel.
  'ims-cn': {
    ...plain,
    ...{ everyMs: 0, codecs: ['PCMA', 'PCMU'], reliable: true, identity: 'preferred', trust: true, normalises: true },
    answerWithinMs: 15_000,
  },
  'gateway-cn': { ...plain, codecs: ['PCMA', 'PCMU'], format: 'national', trust: true, normalises: true },
  generic: { ...plain, identity: 'asserted', trust: true, normalises: true, verifyIdentity: true },
};

function secretOf(text: string, key: string): SecretRef {
  const name = /^\$\{env:(.+)\}$/.exec(text)?.[1];
  return name === undefined ? { type: 'stored', key } : { type: 'env', name };
}

function accountOf(source: { user: string; password: string } | undefined, key: string): TrunkAccount | null {
  return source === undefined ? null : { user: source.user, password: secretOf(source.password, key) };
}

function isCountry(rule: string): boolean {
  return /^[A-Z]{2}$/.test(rule);
}

/** Intl knows every country by name and gives back the code of one that is none. */
const countries = new Intl.DisplayNames(['en'], { type: 'region' });

/** Links one trunk. */
class TrunkLinker {
  readonly #linker: Linker;
  readonly #entry: Entry<TrunkSource>;

  constructor(linker: Linker, entry: Entry<TrunkSource>) {
    this.#linker = linker;
    this.#entry = entry;
  }

  link(): Trunk {
    const { id, value } = this.#entry;
    const profile = value.profile === undefined ? plain : profiles[value.profile];
    this.#checkAddresses();
    this.#checkCountries();
    this.#checkWays();
    const { health, registration } = value;
    const answerWithin = value['answer-within'];
    return {
      id,
      name: labelOf(value.name ?? id),
      profile: value.profile ?? null,
      calls: value.calls,
      addresses: value.addresses,
      login: accountOf(value.login, `${id}/login`),
      account: accountOf(value.account, id),
      registration:
        registration === undefined
          ? null
          : { as: registration.as ?? value.account?.user ?? id, expiresMs: durationMs(registration.expires) },
      targets: value.targets.map((target) =>
        typeof target === 'string' ? { uri: target, priority: 0, weight: 1 } : target,
      ),
      domain: value.domain ?? null,
      health: {
        everyMs: health.every === undefined ? profile.everyMs : durationMs(health.every),
        timeoutMs: durationMs(health.timeout),
        failures: health.failures,
        retryAfterMs: durationMs(health['retry-after']),
      },
      answerWithinMs: answerWithin === undefined ? profile.answerWithinMs : durationMs(answerWithin),
      limits: limitsOf(value.limits),
      numbers: numbersOf(value, profile),
      callerId: this.#callerId(profile),
      destinations: { allow: value.destinations.allow ?? null, deny: value.destinations.deny },
      daily: dailyOf(value.daily),
      codecs: value.codecs ?? profile.codecs,
      dtmf: value.dtmf === 'in-band' ? 'tone' : value.dtmf,
      srtp: value.srtp ?? null,
      ice: value.ice,
      silence: silenceOf(value['media-timeout']),
      reliable: value.reliable ?? profile.reliable,
      verifyIdentity: value['verify-identity'] ?? profile.verifyIdentity,
      testNumber: value['test-number'] ?? null,
    };
  }

  #checkAddresses(): void {
    for (const [at, address] of this.#entry.value.addresses.entries())
      if (!addressWords.has(address) && parseBlock(address) === undefined)
        this.#linker.report(this.#entry.at('addresses', at), 'bad-address', { address });
  }

  #checkCountries(): void {
    const { destinations, numbers } = this.#entry.value;
    const check = (rule: string, ...path: PropertyKey[]): void => {
      if (isCountry(rule) && countries.of(rule) === rule)
        this.#linker.report(this.#entry.at(...path), 'unknown-country', { id: rule });
    };
    for (const list of ['allow', 'deny'] as const)
      for (const [at, rule] of (destinations[list] ?? []).entries()) check(rule, 'destinations', list, at);
    if (numbers?.country !== undefined) check(numbers.country, 'numbers', 'country');
  }

  /** A trunk that can neither be called over nor call is a mistake. */
  #checkWays(): void {
    const { addresses, login, registration, account, targets, calls } = this.#entry.value;
    const missing = (key: string, why: string): void =>
      this.#linker.report(this.#entry.keyAt(), 'trunk-incomplete', { id: this.#entry.id, key, why });
    if (registration !== undefined && account === undefined) missing('account', '`registration`');
    if (registration !== undefined && targets.length === 0) missing('targets', '`registration`');
    if (calls !== 'in' && targets.length === 0 && registration === undefined) missing('targets', '`calls: out`');
    if (calls !== 'out' && addresses.length === 0 && login === undefined && registration === undefined)
      missing('addresses', '`calls: in`');
  }

  #callerId(profile: Profile): Trunk['callerId'] {
    const { allowed, identity, trust, ...rest } = this.#entry.value['caller-id'];
    const patterns = allowed.flatMap((number, at): NumberPattern[] => {
      const parsed = parseNumber(number);
      if (parsed.ok) return [parsed.value];
      this.#linker.report(this.#entry.at('caller-id', 'allowed', at), 'bad-number', { number, reason: parsed.error });
      return [];
    });
    const shown = rest.default;
    if (shown !== undefined && allowed.length > 0 && !patterns.some((pattern) => meets(pattern, [shown])))
      this.#linker.report(this.#entry.at('caller-id', 'default'), 'default-not-allowed', { number: shown });
    return {
      ...rest,
      allowed: patterns,
      default: shown ?? null,
      identity: identity ?? profile.identity,
      trust: trust ?? profile.trust,
    };
  }
}

function limitsOf(limits: TrunkSource['limits']): Trunk['limits'] {
  return {
    channels: limits.channels ?? null,
    channelsIn: limits['channels-in'] ?? null,
    channelsOut: limits['channels-out'] ?? null,
    perSecondIn: limits['per-second-in'] ?? null,
    perSecondOut: limits['per-second-out'] ?? null,
  };
}

function numbersOf({ numbers }: TrunkSource, profile: Profile): Trunk['numbers'] {
  if (numbers === undefined)
    return profile.normalises ? { country: null, areaCode: null, in: [], out: [], format: profile.format } : null;
  return {
    country: numbers.country ?? null,
    areaCode: numbers['area-code'] ?? null,
    in: numbers.in,
    out: numbers.out,
    format: numbers.format ?? profile.format,
  };
}

/** The media node looks every 20 ms; less than 0.1 s would end calls for a breath. */
function silenceOf(source: TrunkSource['media-timeout']): Trunk['silence'] {
  if (source === undefined) return null;
  return { afterMs: silenceMs(source.after), then: source.then };
}

function dailyOf(daily: TrunkSource['daily']): Trunk['daily'] {
  if (daily === undefined) return null;
  const rates = Object.entries(daily.rates).map(([prefix, price]) => ({ prefix, price }));
  rates.sort((a, b) => b.prefix.length - a.prefix.length);
  return { minutes: daily.minutes ?? null, spend: daily.spend ?? null, rates };
}

/** All trunks by name. Two trunks with the same address are a mistake: nobody could tell whose a call is. */
export function linkTrunks(linker: Linker): ReadonlyMap<string, Trunk> {
  const { trunks } = linker.collected.entries;
  const linked = new Map([...trunks].map(([id, entry]) => [id, new TrunkLinker(linker, entry).link()]));
  const owners = new Map<string, string>();
  const users = new Map<string, string>();
  for (const [id, entry] of trunks) {
    for (const [at, address] of entry.value.addresses.entries()) {
      const block = parseBlock(address);
      const key = block === undefined ? address : `${block.family}/${block.value}/${block.bits}`;
      const other = owners.get(key);
      if (other !== undefined && other !== id)
        linker.report(entry.at('addresses', at), 'same-address', { address, other });
      owners.set(key, id);
    }
    const user = entry.value.login?.user;
    const other = user === undefined ? undefined : users.get(user);
    if (user !== undefined && other !== undefined)
      linker.report(entry.at('login', 'user'), 'same-address', { address: user, other });
    if (user !== undefined) users.set(user, id);
  }
  return linked;
}

/** The outbound rules, one for each prefix: the longest prefix first, then by priority. */
export function linkOutbound(linker: Linker, trunks: ReadonlyMap<string, Trunk>): readonly OutboundRule[] {
  const rules: OutboundRule[] = [];
  for (const [id, entry] of linker.collected.entries.outbound) {
    checkTrunksOf(linker, entry, trunks);
    const { prefixes, priority, trunks: names, from } = entry.value;
    for (const prefix of prefixes) rules.push({ id, prefix, priority, trunks: names, from: from ?? null });
  }
  return rules.sort((a, b) => b.prefix.length - a.prefix.length || a.priority - b.priority);
}

function checkTrunksOf(linker: Linker, entry: Entry<OutboundSource>, trunks: ReadonlyMap<string, Trunk>): void {
  for (const [at, name] of entry.value.trunks.entries()) {
    const place = entry.at('trunks', at);
    if (!linker.knows('trunks', name, place)) continue;
    if (trunks.get(name)?.calls === 'in') linker.report(place, 'trunk-in-only', { id: name });
  }
}
