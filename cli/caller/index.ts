/** The built-in SIP caller as a library: any number of calls at once in one process. */
import { randomBytes, randomInt } from 'node:crypto';
import type { CallEvent } from './call.ts';
import { Call } from './call.ts';
import type { CodecName } from './sdp.ts';
import { headerValue } from './sip-message.ts';
import type { HostPort, SipTransport } from './sip-transport.ts';
import { localAddressTowards, openTcp, openUdp, probeUdp, writeHostPort } from './sip-transport.ts';
import type { ScriptItem } from './talker.ts';
import { defaultCodecs } from './uac.ts';
import { openUdpSocket } from './udp-socket.ts';
import type { SipTimers, UacPlan } from './uac-messages.ts';
import { defaultSipTimers } from './uac-messages.ts';

export type { CallEvent, CallReport } from './call.ts';
export { Call } from './call.ts';
export type { ReceivedStatistics } from './listener.ts';
export type { CodecName } from './sdp.ts';
export type { HostPort } from './sip-transport.ts';
export type { CallScript, ScriptItem } from './talker.ts';
export { callScript, digitScript } from './talker.ts';
export type { CallEnd } from './uac-state.ts';
export type { SipTimers } from './uac-messages.ts';
export { readWav, resample, writeWav } from './wav.ts';

/** How to place a call. Times in milliseconds. */
export interface PlaceCallOptions {
  /** The number or user part called, or a whole `sip:` URI. */
  readonly called: string;
  /** Where the INVITE is sent. */
  readonly to: HostPort;
  readonly transport?: 'udp' | 'tcp';
  /** Our own number. */
  readonly from?: string;
  /** In order of preference. */
  readonly codecs?: readonly CodecName[];
  /** What to do once it is answered (`callScript` makes the usual one). */
  readonly script?: readonly ScriptItem[];
  /** Keep what is heard, for the report's `recording`. */
  readonly record?: boolean;
  readonly timers?: SipTimers;
  /** How long the sockets stay after the end to answer repetitions; they do not keep the process alive. */
  readonly lingerMs?: number;
  /** Hang up when nothing at all is heard for so long, unless on hold; 0: never. A minute by default. */
  readonly silenceMs?: number;
  /** Hears every event from the first on. */
  readonly onEvent?: (event: CallEvent) => void;
  /** Hears every frame of 8 kHz audio, with the milliseconds since media began. */
  readonly onFrame?: (samples: Int16Array, elapsedMs: number) => void;
}

/** Why a call could not even begin: no such host, no route, connection refused. */
export class CallSetupError extends Error {
  readonly code = 'call-setup';
  readonly retryable = true;
}

/** The called party as a request URI at the place called. */
function requestUri(called: string, to: HostPort, transport: 'udp' | 'tcp'): string {
  if (/^sips?:/i.test(called)) return called;
  const parameters = transport === 'tcp' ? ';transport=tcp' : '';
  const user = encodeURIComponent(called).replaceAll('%2B', '+').replaceAll('%3B', ';').replaceAll('%3D', '=');
  return `sip:${user}@${writeHostPort(to)}${parameters}`;
}

interface Opened {
  readonly transport: SipTransport;
  /** Our address and the far side's, both as numbers. */
  readonly local: string;
  readonly remote: HostPort;
}

async function open(to: HostPort, transport: 'udp' | 'tcp'): Promise<Opened> {
  try {
    const { local, remote } = await localAddressTowards(to);
    const target = { host: remote, port: to.port };
    const opened = transport === 'tcp' ? await openTcp(target) : await openUdp(local);
    return { transport: opened, local, remote: target };
  } catch (cause) {
    throw new CallSetupError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function makePlan(options: PlaceCallOptions, opened: Opened, rtpPort: number): UacPlan {
  const transport = options.transport ?? 'udp';
  const sentBy = writeHostPort(opened.transport.local);
  const parameters = transport === 'tcp' ? ';transport=tcp' : '';
  const from = options.from ?? '+8613800000000';
  return {
    target: requestUri(options.called, options.to, transport),
    firstHop: `sip:${writeHostPort(opened.remote)}`,
    from: `<sip:${from}@${writeHostPort(options.to)}>`,
    callId: `${randomBytes(12).toString('hex')}@jackfield`,
    tag: randomBytes(6).toString('hex'),
    branchSeed: randomBytes(8).toString('hex'),
    contact: `sip:${from}@${sentBy}${parameters}`,
    transport,
    sentBy,
    timers: options.timers ?? defaultSipTimers,
    audio: {
      address: opened.local,
      port: rtpPort,
      codecs: options.codecs ?? defaultCodecs,
      session: { id: randomInt(1, 2 ** 31), version: 1 },
    },
  };
}

/** Over UDP a closed port is told apart from silence: nothing after one T1, so ask the port (see `probeUdp`). */
function watchForClosedPort(call: Call, remote: HostPort, t1: number): void {
  let stop = (): void => undefined;
  const probe = setTimeout(() => {
    stop = probeUdp(remote, () =>
      call.receive({ type: 'transport-failed', detail: `nothing listens at udp ${writeHostPort(remote)}` }),
    );
  }, t1);
  const quiet = call.events.on(() => {
    clearTimeout(probe);
    stop();
    quiet();
  });
}

/**
 * Places a call: opens the sockets, sends the INVITE and returns at once; `answered`, `ended` and `events` tell the
 * rest. Throws `CallSetupError` when the INVITE cannot be sent at all.
 */
export async function placeCall(options: PlaceCallOptions): Promise<Call> {
  const transport = options.transport ?? 'udp';
  const opened = await open(options.to, transport);
  const rtp = await openUdpSocket(opened.local);
  const call = new Call({
    plan: makePlan(options, opened, rtp.address().port),
    transport: opened.transport,
    rtp,
    ssrc: randomBytes(4).readUInt32BE(),
    firstSequence: randomInt(0, 32_768),
    firstTimestamp: randomInt(0, 2 ** 31),
    script: options.script ?? [],
    record: options.record ?? false,
    lingerMs: options.lingerMs ?? 1000,
    silenceMs: options.silenceMs ?? 60_000,
    onFrame: options.onFrame,
  });
  if (options.onEvent !== undefined) call.events.on(options.onEvent);
  if (transport === 'udp') watchForClosedPort(call, opened.remote, (options.timers ?? defaultSipTimers).t1);
  opened.transport.listen({
    onMessage: (message, source) => {
      if (headerValue(message, 'Call-ID') === call.callId) call.receive({ type: 'received', message, source });
    },
    onFailed: (detail) => call.receive({ type: 'transport-failed', detail }),
  });
  call.start();
  return call;
}
