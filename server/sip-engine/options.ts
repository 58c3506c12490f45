import { readFileSync } from 'node:fs';
import { EngineError } from './errors.ts';
import type { EnginePatience } from './agent/context.ts';
import type { CaptureOptions, HepCollector } from './capture/capture.ts';
import type { EngineLimits } from './limits.ts';
import { readHostPort } from './parser/uri.ts';
import type { ProtectionOptions } from './protection/limits.ts';
import { scannersFrom } from './protection/scanners.ts';
import type { SessionPolicy } from './dialog/session-negotiation.ts';
import { readNumber } from './parser/characters.ts';
import { readRoute } from './route/route-option.ts';
import type { RouteOption } from './route/route-option.ts';
import { defaultTimers } from './transaction/timers.ts';
import type { TimerValues } from './transaction/timers.ts';
import type { CertificateFiles, TlsTrust } from './transport/certificates.ts';
import type { Address, Protocol } from './transport/flow.ts';
import type { ListenPlace } from './transport/listener.ts';
import { readNetworks } from './transport/local-address.ts';
import type { Advertised } from './transport/local-address.ts';

/** A port to listen on. */
export interface ListenOption extends Address {
  readonly protocol: Protocol;
  /** What peers of this listener are told; `EngineOptions.advertise` if absent. */
  readonly advertise?: Advertised;
}

/** Everything the engine is started with. Ports may be 0: the system picks one, `Engine.ports` tells it. */
export interface EngineOptions {
  readonly listen: readonly ListenOption[];
  /** The host to put into Via and Contact instead of the bound one. */
  readonly advertise?: string | undefined;
  /** Networks (CIDR) whose hosts are told the bound address all the same. */
  readonly localNetworks?: readonly string[] | undefined;
  /** PEM files for tls and wss, also shown where we are the client. */
  readonly certificate?: CertificateFiles | undefined;
  /** How certificates of peers are judged. */
  readonly tls?: Partial<TlsTrust> | undefined;
  /** The name server asked for SIP servers, `host:port`; the system's if absent. */
  readonly dns?: string | undefined;
  /** Where drachtio applications connect. */
  readonly admin: Address;
  /** Where they connect by TLS, to `certificate`; nowhere if absent. */
  readonly adminTls?: Address | undefined;
  /** Where the engine link is served; none if absent. */
  readonly link?: Address | undefined;
  readonly secret: string;
  /** Where confirmed dialogs are written down, so that they outlive this process; nowhere if absent. */
  readonly journal?: string | undefined;
  /** False: no app gets call detail records, even if it asks for them. */
  readonly cdr?: boolean | undefined;
  /** Methods whose new requests go to an app the engine connects to, or where somebody asked by HTTP says. */
  readonly routes?: readonly RouteOption[] | undefined;
  readonly timers?: Partial<TimerValues> | undefined;
  readonly patience?: Partial<EnginePatience> | undefined;
  readonly limits?: Partial<EngineLimits> | undefined;
  readonly session?: Partial<SessionPolicy> | undefined;
  /** What strangers may ask for, and who is trusted. Without it only scanners are turned away. */
  readonly protection?: ProtectionOptions | undefined;
  /** Extensions (RFC 3261 option tags) the apps know beyond `knownExtensions`; `*` leaves Require to them. */
  readonly supports?: readonly string[] | undefined;
  /** How many of the latest messages are kept for ladders, and who gets a copy of all. */
  readonly capture?: Partial<CaptureOptions> | undefined;
}

/** Session timers only where an app or a peer asks for one; the server's launcher asks for more. */
export const defaultSession: SessionPolicy = { expires: 0, min: 90 };

export const defaultPatience: EnginePatience = {
  echoLead: 5,
  parkingGrace: 30_000,
  parkingLease: 60_000,
  connect: 4000,
  question: 3000,
  idle: 600_000,
  nextTarget: 4000,
  flowTimer: 120_000,
};

/** All timers with their defaults. */
export function allTimers(options: EngineOptions): TimerValues {
  return { ...defaultTimers, ...options.timers };
}

/** The listeners with what each tells its peers. Throws an EngineError when a network is misspelt. */
export function placesOf(options: EngineOptions): ListenPlace[] {
  const near = options.localNetworks?.length ? readNetworks(options.localNetworks) : undefined;
  const general = options.advertise === undefined ? undefined : { host: options.advertise };
  return options.listen.map((place) => ({ ...place, advertise: place.advertise ?? general, near }));
}

const usage = `usage: main.ts --listen udp://HOST:PORT [--listen tcp://|tls://|ws://|wss://HOST:PORT[,advertise=HOST[:PORT]] ...]
  --admin HOST:PORT [--admin-tls HOST:PORT] (--secret S | --secret-file FILE) [--link HOST:PORT] [--cert FILE --key FILE]
  [--journal FILE] [--advertise ADDRESS] [--local-network CIDR ...]
  [--tls-ca FILE] [--tls-verify yes|no] [--tls-wildcards yes|no] [--tls-mutual yes|no]
  [--t1 MS] [--t2 MS] [--t4 MS] [--timer-d MS] [--grace MS] [--lease MS] [--connect-timeout MS]
  [--idle-timeout MS] [--flow-timer MS] [--limit-message BYTES] [--limit-head BYTES] [--limit-headers N]
  [--limit-backlog BYTES] [--limit-connections N] [--udp-limit BYTES] [--next-target MS] [--dns HOST:PORT]
  [--session-expires SECONDS] [--min-se SECONDS] [--supports OPTION ...] [--cdr yes|no]
  [--source-messages N] [--source-transactions N] [--source-invites N] [--source-open N] [--stranger-messages N] [--stranger-transactions N]
  [--stranger-invites N] [--stranger-open N] [--open N] [--trusted-messages N] [--sources N] [--trusted CIDR ...] [--scanners FILE|none]
  [--capture-bytes N] [--capture-age MS] [--hep HOST:PORT] [--hep-id N] [--hep-password-file FILE]
  [--route 'METHOD=tcp://HOST:PORT|tls://HOST:PORT|[POST ]http(s)://...|sip:HOST:PORT' ...]`;

function misuse(problem: string): EngineError {
  return new EngineError('usage', `${problem}\n${usage}`);
}

function readPlace(text: string, option: string): Address {
  const place = readHostPort(text.endsWith(':0') ? `${text.slice(0, -1)}1` : text);
  if (place?.port === undefined) throw misuse(`${option} wants HOST:PORT, not ${text}`);
  return { host: place.host, port: text.endsWith(':0') ? 0 : place.port };
}

const listenProtocols: readonly string[] = ['udp', 'tcp', 'tls', 'ws', 'wss'] satisfies readonly Protocol[];

function isProtocol(text: string): text is Protocol {
  return listenProtocols.includes(text);
}

function readAdvertised(text: string): Advertised {
  const place = readHostPort(text);
  if (place === undefined) throw misuse(`advertise wants HOST or HOST:PORT, not ${text}`);
  return place;
}

function readListen(text: string): ListenOption {
  const [protocol = '', rest = ''] = text.split('://');
  if (!isProtocol(protocol)) throw misuse(`--listen wants udp://, tcp://, tls://, ws:// or wss://, not ${text}`);
  const [where = '', extra] = rest.split(',');
  const place = { protocol, ...readPlace(where, '--listen') };
  if (extra === undefined) return place;
  if (!extra.startsWith('advertise=')) throw misuse(`--listen knows advertise=HOST after the comma, not ${extra}`);
  return { ...place, advertise: readAdvertised(extra.slice('advertise='.length)) };
}

function routeOf(text: string): RouteOption {
  const route = readRoute(text);
  if (route === undefined)
    throw misuse(`--route wants METHOD=tcp://HOST:PORT, tls://, http://, https:// or sip:, not ${text}`);
  return route;
}

function readSecretFile(file: string, option = '--secret-file'): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new EngineError('usage', `secret file ${file} cannot be read: name another with ${option}`, cause);
  }
}

/** The agent id where none is given: what Homer shows is then recognised as ours. */
const defaultHepId = 2026;

function readCollector(last: (name: string) => string | undefined): HepCollector | undefined {
  const [place, id, file] = [last('hep'), last('hep-id'), last('hep-password-file')];
  if (place === undefined) return undefined;
  const agent = id === undefined ? defaultHepId : readNumber(id);
  if (agent === undefined || agent > 0xffff_ffff) throw misuse(`--hep-id wants a number, not ${id ?? ''}`);
  const password = file === undefined ? '' : readSecretFile(file, '--hep-password-file');
  return { ...readPlace(place, '--hep'), agent, password };
}

const protectionNames: Readonly<Record<Exclude<keyof ProtectionOptions, 'scanners' | 'trusted'>, string>> = {
  messages: 'source-messages',
  transactions: 'source-transactions',
  invites: 'source-invites',
  sourceOpen: 'source-open',
  strangerMessages: 'stranger-messages',
  strangerTransactions: 'stranger-transactions',
  strangerInvites: 'stranger-invites',
  strangersOpen: 'stranger-open',
  open: 'open',
  trustedMessages: 'trusted-messages',
  sources: 'sources',
};

function readScannerOption(file: string | undefined): readonly string[] {
  return file === 'none' ? [] : scannersFrom(file);
}

const known = new Set(
  [
    'listen admin admin-tls link secret secret-file journal cert key advertise local-network tls-ca tls-verify tls-wildcards tls-mutual',
    'limit-message limit-head limit-headers limit-backlog limit-connections udp-limit idle-timeout flow-timer next-target dns',
    't1 t2 t4 timer-d grace lease connect-timeout session-expires min-se supports cdr route',
    'source-messages source-transactions source-open stranger-messages stranger-transactions stranger-open open',
    'source-invites stranger-invites',
    'trusted-messages sources trusted scanners',
    'capture-bytes capture-age hep hep-id hep-password-file',
  ].flatMap((names) => names.split(' ')),
);

function collect(argv: readonly string[]): Map<string, string[]> {
  const given = new Map<string, string[]>();
  for (let at = 0; at < argv.length; at += 2) {
    const [name = '', value] = [argv[at], argv[at + 1]];
    const key = name.slice(2);
    if (!name.startsWith('--') || !known.has(key)) throw misuse(`${name} is not an option`);
    if (value === undefined) throw misuse(`${name} wants a value`);
    given.set(key, [...(given.get(key) ?? []), value]);
  }
  return given;
}

/** Reads a command line; throws an EngineError with the usage when it is wrong. */
export function parseArguments(argv: readonly string[]): EngineOptions {
  const given = collect(argv);
  const last = (name: string): string | undefined => given.get(name)?.at(-1);
  const number = (name: string, unit: string): number | undefined => {
    const text = last(name);
    if (text === undefined) return undefined;
    const value = readNumber(text);
    if (value === undefined) throw misuse(`--${name} wants ${unit}, not ${text}`);
    return value;
  };
  const pick = (names: Readonly<Record<string, string>>, unit = 'milliseconds'): Record<string, number> => {
    const found: Record<string, number> = {};
    for (const [field, name] of Object.entries(names)) {
      const value = number(name, unit);
      if (value !== undefined) found[field] = value;
    }
    return found;
  };
  const yesOrNo = (name: string, standard: boolean): boolean => {
    const text = last(name);
    if (text !== undefined && text !== 'yes' && text !== 'no') throw misuse(`--${name} wants yes or no, not ${text}`);
    return text === undefined ? standard : text === 'yes';
  };
  const listen = (given.get('listen') ?? []).map(readListen);
  if (listen.length === 0) throw misuse('at least one --listen is needed');
  const secretFile = last('secret-file');
  const secret = secretFile === undefined ? last('secret') : readSecretFile(secretFile);
  if (secret === undefined || secret === '') throw misuse('--secret or --secret-file is needed');
  const [certificate, key, admin, link] = [last('cert'), last('key'), last('admin'), last('link')];
  const adminTls = last('admin-tls');
  return {
    listen,
    secret,
    advertise: last('advertise'),
    certificate: certificate === undefined || key === undefined ? undefined : { certificate, key },
    dns: last('dns'),
    localNetworks: given.get('local-network') ?? [],
    tls: {
      ca: last('tls-ca'),
      verify: yesOrNo('tls-verify', true),
      wildcards: yesOrNo('tls-wildcards', false),
      mutual: yesOrNo('tls-mutual', false),
    },
    admin: readPlace(admin ?? '127.0.0.1:9022', '--admin'),
    adminTls: adminTls === undefined ? undefined : readPlace(adminTls, '--admin-tls'),
    link: link === undefined ? undefined : readPlace(link, '--link'),
    journal: last('journal'),
    routes: (given.get('route') ?? []).map(routeOf),
    cdr: yesOrNo('cdr', true),
    timers: pick({ t1: 't1', t2: 't2', t4: 't4', d: 'timer-d' }),
    patience: pick({
      parkingGrace: 'grace',
      parkingLease: 'lease',
      connect: 'connect-timeout',
      idle: 'idle-timeout',
      nextTarget: 'next-target',
      flowTimer: 'flow-timer',
    }),
    limits: pick(
      {
        message: 'limit-message',
        head: 'limit-head',
        headers: 'limit-headers',
        backlog: 'limit-backlog',
        connections: 'limit-connections',
        udpRequest: 'udp-limit',
      },
      'a number',
    ),
    supports: (given.get('supports') ?? []).map((option) => option.toLowerCase()),
    protection: {
      ...pick(protectionNames, 'a number'),
      trusted: given.get('trusted') ?? [],
      ...(last('scanners') === undefined ? {} : { scanners: readScannerOption(last('scanners')) }),
    },
    session: pick({ expires: 'session-expires', min: 'min-se' }, 'seconds'),
    capture: { ...pick({ bytes: 'capture-bytes', age: 'capture-age' }, 'a number'), hep: readCollector(last) },
  };
}
