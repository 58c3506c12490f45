import { readFileSync } from 'node:fs';
import { EngineError } from './errors.ts';
import type { EnginePatience } from './agent/context.ts';
import { readHostPort } from './parser/uri.ts';
import type { SessionPolicy } from './dialog/session-negotiation.ts';
import { readNumber } from './parser/characters.ts';
import { defaultTimers } from './transaction/timers.ts';
import type { TimerValues } from './transaction/timers.ts';
import type { Address, Protocol } from './transport/flow.ts';

/** Everything the engine is started with. Ports may be 0: the system picks one, `Engine.ports` tells it. */
export interface EngineOptions {
  readonly listen: readonly { readonly protocol: Protocol; readonly host: string; readonly port: number }[];
  /** The host to put into Via and Contact instead of the bound one. */
  readonly advertise?: string | undefined;
  /** PEM files for wss. */
  readonly certificate?: { readonly certificate: string; readonly key: string } | undefined;
  /** Where drachtio applications connect. */
  readonly admin: Address;
  /** Where the engine link is served; none if absent. */
  readonly link?: Address | undefined;
  readonly secret: string;
  readonly timers?: Partial<TimerValues> | undefined;
  readonly patience?: Partial<EnginePatience> | undefined;
  readonly session?: Partial<SessionPolicy> | undefined;
}

/** Session timers only where an app or a peer asks for one; the server's launcher asks for more. */
export const defaultSession: SessionPolicy = { expires: 0, min: 90 };

export const defaultPatience: EnginePatience = {
  echoLead: 5,
  parkingGrace: 30_000,
  parkingLease: 60_000,
  connect: 4000,
};

/** All timers with their defaults. */
export function allTimers(options: EngineOptions): TimerValues {
  return { ...defaultTimers, ...options.timers };
}

const usage = `usage: main.ts --listen udp://HOST:PORT [--listen tcp://|ws://|wss://HOST:PORT ...] --admin HOST:PORT
  (--secret S | --secret-file FILE) [--link HOST:PORT] [--cert FILE --key FILE] [--advertise ADDRESS]
  [--t1 MS] [--t2 MS] [--t4 MS] [--timer-d MS] [--grace MS] [--lease MS] [--connect-timeout MS]
  [--session-expires SECONDS] [--min-se SECONDS]`;

function misuse(problem: string): EngineError {
  return new EngineError('usage', `${problem}\n${usage}`);
}

function readPlace(text: string, option: string): Address {
  const place = readHostPort(text.endsWith(':0') ? `${text.slice(0, -1)}1` : text);
  if (place?.port === undefined) throw misuse(`${option} wants HOST:PORT, not ${text}`);
  return { host: place.host, port: text.endsWith(':0') ? 0 : place.port };
}

function readListen(text: string): EngineOptions['listen'][number] {
  const [protocol = '', rest = ''] = text.split('://');
  if (protocol !== 'udp' && protocol !== 'tcp' && protocol !== 'ws' && protocol !== 'wss') {
    throw misuse(`--listen wants udp://, tcp://, ws:// or wss://, not ${text}`);
  }
  return { protocol, ...readPlace(rest, '--listen') };
}

function readSecretFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new EngineError('usage', `secret file ${file} cannot be read: name another with --secret-file`, cause);
  }
}

const known = new Set(
  'listen admin link secret secret-file cert key advertise t1 t2 t4 timer-d grace lease connect-timeout session-expires min-se'.split(
    ' ',
  ),
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
  const listen = (given.get('listen') ?? []).map(readListen);
  if (listen.length === 0) throw misuse('at least one --listen is needed');
  const secretFile = last('secret-file');
  const secret = secretFile === undefined ? last('secret') : readSecretFile(secretFile);
  if (secret === undefined || secret === '') throw misuse('--secret or --secret-file is needed');
  const [certificate, key, admin, link] = [last('cert'), last('key'), last('admin'), last('link')];
  return {
    listen,
    secret,
    advertise: last('advertise'),
    certificate: certificate === undefined || key === undefined ? undefined : { certificate, key },
    admin: readPlace(admin ?? '127.0.0.1:9022', '--admin'),
    link: link === undefined ? undefined : readPlace(link, '--link'),
    timers: pick({ t1: 't1', t2: 't2', t4: 't4', d: 'timer-d' }),
    patience: pick({ parkingGrace: 'grace', parkingLease: 'lease', connect: 'connect-timeout' }),
    session: pick({ expires: 'session-expires', min: 'min-se' }, 'seconds'),
  };
}
