import type { Clock } from '../../../base/clock.ts';
import type { DnsAnswer, DnsPort, NaptrRecord, SrvRecord } from './dns-port.ts';

/** Seconds. */
const bounds = { least: 5, most: 3600, none: 15, failed: 2, stale: 3600 } as const;
const mostEntries = 5000;

interface Entry {
  readonly answer: Promise<DnsAnswer<unknown>>;
  /** Milliseconds since the epoch; undefined while it is being asked. */
  until: number | undefined;
}

/**
 * A DNS port with a memory: records for their TTL, their absence for a short while (RFC 2308), one question at a time for
 * each name. When no server answers, records that have run out for less than an hour still serve (RFC 8767): a carrier
 * that was there a minute ago most likely still is.
 */
export class CachedDns implements DnsPort {
  readonly #port: DnsPort;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** The last good answers. */
  readonly #good = new Map<string, { readonly answer: DnsAnswer<unknown>; readonly at: number }>();

  constructor(port: DnsPort, clock: Clock) {
    this.#port = port;
    this.#clock = clock;
  }

  naptr(name: string): Promise<DnsAnswer<NaptrRecord>> {
    return this.#ask(`naptr ${name}`, () => this.#port.naptr(name));
  }

  srv(name: string): Promise<DnsAnswer<SrvRecord>> {
    return this.#ask(`srv ${name}`, () => this.#port.srv(name));
  }

  a(name: string): Promise<DnsAnswer<string>> {
    return this.#ask(`a ${name}`, () => this.#port.a(name));
  }

  aaaa(name: string): Promise<DnsAnswer<string>> {
    return this.#ask(`aaaa ${name}`, () => this.#port.aaaa(name));
  }

  #ask<T>(key: string, ask: () => Promise<DnsAnswer<T>>): Promise<DnsAnswer<T>> {
    const known = this.#entries.get(key);
    if (known !== undefined && (known.until === undefined || known.until > this.#clock.now())) {
      // The key names the type of its records.
      return known.answer as Promise<DnsAnswer<T>>;
    }
    const answer = ask().then((fresh) => this.#learn(key, fresh));
    this.#entries.delete(key);
    this.#entries.set(key, { answer, until: undefined });
    this.#trim();
    return answer;
  }

  #learn<T>(key: string, fresh: DnsAnswer<T>): DnsAnswer<T> {
    const now = this.#clock.now();
    const entry = this.#entries.get(key);
    const last = this.#good.get(key);
    const stale = fresh.type === 'failed' && last !== undefined && now - last.at < bounds.stale * 1000;
    const answer = stale ? (last.answer as DnsAnswer<T>) : fresh;
    if (entry !== undefined) entry.until = now + lifetime(fresh) * 1000;
    if (fresh.type === 'found') this.#good.set(key, { answer: fresh, at: now + lifetime(fresh) * 1000 });
    else if (fresh.type === 'none') this.#good.delete(key);
    return answer;
  }

  #trim(): void {
    for (const map of [this.#entries, this.#good]) {
      const [oldest] = map.keys();
      if (map.size > mostEntries && oldest !== undefined) map.delete(oldest);
    }
  }
}

function lifetime(answer: DnsAnswer<unknown>): number {
  if (answer.type === 'none') return bounds.none;
  if (answer.type === 'failed') return bounds.failed;
  return Math.min(bounds.most, Math.max(bounds.least, answer.ttlInSeconds));
}
