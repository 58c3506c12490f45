import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../server/sip-engine/index.ts';
import { startBaresip } from '../support/baresip.ts';
import { LinkClient } from '../support/sip/link.ts';
import { connectApp } from '../support/sip/srf.ts';
import type { App, SrfDialog } from '../support/sip/srf.ts';
import { testSdp } from '../support/sip/raw-peer.ts';
import { embedded, portOf, startTestEngine, useBench } from '../support/sip/target.ts';
import { makeTestCertificates } from '../support/sip/tls-peer.ts';
import type { TestCertificates } from '../support/sip/tls-peer.ts';

const answerSdp = testSdp.replace('40000', '40002');

describe.runIf(embedded)('baresip over TLS', () => {
  const bench = useBench();
  let certificates: TestCertificates;
  let engine: Engine;
  let app: App;
  beforeAll(async () => {
    certificates = await makeTestCertificates();
    engine = await startTestEngine({
      listen: [{ protocol: 'tls', host: '127.0.0.1', port: 0 }],
      certificate: certificates.write('phones', await certificates.issue(['127.0.0.1', 'localhost'])),
    });
    const target = { host: '127.0.0.1', port: engine.ports.admin, secret: bench.target.secret };
    app = await connectApp(target, {
      prepare: (srf) => {
        srf.register((request, response) => {
          response.send(200, { headers: { Contact: request.get('Contact'), Expires: '60' } });
        });
        srf.invite((request, response) => {
          void srf.createUAS(request, response, { localSdp: answerSdp }).then((dialog) => srf.emit('made', dialog));
        });
      },
    });
  });
  afterAll(async () => {
    await app.disconnect();
    await engine.close();
    certificates.remove();
  });

  it('registers, is called over that connection, and calls', async () => {
    const phone = await startBaresip({
      user: 'phone',
      answers: true,
      account: { domain: '127.0.0.1', password: 'none', registrar: portOf(engine, 'tls'), transport: 'tls' },
    });
    try {
      await phone.registered();
      const link = await LinkClient.greet(engine.ports.link ?? 0, bench.target.secret);
      const [flow] = await link.flows();
      link.close();
      expect(flow?.transport).toBe('tls');
      const called = await app.srf.createUAC(flow?.contact ?? '', { localSdp: testSdp });
      await phone.event('CALL_ESTABLISHED');
      expect(engine.counts().connections).toBe(1);
      await called.destroy();
      await phone.event('CALL_CLOSED');
      const taken = once(app.srf, 'made') as Promise<[SrfDialog]>;
      await phone.dial(`sip:+8653100000@127.0.0.1:${portOf(engine, 'tls')};transport=tls`);
      const [dialog] = await taken;
      await phone.event('CALL_ESTABLISHED', 2);
      const ended = once(dialog, 'destroy');
      await phone.hangUp();
      await ended;
    } finally {
      await phone.close();
    }
  });
});
