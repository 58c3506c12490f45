/** Phones nobody here wrote register with digest. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../server/sip-engine/index.ts';
import { startBaresip } from '../support/baresip.ts';
import { startLinphone } from '../support/linphone.ts';
import { realm, startSide, testAccount } from '../support/sip/registering.ts';
import { portOf, startTestEngine } from '../support/sip/target.ts';
import { makeTestCertificates, type TestCertificates } from '../support/sip/tls-peer.ts';

const secret = 'contract-secret';
let certificates: TestCertificates;
let engine: Engine;

beforeAll(async () => {
  certificates = await makeTestCertificates();
  engine = await startTestEngine({
    listen: (['udp', 'tcp', 'tls'] as const).map((protocol) => ({ protocol, host: '127.0.0.1', port: 0 })),
    certificate: certificates.write('phones', await certificates.issue(['127.0.0.1', 'localhost'])),
  });
});

afterAll(async () => {
  await engine.close();
  certificates.remove();
});

const accounts = [testAccount('alice-desk', 'alice'), testAccount('bob-desk', 'bob')];
const closers: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe.each(['udp', 'tcp', 'tls'] as const)('over %s', (transport) => {
  it('baresip registers, and unregisters when it goes', async () => {
    const side = await startSide(engine, secret, accounts);
    closers.push(() => side.sip.close());
    const account = {
      domain: realm,
      password: 'alice-desk'.repeat(2),
      registrar: portOf(engine, transport),
      transport,
    };
    const phone = await startBaresip({ user: 'alice-desk', account });
    const [binding] = await side.until('alice', (bindings) => bindings.length > 0);
    expect(binding).toMatchObject({ device: 'desk', kind: 'sip', transport, reachable: true });
    expect(binding?.userAgent).toMatch(/baresip/);
    await phone.close();
    await side.until('alice', (bindings) => bindings.length === 0);
  });

  it('linphonec registers, and unregisters when it goes', async () => {
    const side = await startSide(engine, secret, accounts);
    closers.push(() => side.sip.close());
    const registrar = portOf(engine, transport);
    const phone = await startLinphone({
      user: 'bob-desk',
      domain: realm,
      password: 'bob-desk'.repeat(2),
      registrar,
      transport,
    });
    closers.push(() => phone.close());
    const [binding] = await side.until('bob', (bindings) => bindings.length > 0);
    expect(binding).toMatchObject({ device: 'desk', kind: 'sip', transport, reachable: true });
    expect(binding?.userAgent).toMatch(/linphone/i);
    await phone.close();
    await side.until('bob', (bindings) => bindings.length === 0);
  });
});
