import { describe, expect, it } from 'vitest';
import { callerRoutes, establish, fromCallee, proxyingApp, record, routesOf, uriOf } from '../support/sip/proxying.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import { random, testSdp } from '../support/sip/raw-peer.ts';
import { embedded, useBench } from '../support/sip/target.ts';

describe('requests inside a dialog the engine record-routed', () => {
  const bench = useBench({ timers: { t1: 500, t2: 4000, t4: 5000, d: 32_000 } });
  const proxying = proxyingApp.bind(undefined, bench);

  it('passes what is said in the dialog both ways without asking the app, one hop less each', async () => {
    const callee = await bench.udp();
    const { requests } = await proxying(() => callee.contact, record);
    const caller = await bench.udp();
    const invite = caller.send('INVITE', bench.target.udp, { body: testSdp });
    const got = await callee.request('INVITE');
    callee.answer(got, '200 OK', { tag: 'w', body: testSdp });
    const ok = await caller.response(200, 'INVITE');
    const route = callerRoutes(ok);
    const within = (method: string, cseq: number): RawMessage =>
      caller.inDialog(method, bench.target.udp, invite, ok, { cseq, headers: route });
    within('ACK', 1);
    const ack = await callee.request('ACK');
    expect(ack.start).toBe(`ACK ${callee.contact} SIP/2.0`);
    expect(ack.header('Route')).toBe('');
    expect(ack.headers('Via')).toHaveLength(2);
    if (embedded) expect(ack.header('Max-Forwards')).toBe('69');
    within('INVITE', 2);
    const again = await callee.next((message) => message.method === 'INVITE' && message.header('CSeq') === '2 INVITE');
    callee.answer(again, '200 OK', { body: testSdp });
    await caller.next((message) => message.status === 200 && message.header('CSeq') === '2 INVITE');
    within('ACK', 2);
    await callee.request('ACK');
    // The other way round.
    callee.send('INFO', bench.target.udp, { ...fromCallee(got, 'w'), cseq: 7 });
    const info = await caller.request('INFO');
    expect(info.header('Route')).toBe('');
    caller.answer(info, '200 OK');
    await callee.response(200, 'INFO');
    within('BYE', 3);
    const bye = await callee.request('BYE');
    callee.answer(bye, '200 OK');
    const answered = await caller.response(200, 'BYE');
    expect(answered.headers('Via')).toHaveLength(1);
    expect(requests).toHaveLength(1);
  });

  it.runIf(embedded)(
    'stands on both sides of a change of transport (two Record-Route values), whoever hangs up',
    async () => {
      const callee = await bench.udp();
      await proxying(() => callee.contact, record);
      for (const who of ['caller', 'callee'] as const) {
        const caller = await bench.tcp();
        const { invite, got, ok } = await establish(caller, callee, bench.target.tcp);
        expect(routesOf(got).map((value) => uriOf(value).replace(/;pass=\w+$/, ''))).toEqual([
          `sip:127.0.0.1:${bench.target.udp};lr`,
          `sip:127.0.0.1:${bench.target.tcp};transport=tcp;lr`,
        ]);
        if (who === 'caller') {
          const headers = callerRoutes(ok);
          caller.inDialog('BYE', bench.target.tcp, invite, ok, { headers });
          callee.answer(await callee.request('BYE'), '200 OK');
          await caller.response(200, 'BYE');
        } else {
          // The caller's connection is where its Contact leads, so the engine has to open one there.
          const there = await bench.tcpServer();
          callee.send('BYE', bench.target.udp, { ...fromCallee(got, 'w'), uri: there.contact });
          there.answer(await there.request('BYE'), '200 OK');
          await callee.response(200, 'BYE');
        }
      }
    },
  );

  it.runIf(embedded)('brings requests back over the WebSocket of a browser that never registered', async () => {
    const callee = await bench.udp();
    await proxying(() => callee.contact, record);
    const browser = await bench.ws();
    const { got } = await establish(browser, callee, bench.target.udp);
    expect(routesOf(got)).toHaveLength(2);
    callee.send('BYE', bench.target.udp, fromCallee(got, 'w'));
    browser.answer(await browser.request('BYE'), '200 OK');
    await callee.response(200, 'BYE');
  });

  it.runIf(embedded)('passes nothing on for those who are in no call it record-routed', async () => {
    const callee = await bench.udp();
    await proxying(() => callee.contact, record);
    const caller = await bench.udp();
    const { ok } = await establish(caller, callee, bench.target.udp);
    const [route = ''] = callerRoutes(ok);
    for (const [number, stranger] of [await bench.udp(), await bench.tcp()].entries()) {
      const port = number === 0 ? bench.target.udp : bench.target.tcp;
      // Our bare address, and the pass of a call of others.
      for (const header of [route.replace(/;pass=\w+/, ''), route]) {
        const to = '<sip:+19005550123@carrier.example>;tag=made-up';
        stranger.send('INVITE', port, { uri: callee.contact, to, headers: [header], body: testSdp });
        await stranger.response(481, 'INVITE');
      }
    }
    expect(callee.seen.filter(({ header }) => header('To').includes('made-up'))).toEqual([]);
  });

  it.runIf(embedded)('cancels a re-INVITE that passes through, by UDP and by TCP', async () => {
    const callee = await bench.udp();
    await proxying(() => callee.contact, record);
    for (const caller of [await bench.udp(), await bench.tcp()]) {
      const port = caller.wire.protocol === 'UDP' ? bench.target.udp : bench.target.tcp;
      const { invite, ok } = await establish(caller, callee, port);
      const headers = callerRoutes(ok);
      const branch = `z9hG4bK${random()}`;
      caller.inDialog('INVITE', port, invite, ok, { headers, branch });
      const again = await callee.request('INVITE');
      callee.answer(again, '180 Ringing');
      await caller.response(180);
      caller.inDialog('CANCEL', port, invite, ok, { headers, branch });
      const cancel = await callee.request('CANCEL');
      expect(cancel.headers('Via')[0]).toBe(again.headers('Via')[0]);
      callee.answer(cancel, '200 OK');
      await caller.response(200, 'CANCEL');
      callee.answer(again, '487 Request Terminated');
      await caller.response(487, 'INVITE');
    }
  });

  it.runIf(embedded)('understands strict routers on either side of it (RFC 3261 section 16.12.1.2)', async () => {
    const callee = await bench.udp();
    await proxying(() => callee.contact, record);
    const caller = await bench.udp();
    const { invite, ok } = await establish(caller, callee, bench.target.udp);
    // A strict router before us has put our URI into the start line and the target last into Route.
    const own = uriOf(routesOf(ok)[0] ?? '');
    caller.inDialog('INFO', bench.target.udp, invite, ok, { uri: own, headers: [`Route: <${callee.contact}>`] });
    const info = await callee.request('INFO');
    expect(info.start).toBe(`INFO ${callee.contact} SIP/2.0`);
    expect(info.header('Route')).toBe('');
    // One behind us (no lr) gets itself in the start line and the target as last Route.
    const strict = `sip:127.0.0.1:${callee.wire.port};old`;
    caller.inDialog('INFO', bench.target.udp, invite, ok, {
      uri: 'sip:far@example.com',
      headers: [`Route: <${own}>, <${strict}>`],
    });
    const old = await callee.next((message) => message.start.includes(';old'));
    expect(old.header('Route')).toBe('<sip:far@example.com>');
  });

  it.runIf(embedded)(
    'forwards an in-dialog request no further than its hops, and takes back only what it sent',
    async () => {
      const callee = await bench.udp();
      await proxying(() => callee.contact, record);
      const caller = await bench.udp();
      const { invite, ok } = await establish(caller, callee, bench.target.udp);
      const route = callerRoutes(ok);
      const text = caller
        .inDialog('OPTIONS', bench.target.udp, invite, ok, { headers: route })
        .text.replace('Max-Forwards: 70', 'Max-Forwards: 0')
        .replace(/branch=z9hG4bK/, 'branch=z9hG4bK0');
      const passed = await callee.request('OPTIONS');
      caller.raw(text, bench.target.udp);
      await caller.response(483);
      // A forged response that names a victim in its second Via stays here.
      const victim = await bench.udp();
      const forged = callee.answer(passed, '200 OK').text.replace(`:${caller.wire.port};`, `:${victim.wire.port};`);
      await caller.response(200, 'OPTIONS');
      const before = bench.engine.counts().unmatched;
      callee.raw(forged.replace(/rport=\d+/, `rport=${victim.wire.port}`), bench.target.udp);
      caller.send('OPTIONS', bench.target.udp, { headers: ['X: after'] });
      await caller.response(503, 'OPTIONS');
      expect(bench.engine.counts().unmatched).toBe(before + 1);
      expect(victim.seen).toEqual([]);
    },
  );
});
