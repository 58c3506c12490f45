import { readNetworks } from '../transport/local-address.ts';
import { networkOf } from '../../../base/network-of.ts';
import { Networks } from './networks.ts';

/** Who is counted on now, apart from those who were told: the far ends of dialogs and of registered connections. */
export type Counted = () => Iterable<{ readonly host: string; readonly port: number }>;

/** How old the picture of dialogs and connections may be, ms. */
const freshFor = 500;
/** Expired registrations are swept out when there are twice as many as after the last sweep, and at least so many. */
const sweptFrom = 1000;

export function placeKey(host: string, port: number): string {
  return `${host} ${String(port)}`;
}

function isNetwork(text: string): boolean {
  try {
    readNetworks([text]);
    return true;
  } catch {
    return false;
  }
}

/**
 * Who is one of ours: hosts of trunks, and addresses with port of live registrations, confirmed dialogs and peers the
 * server vouches for. Kept apart from strangers, so that no flood of these can push anybody out.
 */
export class Trust {
  readonly #counted: Counted;
  readonly #own: Networks;
  #told = new Networks([]);
  #peers: ReadonlySet<string> = new Set();
  readonly #registered = new Map<string, number>();
  #sweepAt = sweptFrom;
  #live = new Set<string>();
  /** Until when somebody is registered from a network, whatever the port. */
  readonly #homes = new Map<string, number>();
  #toldHomes: ReadonlySet<string> = new Set();
  #liveHomes: ReadonlySet<string> = new Set();
  #lookedAt = -Infinity;

  /** Throws an EngineError when a network is misspelt. */
  constructor(networks: readonly string[], counted: Counted) {
    this.#own = new Networks(networks);
    this.#counted = counted;
  }

  /**
   * What the server vouches for: networks (trunks) and peers (registered phones). Replaces what it said before. Returns
   * the networks that are misspelt; the others hold.
   */
  told(networks: readonly string[], peers: readonly { readonly host: string; readonly port: number }[]): string[] {
    const wrong = networks.filter((network) => !isNetwork(network));
    this.#told = new Networks(networks.filter((network) => !wrong.includes(network)));
    this.#peers = new Set(peers.map(({ host, port }) => placeKey(host, port)));
    this.#toldHomes = new Set(peers.map(({ host }) => networkOf(host)));
    return wrong;
  }

  /** An app accepted a REGISTER from there; `until` in ms. */
  registered(host: string, port: number, until: number, now: number): void {
    const key = placeKey(host, port);
    if (until <= now) this.#registered.delete(key);
    else {
      this.#registered.set(key, until);
      const home = networkOf(host);
      this.#homes.set(home, Math.max(until, this.#homes.get(home) ?? 0));
    }
    if (this.#registered.size < this.#sweepAt) return;
    for (const [each, ends] of this.#registered) if (ends <= now) this.#registered.delete(each);
    for (const [each, ends] of this.#homes) if (ends <= now) this.#homes.delete(each);
    this.#sweepAt = Math.max(sweptFrom, this.#registered.size * 2);
  }

  /** By what the source is trusted: its host, its address and port, or not at all. */
  keyOf(host: string, port: number, now: number): string | undefined {
    if (this.#own.has(host) || this.#told.has(host)) return host;
    const place = placeKey(host, port);
    if ((this.#registered.get(place) ?? 0) > now || this.#peers.has(place)) return place;
    this.#look(now);
    return this.#live.has(place) ? place : undefined;
  }

  /**
   * Whether somebody is registered from that network, over whatever port: others who come from there are neighbours
   * behind the same NAT, or the same devices over new connections.
   */
  isHome(host: string, now: number): boolean {
    const home = networkOf(host);
    if ((this.#homes.get(home) ?? 0) > now || this.#toldHomes.has(home)) return true;
    this.#look(now);
    return this.#liveHomes.has(home);
  }

  /** Places known now. */
  get size(): number {
    return new Set([...this.#registered.keys(), ...this.#peers, ...this.#live]).size;
  }

  /** Looked at when somebody asks and at most twice a second: dialogs need not tell of every change. */
  #look(now: number): void {
    if (Math.abs(now - this.#lookedAt) < freshFor) return;
    this.#lookedAt = now;
    const live = new Set<string>();
    const homes = new Set<string>();
    for (const { host, port } of this.#counted()) {
      live.add(placeKey(host, port));
      homes.add(networkOf(host));
    }
    this.#live = live;
    this.#liveHomes = homes;
  }
}
