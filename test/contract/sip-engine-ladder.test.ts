import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort, portOpen, startProgram } from '../support/programs.ts';
import { LinkClient } from '../support/sip/link.ts';
import { testSdp, udpPeer } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { embedded, portOf, startTestEngine, useBench } from '../support/sip/target.ts';

describe.runIf(embedded)('the ladder of the engine link', () => {
  const bench = useBench();

  it.each(['udp', 'tcp', 'ws'] as const)('tells what passed over %s as it was on the wire', async (transport) => {
    await bench.app({
      prepare: (srf) => srf.invite((_request, response) => void response.send(486, { headers: { 'X-My': 'busy' } })),
    });
    const peers: Record<typeof transport, () => Promise<RawPeer>> = {
      udp: () => bench.udp(),
      tcp: () => bench.tcp(),
      ws: () => bench.ws(),
    };
    const peer = await peers[transport]();
    const port = portOf(bench.engine, transport);
    const invite = peer.send('INVITE', port, { body: testSdp });
    await peer.response(486);
    const other = peer.send('INVITE', port, { body: testSdp });
    await peer.response(486);
    const link = await LinkClient.greet(bench.engine.ports.link ?? 0, bench.target.secret);
    link.send({ type: 'ladder', id: 3, callIds: [invite.header('Call-ID')] });
    const { messages, left, id } = await link.frame('ladder');
    expect([id, left]).toEqual([3, 0]);
    const texts = messages.map(({ bytes }) => Buffer.from(bytes, 'base64').toString());
    expect(texts[0]).toBe(invite.text);
    expect(texts.some((text) => text.startsWith('SIP/2.0 486') && text.includes('X-My: busy'))).toBe(true);
    expect(texts.join()).not.toContain(other.header('Call-ID'));
    expect(messages.map(({ direction }) => direction)).toEqual(
      texts.map((text) => (text.startsWith('SIP/') ? 'out' : 'in')),
    );
    expect(new Set(messages.map((message) => message.transport))).toEqual(new Set([transport]));
    expect(messages.every(({ local }) => local.port === port)).toBe(true);
    expect(messages.map(({ at }) => at)).toEqual(messages.map(({ at }) => at).sort((a, b) => a - b));
    link.close();
  });
});

describe.runIf(embedded)('the HEP export', () => {
  it('is understood by a collector nobody here wrote', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'jackfield-hep-'));
    const port = await freePort();
    const config = [
      'debug=2',
      'log_stderror=yes',
      'children=1',
      `listen=udp:127.0.0.1:${String(port)}`,
      ...['pv', 'xlog', 'db_text', 'sipcapture'].map((name) => `loadmodule "${name}.so"`),
      `modparam("sipcapture", "db_url", "text://${folder}")`,
      'modparam("sipcapture", "hep_capture_on", 1)',
      'request_route { xlog("L_NOTICE", "collected $rm $ci\\n"); }',
    ];
    writeFileSync(join(folder, 'kamailio.cfg'), `${config.join('\n')}\n`);
    const collector = startProgram('kamailio', [
      '-f',
      join(folder, 'kamailio.cfg'),
      '-DD',
      '-E',
      '-Y',
      folder,
      '-P',
      join(folder, 'pid'),
    ]);
    const hep = { host: '127.0.0.1', port, agent: 7, password: 'secret' };
    const engine = await startTestEngine({ capture: { hep } });
    try {
      await portOpen('udp', port);
      const peer = await udpPeer();
      peer.send('OPTIONS', portOf(engine, 'udp'), { callId: 'hep-test' });
      await collector.printed(/collected OPTIONS hep-test/);
      await peer.close();
    } finally {
      await engine.close();
      await collector.stop('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
