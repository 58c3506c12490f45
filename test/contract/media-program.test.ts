/** The media node as a program, and the death of its worker. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../base/result.ts';
import type { MediaError } from '../../protocol/media.ts';
import { startNode } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';

type Program = ChildProcessByStdio<null, Readable, Readable>;

let folder: string;
let secretFile: string;
const running = new Set<Program>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-program-'));
  secretFile = join(folder, 'secret');
  writeFileSync(secretFile, 'program-secret\n');
});
afterAll(() => {
  for (const program of running) program.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(...args: readonly string[]): Program {
  const workerBin = process.env['MEDIASOUP_WORKER_BIN'];
  const program = spawn(
    process.execPath,
    [
      'media/main.ts',
      '--no-ears',
      '--webrtc-port',
      '0',
      '--rtp-ports',
      '20000-20100',
      ...(workerBin === undefined ? [] : ['--worker-bin', workerBin]),
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  running.add(program);
  program.once('exit', () => running.delete(program));
  return program;
}

function good<T>(answer: Result<T, MediaError>): T {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value;
}

const exitOf = (program: Program): Promise<number | null> => new Promise((resolve) => program.once('exit', resolve));

async function firstLine(program: Program): Promise<Record<string, unknown>> {
  let all = '';
  for await (const chunk of program.stdout) {
    all += String(chunk);
    if (all.includes('\n')) break;
  }
  return JSON.parse(all.slice(0, all.indexOf('\n'))) as Record<string, unknown>;
}

describe('media/main.ts', () => {
  test('says that it listens, and ends cleanly on SIGTERM', async () => {
    const program = start('--rpc', '127.0.0.1:0', '--secret-file', secretFile);
    const errors = text(program.stderr);
    const line = await firstLine(program);
    expect(line).toMatchObject({ type: 'listening', pid: program.pid });
    const port = Number(line['rpcPort']);
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port }, () => {
        socket.destroy();
        resolve();
      });
      socket.once('error', reject);
    });
    const exit = exitOf(program);
    program.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(await errors).not.toContain('"level":50');
  });

  test('a taken RPC port is one clear line and exit 1', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    const address = squatter.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const program = start('--rpc', `127.0.0.1:${port}`, '--secret-file', secretFile);
    const [errors, code] = await Promise.all([text(program.stderr), exitOf(program)]);
    expect(code).toBe(1);
    expect(errors.trim().split('\n').at(-1)).toBe(
      `media node: the RPC port 127.0.0.1:${port} is taken by another program`,
    );
    squatter.close();
  });

  test('a taken WebRTC port too', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    const address = squatter.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const program = start('--rpc', '127.0.0.1:0', '--secret-file', secretFile, '--webrtc-port', `${port}`);
    const [errors, code] = await Promise.all([text(program.stderr), exitOf(program)]);
    expect(code).toBe(1);
    expect(errors.trim().split('\n').at(-1)).toBe(
      `media node: the WebRTC port 127.0.0.1:${port} is taken by another program`,
    );
    squatter.close();
  });

  test.each([
    [['--rpc', 'nonsense', '--secret-file', 'x'], 2, '--rpc nonsense: expected HOST:PORT'],
    [['--rpc', '127.0.0.1:0', '--secret-file', '/nowhere/secret'], 1, 'the secret file /nowhere/secret cannot be read'],
    [
      ['--rpc', '127.0.0.1:0', '--secret-file', 'SECRET', '--worker-bin', '/nowhere/worker'],
      1,
      'the mediasoup worker cannot be started',
    ],
  ])('%j: exit %i, %s', async (args, code, reason) => {
    const program = start(...args.map((each) => (each === 'SECRET' ? secretFile : each)));
    const [errors, exit] = await Promise.all([text(program.stderr), exitOf(program)]);
    expect(exit).toBe(code);
    expect(errors).toContain(reason);
  });
});

describe('kill -9 of the mediasoup worker', () => {
  test('takes its browsers only, is told, and a new worker takes its place on the same port', async () => {
    const under = await startNode();
    const peer = await RtpPeer.open();
    const { client, node } = under;
    const sip = { endpointId: 'phone', callId: 'c', kind: 'sip', remoteSdp: peer.sdp() } as const;
    peer.aim(good(await client.call('open', sip)).localSdp);
    const web = { endpointId: 'browser', callId: 'c', kind: 'webrtc' } as const;
    const before = good(await client.call('open', web));
    const edges = [
      { from: 'phone', to: 'browser' },
      { from: 'browser', to: 'phone' },
    ];
    good(await client.call('apply', { callId: 'c', revision: 1, graph: { edges } }));
    await peer.hear(5);

    process.kill(node.workerPid ?? 0, 'SIGKILL');
    expect(await under.event('endpoint-lost')).toMatchObject({ endpointId: 'browser', cause: 'worker-died' });
    const heard = peer.received.length;
    await peer.until(() => peer.received.length > heard + 10);
    expect(peer.sequenceGaps()).toBe(0);
    expect(good(await client.call('inventory', {})).endpoints.map(({ endpointId }) => endpointId)).toEqual(['phone']);

    const after = good(await client.call('open', web));
    const portOf = (sdp: string) => /a=candidate:\S+ 1 udp \d+ \S+ (\d+)/.exec(sdp)?.[1];
    const fingerprintOf = (sdp: string) => /a=fingerprint:.*/.exec(sdp)?.[0];
    expect(portOf(after.localSdp)).toBe(portOf(before.localSdp));
    expect(fingerprintOf(after.localSdp)).not.toBe(fingerprintOf(before.localSdp));
    peer.close();
    await under.close();
  });
});
