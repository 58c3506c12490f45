/** A trunk's RTP to an agent's DTLS-SRTP and back: what a packet costs, the mediasoup worker included. */
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchEntry } from '../entry.ts';
import type { Greeting } from './handshake.ts';
import { bridge, Jackfield } from './jackfield.ts';
import type { Stream } from './load.ts';
import type { Phones } from './phones.ts';
import { alternate, type Pace, type Side } from './rounds.ts';
import { RtpEngine } from './rtpengine.ts';
import { pcmu, portOf, sdpOf } from './sdp.ts';

const calls = 60;
/** The socket of all trunks; each agent has one of its own behind it. */
const trunk = 0;

interface Identity extends Pick<Greeting, 'certificate' | 'key'> {
  readonly fingerprint: string;
}

function identityIn(folder: string): Identity {
  const [certificate, key] = [join(folder, 'certificate'), join(folder, 'key')];
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const made = spawnSync('openssl', [...words, '-subj', '/CN=bench', '-keyout', key, '-out', certificate]);
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${String(made.stderr)}`);
  return { certificate, key, fingerprint: new X509Certificate(readFileSync(certificate)).fingerprint256 };
}

function streamsOf(call: number, toTrunk: number, toAgent: number): Stream[] {
  const common = { sound: 'counted', payloadType: 0, ticks: pcmu.ticks };
  return [
    { ...common, socket: trunk, to: toTrunk },
    { ...common, socket: call + 1, to: toAgent, ssrc: 5000 + call },
  ];
}

const lineOf = (sdp: string, name: string): string => new RegExp(`^a=${name}:(\\S+)`, 'm').exec(sdp)?.[1] ?? '';

interface Agents {
  readonly phones: Phones;
  readonly ports: readonly number[];
  readonly identity: Identity;
}

function agentSdp({ ports, identity }: Agents, call: number, profile: string): string {
  return sdpOf(ports[call + 1] ?? 0, pcmu, profile, [
    ...['a=mid:0', 'a=rtcp-mux', 'a=setup:active', `a=fingerprint:sha-256 ${identity.fingerprint}`],
    ...['a=ice-ufrag:bench', 'a=ice-pwd:benchbenchbenchbenchbench', `a=ssrc:${5000 + call} cname:bench`],
  ]);
}

async function openOurs(jackfield: Jackfield, agents: Agents, call: number): Promise<Stream[]> {
  const [callId, a, b] = [`c${call}`, `a${call}`, `b${call}`];
  const { phones, ports, identity } = agents;
  const toTrunk = portOf(await jackfield.sipLeg(callId, a, sdpOf(ports[trunk] ?? 0, pcmu)));
  const { localSdp } = await jackfield.ask('open', { endpointId: b, callId, kind: 'webrtc' });
  const to = portOf(localSdp);
  const remoteSdp = agentSdp(agents, call, 'UDP/TLS/RTP/SAVPF');
  await jackfield.ask('answer', { endpointId: b, remoteSdp });
  const ice = { fragment: lineOf(localSdp, 'ice-ufrag'), password: lineOf(localSdp, 'ice-pwd') };
  await phones.greet(call + 1, { to, ice, ...identity });
  await jackfield.graph(callId, bridge(a, b));
  return streamsOf(call, toTrunk, to);
}

/** Sockets are opened anew for each turn, so that keys of before mean nothing. */
function sideOf(
  pid: number,
  phones: Phones,
  identity: Identity,
  open: (agents: Agents, call: number) => Promise<Stream[]>,
  close: (call: number) => Promise<void>,
): Side {
  return {
    pid,
    async open() {
      const agents = { phones, identity, ports: await phones.open(calls + 1) };
      const streams: Stream[] = [];
      for (let call = 0; call < calls; call++) streams.push(...(await open(agents, call)));
      return streams;
    },
    async close() {
      for (let call = 0; call < calls; call++) await close(call);
    },
  };
}

async function openTheirs(rtpengine: RtpEngine, agents: Agents, call: number): Promise<Stream[]> {
  const profile = 'UDP/TLS/RTP/SAVP';
  const told = { 'transport-protocol': profile, ICE: 'remove', SDES: ['off'], 'rtcp-mux': ['offer', 'require'] };
  const { phones, ports, identity } = agents;
  const { forA, forB } = await rtpengine.call(
    `c${call}`,
    sdpOf(ports[trunk] ?? 0, pcmu),
    () => agentSdp(agents, call, profile),
    told,
    { 'transport-protocol': 'RTP/AVP', ICE: 'remove', 'rtcp-mux': ['demux'] },
  );
  await phones.greet(call + 1, { to: portOf(forB), ...identity });
  return streamsOf(call, portOf(forA), portOf(forB));
}

/** Measures. */
export async function securedRows(phones: Phones, pace: Pace, withRtpengine: boolean): Promise<BenchEntry[]> {
  phones.sound('counted', [new Uint8Array(160).fill(0x55)]);
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-bench-secured-'));
  const jackfield = await Jackfield.start();
  const rtpengine = withRtpengine ? await RtpEngine.start() : undefined;
  try {
    const identity = identityIn(folder);
    const sides = {
      ours: sideOf(
        jackfield.pid,
        phones,
        identity,
        (agents, call) => openOurs(jackfield, agents, call),
        (call) => jackfield.closeCall(`c${call}`),
      ),
      theirs:
        rtpengine &&
        sideOf(
          rtpengine.pid,
          phones,
          identity,
          (agents, call) => openTheirs(rtpengine, agents, call),
          (call) => rtpengine.hangUp(`c${call}`),
        ),
    };
    const { ours, theirs } = await alternate(phones, sides, { ...pace, rounds: Math.min(3, pace.rounds) });
    const lost = (share: number): string => `${(100 * share).toFixed(2)} % lost`;
    const unit = 'us/packet';
    const rows: BenchEntry[] = [
      {
        ...{ name: 'media/agent', value: ours.usPerPacket, unit, better: 'smaller' },
        detail: `trunk RTP to an agent's DTLS-SRTP (AEAD_AES_256_GCM) and back, ${calls} calls, edge and mediasoup worker; ${lost(ours.lost)}`,
      },
    ];
    if (theirs !== undefined)
      rows.push(
        {
          ...{ name: 'media/agent-rtpengine', value: theirs.usPerPacket, unit, better: 'reference' },
          detail: lost(theirs.lost),
        },
        {
          ...{ name: 'media/agent-ratio', value: ours.usPerPacket / theirs.usPerPacket, unit: 'x', better: 'smaller' },
          detail: 'of rtpengine; goal: at most 1.3',
        },
      );
    return rows;
  } finally {
    await rtpengine?.stop();
    await jackfield.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
