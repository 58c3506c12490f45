/**
 * sipp (a test tool nobody here wrote) as caller or as called: real SIP, its audio an echo of what it hears, or a
 * script of sound and keys. Debian: sip-tester.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScriptItem } from '../../cli/caller/index.ts';
import type { Program } from './programs.ts';
import { freePort, portOpen, startProgram } from './programs.ts';
import { scriptToPcap } from './rtp-pcap.ts';

export interface SippCallerOptions {
  /** Where to call, on 127.0.0.1. */
  readonly port: number;
  readonly called: string;
  readonly from?: string;
  readonly transport?: 'udp' | 'tcp';
  /** Its INVITE carries no SDP; the ACK brings its answer to the offer of the 200. */
  readonly lateOffer?: boolean;
  /** How many calls in all, how many at once, how many begin in a second. */
  readonly calls?: number;
  readonly atOnce?: number;
  readonly perSecond?: number;
  /**
   * What it does once it is answered, as real paced RTP. Without it, it echoes what it hears; both at once would be two
   * sources on one port.
   */
  readonly script?: readonly ScriptItem[];
  /** False: its SDP offers no RFC 4733 events. */
  readonly events?: boolean;
  /** Keys it presses by INFO (`application/dtmf-relay`) once it is answered, each when the last was answered. */
  readonly infoKeys?: string;
  /** How long it talks after its script before it says BYE; `until-bye`: it waits for the far side's BYE. */
  readonly talksMs: number | 'until-bye';
  /** Give up after so long. */
  readonly timeoutInSeconds?: number;
}

/** What came of it. */
export interface SippResult {
  readonly successful: number;
  readonly failed: number;
  /** Every SIP message, both ways. */
  readonly messages: string;
  /** What sipp complained about, empty if nothing. */
  readonly complaints: string;
}

const escape = (text: string): string => text.replace(/[<>&"]/g, (char) => `&#${String(char.charCodeAt(0))};`);

const headers = (sequence: string, method: string): string => `
      Max-Forwards: 70
      From: <sip:[field_from]@[local_ip]:[local_port]>;tag=[pid]t[call_number]
      To: <sip:[field_called]@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: ${sequence} ${method}
      Contact: <sip:[field_from]@[local_ip]:[local_port];transport=[transport]>`;

/** A request within the dialog: to the contact of the answer, by its route set. */
const within = (method: string, sequence: number, body = ''): string => `<![CDATA[

      ${method} [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      [routes]${headers(String(sequence), method)}${body === '' ? '' : '\n      Content-Type: application/sdp'}
      Content-Length: ${body === '' ? '0' : '[len]'}
${body}
    ]]>`;

const eventLines = `      a=rtpmap:101 telephone-event/8000
      a=fmtp:101 0-15
`;

const offer = `
      v=0
      o=sipp 1 1 IN IP[local_ip_type] [local_ip]
      s=-
      c=IN IP[media_ip_type] [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP 0 101
      a=rtpmap:0 PCMU/8000
      a=rtpmap:101 telephone-event/8000
      a=fmtp:101 0-15
      a=ptime:20
`;

/** The same of a phone that knows no events. */
const withoutEvents = (text: string): string => text.replace('RTP/AVP 0 101', 'RTP/AVP 0').replace(eventLines, '');

const infoKeys = (keys: string): string =>
  [...keys]
    .map((key, index) => {
      const info = within('INFO', index + 2).replace(
        'Content-Length: 0',
        `Content-Type: application/dtmf-relay\n      Content-Length: [len]\n\n      Signal=${key}\n      Duration=160`,
      );
      return `<send retrans="500">${info}</send>\n  <recv response="200"/>`;
    })
    .join('\n  ');

const withSdp = `      Content-Type: application/sdp
      Content-Length: [len]
${offer}`;

/** What it does after the ACK: play the capture (sipp's own `play_dtmf` sends empty events) and let it end. */
function talk(scriptMs: number | undefined, untilBye: boolean): string {
  if (scriptMs === undefined) return '';
  const play = `<nop><action><exec play_pcap_audio="script.pcap"/></action></nop>`;
  // The BYE may come before the script is over, and sipp takes no message in a pause.
  return untilBye ? play : `${play}<pause milliseconds="${String(scriptMs)}"/>`;
}

/** The scenario of a caller. */
export function callerScenario(options: SippCallerOptions, scriptMs?: number): string {
  const ending =
    options.talksMs === 'until-bye'
      ? `<recv request="BYE"/>
  <send><![CDATA[

      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

    ]]></send>`
      : `<pause milliseconds="${String(options.talksMs)}"/>
  <send retrans="500">${within('BYE', 2)}</send>
  <recv response="200" crlf="true"/>`;
  const invite = `<![CDATA[

      INVITE sip:[field_called]@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]${headers('1', 'INVITE')}
${options.lateOffer === true ? '      Content-Length: 0\n' : withSdp}
    ]]>`;
  const text = `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="caller">
  <send retrans="500" start_rtd="1">${invite}</send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rrs="true" rtd="1"/>
  <send>${within('ACK', 1, options.lateOffer === true ? offer : '')}</send>
  ${talk(scriptMs, options.talksMs === 'until-bye')}
  ${infoKeys(options.infoKeys ?? '')}
  ${ending}
</scenario>
`;
  return (options.events === false ? withoutEvents(text) : text)
    .replaceAll('[field_from]', escape(options.from ?? '+8613700000001'))
    .replaceAll('[field_called]', escape(options.called));
}

/** A sipp that runs. */
export class Sipp {
  /** Where it can be called. */
  readonly sipPort: number;
  /** Where it hears (and echoes) audio. */
  readonly mediaPort: number;
  readonly #program: Program;
  readonly #folder: string;

  constructor(program: Program, folder: string, sipPort: number, mediaPort: number) {
    this.#program = program;
    this.#folder = folder;
    this.sipPort = sipPort;
    this.mediaPort = mediaPort;
  }

  /** Resolves when all its calls are over. */
  async finished(): Promise<SippResult> {
    await this.#program.exited;
    return this.#result();
  }

  /** Rejects, with what it complained of, when it has ended. */
  async gone(): Promise<never> {
    const { complaints } = await this.finished();
    throw new Error(`sipp has ended: ${complaints}`);
  }

  /** Ends it; its files go. */
  async close(): Promise<void> {
    await this.#program.stop('SIGKILL');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #result(): Promise<SippResult> {
    const read = (name: string): Promise<string> => readFile(join(this.#folder, name), 'utf8').catch(() => '');
    const [messages, errors, statistics] = await Promise.all([
      read('messages.log'),
      read('errors.log'),
      read('statistics.csv'),
    ]);
    const [titles = '', ...rows] = statistics.trim().split('\n');
    const last = rows.at(-1)?.split(';') ?? [];
    const count = (title: string): number => Number(last[titles.split(';').indexOf(title)] ?? 0);
    const result = { successful: count('SuccessfulCall(C)'), failed: count('FailedCall(C)'), messages };
    return { ...result, complaints: statistics === '' ? `${errors}${this.#program.output()}` : errors };
  }
}

interface StartOptions {
  readonly folder: string;
  readonly calls: number;
  readonly echo: boolean;
  readonly timeoutInSeconds: number;
  readonly port?: number;
  readonly address?: string;
}

async function start(args: readonly string[], options: StartOptions): Promise<Sipp> {
  const [sipPort, mediaPort] = await Promise.all([options.port ?? freePort(), freePort()]);
  const { address = '127.0.0.1' } = options;
  const own = [
    ...['-i', address, '-p', String(sipPort), '-mi', address, '-mp', String(mediaPort)],
    ...(options.echo ? ['-rtp_echo'] : []),
    ...['-m', String(options.calls), '-timeout', String(options.timeoutInSeconds), '-timeout_error', '-nostdin'],
    ...['-trace_msg', '-message_file', 'messages.log', '-trace_err', '-error_file', 'errors.log'],
    ...['-trace_stat', '-stf', 'statistics.csv', '-fd', '1'],
  ];
  const program = startProgram('sipp', [...args, ...own], options.folder);
  return new Sipp(program, options.folder, sipPort, mediaPort);
}

const transportOption = { udp: ['-t', 'u1'], tcp: ['-t', 't1'] } as const;
const makeFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'jackfield-sipp-'));

/** Starts calling; `finished()` tells how it went. */
export async function startSippCaller(options: SippCallerOptions): Promise<Sipp> {
  const folder = await makeFolder();
  const talk = options.script === undefined ? undefined : scriptToPcap(options.script, 101);
  if (talk !== undefined) await writeFile(join(folder, 'script.pcap'), talk.pcap);
  await writeFile(join(folder, 'scenario.xml'), callerScenario(options, talk?.ms));
  const calls = options.calls ?? 1;
  return start(
    [
      ...[`127.0.0.1:${String(options.port)}`, '-sf', 'scenario.xml', ...transportOption[options.transport ?? 'udp']],
      ...['-l', String(options.atOnce ?? calls), '-r', String(options.perSecond ?? 10)],
    ],
    { folder, calls, echo: talk === undefined, timeoutInSeconds: options.timeoutInSeconds ?? 60 },
  );
}

/** A script of `test/data`, as caller (with `remote`) or as called. */
export interface SippScript {
  /** Below `test/data`. */
  readonly file: string;
  /** Values of the script's own keywords. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Calls (for a called party: also OPTIONS and REGISTER) until it ends. */
  readonly calls: number;
  /** Where to call, on 127.0.0.1. */
  readonly remote?: number;
  /** Where it is called; a free port without it. */
  readonly port?: number;
  /** Where it is, 127.0.0.1 without it. */
  readonly address?: string;
  /** With what its `[authentication]` answers a challenge; sipp before 3.7 knows MD5 only. */
  readonly login?: { readonly user: string; readonly password: string };
  readonly timeoutInSeconds?: number;
}

/** 300 ms of a tone, for early media. */
const ringBack: readonly ScriptItem[] = [
  { type: 'audio', samples: Int16Array.from({ length: 2400 }, (_, at) => 8000 * Math.sin(at / 3)), turn: 1 },
];

/** Runs a script; one that is called listens when this resolves, and echoes what it hears. */
export async function startSippScript(script: SippScript): Promise<Sipp> {
  const folder = await makeFolder();
  await writeFile(join(folder, 'ring-back.pcap'), scriptToPcap(ringBack, 101).pcap);
  const file = join(import.meta.dirname, '..', 'data', script.file);
  const keys = Object.entries(script.keys ?? {}).flatMap(([name, value]) => ['-key', name, value]);
  const remote = script.remote === undefined ? [] : [`127.0.0.1:${String(script.remote)}`];
  const { login } = script;
  const proof = login === undefined ? [] : ['-au', login.user, '-ap', login.password];
  const sipp = await start([...remote, '-sf', file, ...keys, ...proof, ...transportOption.udp], {
    ...{ folder, calls: script.calls, echo: true, timeoutInSeconds: script.timeoutInSeconds ?? 60 },
    ...(script.port === undefined ? {} : { port: script.port }),
    ...(script.address === undefined ? {} : { address: script.address }),
  });
  if (script.remote === undefined) await Promise.race([portOpen('udp', sipp.sipPort), sipp.gone()]);
  return sipp;
}

/** Starts sipp's own called party (180, 200, echo, then it waits for BYE) and returns when it listens. */
export async function startSippCalled(transport: 'udp' | 'tcp' = 'udp', calls = 1): Promise<Sipp> {
  const folder = await makeFolder();
  const options = { folder, calls, echo: true, timeoutInSeconds: 60 };
  const sipp = await start(['-sn', 'uas', ...transportOption[transport]], options);
  await portOpen(transport, sipp.sipPort);
  return sipp;
}
