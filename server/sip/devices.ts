/** Agents' devices: who may register, what is registered, whether it still answers, and the way to each. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { type AgentId, resumeHeader } from '../../protocol/ids.ts';
import type { LegPolicy } from '../../protocol/media-policy.ts';
import type { DigestAlgorithm } from '../../protocol/sip.ts';
import { type Authenticated, Authenticator, type SipAccount } from './authenticator.ts';
import { Credentials, type Minted } from './credentials.ts';
import { askOptions, type Request, type Response, type Srf, type Way } from './drachtio.ts';
import { type LocationListener, Locations } from './locations.ts';
import { Lockout } from './lockout.ts';
import { Nonces } from './nonces.ts';
import { Pings } from './pings.ts';
import type { Binding, DeviceName } from './ports.ts';
import { Registrar } from './registrar.ts';

/** What a site decides about its agents' phones. */
export interface DeviceSettings {
  /** Offered in this order: strongest first. */
  readonly digest: readonly DigestAlgorithm[];
  /** Phones may ask for registrations of at least and at most so long. */
  readonly shortestInSeconds: number;
  readonly longestInSeconds: number;
  /** OPTIONS to desk phones: how often (0: never), and how many unanswered make one unreachable. */
  readonly pingEveryInSeconds: number;
  readonly pingFailures: number;
  /** What desk phones want of their audio. */
  readonly audio: LegPolicy;
}

export const usualDeviceSettings: DeviceSettings = {
  digest: ['sha-256', 'md5'],
  shortestInSeconds: 30,
  longestInSeconds: 3600,
  pingEveryInSeconds: 60,
  pingFailures: 2,
  audio: {},
};

export interface DevicesOptions {
  readonly realm: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of minted credentials and nonces. */
  readonly key: Buffer;
  readonly accountOf: (username: string) => SipAccount | undefined;
  readonly devices: DeviceSettings;
  readonly srf: Srf;
  readonly isConnected: () => boolean;
}

/** A browser comes back at once; it is not to be rung long after it went to sleep. */
const browserLongestInSeconds = 120;
const nonceLifeMs = 300_000;

export class Devices {
  /** Also of who calls. */
  readonly authenticator: Authenticator;
  readonly #locations: Locations;
  readonly #credentials: Credentials;
  readonly #registrar: Registrar;
  readonly #pings: Pings;
  readonly #accountOf: DevicesOptions['accountOf'];
  readonly #clock: Clock;
  #heardSince: number;

  constructor(options: DevicesOptions, listener: LocationListener) {
    const { clock, logger, realm, key, accountOf, devices: settings } = options;
    this.#accountOf = accountOf;
    this.#clock = clock;
    this.#heardSince = clock.now();
    this.#locations = new Locations(clock, (agentId, bindings) => {
      this.#pings.changed(bindings);
      listener(agentId, bindings);
    });
    this.#credentials = new Credentials(key);
    this.authenticator = new Authenticator({
      realm,
      algorithms: settings.digest,
      nonces: new Nonces({ key: createHash('sha256').update('nonce').update(key).digest(), lifeMs: nonceLifeMs }),
      credentials: this.#credentials,
      accountOf,
      lockout: new Lockout({ tries: 10, forMs: 300_000 }),
      isAt: (agentId, req) => this.of(agentId).some((binding) => isFrom(binding, req)),
    });
    this.#registrar = new Registrar(
      { clock, logger, authenticator: this.authenticator, limits: limitsOf(settings) },
      this.#locations,
    );
    this.#pings = new Pings(
      {
        clock,
        everyMs: settings.pingEveryInSeconds * 1000,
        failures: settings.pingFailures,
        ask: (binding) => (options.isConnected() ? askOptions(options.srf, wayTo(binding)) : undefined),
      },
      this.#locations,
    );
  }

  /** The challenges for whoever sent that request. */
  challenges(req: Request, stale: boolean): string[] {
    return this.#registrar.challenges(req, stale);
  }

  register(req: Request, res: Response): void {
    this.#registrar.register(req, res);
  }

  mint(agentId: AgentId, expiresAt: number): Minted {
    return this.#credentials.mint(agentId, expiresAt);
  }

  /** Takes up what was registered before a restart. */
  restore(bindings: readonly Binding[]): void {
    for (const binding of bindings) this.#locations.restore(binding);
  }

  of(agentId: AgentId): readonly Binding[] {
    return this.#locations.of(agentId);
  }

  /**
   * Which of an agent's devices sent a request: what is registered from where it came, else the account whose credentials it has.
   */
  nameOf(agentId: AgentId, req: Authenticated): DeviceName {
    const binding = this.of(agentId).find((each) => isFrom(each, req));
    if (binding !== undefined) return { agentId, device: binding.device };
    const proof = req.has('Proxy-Authorization') ? req.get('Proxy-Authorization') : '';
    const account = this.#accountOf(/\busername="([^"]*)"/i.exec(proof)?.[1] ?? '');
    return { agentId, device: account?.device ?? null };
  }

  byId(deviceId: string): Binding | undefined {
    return this.#locations.byId(deviceId);
  }

  /** Where devices are registered from. */
  places(): { readonly host: string; readonly port: number }[] {
    return this.#locations.all().map(({ source }) => {
      const colon = source.lastIndexOf(':');
      return { host: source.slice(0, colon), port: Number(source.slice(colon + 1)) };
    });
  }

  /** Whose device registered over that flow. */
  agentOn(flow: string): AgentId | undefined {
    return this.#locations.onFlow(flow);
  }

  accountRemoved(agentId: AgentId, username: string): void {
    this.#locations.removeAccount(agentId, username);
  }

  /** A connection that closed. {@link Locations.flowLost} */
  flowLost(contacts: readonly string[], remote: string): void {
    for (const binding of this.#locations.flowLost(contacts, remote)) this.#pings.doubt(binding);
  }

  /** The engine is gone, or cannot be heard: what registers from now on is not judged by what it had. */
  engineLost(): void {
    this.#heardSince = this.#clock.now();
  }

  /** All connections the engine has: the others closed while nobody looked. */
  flowsHeld(flows: readonly { readonly contact: string; readonly remote: string }[]): void {
    for (const binding of this.#locations.keepOnly(flows, this.#heardSince)) this.#pings.doubt(binding);
  }

  close(): void {
    this.#pings.close();
    this.#locations.close();
  }
}

/**
 * Whether a request is a registered device's: from where it registered, or from that host and in the registration's
 * Call-ID, which only the device knows, when it had to take another port (a new connection, another mapping of a NAT).
 */
function isFrom({ source, callId }: Binding, req: Authenticated): boolean {
  const { source_address: host, source_port: port } = req;
  if (source === `${host}:${String(port)}`) return true;
  return source.startsWith(`${host}:`) && req.has('Call-ID') && req.get('Call-ID') === callId;
}

function limitsOf(settings: DeviceSettings) {
  const { shortestInSeconds, longestInSeconds } = settings;
  return {
    shortestInSeconds,
    longestInSeconds: { webrtc: browserLongestInSeconds, sip: longestInSeconds },
    mostContacts: 10,
  };
}

/** `host:port` of a URI without its parameters; the port is 5060 where it names none. */
function placeOf(uri: string): string {
  const place = /^sips?:(?:[^@]*@)?(\[[^\]]+\]|[^:;>?]+)(?::(\d+))?/i.exec(uri);
  return `${place?.[1]?.replace(/[[\]]/g, '') ?? ''}:${place?.[2] ?? '5060'}`;
}

export function uriIn(value: string): string {
  return /<([^>]+)>/.exec(value)?.[1] ?? value;
}

/**
 * How a request reaches a device: by its Path (RFC 3327 section 5.1: as Route, in that order); else a UDP phone behind
 * NAT at the address its REGISTER came from. Connections are the engine's to find.
 */
export function wayTo(binding: Binding): Way {
  const { contact: uri, path, transport, source } = binding;
  const [first] = path;
  if (first !== undefined) return { uri, proxy: uriIn(first), headers: { Route: path.join(', ') } };
  const host = source.slice(0, source.lastIndexOf(':'));
  const natted = transport === 'udp' && !placeOf(uri).startsWith(`${host}:`);
  if (!natted) return { uri, headers: {} };
  const address = host.includes(':') ? `[${host}]${source.slice(source.lastIndexOf(':'))}` : source;
  return { uri, proxy: `sip:${address};transport=udp`, headers: {} };
}

/** Asks the agent's own device to take the call they have just asked for; desk phones know the usual header for it. */
export function autoAnswer({ kind }: Binding, offerId: string): Readonly<Record<string, string>> {
  return kind === 'webrtc' ? { [resumeHeader]: offerId } : { 'Call-Info': '<sip:jackfield.invalid>;answer-after=0' };
}
