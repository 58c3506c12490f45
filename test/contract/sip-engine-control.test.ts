import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connectApp, newSrf } from '../support/sip/srf.ts';
import { RawApp } from '../support/sip/raw-app.ts';
import { embedded, useBench } from '../support/sip/target.ts';

describe('the control connection', () => {
  const bench = useBench();

  it('accepts the secret and names its addresses and version', async () => {
    const app = await bench.app();
    expect(app.hostports).toContain(`udp/127.0.0.1:${bench.target.udp}`);
    expect(app.version).toMatch(/^v\d+\.\d+\.\d+/);
  });

  it('refuses a wrong secret and closes', async () => {
    const srf = newSrf();
    srf.on('error', () => {});
    srf.connect({ ...bench.target, secret: 'wrong', reconnect: { maxAttempts: 1 } });
    const [error] = (await once(srf, 'connect')) as [Error | null];
    expect(error).toBeInstanceOf(Error);
  });

  it.runIf(embedded)('lets nobody route or send before authenticating', async () => {
    for (const payload of ['route|invite', 'sip||\r\nOPTIONS sip:a@127.0.0.1 SIP/2.0\r\n\r\n']) {
      const app = await RawApp.connect(bench.target.port);
      app.send(payload);
      expect((await app.reply()).result).toBe('NO');
      await app.closed;
    }
  });

  it('answers ping', async () => {
    const app = await RawApp.connect(bench.target.port);
    bench.later(() => app.close());
    await app.authenticate(bench.target.secret);
    app.send('ping');
    expect(await app.reply()).toMatchObject({ result: 'OK', fields: ['pong'] });
  });

  it('reads several frames in one write and a frame one byte at a time', async () => {
    const app = await RawApp.connect(bench.target.port);
    bench.later(() => app.close());
    await app.authenticate(bench.target.secret);
    app.write('1|ping'.length + '#1|ping' + '2|ping'.length + '#2|ping');
    expect((await app.reply()).id).toBe('1');
    expect((await app.reply()).id).toBe('2');
    for (const character of `6#3|ping`) app.write(character);
    expect((await app.reply()).id).toBe('3');
  });

  it.runIf(embedded)('takes a frame of a megabyte and closes on a longer one', async () => {
    const app = await RawApp.connect(bench.target.port);
    bench.later(() => app.close());
    await app.authenticate(bench.target.secret);
    const filler = 'x'.repeat(1_000_000);
    app.send(`sip||\r\nOPTIONS not-a-uri SIP/2.0\r\nX-Filler: ${filler}\r\n\r\n`);
    expect((await app.reply()).result).toBe('NOK');
    app.write('1048577#');
    await app.closed;
  });

  it('keeps one route for a method however often it is asked for, and drops only the one removed', async () => {
    const app = await RawApp.connect(bench.target.port);
    bench.later(() => app.close());
    await app.authenticate(bench.target.secret);
    for (const verb of ['route|message', 'route|message', 'route|options', 'remove_route|message']) {
      app.send(verb);
      expect((await app.reply()).result).toBe('OK');
    }
    const peer = await bench.udp();
    peer.send('MESSAGE', bench.target.udp, { contact: null });
    await peer.next((message) => message.status === 503 || message.status === 480);
    peer.send('OPTIONS', bench.target.udp);
    const frame = await app.sip();
    expect(frame.text).toMatch(/^OPTIONS /);
    expect(frame.dialogId).toBe('');
    expect(frame.receivedOn).toEqual(['127.0.0.1', String(bench.target.udp)]);
  });

  it('closes on a verb it does not know', async () => {
    const app = await RawApp.connect(bench.target.port);
    await app.authenticate(bench.target.secret);
    app.send('nonsense');
    await app.closed;
  });

  it('shares new requests among the apps that routed them, in turn', async () => {
    const seen: string[] = [];
    for (const name of ['a', 'b']) {
      await bench.app({
        prepare: (srf) =>
          srf.message((_request, response) => {
            seen.push(name);
            response.send(200);
          }),
      });
    }
    const peer = await bench.udp();
    for (let count = 0; count < 4; count++) {
      peer.send('MESSAGE', bench.target.udp, { contact: null });
      await peer.response(200, 'MESSAGE');
    }
    expect(seen.filter((name) => name === 'a')).toHaveLength(2);
    expect(seen.filter((name) => name === 'b')).toHaveLength(2);
  });

  it('lets srf reconnect, route again and get requests', async () => {
    const app = await connectApp(bench.target, {
      prepare: (srf) => srf.options((_req, response) => response.send(200)),
    });
    const again = once(app.srf, 'connect');
    app.socket.destroy();
    await again;
    const peer = await bench.udp();
    // srf routes right after it is told of the connection; the OPTIONS is repeated until it has.
    let answered = false;
    while (!answered) {
      peer.send('OPTIONS', bench.target.udp);
      const answer = await peer.next((message) => message.status >= 200);
      answered = answer.status === 200;
    }
    app.srf.disconnect();
  });

  it('survives a connection that says nothing and goes', async () => {
    const socket = connect(bench.target.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    await bench.app();
  });
});
