import { afterEach, describe, expect, it } from 'vitest';
import { cleanUp, mutations } from '../support/sip/mutations.ts';
import { RawApp } from '../support/sip/raw-app.ts';
import { tcpPeer, testSdp, udpPeer, webSocketPeer } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { embedded } from '../support/sip/target.ts';
import { WatchedEngine } from '../support/sip/watched-engine.ts';

const secret = 'mutation-secret';
const mib = 1024 * 1024;
const longestStall = 1000;
const closers: (() => Promise<void> | void)[] = [];

/** An app that takes good calls and refuses the rest. */
async function answer(port: number): Promise<void> {
  const app = await RawApp.connect(port);
  closers.push(() => app.close());
  await app.authenticate(secret);
  for (const method of ['invite', 'options', 'bye']) app.send(`route|${method}`);
  const reply = (transactionId: string, text: string): void =>
    void app.send(`sip|${transactionId}|\r\nSIP/2.0 ${text}`);
  const serve = async (): Promise<never> => {
    for (;;) {
      const { text, transactionId } = await app.sip();
      if (text.startsWith('ACK ') || text.startsWith('CANCEL ')) continue;
      if (!text.startsWith('INVITE ')) reply(transactionId, '200 OK\r\n\r\n');
      else if (!text.includes('\r\nX-Good: yes\r\n')) reply(transactionId, '486 Busy Here\r\n\r\n');
      else reply(transactionId, `200 OK\r\nContent-Type: application/sdp\r\n\r\n${testSdp}`);
    }
  };
  void serve();
}

/** A whole call: it must come up and go down whatever came before. */
async function goodCall(peer: RawPeer, port: number): Promise<void> {
  const invite = peer.send('INVITE', port, { headers: ['X-Good: yes'], body: testSdp });
  const callId = invite.header('Call-ID');
  const ok = await peer.next((message) => message.status === 200 && message.header('Call-ID') === callId);
  peer.inDialog('ACK', port, invite, ok);
  peer.inDialog('BYE', port, invite, ok);
  await peer.next(
    (message) =>
      message.status === 200 && message.header('Call-ID') === callId && message.header('CSeq').includes('BYE'),
  );
}

/** Resolves when what was sent before it over the same socket has been dealt with. */
async function settled(peer: RawPeer, port: number): Promise<void> {
  const sent = peer.send('OPTIONS', port);
  await peer.next((message) => message.status === 200 && message.header('Call-ID') === sent.header('Call-ID'));
}

describe.runIf(embedded)('mutated INVITEs', () => {
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('at least 4,500, in the manner of PROTOS c07: no crash, no stall, no memory lost, a good call after every 50', async () => {
    const engine = await WatchedEngine.start(secret);
    closers.push(() => engine.stop());
    await answer(engine.ports.admin);
    const [udp, tcp, ws] = [engine.port('udp'), engine.port('tcp'), engine.port('ws')];
    // On a loopback address of our own, as mutated Vias send answers to any of our ports.
    const peer = await udpPeer(`127.99.${(process.pid >> 8) & 255}.${(process.pid & 127) + 1}`);
    closers.push(() => peer.close());
    const overTcp = async (bytes: Buffer): Promise<void> => {
      const other = await tcpPeer(tcp);
      other.raw(bytes);
      other.socket.end();
      other.socket.destroySoon();
    };
    let browser = await webSocketPeer(`ws://127.0.0.1:${ws}`);
    closers.push(() => browser.close());
    for (let count = 0; count < 100; count++) await goodCall(peer, udp);
    const before = await engine.health();
    let worst = 0;
    let cases = 0;
    let waiting = 0;
    for (const { bytes } of mutations(1)) {
      const number = cases++;
      if (number % 8 === 3) await overTcp(bytes);
      else if (number % 8 === 6 && browser.socket.readyState === browser.socket.OPEN) browser.raw(bytes);
      else peer.raw(bytes, udp);
      peer.raw(cleanUp('CANCEL', number), udp);
      peer.raw(cleanUp('ACK', number), udp);
      waiting += bytes.length + 1500;
      if (waiting > 100_000) {
        await settled(peer, udp);
        waiting = 0;
      }
      if (cases % 50 !== 0) continue;
      await goodCall(peer, udp);
      const { stall } = await engine.health();
      worst = Math.max(worst, stall);
      peer.seen.length = 0;
      if (browser.socket.readyState !== browser.socket.OPEN) browser = await webSocketPeer(`ws://127.0.0.1:${ws}`);
    }
    await settled(peer, udp);
    expect(cases).toBeGreaterThanOrEqual(4500);
    expect(worst).toBeLessThan(longestStall);
    // Transactions still wait for their timers: memory is back once they are over.
    let growth = Number.POSITIVE_INFINITY;
    while (growth >= 20 * mib) {
      await settled(peer, udp);
      growth = (await engine.health()).heap - before.heap;
    }
    await goodCall(peer, udp);
    // A fault of ours would be caught and logged as an error.
    expect([engine.ended, engine.log.split('\n').filter((line) => line.includes('"level":"error"'))]).toEqual([
      undefined,
      [],
    ]);
    console.log(
      `${cases} mutated INVITEs: longest turn ${worst.toFixed(0)} ms, heap ${(growth / mib).toFixed(1)} MiB more`,
    );
    // Twelve seconds on a quiet machine, a minute where ten others want the same two cores.
  }, 240_000);
});
