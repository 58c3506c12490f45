/** A headless linphonec (a phone nobody here wrote) that is commanded on its own console. Debian: linphone-cli. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../cli/caller/index.ts';
import { freePort } from './programs.ts';

/** What it registers. */
interface LinphoneAccount {
  readonly domain: string;
  readonly password: string;
  /** Port of the registrar on 127.0.0.1. */
  readonly registrar: number;
}

interface LinphoneSound {
  readonly user: string;
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** Speaks SRTP with keys in its SDP, and nothing else. */
  readonly srtp?: boolean;
  /** Offers and takes ICE. Its address, which is not loopback: phones make no candidates of that; the registrar is reached there too. */
  readonly ice?: string;
  /** What it says in its calls, at 8 kHz; it sends nothing unless given. */
  readonly says?: Int16Array;
}

/** Without an account it is not registered anywhere, and calls. */
export type LinphoneOptions = LinphoneSound & (LinphoneAccount | { readonly registrar?: never });

/** Its config's lines about where it registers. */
function accountLines(
  { user, transport, ice = '127.0.0.1' }: LinphoneSound,
  { domain, password, registrar }: LinphoneAccount,
): readonly string[] {
  return [
    '[auth_info_0]',
    `username=${user}`,
    `passwd=${password}`,
    '[proxy_0]',
    `reg_proxy=<sip:${ice}:${String(registrar)};transport=${transport}>`,
    // Its calls go there as well: the domain is no name in DNS.
    `reg_route=<sip:${ice}:${String(registrar)};transport=${transport};lr>`,
    `reg_identity=<sip:${user}@${domain}>`,
    'reg_expires=300',
    'reg_sendregister=1',
    'publish=0',
  ];
}

function configText(options: LinphoneOptions, folder: string, sipPort: number, rtpPort: number): string {
  const { user, transport, ice } = options;
  const ports = { udp: 0, tcp: 0, tls: 0, [transport]: sipPort };
  return [
    '[sip]',
    ...Object.entries(ports).map(([name, port]) => `sip_${name === 'udp' ? 'port' : `${name}_port`}=${String(port)}`),
    'default_proxy=0',
    'register_only_when_network_is_up=0',
    'guess_hostname=0',
    `contact="linphone" <sip:${user}@${ice ?? '127.0.0.1'}>`,
    `bind_address=${ice === undefined ? '127.0.0.1' : '0.0.0.0'}`,
    'verify_server_certs=0',
    'verify_server_cn=0',
    ...(options.srtp === true ? ['media_encryption=srtp', 'media_encryption_mandatory=1'] : []),
    '[net]',
    ...(ice === undefined
      ? ['nat_policy_ref=none']
      : ['nat_policy_ref=ice', '[nat_policy_0]', 'ref=ice', 'protocols=ice', 'ice_enabled=1', 'stun_enabled=0']),
    '[rtp]',
    `audio_rtp_port=${String(rtpPort)}`,
    ...(options.registrar === undefined ? [] : accountLines(options, options)),
    '[misc]',
    `history_max_size=0`,
    `uuid=${'0'.repeat(8)}-0000-4000-8000-${String(sipPort).padStart(12, '0')}`,
    '[storage]',
    `uri=${join(folder, 'linphone.db')}`,
    '',
  ].join('\n');
}

/** A running linphonec. */
export class Linphone {
  readonly user: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #folder: string;
  readonly #waiting = new Set<() => void>();
  #output = '';

  constructor(child: ChildProcessWithoutNullStreams, folder: string, user: string) {
    this.#child = child;
    this.#folder = folder;
    this.user = user;
    const more = (bytes: Buffer): void => {
      this.#output += bytes.toString();
      for (const look of [...this.#waiting]) look();
    };
    child.stdout.on('data', more);
    child.stderr.on('data', more);
  }

  /** All it printed. */
  get log(): string {
    return this.#output;
  }

  /** What it heard so far in its call, at 8 kHz; nothing unless it says something. */
  async heardSoFar(): Promise<Int16Array> {
    const bytes = (await readFile(this.#heard).catch(() => Buffer.alloc(0))).subarray(44);
    return Int16Array.from({ length: bytes.length >> 1 }, (_, at) => bytes.readInt16LE(at * 2));
  }

  get #heard(): string {
    return join(this.#folder, 'heard.wav');
  }

  /** A command of its console: `answer`, `terminate`, `pause`, `resume` ... */
  command(text: string): void {
    this.#child.stdin.write(`${text}\n`);
  }

  /** Resolves when it has printed this, after what was printed before the last `command` or not: all of it is looked at. */
  printed(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!pattern.test(this.#output)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Ends it; its files go. */
  async close(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.command('quit');
      this.#child.stdin.end();
      await gone;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Starts a linphonec, which registers at once if it has an account. */
export async function startLinphone(options: LinphoneOptions): Promise<Linphone> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-linphone-'));
  const [sipPort, rtpPort] = await Promise.all([freePort(), freePort()]);
  const file = join(folder, 'linphonerc');
  await writeFile(file, configText(options, folder, sipPort, rtpPort));
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
  const child = spawn('linphonec', ['-c', file, '-d', '6', '-l', join(folder, 'log')], { cwd: folder, env });
  const endToo = (): boolean => child.kill('SIGKILL');
  process.once('exit', endToo);
  child.once('exit', () => process.off('exit', endToo));
  const phone = new Linphone(child, folder, options.user);
  // Else it tells a far side it does not know by a registration the machine's IPv6 address.
  if (options.registrar === undefined) phone.command('ipv6 disable');
  if (options.says !== undefined) {
    await writeFile(join(folder, 'says.wav'), writeWav(options.says, 8000));
    phone.command('soundcard use files');
    phone.command(`play ${join(folder, 'says.wav')}`);
    phone.command(`record ${join(folder, 'heard.wav')}`);
  }
  return phone;
}
