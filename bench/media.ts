/**
 * What a packet costs at the RTP edge: 100 SIP legs in 50 bridged calls, 50 packets a second each, against a program that
 * forwards the same packets unread. CPU of the whole media node, its mediasoup worker included.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { silentLogger } from '../base/logger.ts';
import type { MediaParams, MediaResult, MediaVerb } from '../protocol/media.ts';
import { MediaClient } from '../server/media-client.ts';
import { startProgram } from '../test/support/programs.ts';
import type { BenchEntry, BenchReport } from './entry.ts';
import type { ForwarderOrder } from './media-forwarder.ts';
import type { PhonesNews, PhonesOrder } from './media-phones.ts';
import { meter } from './processes.ts';

const legs = 100;
const warmUpSeconds = 3;
const seconds = 10;
const quietSeconds = 4;

type Talked = Extract<PhonesNews, { type: 'talked' }>;

class Phones {
  readonly #child: ChildProcess = fork(join(import.meta.dirname, 'media-phones.ts'));

  async open(): Promise<readonly number[]> {
    const news = await this.#ask({ type: 'open', count: legs });
    return news.type === 'opened' ? news.ports : [];
  }

  async talk(targets: readonly number[], forSeconds: number): Promise<Talked> {
    const news = await this.#ask({ type: 'talk', targets, seconds: forSeconds });
    if (news.type !== 'talked') throw new Error('the phones did not talk');
    return news;
  }

  close(): void {
    this.#child.send({ type: 'close' } satisfies PhonesOrder);
  }

  async #ask(order: PhonesOrder): Promise<PhonesNews> {
    this.#child.send(order);
    const [news] = (await once(this.#child, 'message')) as [PhonesNews];
    return news;
  }
}

interface Cost extends Talked {
  readonly cpuMs: number;
}

async function costOf(pid: number, phones: Phones, targets: readonly number[]): Promise<Cost> {
  await phones.talk(targets, warmUpSeconds);
  const read = meter({ it: pid });
  const talked = await phones.talk(targets, seconds);
  return { ...talked, cpuMs: read().it };
}

async function forwarder(phones: Phones, ports: readonly number[]): Promise<Cost> {
  const child = fork(join(import.meta.dirname, 'media-forwarder.ts'));
  try {
    child.send({ phones: ports } satisfies ForwarderOrder);
    const [targets] = (await once(child, 'message')) as [readonly number[]];
    return await costOf(child.pid ?? 0, phones, targets);
  } finally {
    child.kill('SIGKILL');
  }
}

function sdpOf(port: number): string {
  const lines = ['v=0', 'o=bench 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
  return [...lines, `m=audio ${port} RTP/AVP 0`, 'a=rtpmap:0 PCMU/8000', 'a=sendrecv', ''].join('\r\n');
}

async function asked<V extends MediaVerb>(
  client: MediaClient,
  verb: V,
  params: MediaParams<V>,
): Promise<MediaResult<V>> {
  const answer = await client.call(verb, params);
  if (!answer.ok) throw new Error(`the media node refused ${verb}: ${answer.error.message}`);
  return answer.value;
}

/** Opens a leg for every phone, bridges them in pairs, and returns where each phone sends. */
async function openLegs(client: MediaClient, ports: readonly number[]): Promise<number[]> {
  const targets: number[] = [];
  for (const [number, port] of ports.entries()) {
    const callId = `call-${number >> 1}`;
    const facts = { endpointId: `leg-${number}`, callId, kind: 'sip', remoteSdp: sdpOf(port) } as const;
    const { localSdp } = await asked(client, 'open', facts);
    targets.push(Number(/^m=audio (\d+)/m.exec(localSdp)?.[1]));
    if (number % 2 === 0) continue;
    const [a, b] = [`leg-${number - 1}`, `leg-${number}`];
    const edges = [
      { from: a, to: b },
      { from: b, to: a },
    ];
    await asked(client, 'apply', { callId, revision: 1, graph: { edges } });
  }
  return targets;
}

interface NodeCost extends Cost {
  /** Share of a core that the same legs cost when nobody sends. */
  readonly quietCpuMs: number;
}

async function mediaNode(phones: Phones, ports: readonly number[]): Promise<NodeCost> {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-bench-media-'));
  const secretFile = join(folder, 'secret');
  writeFileSync(secretFile, 'bench');
  const first = 30_000 + 2 * Math.floor(Math.random() * 5000);
  const worker = process.env['MEDIASOUP_WORKER_BIN'];
  const args = [
    join(import.meta.dirname, '..', 'media', 'main.ts'),
    '--rpc',
    '127.0.0.1:0',
    '--no-ears',
    '--shards',
    '1',
  ];
  args.push('--secret-file', secretFile, '--webrtc-port', '0', '--rtp-ports', `${first}-${first + 499}`);
  if (worker !== undefined) args.push('--worker-bin', worker);
  const program = startProgram(process.execPath, args);
  try {
    await program.printed(/"type":"listening"/);
    const port = Number(/"rpcPort":(\d+)/.exec(program.output())?.[1]);
    const client = new MediaClient(
      { host: '127.0.0.1', port, secret: 'bench', brain: 'bench', epoch: 1 },
      silentLogger,
    );
    await client.connect();
    const targets = await openLegs(client, ports);
    const pid = program.child.pid ?? 0;
    const read = meter({ it: pid });
    await pause(quietSeconds * 1000);
    const quietCpuMs = read().it / quietSeconds;
    const cost = await costOf(pid, phones, targets);
    client.close();
    return { ...cost, quietCpuMs };
  } finally {
    await program.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measures. */
export async function run(): Promise<BenchReport> {
  const phones = new Phones();
  try {
    const ports = await phones.open();
    const bare = await forwarder(phones, ports);
    const node = await mediaNode(phones, ports);
    const perPacket = ({ cpuMs, sent, received }: Cost): number => (cpuMs * 1000) / Math.min(sent, received);
    // More may come than was sent: the node fills a gap with silence.
    const lost = ({ sent, received }: Cost): number => Math.max(0, (100 * (sent - received)) / sent);
    const smaller = { better: 'smaller' } as const;
    const pace = `${legs} legs, 50 calls, 50 packets/s each, G.711, sent in ${node.seconds.toFixed(1)} s instead of ${seconds}`;
    const entries: BenchEntry[] = [
      {
        name: 'media/bare',
        value: perPacket(bare),
        unit: 'us/packet',
        better: 'reference',
        detail: 'received and sent unread by Node',
      },
      { name: 'media/edge', value: perPacket(node), unit: 'us/packet', ...smaller, detail: pace },
      {
        name: 'media/edge-ratio',
        value: perPacket(node) / perPacket(bare),
        unit: 'x',
        ...smaller,
        detail: 'of the bare forwarder',
      },
      {
        name: 'media/100-legs',
        value: node.cpuMs / node.seconds / 10,
        unit: '% core',
        ...smaller,
        detail: 'whole media node',
      },
      {
        name: 'media/100-legs-quiet',
        value: node.quietCpuMs / 10,
        unit: '% core',
        ...smaller,
        detail: 'the same legs, nobody sends: the node sends silence',
      },
      {
        name: 'media/lost',
        value: lost(node),
        unit: '%',
        ...smaller,
        detail: `the bare forwarder: ${lost(bare).toFixed(2)} %`,
      },
    ];
    return { entries };
  } finally {
    phones.close();
  }
}
