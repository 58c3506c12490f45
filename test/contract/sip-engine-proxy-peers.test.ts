import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort, portOpen, startProgram } from '../support/programs.ts';
import { startSippCaller } from '../support/sipp.ts';
import { proxyingApp, record } from '../support/sip/proxying.ts';
import { embedded, useBench } from '../support/sip/target.ts';

const calls = 20;

const answer = (status: string, more = ''): string => `<send><![CDATA[

      SIP/2.0 ${status}
      [last_Via:]
      [last_Record-Route:]
      [last_From:]
      [last_To:];tag=[pid]t[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      Contact: <sip:[local_ip]:[local_port];transport=[transport]>
      ${more}
    ]]></send>`;

/** Who is called: unlike sipp's own it copies Record-Route, and demands that the ACK and the BYE bear no Route any more. */
const called = `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="called">
  <recv request="INVITE" crlf="true"/>
  ${answer('180 Ringing', 'Content-Length: 0\n')}
  ${answer('200 OK', 'Content-Length: 0\n')}
  <recv request="ACK"><action><ereg regexp=".+" search_in="hdr" header="Route:" check_it_inverse="true" assign_to="1"/></action></recv>
  <recv request="BYE"><action><ereg regexp=".+" search_in="hdr" header="Route:" check_it_inverse="true" assign_to="1"/></action></recv>
  <send><![CDATA[

      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

    ]]></send>
  <Reference variables="1"/>
</scenario>
`;

/** sipp on both sides of the engine, which record-routes between them. */
describe.runIf(embedded)('proxying between two sipp', () => {
  const bench = useBench({ timers: { t1: 500, t2: 4000, t4: 5000, d: 32_000 } });

  it.each([
    ['udp', 'udp'],
    ['tcp', 'udp'],
    ['udp', 'tcp'],
  ] as const)('carries whole calls from %s to %s', async (near, far) => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-sipp-'));
    bench.later(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'called.xml'), called);
    const port = await freePort();
    const transport = far === 'udp' ? 'u1' : 't1';
    const where = ['-i', '127.0.0.1', '-p', String(port), '-t', transport, '-m', String(calls)];
    const uas = startProgram(
      'sipp',
      ['-sf', 'called.xml', ...where, '-nostdin', '-timeout', '30', '-timeout_error'],
      folder,
    );
    bench.later(async () => void (await uas.stop('SIGKILL')));
    await portOpen(far, port);
    const uri = `sip:127.0.0.1:${port}${far === 'tcp' ? ';transport=tcp' : ''}`;
    const { requests } = await proxyingApp(bench, () => uri, record);
    const engine = near === 'udp' ? bench.target.udp : bench.target.tcp;
    const uac = await startSippCaller({
      port: engine,
      called: 'bob',
      transport: near,
      calls,
      perSecond: 50,
      talksMs: 50,
    });
    bench.later(() => uac.close());
    expect(await uac.finished()).toMatchObject({ successful: calls, failed: 0 });
    expect(await uas.exited).toBe(0);
    expect(requests).toHaveLength(calls);
  });
});
