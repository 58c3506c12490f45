import { parseArgs } from 'node:util';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { fail, ok, type Result } from '../base/result.ts';
import type { PortRange } from './port-pool.ts';
import type { CodecChoice } from './sdp/index.ts';
import type { RecorderOptions } from './recorder.ts';
import type { PromptOptions } from './shards/prompts.ts';

/** How a media node is set up. */
export interface MediaNodeOptions {
  /** Where the brain connects. Port 0 lets the system choose. */
  readonly rpcHost: string;
  readonly rpcPort: number;
  readonly secret: string;
  /** Address of RTP and WebRTC sockets, and the one peers are told. */
  readonly bind: string;
  readonly advertise: string;
  /** SIP legs live here too: an address of the other family, and what peers are told of it. */
  readonly also?: { readonly bind: string; readonly advertise: string };
  readonly webrtcPort: number;
  readonly rtpPorts: PortRange;
  /** The mediasoup worker program; absent: mediasoup's own. */
  readonly workerBin?: string;
  readonly leaseInSeconds: number;
  readonly rtpTimeoutMs: number;
  /** Worker threads for RTP. */
  readonly shards: number;
  readonly mostEndpoints: number;
  /** A thread or worker that is busier than this share of a core has no time for new calls. */
  readonly mostBusy: number;
  /** What is spoken with SIP peers, the best first. */
  readonly codecs: readonly CodecChoice[];
  /** Absent: no call can be recorded. */
  readonly recordings?: RecorderOptions;
  /** Absent: prompts are kept in memory only and spoken by the system's voices. */
  readonly prompts?: PromptOptions;
}

/** What everything is when nothing is said. */
export const defaultOptions: Omit<MediaNodeOptions, 'secret'> = {
  rpcHost: '127.0.0.1',
  rpcPort: 9024,
  bind: '127.0.0.1',
  advertise: '127.0.0.1',
  webrtcPort: 40_000,
  rtpPorts: { first: 41_000, last: 41_999 },
  leaseInSeconds: 60,
  rtpTimeoutMs: 30_000,
  shards: Math.max(1, Math.min(8, Math.floor(availableParallelism() / 2))),
  mostEndpoints: 1000,
  mostBusy: 0.9,
  codecs: ['G711', 'G722', 'opus'],
};

/** Options as the command line gives them: the secret is in a file. */
export type MediaArguments = Omit<MediaNodeOptions, 'secret' | 'recordings'> & {
  readonly secretFile: string;
  /** The folder of recordings and the file with their key; both or neither. */
  readonly recordingFiles?: { readonly directory: string; readonly keyFile: string };
  /** False with `--no-ears`: nothing is recognised. */
  readonly ears: boolean;
  /** How long calls have to end when the program is told to. */
  readonly drainMs: number;
  /** How many utterances are written down at the same time. */
  readonly transcriptions: number;
};

const known = {
  rpc: { type: 'string' },
  'secret-file': { type: 'string' },
  bind: { type: 'string' },
  advertise: { type: 'string' },
  'also-bind': { type: 'string' },
  'also-advertise': { type: 'string' },
  'webrtc-port': { type: 'string' },
  'rtp-ports': { type: 'string' },
  'worker-bin': { type: 'string' },
  'lease-seconds': { type: 'string' },
  'rtp-timeout-ms': { type: 'string' },
  shards: { type: 'string' },
  'most-busy-percent': { type: 'string' },
  'drain-seconds': { type: 'string' },
  codecs: { type: 'string' },
  'no-ears': { type: 'boolean' },
  transcriptions: { type: 'string' },
  recordings: { type: 'string' },
  'recording-key-file': { type: 'string' },
  'prompt-cache': { type: 'string' },
  'speech-program': { type: 'string' },
} as const;

/** How to call the program. */
export const usage = `usage: media/main.ts --rpc HOST:PORT --secret-file FILE [--bind ADDRESS] [--advertise ADDRESS]
  [--also-bind ADDRESS] [--also-advertise ADDRESS]
  [--webrtc-port PORT] [--rtp-ports FIRST-LAST] [--worker-bin PATH] [--lease-seconds N] [--rtp-timeout-ms N] [--shards N]
  [--most-busy-percent N] [--drain-seconds N]
  [--codecs G711,PCMU,PCMA,G722,opus]
  [--no-ears] [--transcriptions N] [--recordings FOLDER --recording-key-file FILE]
  [--prompt-cache FOLDER] [--speech-program PATH]`;

class Wrong extends Error {}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new Wrong(`--${name} ${text}: expected a whole number from ${least} to ${most}`);
  return value;
}

function address(name: string, text: string): string {
  if (isIP(text) === 0) throw new Wrong(`--${name} ${text}: expected an IP address`);
  return text;
}

/** The other family: sockets of both on the same ports, so they must not be of one. */
function alsoOf(bind: string, also: string | undefined, advertise: string | undefined): Pick<MediaNodeOptions, 'also'> {
  if (also === undefined && advertise !== undefined) throw new Wrong('--also-advertise needs --also-bind');
  if (also === undefined) return {};
  const told = advertise ?? also;
  if (isIP(address('also-bind', also)) === isIP(bind) || isIP(address('also-advertise', told)) !== isIP(also))
    throw new Wrong(`--also-bind ${also}: expected an address of the other family than --bind ${bind}`);
  return { also: { bind: also, advertise: told } };
}

function range(text: string): PortRange {
  const [first = '', last = '', ...more] = text.split('-');
  const made = { first: whole('rtp-ports', first, 1024, 65_534), last: whole('rtp-ports', last, 1025, 65_535) };
  if (more.length > 0 || made.last <= made.first) throw new Wrong(`--rtp-ports ${text}: expected FIRST-LAST`);
  return made;
}

function rpc(text: string): { readonly rpcHost: string; readonly rpcPort: number } {
  const cut = text.lastIndexOf(':');
  if (cut < 1) throw new Wrong(`--rpc ${text}: expected HOST:PORT`);
  return { rpcHost: text.slice(0, cut), rpcPort: whole('rpc', text.slice(cut + 1), 0, 65_535) };
}

const choices: readonly CodecChoice[] = ['G711', 'PCMU', 'PCMA', 'G722', 'opus'];

function codecChoices(text: string): CodecChoice[] {
  return text.split(',').map((name) => {
    const found = choices.find((each) => each.toLowerCase() === name.trim().toLowerCase());
    if (found === undefined) throw new Wrong(`--codecs ${name}: expected some of ${choices.join(', ')}`);
    return found;
  });
}

/** Reads the command line. The error is one line that names the option, what was given and what was expected. */
export function parseArguments(args: readonly string[]): Result<MediaArguments, string> {
  try {
    const { values } = parseArgs({ args: [...args], options: known, strict: true });
    const secretFile = values['secret-file'];
    if (secretFile === undefined) throw new Wrong('--secret-file is missing');
    const optional = <T>(text: string | undefined, read: (text: string) => T, otherwise: T): T =>
      text === undefined ? otherwise : read(text);
    const d = defaultOptions;
    const workerBin = values['worker-bin'];
    const { recordings: directory, 'recording-key-file': keyFile } = values;
    const { 'prompt-cache': cache, 'speech-program': speechProgram } = values;
    if ((directory === undefined) !== (keyFile === undefined))
      throw new Wrong('--recordings and --recording-key-file go together');
    const bind = optional(values.bind, (text) => address('bind', text), d.bind);
    return ok({
      ...optional(values.rpc, rpc, { rpcHost: d.rpcHost, rpcPort: d.rpcPort }),
      secretFile,
      bind,
      advertise: optional(values.advertise, (text) => address('advertise', text), bind),
      ...alsoOf(bind, values['also-bind'], values['also-advertise']),
      webrtcPort: optional(values['webrtc-port'], (text) => whole('webrtc-port', text, 0, 65_535), d.webrtcPort),
      rtpPorts: optional(values['rtp-ports'], range, d.rtpPorts),
      ...(workerBin === undefined ? {} : { workerBin }),
      ...(directory === undefined || keyFile === undefined ? {} : { recordingFiles: { directory, keyFile } }),
      ...(cache === undefined && speechProgram === undefined ? {} : { prompts: { directory: cache, speechProgram } }),
      leaseInSeconds: optional(
        values['lease-seconds'],
        (text) => whole('lease-seconds', text, 1, 3600),
        d.leaseInSeconds,
      ),
      rtpTimeoutMs: optional(
        values['rtp-timeout-ms'],
        (text) => whole('rtp-timeout-ms', text, 100, 3_600_000),
        d.rtpTimeoutMs,
      ),
      shards: optional(values.shards, (text) => whole('shards', text, 1, 64), d.shards),
      mostEndpoints: d.mostEndpoints,
      mostBusy: optional(
        values['most-busy-percent'],
        (text) => whole('most-busy-percent', text, 1, 100) / 100,
        d.mostBusy,
      ),
      drainMs: optional(values['drain-seconds'], (text) => whole('drain-seconds', text, 0, 86_400), 30) * 1000,
      codecs: optional(values.codecs, codecChoices, d.codecs),
      ears: values['no-ears'] !== true,
      transcriptions: optional(values.transcriptions, (text) => whole('transcriptions', text, 0, 64), 2),
    });
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}
