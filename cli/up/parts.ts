import { join, resolve } from 'node:path';
import { advertisedAddress, certificateFiles, siteFiles, type Config } from '../../server/config.ts';
import type { PartPlan } from './part.ts';
import type { WantedPort } from './ports.ts';

const loopback = '127.0.0.1';

/** A host as it stands in a URI: IPv6 addresses in brackets. */
function inUri(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** How long engine and media node hold calls without the server: whole seconds. */
function leaseMs(config: Config): number {
  return Math.round(config.media.leaseInSeconds) * 1000;
}

function hepArguments({ sip }: Config): readonly string[] {
  if (sip.hep === undefined) return [];
  const password = sip.hepPasswordFile === undefined ? [] : ['--hep-password-file', sip.hepPasswordFile];
  return ['--hep', sip.hep, '--hep-id', String(sip.hepId), ...password];
}

/** The listeners of phones and carriers in the other family of addresses; pages come by name or by the first. */
function alsoListening({ network: { also }, sip }: Config): readonly string[] {
  if (also === undefined) return [];
  const host = inUri(also.bind);
  const told = `,advertise=${inUri(also.advertise ?? also.bind)}`;
  return [
    ...['--listen', `udp://${host}:${sip.port}${told}`],
    ...['--listen', `tcp://${host}:${sip.port}${told}`],
    ...(sip.tlsPort === 0 ? [] : ['--listen', `tls://${host}:${sip.tlsPort}${told}`]),
  ];
}

function engineArguments(config: Config): readonly string[] {
  const bind = inUri(config.network.bind);
  const { certificate, key } = certificateFiles(config);
  return [
    ...['--listen', `udp://${bind}:${config.sip.port}`],
    ...['--listen', `tcp://${bind}:${config.sip.port}`],
    ...(config.sip.tlsPort === 0 ? [] : ['--listen', `tls://${bind}:${config.sip.tlsPort}`]),
    ...alsoListening(config),
    ...['--listen', `ws://${bind}:${config.sip.webSocketPort}`],
    ...['--listen', `wss://${bind}:${config.sip.secureWebSocketPort}`],
    ...['--cert', certificate, '--key', key],
    ...['--admin', `${loopback}:${config.sip.adminPort}`],
    ...['--link', `${loopback}:${config.sip.linkPort}`],
    ...['--secret-file', siteFiles(config).engineSecret],
    ...['--journal', siteFiles(config).engineJournal],
    ...['--t1', String(config.sip.t1)],
    ...['--lease', String(leaseMs(config))],
    ...['--session-expires', String(config.sip.sessionExpiresInSeconds)],
    ...['--advertise', advertisedAddress(config)],
    ...protectionArguments(config),
    ...(config.sip.tlsAuthorities === undefined ? [] : ['--tls-ca', config.sip.tlsAuthorities]),
    ...['--tls-verify', config.sip.tlsVerify ? 'yes' : 'no'],
    ...hepArguments(config),
  ];
}

/** What strangers may ask of the engine. */
function protectionArguments({ root, sip: { protection } }: Config): readonly string[] {
  const { scanners, trusted } = protection;
  const amounts = {
    'source-messages': protection.sourceMessages,
    'source-transactions': protection.sourceTransactions,
    'source-invites': protection.sourceInvites,
    'stranger-invites': protection.strangerInvites,
    'source-open': protection.sourceOpen,
    'stranger-messages': protection.strangerMessages,
    'stranger-transactions': protection.strangerTransactions,
    'stranger-open': protection.strangersOpen,
    open: protection.open,
    'trusted-messages': protection.trustedMessages,
  };
  const file = scanners === undefined || scanners === 'none' ? scanners : resolve(root, scanners);
  return [
    ...Object.entries(amounts).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...trusted.flatMap((network) => ['--trusted', network]),
    ...(file === undefined ? [] : ['--scanners', file]),
  ];
}

function alsoHeard({ network: { also } }: Config): readonly string[] {
  return also === undefined ? [] : ['--also-bind', also.bind, '--also-advertise', also.advertise ?? also.bind];
}

function mediaArguments(config: Config): readonly string[] {
  return [
    ...['--rpc', `${loopback}:${config.media.rpcPort}`],
    ...['--bind', config.network.bind],
    ...['--advertise', advertisedAddress(config)],
    ...alsoHeard(config),
    ...['--webrtc-port', String(config.media.webrtcPort)],
    ...['--rtp-ports', config.media.rtpPorts],
    ...['--codecs', config.media.codecs.join(',')],
    ...['--secret-file', siteFiles(config).mediaSecret],
    ...['--lease-seconds', String(leaseMs(config) / 1000)],
    ...['--rtp-timeout-ms', String(Math.round(config.media.rtpTimeoutInSeconds * 1000))],
    ...['--most-busy-percent', String(config.media.mostBusyPercent)],
    ...['--drain-seconds', String(config.media.drainInSeconds)],
    ...['--transcriptions', String(config.media.transcriptions)],
    ...['--prompt-cache', siteFiles(config).promptCache],
    ...(config.media.speechProgram === undefined
      ? []
      : ['--speech-program', resolve(config.root, config.media.speechProgram)]),
    ...['--recordings', siteFiles(config).recordings, '--recording-key-file', siteFiles(config).recordingKey],
  ];
}

/**
 * Room for what is young on the SIP engine's heap, in MB: with Node's own 16 the collector's threads took an eighth of the
 * CPU of a busy engine. It costs up to 48 MB of memory.
 */
export const engineHeap: readonly string[] = ['--max-semi-space-size=32'];

/** Audio that is late is lost; a call that is set up a moment later is not. So no flood of SIP takes the media node's turn. */
const mediaNiceness = -10;

/** The programs of a site in the order they are started. A stock drachtio-server takes the place of the SIP engine. */
export function partsOf(config: Config, environment: NodeJS.ProcessEnv): readonly PartPlan[] {
  // A part that died is back sooner when its code need not be read and stripped of types again.
  const compiled = join(config.home, 'cache', 'compiled');
  const env = { NODE_COMPILE_CACHE: compiled, ...environment, JACKFIELD_HOME: config.home };
  const held = ['--import', join(config.root, 'cli', 'up', 'spare-held.ts')];
  const plan = (
    name: PartPlan['name'],
    program: readonly string[],
    args: readonly string[],
    node: readonly string[] = [],
  ): PartPlan => ({
    name,
    args: [
      ...node,
      '--disable-warning=ExperimentalWarning',
      ...['--import', join(config.root, 'cli', 'up', 'lifeline.ts')],
      join(config.root, ...program),
      ...args,
    ],
    env,
    cwd: config.root,
    ...(config.supervisor.spares ? { spare: held } : {}),
  });
  const engine = plan('SIP engine', ['server', 'sip-engine', 'main.ts'], engineArguments(config), engineHeap);
  return [
    ...(config.sip.drachtio === undefined ? [engine] : []),
    { ...plan('media node', ['media', 'main.ts'], mediaArguments(config)), niceness: mediaNiceness },
    plan('server', ['server', 'main.ts'], []),
  ];
}

/** The ports these programs will listen on. RTP ports are many and are taken one by one as calls come. */
export function portsOf(config: Config): readonly WantedPort[] {
  const { sip, http, media } = config;
  const at = (
    protocol: WantedPort['protocol'],
    port: number,
    use: string,
    setting: string,
    address = config.network.bind,
  ): WantedPort => ({ protocol, address, port, use, setting });
  const engine =
    sip.drachtio === undefined
      ? [
          at('UDP', sip.port, 'SIP', 'sip.port'),
          at('TCP', sip.port, 'SIP', 'sip.port'),
          at('TCP', sip.tlsPort, 'SIP over TLS', 'sip.tlsPort'),
          at('TCP', sip.webSocketPort, 'SIP over WebSocket', 'sip.webSocketPort'),
          at('TCP', sip.secureWebSocketPort, 'SIP over secure WebSocket', 'sip.secureWebSocketPort'),
          at('TCP', sip.adminPort, 'control of the SIP engine', 'sip.adminPort', loopback),
          at('TCP', sip.linkPort, 'engine link', 'sip.linkPort', loopback),
        ]
      : [];
  return [
    ...engine,
    at('TCP', media.rpcPort, 'control of the media node', 'media.rpcPort', loopback),
    at('UDP', media.webrtcPort, 'WebRTC', 'media.webrtcPort'),
    at('TCP', media.webrtcPort, 'WebRTC', 'media.webrtcPort'),
    at('TCP', http.port, 'agent page', 'http.port'),
    at('TCP', http.tlsPort, 'agent page over https', 'http.tlsPort'),
  ];
}
