/**
 * INVITE to screen pop: from the moment an INVITE leaves a UDP socket to the frame `call-changed` with state `offered` on
 * the agent's desk feed, through engine, server, media node (both endpoints are opened), ledger and routing. Caller and
 * desk are in this one process, so there is one clock.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import type { DeskEvent } from '../protocol/desk.ts';
import { testSdp, udpPeer } from '../test/support/sip/raw-peer.ts';
import type { TestSite } from '../test/support/site.ts';
import { AgentPhone } from './agent-phone.ts';
import type { BenchEntry, BenchReport } from './entry.ts';
import { numbers, startBenchSite } from './site.ts';
import { quantile } from './statistics.ts';

const warmUp = 30;
const calls = 200;

interface Times {
  readonly answeredMs: number;
  readonly popMs: number;
  readonly ringMs: number;
}

const offered = (event: DeskEvent): boolean => event.type === 'call-changed' && event.call.state === 'offered';
const idle = (event: DeskEvent): boolean => event.type === 'agent-changed' && event.agent.activity === 'idle';

/** One call that waits for an agent, rings there, and is given up. */
async function oneCall(site: TestSite, phone: AgentPhone, number: number): Promise<Times> {
  const peer = await udpPeer();
  const uri = `sip:${numbers.queue}@127.0.0.1:${site.sipPort}`;
  const from = `<sip:+86137${String(10_000_000 + number)}@127.0.0.1>;tag=${number}`;
  const pop = phone.event(offered);
  const rung = new Promise<number>((resolve) => {
    const stop = phone.rings.on(({ at }) => {
      stop();
      resolve(at);
    });
  });
  const began = performance.now();
  const invite = peer.send('INVITE', site.sipPort, { uri, from, to: `<${uri}>`, body: testSdp });
  const answer = await peer.response(200, 'INVITE');
  const answeredMs = performance.now() - began;
  peer.inDialog('ACK', site.sipPort, invite, answer);
  const popMs = (await pop).at - began;
  const ringMs = (await rung) - began;
  const free = phone.event(idle);
  peer.inDialog('BYE', site.sipPort, invite, answer);
  await Promise.all([peer.response(200, 'BYE'), free]);
  await peer.close();
  return { answeredMs, popMs, ringMs };
}

function entriesOf(
  name: string,
  values: readonly number[],
  detail: string,
  better: BenchEntry['better'] = 'smaller',
): BenchEntry[] {
  const entry = (part: string, value: number): BenchEntry => ({
    name: `pop/${name}-${part}`,
    value,
    unit: 'ms',
    better,
    detail,
  });
  return [entry('p50', quantile(values, 0.5)), entry('p99', quantile(values, 0.99))];
}

/** To another process and back by UDP: what the machine itself makes a datagram wait. */
async function echoes(child: ChildProcess): Promise<number[]> {
  const [port] = (await once(child, 'message')) as [number];
  const socket = createSocket('udp4');
  const times: number[] = [];
  for (let n = 0; n < warmUp + calls; n++) {
    const began = performance.now();
    const back = once(socket, 'message');
    socket.send('echo', port, '127.0.0.1');
    await back;
    if (n >= warmUp) times.push(performance.now() - began);
  }
  socket.close();
  return times;
}

async function udpEcho(): Promise<number[]> {
  const child = fork(join(import.meta.dirname, 'udp-echo.ts'));
  try {
    return await echoes(child);
  } finally {
    child.kill('SIGKILL');
  }
}

/** Measures one call after the other. */
export async function run(): Promise<BenchReport> {
  const site = await startBenchSite();
  const times: Times[] = [];
  let echo: number[] = [];
  try {
    echo = await udpEcho();
    const phone = await AgentPhone.open(site, 'alice');
    for (let number = 0; number < warmUp + calls; number++) {
      const time = await oneCall(site, phone, number);
      if (number >= warmUp) times.push(time);
    }
    await phone.close();
  } finally {
    await site.stop();
  }
  const answered = times.map(({ answeredMs }) => answeredMs);
  const pops = times.map(({ popMs }) => popMs);
  const rings = times.map(({ ringMs }) => ringMs);
  return {
    entries: [
      ...entriesOf('udp-echo', echo, 'a datagram to another process and back', 'reference'),
      ...entriesOf('answered', answered, `INVITE to the caller's 200, ${calls} calls, one after the other`),
      ...entriesOf('screen', pops, 'INVITE to the desk frame call-changed, state offered'),
      ...entriesOf('ring', rings, "INVITE to the INVITE at the agent's phone"),
    ],
    samples: { 'pop/udp-echo': echo, 'pop/answered': answered, 'pop/screen': pops, 'pop/ring': rings },
  };
}
