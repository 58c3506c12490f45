/**
 * A headless baresip (a phone nobody here wrote) on 127.0.0.1: says a given sound, records what it hears, and is
 * commanded over its own control socket. Debian: baresip-core.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readWav, writeWav } from '../../cli/caller/index.ts';
import type { Program } from './programs.ts';
import { freePort, startProgram } from './programs.ts';
import { waited } from './until.ts';

export interface BaresipOptions {
  /** Its number; also the user part under which it can be called. */
  readonly user?: string;
  /** Where it listens; any free port unless given. */
  readonly port?: number;
  /** Answers calls at once. */
  readonly answers?: boolean;
  /** What it says, at 8 kHz; silence follows. */
  readonly says?: Int16Array;
  readonly codec?: 'pcmu' | 'pcma' | 'g722' | 'opus';
  /** Speaks SRTP with keys in its SDP, and nothing else. */
  readonly srtp?: boolean;
  /** Lives on ::1 instead of 127.0.0.1. */
  readonly six?: boolean;
  /** Does ICE, from this address of the machine: its ICE has no candidates on loopback. */
  readonly ice?: string;
  /** A film (any file of ffmpeg's) that it shows over and over, in H.264. Debian: baresip-ffmpeg. */
  readonly shows?: string;
  /** Only single NAL units of H.264 (RFC 6184 section 6.2); else fragments too. */
  readonly smallPackets?: boolean;
  /** The account it registers; unless given it is called by its address alone. */
  readonly account?: {
    readonly domain: string;
    readonly password: string;
    /** Port of the registrar on 127.0.0.1. */
    readonly registrar: number;
    readonly transport: 'udp' | 'tcp' | 'tls';
  };
}

/** An event of baresip's control socket. */
const baresipEvent = z.object({
  event: z.literal(true),
  type: z.string(),
  /** SIP address of the far side. */
  peeruri: z.string().optional(),
  param: z.string().optional(),
});
export type BaresipEvent = z.infer<typeof baresipEvent>;

/** Silence after the sound, because baresip hangs up when its source ends. */
const silenceInSeconds = 600;
const modules = '/usr/lib/baresip/modules';

function homeOf({ six, ice }: Pick<BaresipOptions, 'six' | 'ice'>): string {
  return ice ?? (six === true ? '::1' : '127.0.0.1');
}

function inUri(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function filmLines(file: string): string[] {
  return [
    `video_source avformat,${file}`,
    // A display that shows to nobody, so that what comes is decoded.
    'video_display fakevideo,nil',
    ...['video_size 320x240', 'video_bitrate 400000', 'video_fps 15', 'videnc_format yuv420p'],
    ...['avcodec_h264enc libx264', 'avcodec_h264dec h264'],
    ...['avcodec', 'avformat', 'fakevideo', 'swscale', 'snapshot'].map((name) => `module ${name}.so`),
  ];
}

function configText(
  folder: string,
  sipPort: number,
  controlPort: number,
  options: Pick<BaresipOptions, 'codec' | 'six' | 'ice' | 'shows'>,
): string {
  const { codec, ice, shows } = options;
  const home = homeOf(options);
  const wide = codec === 'g722' || codec === 'opus' ? [`module ${codec}.so`] : [];
  return [
    'poll_method epoll',
    `sip_listen ${inUri(home)}:${String(sipPort)}`,
    `net_interface ${home}`,
    `audio_source aufile,${join(folder, 'says.wav')}`,
    // A bridge with nobody on the other side is a player that plays to nobody.
    'audio_player aubridge,nobody',
    'audio_alert aubridge,nobody',
    'jitter_buffer_delay 1-2',
    'call_local_timeout 120',
    'call_max_calls 4',
    `module_path ${modules}`,
    'module g711.so',
    'module srtp.so',
    ...(ice === undefined ? [] : ['module ice.so']),
    ...wide,
    // Its file is at 8 kHz whatever the codec; it resamples by itself.
    ...(wide.length === 0 ? [] : ['ausrc_srate 8000', 'ausrc_channels 1']),
    // Its calls are recorded in one channel.
    'opus_stereo no',
    'opus_sprop_stereo no',
    'module aufile.so',
    'module aubridge.so',
    'module sndfile.so',
    `snd_path ${folder}`,
    'module_tmp account.so',
    'module_app menu.so',
    'module_app ctrl_tcp.so',
    `ctrl_tcp_listen 127.0.0.1:${String(controlPort)}`,
    'ringback_disabled yes',
    ...(shows === undefined ? [] : filmLines(shows)),
    '',
  ].join('\n');
}

function accountText(options: BaresipOptions): string {
  const codecs = { pcmu: 'PCMU/8000/1', pcma: 'PCMA/8000/1', g722: 'G722/16000/1', opus: 'opus/48000/2' };
  const { account, user = 'baresip' } = options;
  const parameters = [
    ...(account === undefined
      ? ['regint=0']
      : [
          'regint=60',
          `auth_user=${user}`,
          `auth_pass=${account.password}`,
          `outbound="sip:127.0.0.1:${String(account.registrar)};transport=${account.transport}"`,
        ]),
    `answermode=${options.answers === true ? 'auto' : 'manual'}`,
    ...(options.srtp === true ? ['mediaenc=srtp-mand'] : []),
    ...(options.ice === undefined ? [] : ['medianat=ice']),
    // The first of its two is the one without fragments.
    ...(options.smallPackets === true ? ['video_codecs=h264'] : []),
    ...(options.codec === undefined ? [] : [`audio_codecs=${codecs[options.codec]}`]),
  ];
  const transport = account === undefined ? '' : `;transport=${account.transport}`;
  return `<sip:${user}@${account?.domain ?? inUri(homeOf(options))}${transport}>;${parameters.join(';')}\n`;
}

/** The netstrings (`12:...,`) of its control socket. */
function takeNetstrings(kept: Buffer): { readonly texts: string[]; readonly rest: Buffer } {
  const texts: string[] = [];
  let rest = kept;
  for (;;) {
    const colon = rest.indexOf(':');
    const length = Number(rest.toString('latin1', 0, Math.max(0, colon)));
    if (colon <= 0 || rest.length < colon + 1 + length + 1) return { texts, rest };
    texts.push(rest.toString('utf8', colon + 1, colon + 1 + length));
    rest = rest.subarray(colon + 2 + length);
  }
}

/** How long a phone may take to say goodbye, ms. */
const patienceMs = 5000;

/** A running baresip. */
export class Baresip {
  /** SIP, by UDP and TCP. */
  readonly sipPort: number;
  readonly user: string;
  /** Every event so far. */
  readonly events: BaresipEvent[] = [];
  readonly #program: Program;
  readonly #folder: string;
  readonly #control: Socket;
  readonly #waiting = new Set<() => void>();
  readonly #answers: ((ok: boolean) => void)[] = [];
  #kept: Buffer = Buffer.alloc(0);
  #snapshots = 0;

  constructor(program: Program, folder: string, control: Socket, sipPort: number, user: string) {
    this.#program = program;
    this.#folder = folder;
    this.#control = control;
    this.sipPort = sipPort;
    this.user = user;
    control.on('data', (bytes) => this.#take(bytes));
    control.on('error', () => undefined);
  }

  /** All it printed. */
  get log(): string {
    return this.#program.output();
  }

  /** Calls a SIP URI; `;transport=tcp` in it makes it TCP. */
  dial(uri: string): Promise<void> {
    return this.command('dial', uri);
  }

  hangUp(): Promise<void> {
    return this.command('hangup');
  }

  accept(): Promise<void> {
    return this.command('accept');
  }

  /** Sends keys as RFC 4733 events. */
  press(digits: string): Promise<void> {
    return this.command('sndcode', digits);
  }

  /** Any command of its menu (`hold`, `resume`, `transfer` ...). Rejects when baresip refuses it. */
  async command(command: string, params?: string): Promise<void> {
    const text = JSON.stringify({ command, ...(params === undefined ? {} : { params }) });
    const done = new Promise<boolean>((resolve) => this.#answers.push(resolve));
    this.#control.write(`${String(Buffer.byteLength(text))}:${text},`);
    if (!(await done)) throw new Error(`baresip refused ${command} ${params ?? ''}:\n${this.log}`);
  }

  /** The `count`-th event of a type (`CALL_RINGING`, `CALL_ESTABLISHED`, `CALL_CLOSED` ...), past or to come. */
  event(type: string, count = 1): Promise<BaresipEvent> {
    const coming = new Promise<BaresipEvent>((resolve) => {
      const look = (): void => {
        const found = this.events.filter((event) => event.type === type)[count - 1];
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
    return waited(coming);
  }

  /**
   * Resolves when it is registered. By its log: that event may be over before the control socket is there, and would come again a
   * minute later.
   */
  registered(): Promise<void> {
    return waited(this.printed(/200 OK \(.*\) \[\d+ bindings?\]/));
  }

  /** Resolves when its log matches. */
  printed(pattern: RegExp): Promise<void> {
    return this.#program.printed(pattern);
  }

  /** A PNG of the picture it sees now: the file, written when a picture comes. */
  async sees(): Promise<string> {
    const file = join(this.#folder, `seen-${String(this.#snapshots++)}.png`);
    await this.command('snapshot_recv', file);
    await this.printed(new RegExp(`wrote ${file}`));
    return file;
  }

  /** The keys it received, in order. */
  get keysReceived(): string {
    return [...this.log.matchAll(/received event: '(.)' \(end=1\)/g)].map((found) => found[1]).join('');
  }

  /** What it heard in its last call, frame after frame as decoded (a gap in arrival is no gap here). 8 kHz. */
  heard(): Promise<Int16Array> {
    return this.#recording('dec');
  }

  /** The loudness (root mean square) of all it heard so far in its last call, whatever the codec. */
  async heardLoudness(): Promise<number> {
    const samples = await this.heardSoFar();
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / Math.max(1, samples.length));
  }

  /** What it heard so far in its last call, while that goes on: the header of the file is written at the end only. */
  async heardSoFar(): Promise<Int16Array> {
    const file = (await readdir(this.#folder))
      .filter((name) => name.endsWith('-dec.wav'))
      .sort()
      .at(-1);
    if (file === undefined) return new Int16Array(0);
    const bytes = (await readFile(join(this.#folder, file))).subarray(44);
    return Int16Array.from({ length: bytes.length >> 1 }, (_, at) => bytes.readInt16LE(at * 2));
  }

  /** What it said in its last call. 8 kHz. */
  said(): Promise<Int16Array> {
    return this.#recording('enc');
  }

  async #recording(side: 'dec' | 'enc'): Promise<Int16Array> {
    const files = (await readdir(this.#folder)).filter((name) => name.endsWith(`-${side}.wav`)).sort();
    const last = files.at(-1);
    if (last === undefined) throw new Error(`baresip recorded nothing:\n${this.log}`);
    const wav = readWav(await readFile(join(this.#folder, last)));
    if (typeof wav === 'string') return new Int16Array(0);
    return wav.samples;
  }

  /** Ends it as a power cut would: without a word. */
  async kill(): Promise<void> {
    await this.#program.stop('SIGKILL');
  }

  /** Ends it; its files go. */
  async close(): Promise<void> {
    this.#control.destroy();
    // SIGTERM ends its calls with BYE and its registration first; what nobody answers it must not hold up the tests.
    const impatience = setTimeout(() => this.#program.child.kill('SIGKILL'), patienceMs);
    await this.#program.stop('SIGTERM');
    clearTimeout(impatience);
    await rm(this.#folder, { recursive: true, force: true });
  }

  #take(bytes: Buffer): void {
    const { texts, rest } = takeNetstrings(Buffer.concat([this.#kept, bytes]));
    this.#kept = rest;
    for (const text of texts) {
      const message: unknown = JSON.parse(text);
      const event = baresipEvent.safeParse(message);
      if (event.success) this.events.push(event.data);
      else this.#answers.shift()?.(z.object({ ok: z.literal(true) }).safeParse(message).success);
    }
    for (const look of [...this.#waiting]) look();
  }
}

/** Starts a baresip and waits until it can be called and commanded. */
export async function startBaresip(options: BaresipOptions = {}): Promise<Baresip> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-baresip-'));
  const sipPort = options.port ?? (await freePort());
  // It listens for TLS one above, whether wanted or not.
  let controlPort = await freePort();
  if (controlPort === sipPort + 1) controlPort = await freePort();
  const says = options.says ?? new Int16Array(0);
  const sound = new Int16Array(says.length + silenceInSeconds * 8000);
  sound.set(says);
  await Promise.all([
    writeFile(join(folder, 'says.wav'), writeWav(sound, 8000)),
    writeFile(join(folder, 'config'), configText(folder, sipPort, controlPort, options)),
    writeFile(join(folder, 'accounts'), accountText(options)),
    writeFile(join(folder, 'contacts'), ''),
  ]);
  const program = startProgram('baresip', [homeOf(options).includes(':') ? '-6' : '-4', '-f', folder], folder);
  await program.printed(/baresip is ready/);
  const control = connect(controlPort, '127.0.0.1');
  await once(control, 'connect');
  return new Baresip(program, folder, control, sipPort, options.user ?? 'baresip');
}
