import { lookup, Resolver } from 'node:dns';

/** RFC 2915 / 3403: what a domain says about its transports. */
export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
}

/** RFC 2782. */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly name: string;
}

/** What a name server said: records for so many seconds, that there are none, or nothing usable. */
export type DnsAnswer<T> =
  | { readonly type: 'found'; readonly records: readonly T[]; readonly ttlInSeconds: number }
  | { readonly type: 'none' }
  /** `silent`: no server answered in time, so that asking more is likely to take as long. */
  | { readonly type: 'failed'; readonly silent: boolean };

/** The questions finding a SIP server asks. Never rejects. */
export interface DnsPort {
  naptr(name: string): Promise<DnsAnswer<NaptrRecord>>;
  srv(name: string): Promise<DnsAnswer<SrvRecord>>;
  a(name: string): Promise<DnsAnswer<string>>;
  aaaa(name: string): Promise<DnsAnswer<string>>;
}

/** Node does not tell the TTL of NAPTR and SRV records, nor that of the hosts file. */
const unknownTtlInSeconds = 30;

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}

function failure<T>(error: unknown): DnsAnswer<T> {
  const code = codeOf(error);
  return code === 'ENOTFOUND' || code === 'ENODATA'
    ? { type: 'none' }
    : { type: 'failed', silent: code === 'ETIMEOUT' };
}

function found<T>(records: readonly T[], ttlInSeconds: number): DnsAnswer<T> {
  return records.length === 0 ? { type: 'none' } : { type: 'found', records, ttlInSeconds };
}

/** How long a name server is waited for, and how often it is asked. */
const patience = { timeout: 1000, tries: 2 } as const;

/**
 * The system's name servers (and its hosts file where they know nothing), or the one named. `close()` gives up what is
 * under way.
 */
export class NodeDns implements DnsPort {
  readonly #resolver = new Resolver(patience);
  readonly #system: boolean;

  /** `server` is `host:port`; the system's servers if absent. */
  constructor(server?: string) {
    this.#system = server === undefined;
    if (server !== undefined) this.#resolver.setServers([server]);
  }

  naptr(name: string): Promise<DnsAnswer<NaptrRecord>> {
    if (this.#isLocal(name)) return Promise.resolve({ type: 'none' });
    return new Promise((resolve) => {
      this.#resolver.resolveNaptr(name, (error, records) => {
        resolve(error === null ? found(records, unknownTtlInSeconds) : failure(error));
      });
    });
  }

  srv(name: string): Promise<DnsAnswer<SrvRecord>> {
    if (this.#isLocal(name.slice(name.indexOf('.', name.indexOf('.') + 1) + 1)))
      return Promise.resolve({ type: 'none' });
    return new Promise((resolve) => {
      this.#resolver.resolveSrv(name, (error, records) => {
        resolve(error === null ? found(records, unknownTtlInSeconds) : failure(error));
      });
    });
  }

  a(name: string): Promise<DnsAnswer<string>> {
    return this.#address(name, 4);
  }

  aaaa(name: string): Promise<DnsAnswer<string>> {
    return this.#address(name, 6);
  }

  close(): void {
    this.#resolver.cancel();
  }

  /** A name without a dot is one of this machine's or its search domain's: no name server has services for it. */
  #isLocal(name: string): boolean {
    return this.#system && !name.includes('.');
  }

  async #address(name: string, family: 4 | 6): Promise<DnsAnswer<string>> {
    const answer = this.#isLocal(name) ? ({ type: 'none' } as const) : await this.#query(name, family);
    return answer.type === 'found' || !this.#system ? answer : this.#hosts(name, family, answer);
  }

  #query(name: string, family: 4 | 6): Promise<DnsAnswer<string>> {
    return new Promise((resolve) => {
      const done = (error: unknown, records: readonly { address: string; ttl: number }[]): void => {
        if (error !== null) return resolve(failure(error));
        const ttl = Math.min(...records.map((record) => record.ttl));
        resolve(
          found(
            records.map((record) => record.address),
            ttl,
          ),
        );
      };
      if (family === 4) this.#resolver.resolve4(name, { ttl: true }, done);
      else this.#resolver.resolve6(name, { ttl: true }, done);
    });
  }

  /** What the system itself knows: /etc/hosts, search domains, mDNS. */
  #hosts(name: string, family: 4 | 6, otherwise: DnsAnswer<string>): Promise<DnsAnswer<string>> {
    return new Promise((resolve) => {
      lookup(name, { family, all: true }, (error, addresses) => {
        if (error !== null) return resolve(otherwise);
        resolve(
          found(
            addresses.map(({ address }) => address),
            unknownTtlInSeconds,
          ),
        );
      });
    });
  }
}
