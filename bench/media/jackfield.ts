/** The media node as a program, as a site runs it, and calls in it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../base/logger.ts';
import type { Graph, MediaParams, MediaResult, MediaVerb } from '../../protocol/media.ts';
import { MediaClient } from '../../server/media-client.ts';
import { startProgram, type Program } from '../../test/support/programs.ts';

/** Where the sources are that are measured: another worktree, to compare two states of them in one run. */
export const here = join(import.meta.dirname, '..', '..');

interface Parts {
  readonly program: Program;
  readonly client: MediaClient;
  readonly folder: string;
}

export class Jackfield {
  /** For files that only this node reads. */
  readonly folder: string;
  readonly #program: Program;
  readonly #client: MediaClient;
  readonly #revisions = new Map<string, number>();

  private constructor({ program, client, folder }: Parts) {
    this.#program = program;
    this.#client = client;
    this.folder = folder;
  }

  /** Starts one with one shard and without ears; `more` are further arguments. */
  static async start(more: readonly string[] = [], root = here): Promise<Jackfield> {
    const folder = mkdtempSync(join(tmpdir(), 'jackfield-bench-media-'));
    const secretFile = join(folder, 'secret');
    writeFileSync(secretFile, 'bench');
    const first = 20_000 + 2 * Math.floor(Math.random() * 3000);
    const worker = process.env['MEDIASOUP_WORKER_BIN'];
    const args = [join(root, 'media', 'main.ts'), '--rpc', '127.0.0.1:0', '--no-ears', '--shards', '1'];
    args.push('--secret-file', secretFile, '--webrtc-port', '0', '--rtp-ports', `${first}-${first + 3999}`);
    if (worker !== undefined) args.push('--worker-bin', worker);
    const flags = (process.env['JACKFIELD_BENCH_NODE_FLAGS'] ?? '').split(' ').filter(Boolean);
    const program = startProgram(process.execPath, [...flags, ...args, ...more]);
    await program.printed(/"type":"listening"/);
    const port = Number(/"rpcPort":(\d+)/.exec(program.output())?.[1]);
    const brain = { host: '127.0.0.1', port, secret: 'bench', brain: 'bench', epoch: 1 };
    const client = new MediaClient(brain, silentLogger);
    await client.connect();
    return new Jackfield({ program, client, folder });
  }

  get pid(): number {
    return this.#program.child.pid ?? 0;
  }

  /** Asks; throws what it refuses. */
  async ask<V extends MediaVerb>(verb: V, params: MediaParams<V>): Promise<MediaResult<V>> {
    const answer = await this.#client.call(verb, params);
    if (!answer.ok) throw new Error(`the media node refused ${verb}: ${answer.error.message}`);
    return answer.value;
  }

  /** Makes this the graph of a call. */
  async graph(callId: string, graph: Partial<Graph>): Promise<void> {
    const revision = (this.#revisions.get(callId) ?? 0) + 1;
    this.#revisions.set(callId, revision);
    await this.ask('apply', { callId, revision, graph });
  }

  /** Opens a SIP leg; returns our answer. */
  async sipLeg(callId: string, endpointId: string, remoteSdp: string): Promise<string> {
    return (await this.ask('open', { endpointId, callId, kind: 'sip', remoteSdp })).localSdp;
  }

  async closeCall(callId: string): Promise<void> {
    await this.ask('closeCall', { callId });
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.#program.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Both hear each other. */
export function bridge(a: string, b: string): Partial<Graph> {
  const edges = [
    { from: a, to: b, gainDb: 0 },
    { from: b, to: a, gainDb: 0 },
  ];
  return { edges };
}
