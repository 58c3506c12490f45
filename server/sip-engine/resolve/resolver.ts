import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { DnsAnswer, DnsPort } from './dns-port.ts';
import { orderNaptr, orderSrv, srvName } from './order.ts';
import type { HopProtocol, Service } from './order.ts';

/** What is looked for: a URI's host part, not an IP address. */
export interface Wanted {
  readonly host: string;
  readonly port: number | undefined;
  /** The transport the URI names; undefined leaves it to the domain. */
  readonly protocol: HopProtocol | undefined;
  /** A `sips` URI: TLS or nothing. */
  readonly secure: boolean;
}

/** A place to send to. */
export interface Target {
  readonly protocol: HopProtocol;
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  /** The name that was asked for; what a TLS certificate must be for (RFC 5922 section 4). */
  readonly domain: string;
}

/** What a resolver needs. */
export interface ResolverSetup {
  readonly dns: DnsPort;
  readonly clock: Clock;
  readonly log: Logger;
  /** What requests can be sent by and to. */
  readonly reach: { canReach(protocol: HopProtocol, family: 4 | 6): boolean };
  /** Numbers from 0 up to but not including 1. */
  readonly random: () => number;
}

const all: readonly HopProtocol[] = ['udp', 'tcp', 'tls'];
/** A request is not tried at more places than this. */
const mostTargets = 8;
/** How long a target that failed is tried last (RFC 3263 section 4.3). Milliseconds. */
const shunned = 30_000;

/** Finds the servers of a domain, RFC 3263 section 4: NAPTR, SRV, A and AAAA, best first. */
export class Resolver {
  readonly #setup: ResolverSetup;
  readonly #failed = new Map<string, number>();

  constructor(setup: ResolverSetup) {
    this.#setup = setup;
  }

  /** Where a request may be sent, in the order to try; empty when the name is unknown. Never rejects. */
  async targets(wanted: Wanted): Promise<readonly Target[]> {
    const targets = await this.#find(wanted);
    if (targets.length === 0) this.#setup.log.info({ host: wanted.host }, 'no SIP server was found for a name');
    const shun = targets.filter((target) => this.isShunned(target));
    return [...targets.filter((target) => !shun.includes(target)), ...shun].slice(0, mostTargets);
  }

  /** True while a target is tried last. */
  isShunned(target: Target): boolean {
    return this.#failed.size > 0 && (this.#failed.get(keyOf(target)) ?? 0) > this.#setup.clock.now();
  }

  /** A target could not be reached or was overloaded: it is tried last for a while. */
  failed(target: Target, forMs = shunned): void {
    const now = this.#setup.clock.now();
    for (const [key, until] of this.#failed) if (until <= now) this.#failed.delete(key);
    this.#failed.set(keyOf(target), now + forMs);
  }

  async #find(wanted: Wanted): Promise<readonly Target[]> {
    const { host, port, secure } = wanted;
    const protocol = wanted.protocol ?? (port === undefined ? undefined : this.#fallback(secure));
    if (port !== undefined && protocol !== undefined) return this.#addresses(wanted, { protocol, name: host }, port);
    const services =
      protocol === undefined ? await this.#services(wanted) : [{ protocol, name: srvName(protocol, host) }];
    const found: Target[] = [];
    // Asked at once, so that a slow name server costs its time once and not for each.
    for (const targets of await Promise.all(services.map((service) => this.#servers(wanted, service)))) {
      if (targets === 'refused') return found;
      found.push(...targets);
    }
    if (found.length > 0) return found;
    // RFC 3263 section 4.2: no SRV records, so the name itself at the default port.
    const last = protocol ?? this.#fallback(secure);
    return this.#addresses(wanted, { protocol: last, name: host }, last === 'tls' ? 5061 : 5060);
  }

  /** RFC 3263 section 4.1: what the domain's NAPTR records say, else whatever it may have SRV records for. */
  async #services({ host, secure }: Wanted): Promise<readonly Service[]> {
    const usable = all.filter((protocol) => this.#usable(protocol) && (protocol === 'tls' || !secure));
    const answer = await this.#setup.dns.naptr(host);
    if (answer.type === 'failed' && answer.silent) return [];
    const named = orderNaptr(recordsOf(answer), secure, usable);
    return named.length > 0 ? named : usable.map((protocol) => ({ protocol, name: srvName(protocol, host) }));
  }

  /** The servers of a service; `refused` when the domain says that it has none (RFC 2782: a target of "."). */
  async #servers(wanted: Wanted, service: Service): Promise<readonly Target[] | 'refused'> {
    const records = recordsOf(await this.#setup.dns.srv(service.name));
    if (records.length === 1 && (records[0]?.name === '' || records[0]?.name === '.')) return 'refused';
    const servers = orderSrv(records, this.#setup.random).slice(0, mostTargets);
    const { protocol } = service;
    return (
      await Promise.all(servers.map(({ name, port }) => this.#addresses(wanted, { protocol, name }, port)))
    ).flat();
  }

  /** IPv4 before IPv6, because media goes over IPv4. Only what there is a listener to send from. */
  async #addresses(wanted: Wanted, { protocol, name }: Service, port: number): Promise<readonly Target[]> {
    const { dns, reach } = this.#setup;
    const ask = (family: 4 | 6): Promise<DnsAnswer<string>> => {
      if (!reach.canReach(protocol, family)) return Promise.resolve({ type: 'none' });
      return family === 4 ? dns.a(name) : dns.aaaa(name);
    };
    const answers = await Promise.all([ask(4), ask(6)]);
    return answers.flatMap(recordsOf).map((host) => ({ protocol, host, port, domain: wanted.host }));
  }

  #usable(protocol: HopProtocol): boolean {
    return this.#setup.reach.canReach(protocol, 4) || this.#setup.reach.canReach(protocol, 6);
  }

  #fallback(secure: boolean): HopProtocol {
    if (secure) return 'tls';
    return this.#usable('udp') ? 'udp' : 'tcp';
  }
}

function recordsOf<T>(answer: DnsAnswer<T>): readonly T[] {
  return answer.type === 'found' ? answer.records : [];
}

function keyOf({ protocol, host, port }: Target): string {
  return `${protocol} ${host} ${port}`;
}
