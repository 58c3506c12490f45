import type { NaptrRecord, SrvRecord } from './dns-port.ts';

/** The transports requests can be sent by. */
export type HopProtocol = 'udp' | 'tcp' | 'tls';

/** Records of one answer that are looked at: more would let a name server make us ask for ever. */
const mostRecords = 16;

/** RFC 3263 section 4.1, RFC 7118 needs none: a WebSocket server is never called. */
const services: ReadonlyMap<string, HopProtocol> = new Map([
  ['SIP+D2U', 'udp'],
  ['SIP+D2T', 'tcp'],
  ['SIPS+D2T', 'tls'],
]);

/** A service of a domain: by which transport, and the name its SRV records have. */
export interface Service {
  readonly protocol: HopProtocol;
  readonly name: string;
}

/** The services a domain offers that we speak, best first (RFC 3263 section 4.1). A `sips` URI takes TLS only. */
export function orderNaptr(
  records: readonly NaptrRecord[],
  secure: boolean,
  usable: readonly HopProtocol[],
): readonly Service[] {
  return [...records]
    .sort((one, other) => one.order - other.order || one.preference - other.preference)
    .slice(0, mostRecords)
    .flatMap(({ flags, service, replacement }) => {
      const protocol = services.get(service.toUpperCase());
      if (flags.toLowerCase() !== 's' || protocol === undefined || !usable.includes(protocol)) return [];
      return secure && protocol !== 'tls' ? [] : [{ protocol, name: replacement }];
    });
}

/** The name under which a domain has the SRV records of a transport. */
export function srvName(protocol: HopProtocol, domain: string): string {
  const prefix = { udp: '_sip._udp', tcp: '_sip._tcp', tls: '_sips._tcp' } as const;
  return `${prefix[protocol]}.${domain}`;
}

/**
 * RFC 2782: by priority, and among equals at random in proportion to their weights, those of weight 0 first among the
 * unordered so that they are rarely but sometimes chosen. `random` gives numbers from 0 up to but not including 1.
 */
export function orderSrv(records: readonly SrvRecord[], random: () => number): readonly SrvRecord[] {
  const ordered: SrvRecord[] = [];
  const left = [...records]
    .slice(0, mostRecords)
    .sort((one, other) => one.priority - other.priority || one.weight - other.weight);
  while (left.length > 0) {
    const priority = left[0]?.priority;
    const end = left.findIndex((record) => record.priority !== priority);
    const equals = end < 0 ? left : left.slice(0, end);
    const total = equals.reduce((sum, { weight }) => sum + weight, 0);
    const pick = Math.floor(random() * (total + 1));
    let running = 0;
    const chosen = equals.findIndex(({ weight }) => (running += weight) >= pick);
    ordered.push(...left.splice(Math.max(0, chosen), 1));
  }
  return ordered;
}
