/** Phones nobody here wrote register with digest. */
import { afterEach, describe, expect, it } from 'vitest';
import { startBaresip } from '../support/baresip.ts';
import { startLinphone } from '../support/linphone.ts';
import { realm, startSide, testAccount } from '../support/sip/registering.ts';
import { portOf, useBench } from '../support/sip/target.ts';

const bench = useBench();
const accounts = [testAccount('alice-desk', 'alice'), testAccount('bob-desk', 'bob')];
const closers: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
  it('baresip registers, and unregisters when it goes', async () => {
    const side = await startSide(bench.engine, bench.target.secret, accounts);
    closers.push(() => side.sip.close());
    const account = {
      domain: realm,
      password: 'alice-desk'.repeat(2),
      registrar: portOf(bench.engine, transport),
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
    const side = await startSide(bench.engine, bench.target.secret, accounts);
    closers.push(() => side.sip.close());
    const registrar = portOf(bench.engine, transport);
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
