/** The site's configuration: one schema with a default for everything, one file over it, the environment over that. */
import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { fail, ok, type Result } from '../base/result.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import { codecChoices, icePolicies, type LegPolicy, srtpPolicies } from '../protocol/media-policy.ts';
import { digestAlgorithms } from '../protocol/sip.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const address = z.string().regex(/^[0-9A-Za-z.:-]+$/, 'must be an IP address or a host name');

function isAscending(range: string): boolean {
  const [first = 0, last = 0] = range.split('-').map(Number);
  return first < last && last <= 65_535;
}

const amount = z.coerce.number().int().min(0).max(1_000_000);

/** Several values; in a variable with commas between them. */
function list<T extends z.ZodType>(each: T) {
  const split = (value: unknown): unknown =>
    typeof value === 'string' ? value.split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()])) : value;
  return z.preprocess(split, z.array(each));
}

/** What `jackfield.yaml` may say. jackfield.example.yaml documents every value; a test keeps the two the same. */
export const configSchema = z.strictObject({
  home: z.string().default('.jackfield'),
  dialplans: z.string().default('dialplans'),
  network: z
    .strictObject({
      bind: address.default('127.0.0.1'),
      advertise: address.optional(),
      /** The other family of addresses, for SIP and RTP. */
      also: z.strictObject({ bind: address, advertise: address.optional() }).optional(),
    })
    .refine(
      ({ bind, also }) => also === undefined || bind.includes(':') !== also.bind.includes(':'),
      'also.bind must be of the other family than bind: one IPv4, one IPv6',
    )
    .prefault({}),
  http: z
    .strictObject({
      port: port.default(8080),
      tlsPort: port.default(8443),
      certificate: z.string().optional(),
      key: z.string().optional(),
    })
    .prefault({}),
  sip: z
    .strictObject({
      port: port.default(5060),
      /** 0 turns SIP over TLS off. */
      tlsPort: port.default(5061),
      /** PEM file of authorities trusted beside the well-known ones when the engine connects over TLS. */
      tlsAuthorities: z.string().optional(),
      tlsVerify: z.stringbool().or(z.boolean()).default(true),
      webSocketPort: port.default(5066),
      secureWebSocketPort: port.default(5067),
      adminPort: port.default(9022),
      linkPort: port.default(9023),
      domain: address.default('jackfield.local'),
      /** `host:port,secret` of a stock drachtio-server, instead of the embedded engine. */
      drachtio: z
        .string()
        .regex(/^[^:,]+:\d+,.+$/, 'must be host:port,secret')
        .optional(),
      /** RFC 3261 T1, ms. */
      t1: z.coerce.number().int().min(10).max(4000).default(500),
      /** Calls are refreshed at half this interval, so that one whose peer died ends (RFC 4028); 0: only where a peer asks. */
      sessionExpiresInSeconds: z.coerce.number().int().min(0).max(86_400).default(1800),
      /** A HEP collector (Homer) that gets a copy of every SIP message: `host:port`. */
      hep: z
        .string()
        .regex(/^[^:\s]+:\d{1,5}$/, 'must be host:port')
        .optional(),
      /** The capture agent id it knows us by, and the file with its key, if it wants one. */
      hepId: z.coerce.number().int().min(0).max(0xffff_ffff).default(2026),
      hepPasswordFile: z.string().optional(),
      /** Fetch certificates of STIR/SHAKEN signers over HTTPS; otherwise only those in the site's folder are used. */
      fetchCertificates: z.stringbool().or(z.boolean()).default(false),
      /** Hosts they may be fetched from, with all below them (`certificates.example`); any public one if empty. */
      certificateHosts: list(z.string().regex(/^[\w.-]+$/, 'must be names of hosts')).default([]),
      /** How long the browser of an agent in a call has to come back after the SIP engine died; then the call ends. */
      returnInSeconds: z.coerce.number().min(1).max(600).default(30),
      /** How long minted registration credentials live. */
      credentialsInSeconds: z.coerce.number().int().min(60).max(86_400).default(900),
      /** Digest algorithms offered to phones, strongest first; as a variable with commas between them. */
      digest: list(z.enum(digestAlgorithms))
        .refine((all) => all.length > 0, 'must name one at least')
        .default(['sha-256', 'md5']),
      /** What strangers may ask of the SIP engine (docs/security.md); 0: any amount. */
      protection: z
        .strictObject({
          sourceMessages: amount.default(100),
          sourceTransactions: amount.default(50),
          sourceInvites: amount.default(10),
          sourceOpen: amount.default(1000),
          strangerMessages: amount.default(2000),
          strangerTransactions: amount.default(300),
          strangerInvites: amount.default(50),
          strangersOpen: amount.default(4000),
          open: amount.default(50_000),
          trustedMessages: amount.default(2000),
          /** Networks (CIDR) whose hosts are trusted beside trunks and registered phones. */
          trusted: list(
            z.string().regex(/^[0-9a-fA-F.:]+(\/\d{1,3})?$/, 'must be networks such as 10.0.0.0/8'),
          ).default([]),
          /** A file with the names of scanners instead of the list that comes with the engine; `none`. */
          scanners: z.string().optional(),
        })
        .prefault({}),
      /** What desk phones want of their audio; a trunk says it in trunks.yaml. */
      phones: z
        .strictObject({
          /** What is spoken with them, the best first; without it, `media.codecs`. */
          codecs: list(z.enum(codecChoices))
            .refine((all) => all.length > 0 && new Set(all).size === all.length, 'must name some codecs, each once')
            .optional(),
          dtmf: z.enum(['auto', 'rfc4733', 'in-band', 'info']).default('auto'),
          /** Keys in SDP (RFC 4568); without it, SRTP is taken from a phone that offers it. */
          srtp: z.enum(srtpPolicies).optional(),
          /** ICE; without it, taken from a phone that offers it. */
          ice: z.enum(icePolicies).optional(),
          /** Nothing came from a phone for so long: the call ends, or is flagged in the ledger and goes on. */
          silenceInSeconds: z.coerce.number().min(1).max(3600).optional(),
          silenceThen: z.enum(['end', 'flag']).default('end'),
        })
        .prefault({}),
      registrations: z
        .strictObject({
          /** A phone that asks for less gets 423, one that asks for more gets the longest. */
          shortestInSeconds: z.coerce.number().int().min(1).max(3600).default(30),
          longestInSeconds: z.coerce.number().int().min(60).max(86_400).default(3600),
          /** How often desk phones are asked whether they are there; 0: never. */
          pingEveryInSeconds: z.coerce.number().int().min(0).max(3600).default(60),
          /** So many unanswered in a row make a phone unreachable. */
          pingFailures: z.coerce.number().int().min(1).max(100).default(2),
        })
        .prefault({}),
    })
    .prefault({}),
  media: z
    .strictObject({
      rpcPort: port.default(9024),
      webrtcPort: port.default(40_000),
      rtpPorts: z
        .string()
        .regex(/^\d{4,5}-\d{4,5}$/, 'must be two ports, such as 41000-41999')
        .refine((text) => isAscending(text), 'must be two ports, the lower one first, such as 41000-41999')
        .default('41000-41999'),
      /**
       * What is spoken with SIP phones and trunks, the best first; a codec that the call already has comes before all.
       * `G711` is either law, as the far side prefers.
       */
      codecs: z
        .array(z.enum(['G711', 'PCMU', 'PCMA', 'G722', 'opus']))
        .min(1)
        .default(['G711', 'G722', 'opus']),
      rtpTimeoutInSeconds: z.coerce.number().min(1).max(3600).default(30),
      leaseInSeconds: z.coerce.number().min(1).max(3600).default(60),
      /** A thread of the media node that is busier than this takes no new calls; 100: they are taken as long as there are ports. */
      mostBusyPercent: z.coerce.number().int().min(1).max(100).default(90),
      /** How long calls have to end when the media node alone is told to stop. */
      drainInSeconds: z.coerce.number().int().min(0).max(86_400).default(5),
      /** How many utterances are written down at the same time; phrases are spotted on all. */
      transcriptions: z.coerce.number().int().min(0).max(64).default(2),
      /** A program that speaks the texts of prompts (docs/dialplan.md), instead of flite and espeak-ng. */
      speechProgram: z.string().optional(),
    })
    .prefault({}),
  calls: z
    .strictObject({
      /** The country that numbers without `+` belong to (ISO 3166). */
      country: z.string().length(2).default('CN'),
      /** The area code put before numbers without one. */
      areaCode: z
        .string()
        .regex(/^\d{0,5}$/)
        .default('531'),
      /** How long a party that an agent calls may ring. */
      ringInSeconds: z.coerce.number().int().min(5).max(300).default(60),
      longestInMinutes: z.coerce.number().min(1).max(1440).default(240),
    })
    .prefault({}),
  /** Calls from browsers, to routes with `web`. */
  webCalls: z
    .strictObject({
      /** At most so many at a time; 0: none. */
      most: z.coerce.number().int().min(0).max(10_000).default(50),
      /** Calls that one address, and that all together, may begin a minute. */
      perMinute: z.coerce.number().int().min(1).max(10_000).default(6),
      perMinuteOfAll: z.coerce.number().int().min(1).max(100_000).default(120),
      /** How long the pass for a call is good. */
      passInSeconds: z.coerce.number().int().min(10).max(600).default(60),
    })
    .prefault({}),
  recording: z
    .strictObject({
      /** Where recordings are kept; without it, `recordings` in the site's folder. Media node and server share it. */
      folder: z.string().optional(),
      /** The file with the keys they are sealed under (docs/recording.md); without it, one is made at the first start. */
      keyFile: z.string().optional(),
      /** What they are kept as after the call: `opus` (2 x 16 kb/s, needs ffmpeg), or `g711` as received. */
      keepAs: z.enum(['opus', 'g711']).default('opus'),
      /** Days after which they are removed, unless the queue says otherwise; 0: never. */
      keepDays: z.coerce.number().int().min(0).max(36_500).default(0),
    })
    .prefault({}),
  supervisor: z
    .strictObject({
      /** A part that ends more often than this within the time below is not started again: everything stops. */
      restarts: z.coerce.number().int().min(0).max(1000).default(10),
      withinInSeconds: z.coerce.number().min(1).max(3600).default(60),
      /** A second process of each part waits to take its place when it dies; about 300 MB of memory in all. */
      spares: z.stringbool().or(z.boolean()).default(true),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      personal: z.stringbool().or(z.boolean()).default(false),
    })
    .prefault({}),
});

/** The configuration, with paths made absolute. */
export type Config = z.output<typeof configSchema> & { readonly root: string };

type Environment = Readonly<Record<string, string | undefined>>;

/** `['sip', 'adminPort']` -> `JACKFIELD_SIP_ADMIN_PORT`. */
export function variableOf(path: readonly string[]): string {
  return `JACKFIELD_${path.map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join('_')}`;
}

const shortcuts: Readonly<Record<string, readonly string[]>> = {
  JACKFIELD_HOME: ['home'],
  JACKFIELD_DRACHTIO: ['sip', 'drachtio'],
};

function leaves(schema: z.ZodObject, path: readonly string[] = []): (readonly string[])[] {
  return Object.entries(schema.shape).flatMap(([name, part]) => {
    const inner = part instanceof z.ZodPrefault ? part.unwrap() : part;
    return inner instanceof z.ZodObject ? leaves(inner, [...path, name]) : [[...path, name]];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withValue(object: unknown, path: readonly string[], value: string): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const own = isObject(object) ? object : {};
  return { ...own, [first]: withValue(own[first], rest, value) };
}

function overridden(file: unknown, environment: Environment): unknown {
  let value: unknown = file ?? {};
  for (const path of leaves(configSchema)) {
    const given = environment[variableOf(path)];
    if (given !== undefined && given !== '') value = withValue(value, path, given);
  }
  for (const [name, path] of Object.entries(shortcuts)) {
    const given = environment[name];
    if (given !== undefined && given !== '') value = withValue(value, path, given);
  }
  return value;
}

function readYaml(file: string): Result<unknown, Problem> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ok({});
    return fail(makeProblem('config-unreadable', { reason: String(error) }, file));
  }
  try {
    return ok(parse(text));
  } catch (error) {
    const reason = error instanceof YAMLParseError ? (error.message.split('\n')[0] ?? '') : String(error);
    return fail(makeProblem('config-unreadable', { reason: reason.replace(/:$/, '') }, file));
  }
}

/**
 * Reads the configuration: defaults, then `jackfield.yaml` in `root` (or the file JACKFIELD_CONFIG names), then
 * JACKFIELD_* variables. A wrong value is one problem that names it.
 */
export function loadConfig(root: string, environment: Environment = process.env): Result<Config, Problem> {
  const file = resolve(root, environment['JACKFIELD_CONFIG'] ?? 'jackfield.yaml');
  const read = readYaml(file);
  if (!read.ok) return read;
  const parsed = configSchema.safeParse(overridden(read.value, environment));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = issue?.path.join('.') ?? '';
    return fail(
      makeProblem('config-wrong', { path: path === '' ? 'the file' : path, reason: issue?.message ?? 'wrong' }, file),
    );
  }
  const config = parsed.data;
  const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(root, path));
  return ok({ ...config, root, home: absolute(config.home), dialplans: absolute(config.dialplans) });
}

/** A secret that the dialplans name as `${env:NAME}`; undefined when it is not set. */
export function environmentSecret(name: string, environment: Environment = process.env): string | undefined {
  const value = environment[name];
  return value === '' ? undefined : value;
}

/** What desk phones want of their audio, as the media node takes it. */
export function audioOfPhones({ sip, media }: Config): LegPolicy {
  const { codecs, dtmf, srtp, ice, silenceInSeconds, silenceThen } = sip.phones;
  const afterMs = (silenceInSeconds ?? media.rtpTimeoutInSeconds) * 1000;
  return {
    dtmf: dtmf === 'in-band' ? 'tone' : dtmf,
    silence: { afterMs: Math.round(afterMs), then: silenceThen },
    ...(codecs === undefined ? {} : { codecs }),
    ...(srtp === undefined ? {} : { srtp }),
    ...(ice === undefined ? {} : { ice }),
  };
}

/** The address others reach this site at. */
export function advertisedAddress(config: Config): string {
  return config.network.advertise ?? (config.network.bind === '0.0.0.0' ? '127.0.0.1' : config.network.bind);
}

/** The TLS certificate and key files: those configured, or the development ones. */
export function certificateFiles(config: Config): { readonly certificate: string; readonly key: string } {
  return {
    certificate: config.http.certificate ?? join(config.home, 'certs', 'server.pem'),
    key: config.http.key ?? join(config.home, 'certs', 'server-key.pem'),
  };
}

/** Files of a running site, by what they are. */
export function siteFiles(config: Config) {
  return {
    database: join(config.home, 'data', 'jackfield.db'),
    siteKey: join(config.home, 'data', 'site.key'),
    trunkPasswords: join(config.home, 'data', 'trunk-passwords.json'),
    /** Certificates of STIR/SHAKEN signers; see docs/trunks.md. */
    stir: join(config.home, 'stir'),
    chainHead: join(config.home, 'data', 'chain.head'),
    engineSecret: join(config.home, 'run', 'engine.secret'),
    /** Calls the SIP engine would take up again after its death. */
    engineJournal: join(config.home, 'data', 'engine.journal'),
    mediaSecret: join(config.home, 'run', 'media.secret'),
    recordings: resolve(config.root, config.recording.folder ?? join(config.home, 'recordings')),
    recordingKey: resolve(config.root, config.recording.keyFile ?? join(config.home, 'data', 'recording.key')),
    /** Prompts and music as they are sent; may be removed at any time. */
    promptCache: join(config.home, 'cache', 'prompts'),
    /** Address and admin token for the command line; mode 0600. */
    runFile: join(config.home, 'run', 'server.json'),
    logs: join(config.home, 'logs'),
  } as const;
}

/** Where others reach this site's SIP, for a page on http and for one on https. */
export function webSocketUrls(config: Config): { readonly plain: string; readonly secure: string } {
  const address = advertisedAddress(config);
  const host = address.includes(':') ? `[${address}]` : address;
  return {
    plain: `ws://${host}:${config.sip.webSocketPort}`,
    secure: `wss://${host}:${config.sip.secureWebSocketPort}`,
  };
}
