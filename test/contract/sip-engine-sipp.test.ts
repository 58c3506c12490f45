import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { SrfDialog } from '../support/sip/srf.ts';
import { testSdp } from '../support/sip/raw-peer.ts';
import { embedded, useBench } from '../support/sip/target.ts';

const run = promisify(execFile);
const calls = 5;

/** A port nobody has now, for programs that cannot be told to ask for one. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** sipp, which nobody here wrote, as the peer. */
describe.runIf(embedded)('with sipp', () => {
  const bench = useBench({ timers: { t1: 500, t2: 4000, t4: 5000, d: 32_000 } });

  /** Runs a sipp scenario to its end; throws with what it printed when a call failed. */
  const sipp = async (args: readonly string[]): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), 'jackfield-sipp-'));
    bench.later(() => rmSync(folder, { recursive: true }));
    const common = ['-m', String(calls), '-i', '127.0.0.1', '-nostdin', '-timeout', '30s', '-timeout_error'];
    await run('sipp', [...args, ...common], { cwd: folder, env: { ...process.env, TERM: 'dumb' } });
  };

  const answering = (): Promise<unknown> =>
    bench.app({
      prepare: (srf) =>
        srf.invite((request, response) => {
          response.send(180);
          void srf.createUAS(request, response, { localSdp: testSdp });
        }),
    });

  it.each(['u1', 't1'])('takes its calls (uac scenario, transport %s)', async (transport) => {
    await answering();
    const before = bench.engine.counts();
    const port = transport === 'u1' ? bench.target.udp : bench.target.tcp;
    await sipp([
      '-sn',
      'uac',
      `127.0.0.1:${port}`,
      '-t',
      transport,
      '-p',
      String(await freePort()),
      '-r',
      '50',
      '-d',
      '10',
    ]);
    expect(bench.engine.counts().dialogs).toBe(0);
    expect(bench.engine.counts().malformed).toBe(before.malformed);
  });

  it.each([
    ['u1', ''],
    ['t1', ';transport=tcp'],
  ])('calls it (uas scenario, transport %s)', async (transport, parameter) => {
    const app = await bench.app();
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'jackfield-sipp-'));
    bench.later(() => rmSync(folder, { recursive: true }));
    const args = [
      '-sn',
      'uas',
      '-t',
      transport,
      '-i',
      '127.0.0.1',
      '-p',
      String(port),
      '-m',
      String(calls),
      '-nostdin',
    ];
    const child = spawn('sipp', args, { cwd: folder, env: { ...process.env, TERM: 'dumb' }, stdio: 'ignore' });
    bench.later(() => void child.kill());
    const ended = once(child, 'exit');
    const uri = `sip:sipp@127.0.0.1:${port}${parameter}`;
    // sipp says nowhere when it listens: over TCP it is asked until it accepts; over UDP the INVITE is repeated.
    const answers = async (): Promise<boolean> =>
      transport === 'u1' ||
      run('bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${port}`]).then(
        () => true,
        () => false,
      );
    while (!(await answers()));
    const dialogs = Array.from({ length: calls }, () => app.srf.createUAC(uri, { localSdp: testSdp }));
    for (const dialog of await Promise.all<SrfDialog>(dialogs)) await dialog.destroy();
    const [code] = (await ended) as [number];
    expect(code).toBe(0);
  });
});

/** What went over the wire, judged by tshark and not by our own parser. */
describe.runIf(embedded)('a captured call', () => {
  const bench = useBench();

  it('is well-formed SIP to tshark, message by message', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'jackfield-pcap-'));
    bench.later(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'call.pcapng');
    const { udp } = bench.target;
    const capture = spawn('tshark', ['-q', '-i', 'lo', '-f', `udp port ${udp}`, '-w', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    bench.later(() => void capture.kill());
    let told = '';
    await new Promise<void>((resolve) => {
      capture.stderr.on('data', (text: Buffer) => {
        told += String(text);
        if (told.includes('Capturing on')) resolve();
      });
    });
    const app = await bench.app({ prepare: (srf) => srf.options((_request, response) => response.send(200)) });
    const peer = await bench.udp();
    const show = async (): Promise<string[][]> => {
      const fields = ['sip.Method', 'sip.Status-Code', '_ws.malformed', '_ws.expert.message'].flatMap((name) => [
        '-e',
        name,
      ]);
      const { stdout } = await run('tshark', ['-r', file, '-d', `udp.port==${udp},sip`, '-T', 'fields', ...fields]);
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('\t'));
    };
    // The capture has begun when it has seen this; tshark itself says so too early.
    const probed = async (): Promise<boolean> => {
      peer.send('OPTIONS', udp);
      await peer.response(200, 'OPTIONS');
      return (await show().catch(() => [])).length > 0;
    };
    while (!(await probed()));
    const made = app.srf.createUAC(peer.contact, { localSdp: testSdp });
    peer.answer(await peer.request('INVITE'), '200 OK', { tag: 'w', body: testSdp });
    await peer.request('ACK');
    const dialog = await made;
    const ended = dialog.destroy();
    peer.answer(await peer.request('BYE'), '200 OK');
    await ended;
    const seen = async (): Promise<string[][]> => {
      const rows = await show();
      return rows.some((row) => row[0] === 'BYE') && rows.at(-1)?.[1] === '200' ? rows : [];
    };
    let rows = await seen();
    while (rows.length === 0) rows = await seen();
    expect(rows.map(([method, status]) => method || status)).toEqual(
      expect.arrayContaining(['INVITE', 'ACK', 'BYE', '200']),
    );
    expect(rows.filter((row) => (row[2] ?? '') !== '')).toEqual([]);
  });
});
