import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import type { Engine, EngineOptions, EngineSurroundings } from '../../server/sip-engine/index.ts';
import { LinkClient } from '../support/sip/link.ts';
import { connectApp, firstRequest } from '../support/sip/srf.ts';
import type { App, Srf } from '../support/sip/srf.ts';
import { random, tcpPeer, tcpServerPeer, udpPeer, webSocketPeer } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { embedded, portOf, startTestEngine, useBench } from '../support/sip/target.ts';
import { until } from '../support/until.ts';

const serves = (srf: Srf): void => srf.options((_request, response) => response.send(200));
const registers = (srf: Srf): void =>
  srf.register((request, response) => {
    response.send(200, { headers: { Contact: request.get('Contact'), Expires: '60' } });
  });

describe.runIf(embedded)('transports', () => {
  const bench = useBench();

  const engineWith = async (options: Partial<EngineOptions>, around: EngineSurroundings = {}): Promise<Engine> => {
    const engine = await startTestEngine(options, around);
    bench.later(() => engine.close());
    return engine;
  };
  const appOf = async (engine: Engine, prepare: (srf: Srf) => void = serves): Promise<App> => {
    const target = { host: '127.0.0.1', port: engine.ports.admin, secret: bench.target.secret };
    const app = await connectApp(target, { prepare });
    bench.later(() => app.disconnect());
    return app;
  };
  const kept = <P extends RawPeer>(peer: P): P => {
    bench.later(() => peer.close());
    return peer;
  };

  describe('keep-alives', () => {
    const asked = async (bytes: Buffer): Promise<{ answer: Buffer; port: number }> => {
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      socket.send(bytes, bench.target.udp, '127.0.0.1');
      const [answer] = (await once(socket, 'message')) as [Buffer];
      const { port } = socket.address();
      await new Promise<void>((closed) => socket.close(() => closed()));
      return { answer, port };
    };

    it('are answered on UDP: STUN with the address it came from, CRLF CRLF with CRLF', async () => {
      const request = Buffer.from('000100002112a442b7e7a701bc34d686fa87dfae', 'hex');
      const { answer, port } = await asked(request);
      expect(answer.readUInt16BE(0)).toBe(0x0101);
      expect(answer.subarray(8, 20)).toEqual(request.subarray(8, 20));
      expect(answer.readUInt16BE(26) ^ 0x2112).toBe(port);
      expect((answer.readUInt32BE(28) ^ 0x2112a442) >>> 0).toBe(0x7f000001);
      expect((await asked(Buffer.from('\r\n\r\n'))).answer.toString()).toBe('\r\n');
    });

    it('are promised by an RFC 5626 client: Flow-Timer, and a flow that goes quiet is closed and reported', async () => {
      const clock = new SimulatedClock(1_000_000);
      const engine = await engineWith({ patience: { flowTimer: 400 } }, { clock });
      await appOf(engine, registers);
      const link = await LinkClient.greet(engine.ports.link ?? 0, bench.target.secret);
      bench.later(() => link.close());
      const peer = kept(await tcpPeer(portOf(engine, 'tcp')));
      const contact = `<${peer.contact}>;+sip.instance="<urn:uuid:1>";reg-id=1`;
      peer.send('REGISTER', 5060, { contact: null, headers: [`Contact: ${contact}`, 'Supported: path, outbound'] });
      const answer = await peer.response(200, 'REGISTER');
      expect(answer.header('Require')).toBe('outbound');
      expect(answer.header('Flow-Timer')).toBe('1');
      for (let pings = 0; pings < 6; pings++) {
        peer.raw('\r\n\r\n');
        expect(await peer.otherBytes()).toBe('\r\n');
        clock.advance(120);
      }
      expect(engine.counts().connections).toBe(1);
      clock.advance(600);
      await once(peer.socket, 'close');
      expect((await link.frame('flow-lost')).contacts).toEqual([peer.contact]);
    });

    it('leave plain clients and REGISTERs through a proxy as they are', async () => {
      const engine = await engineWith({});
      await appOf(engine, registers);
      const peer = kept(await tcpPeer(portOf(engine, 'tcp')));
      peer.send('REGISTER', 5060, { headers: ['Supported: outbound'] });
      const contact = `<${peer.contact}>;+sip.instance="<urn:uuid:1>";reg-id=1`;
      const via = 'Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKfar';
      peer.send('REGISTER', 5060, { contact: null, headers: [via, `Contact: ${contact}`, 'Supported: outbound'] });
      for (let answers = 0; answers < 2; answers++) {
        expect((await peer.response(200, 'REGISTER')).header('Flow-Timer')).toBe('');
      }
    });
  });

  it('reach a client with two numbered flows by the other one when the newer is lost', async () => {
    const engine = await engineWith({});
    const app = await appOf(engine, registers);
    const link = await LinkClient.greet(engine.ports.link ?? 0, bench.target.secret);
    bench.later(() => link.close());
    const contact = 'sip:agent@phone.invalid;transport=tcp';
    const flows: Awaited<ReturnType<typeof tcpPeer>>[] = [];
    for (const number of [1, 2]) {
      const peer = kept(await tcpPeer(portOf(engine, 'tcp')));
      const value = `<${contact}>;+sip.instance="<urn:uuid:7>";reg-id=${number}`;
      peer.send('REGISTER', 5060, { contact: null, headers: [`Contact: ${value}`, 'Supported: outbound'] });
      await peer.response(200, 'REGISTER');
      flows.push(peer);
    }
    const [first, second] = flows;
    if (first === undefined || second === undefined) throw new Error('two peers were made');
    for (const peer of [second, first]) {
      const asked = app.srf.request(contact, { method: 'OPTIONS' });
      peer.answer(await peer.request('OPTIONS'), '200 OK', { tag: random() });
      await asked;
      await peer.close();
      await until(() => engine.counts().connections === (peer === second ? 1 : 0));
    }
    for (const { wire } of [second, first])
      expect(await link.frame('flow-lost')).toMatchObject({ contacts: [contact], remote: `127.0.0.1:${wire.port}` });
  });

  describe('limits', () => {
    const small = { limits: { message: 4000, head: 2000, headers: 20 } } as const;
    const long = ['X-Long: ' + 'x'.repeat(2500)];

    it.each(['udp', 'tcp', 'ws'] as const)('are told by 513 over %s, and a stream is closed then', async (kind) => {
      const engine = await engineWith(small);
      await appOf(engine);
      const made = {
        udp: udpPeer,
        tcp: () => tcpPeer(portOf(engine, 'tcp')),
        ws: () => webSocketPeer(`ws://127.0.0.1:${portOf(engine, 'ws')}`),
      };
      const peer = kept(await made[kind]());
      peer.send('OPTIONS', portOf(engine, 'udp'), { headers: long });
      const refused = await peer.response(513);
      expect(refused.start).toContain('headers too long');
      if (kind === 'tcp') await until(() => engine.counts().connections === 0);
      const other = kept(await made[kind]());
      if (kind !== 'ws') {
        other.send('OPTIONS', portOf(engine, 'udp'), { body: 'x'.repeat(4000), type: 'text/plain' });
        expect((await other.response(513)).start).toContain('longer than 4000 bytes');
      }
      const good = kept(await made[kind]());
      good.send('OPTIONS', portOf(engine, 'udp'));
      await good.response(200, 'OPTIONS');
    });

    it('hold for header lines and connections', async () => {
      const engine = await engineWith({ limits: { headers: 20, connections: 1 } });
      await appOf(engine);
      const peer = kept(await tcpPeer(portOf(engine, 'tcp')));
      peer.send('OPTIONS', 5060, { headers: Array.from({ length: 20 }, (_, at) => `X-${at}: 1`) });
      expect((await peer.response(400)).start).toContain('more than 20 headers');
      const second = connect(portOf(engine, 'tcp'), '127.0.0.1');
      await once(second, 'close');
    });
  });

  it.each(['tcp', 'ws'] as const)('keep little for a %s peer that asks and does not read', async (kind) => {
    const engine = await engineWith({ limits: { backlog: 512 * 1024 } });
    await appOf(engine, () => {});
    const peer = kept(
      kind === 'tcp'
        ? await tcpPeer(portOf(engine, 'tcp'))
        : await webSocketPeer(`ws://127.0.0.1:${portOf(engine, 'ws')}`),
    );
    const raw = peer.socket;
    raw.pause();
    // No app takes OPTIONS, so each is answered 503 at once, which nobody reads.
    const from = `"${'x'.repeat(8000)}" <sip:alice@127.0.0.1>;tag=1`;
    const other = kept(await udpPeer());
    let asides = 0;
    /** Somebody else is answered: meanwhile whatever could be read of the first has been. */
    const aside = async (): Promise<void> => {
      other.send('OPTIONS', portOf(engine, 'udp'));
      await other.response(503);
      asides++;
    };
    const read = (): number => engine.counts().requests - asides;
    let most = 0;
    let sent = 0;
    let before = -1;
    while (before !== read()) {
      before = read();
      for (let at = 0; at < 300; at++, sent++) peer.send('OPTIONS', 5060, { from, branch: `z9hG4bK${sent}` });
      for (let turns = 0; turns < 20; turns++) {
        await aside();
        most = Math.max(most, engine.counts().unsent);
      }
    }
    // It was no longer read from, long before what it sent was all there was.
    expect(read()).toBeLessThan(sent);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(512 * 1024);
    raw.resume();
    await until(() => read() === sent);
    await until(() => engine.counts().unsent === 0);
  });

  it('cut off a peer that does not read what an app sends it', async () => {
    const engine = await engineWith({ limits: { backlog: 512 * 1024 } });
    const app = await appOf(engine, registers);
    const peer = kept(await tcpPeer(portOf(engine, 'tcp')));
    peer.send('REGISTER', 5060);
    await peer.response(200, 'REGISTER');
    peer.socket.pause();
    const body = 'x'.repeat(100_000);
    let most = 0;
    while (engine.counts().connections === 1) {
      await app.srf.request(peer.contact, { method: 'MESSAGE', body, headers: { 'Content-Type': 'text/plain' } });
      most = Math.max(most, engine.counts().unsent);
    }
    expect(most).toBeLessThan(512 * 1024 + 110_000);
    expect(engine.counts().unsent).toBe(0);
  });

  it('close what nobody uses, and not what a registered contact is reached by', async () => {
    const engine = await engineWith({ patience: { idle: 200 } });
    await appOf(engine, registers);
    const used = kept(await tcpPeer(portOf(engine, 'tcp')));
    used.send('REGISTER', 5060);
    await used.response(200, 'REGISTER');
    const idle = kept(await tcpPeer(portOf(engine, 'tcp')));
    await once(idle.socket, 'close');
    await until(() => engine.counts().connections === 1);
    expect(used.socket.destroyed).toBe(false);
  });

  describe('answers', () => {
    it('take a new connection when theirs has closed (RFC 3261 section 18.2.2)', async () => {
      const engine = await engineWith({});
      const app = await appOf(engine, () => {});
      const first = firstRequest(app.srf, 'options');
      const listening = kept(await tcpServerPeer());
      const peer = kept(await tcpPeer(portOf(engine, 'tcp')));
      const branch = `z9hG4bK${random()}`;
      peer.via = () => `Via: SIP/2.0/TCP 127.0.0.1:${listening.wire.port};branch=${branch}`;
      peer.send('OPTIONS', 5060);
      const { response } = await first;
      await peer.close();
      await until(() => engine.counts().connections === 0);
      response.send(200);
      expect((await listening.response(200)).header('Via')).toContain(branch);
    });

    it('do not follow a maddr to somebody who asked for nothing', async () => {
      await bench.app({ prepare: serves });
      const victim = await bench.udp();
      const peer = await bench.udp();
      peer.via = (branch = `z9hG4bK${random()}`) =>
        `Via: SIP/2.0/UDP 127.0.0.1:${peer.wire.port};maddr=127.0.0.1:${victim.wire.port};branch=${branch};rport`;
      peer.send('OPTIONS', bench.target.udp);
      await peer.response(200, 'OPTIONS');
      expect(victim.seen).toEqual([]);
    });
  });
});
