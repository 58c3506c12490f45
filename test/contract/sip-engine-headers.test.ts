import { describe, expect, it } from 'vitest';
import { RawApp } from '../support/sip/raw-app.ts';
import type { AppSip } from '../support/sip/raw-app.ts';
import { readRaw } from '../support/sip/raw-message.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { random, testSdp } from '../support/sip/raw-peer.ts';
import { embedded, useBench } from '../support/sip/target.ts';

/** Section 5 of the control protocol, "what the server puts in", row by row, with frames no srf would write. */
describe('what the server puts into an app’s messages', () => {
  const bench = useBench({ timers: { t1: 500, t2: 4000, t4: 5000, d: 32_000 } });

  const connected = async (...routes: string[]): Promise<RawApp> => {
    const app = await RawApp.connect(bench.target.port);
    bench.later(() => app.close());
    await app.authenticate(bench.target.secret);
    for (const method of routes) {
      app.send(`route|${method}`);
      await app.reply();
    }
    return app;
  };

  const text = (lines: readonly string[], body = ''): string => [...lines, '', body].join('\r\n');

  /** Sends a request of the app; what the peer gets of it. */
  const request = async (
    peer: RawPeer,
    method: string,
    lines: readonly string[] = [],
    body = '',
  ): Promise<RawMessage> => {
    const app = await connected();
    app.send(`sip||\r\n${text([`${method} ${peer.contact} SIP/2.0`, ...lines], body)}`);
    const reply = await app.reply();
    expect(reply.result).toBe('OK');
    const got = await peer.request(method);
    // The echo is what went out.
    expect(readRaw(reply.text).header('Via')).toBe(got.header('Via'));
    return got;
  };

  /** Sends a request to the app; answers it with these lines. */
  const answer = async (
    method: string,
    status: string,
    lines: readonly string[] = [],
    facts: Parameters<RawPeer['send']>[2] = {},
    body = '',
  ): Promise<{ asked: RawMessage; got: RawMessage; frame: AppSip; app: RawApp; peer: RawPeer }> => {
    const app = await connected(method.toLowerCase());
    const peer = await bench.udp();
    const asked = peer.send(method, bench.target.udp, facts);
    const frame = await app.sip();
    app.send(`sip|${frame.transactionId}|\r\n${text([`SIP/2.0 ${status}`, `CSeq: 1 ${method}`, ...lines], body)}`);
    expect((await app.reply()).result).toBe('OK');
    const got = await peer.response(Number.parseInt(status, 10), method);
    return { asked, got, frame, app, peer };
  };

  it('completes a bare request: Via, Max-Forwards, Call-ID, From, To, CSeq, Content-Length', async () => {
    const peer = await bench.udp();
    const got = await request(peer, 'OPTIONS');
    expect(got.header('Via')).toMatch(new RegExp(`^SIP/2.0/UDP 127.0.0.1:${bench.target.udp};.*branch=z9hG4bK.*`));
    expect(got.header('Via')).toContain(';rport');
    expect(got.header('Max-Forwards')).toBe('70');
    expect(got.header('Call-ID')).not.toBe('');
    expect(got.header('From')).toContain(`<sip:127.0.0.1:${bench.target.udp}>;tag=`);
    expect(got.header('To')).toContain(peer.contact);
    expect(got.tag('To')).toBe('');
    expect(got.header('CSeq')).toMatch(/^\d+ OPTIONS$/);
    expect(got.header('Content-Length')).toBe('0');
    expect(got.header('Contact')).toBe('');
  });

  it('keeps what the app gives: Call-ID, From with tag, To, CSeq, Max-Forwards, in whatever case', async () => {
    const peer = await bench.udp();
    const callId = random();
    const got = await request(peer, 'MESSAGE', [
      `call-id: ${callId}`,
      'FROM: "A" <sip:a@example.com>;tag=mine',
      'to: <sip:b@example.com>',
      'cseq: 77 MESSAGE',
      'max-forwards: 9',
    ]);
    expect(got.header('Call-ID')).toBe(callId);
    expect(got.header('From')).toBe('"A" <sip:a@example.com>;tag=mine');
    expect(got.header('To')).toBe('<sip:b@example.com>');
    expect(got.header('CSeq')).toBe('77 MESSAGE');
    expect(got.header('Max-Forwards')).toBe('9');
  });

  it('ignores what is not the app’s: Via, Record-Route, RSeq, Content-Length', async () => {
    const peer = await bench.udp();
    const got = await request(peer, 'MESSAGE', [
      'Via: SIP/2.0/UDP 9.9.9.9;branch=z9hG4bKx',
      'Record-Route: <sip:9.9.9.9;lr>',
      'RSeq: 5',
      'Content-Length: 99',
    ]);
    expect(got.headers('Via')).toHaveLength(1);
    for (const name of ['Record-Route', 'RSeq']) expect(got.header(name)).toBe('');
    expect(got.header('Content-Length')).toBe('0');
  });

  it.each([
    ['INVITE', true],
    ['SUBSCRIBE', true],
    ['REGISTER', false],
    ['MESSAGE', false],
  ])('gives %s a Contact of its own: %s', async (method, given) => {
    const peer = await bench.udp();
    const got = await request(peer, method, method === 'SUBSCRIBE' ? ['Event: presence'] : []);
    expect(got.header('Contact')).toBe(given ? `<sip:127.0.0.1:${bench.target.udp}>` : '');
    expect((await request(peer, method, ['Contact: <sip:me@10.0.0.1>', 'Event: presence'])).header('Contact')).toBe(
      '<sip:me@10.0.0.1>',
    );
  });

  it('names the transport in its Contact unless it is UDP', async () => {
    const peer = await bench.tcpServer();
    const got = await request(peer, 'INVITE');
    expect(got.header('Contact')).toBe(`<sip:127.0.0.1:${bench.target.tcp};transport=tcp>`);
  });

  it('puts itself in the place of localhost in From, To, Contact and P-Asserted-Identity, and adds brackets', async () => {
    const peer = await bench.udp();
    const names = ['From', 'To', 'Contact', 'P-Asserted-Identity'];
    const got = await request(peer, 'INVITE', [
      ...names.map((name) => `${name}: sip:9@localhost`),
      'X-Own: sip:9@localhost',
    ]);
    const own = `<sip:9@127.0.0.1:${bench.target.udp}>`;
    for (const name of names) expect(got.header(name).split(';tag')[0]).toBe(own);
    expect(got.header('X-Own')).toBe('sip:9@localhost');
  });

  it('writes header names as everybody knows them, X- as it is, others word by word, impossible ones not at all', async () => {
    const peer = await bench.udp();
    const got = await request(peer, 'MESSAGE', [
      'user-agent: a',
      'x-my-own: b',
      'some-new-header: c',
      'bad name: d',
      'mime-version: 1.0',
    ]);
    expect(got.text).toMatch(/\r\nUser-Agent: a\r\n/);
    expect(got.text).toMatch(/\r\nx-my-own: b\r\n/);
    expect(got.text).toMatch(/\r\nSome-New-Header: c\r\n/);
    expect(got.text).not.toContain('bad name');
    if (embedded) expect(got.text).toMatch(/\r\nMIME-Version: 1.0\r\n/);
  });

  it('knows SDP when it sees it, counts bytes, and wants a type for any other body', async () => {
    const peer = await bench.udp();
    expect((await request(peer, 'INVITE', [], testSdp)).header('Content-Type')).toBe('application/sdp');
    const got = await request(peer, 'MESSAGE', ['Content-Type: text/plain', 'Content-Length: 2'], '你好');
    expect(got.header('Content-Length')).toBe('6');
    expect(got.body).toBe('你好');
    const app = await connected();
    app.send(`sip||\r\n${text([`MESSAGE ${peer.contact} SIP/2.0`], 'no type')}`);
    expect((await app.reply()).result).toBe('NOK');
  });

  it.each([
    ['a URI it cannot read', 'sip:'],
    ['its own address', undefined],
    ['a transport it has not bound', 'sip:127.0.0.1:9;transport=sctp'],
  ])('refuses a request to %s', async (_name, uri) => {
    const app = await connected();
    app.send(`sip||\r\n${text([`OPTIONS ${uri ?? `sip:127.0.0.1:${bench.target.udp}`} SIP/2.0`])}`);
    expect((await app.reply()).result).toBe('NOK');
  });

  it('takes extra headers into a CANCEL, but none of its parties', async () => {
    const peer = await bench.udp();
    const app = await connected();
    app.send(`sip||\r\n${text([`INVITE ${peer.contact} SIP/2.0`], testSdp)}`);
    const transactionId = (await app.reply()).fields[6] ?? '';
    const invite = await peer.request('INVITE');
    peer.answer(invite, '180 Ringing', { tag: 'w' });
    await app.sip();
    const lines = [
      'Reason: SIP;cause=200',
      'From: <sip:x@x>',
      'To: <sip:x@x>',
      'Contact: <sip:x@x>',
      'P-Asserted-Identity: <sip:x@x>',
    ];
    app.send(`sip|${transactionId}|\r\n${text([`CANCEL ${peer.contact} SIP/2.0`, ...lines])}`);
    const cancel = await peer.request('CANCEL');
    expect(cancel.header('Reason')).toBe('SIP;cause=200');
    for (const name of ['Via', 'From', 'Call-ID']) expect(cancel.header(name)).toBe(invite.header(name));
    for (const name of ['Contact', 'P-Asserted-Identity']) expect(cancel.header(name)).toBe('');
  });

  it('makes answers of a status and little else: Via, From, To with one tag, Call-ID, CSeq of the request', async () => {
    const { asked, got } = await answer('MESSAGE', '200 OK', ['From: <sip:evil@x>;tag=no', 'Call-ID: other'], {
      contact: null,
    });
    expect(got.header('Via')).toContain(asked.header('Via').split(';')[1] ?? '');
    for (const name of ['From', 'Call-ID', 'CSeq']) expect(got.header(name)).toBe(asked.header(name));
    expect(got.tag('To')).not.toBe('');
    expect(got.header('Contact')).toBe('');
    expect(got.header('Content-Length')).toBe('0');
  });

  it('gives a 2xx to INVITE and SUBSCRIBE a Contact, a plain 180 none, and copies Record-Route into both', async () => {
    const facts = { headers: ['Record-Route: <sip:127.0.0.9;lr>'], body: testSdp };
    const { got, frame, app, peer } = await answer('INVITE', '180 Ringing', [], facts);
    expect(got.header('Contact')).toBe('');
    expect(got.header('Record-Route')).toBe('<sip:127.0.0.9;lr>');
    app.send(`sip|${frame.transactionId}|\r\n${text(['SIP/2.0 200 OK', 'CSeq: 1 INVITE'], testSdp)}`);
    const ok = await peer.response(200, 'INVITE');
    expect(ok.header('Contact')).toBe(`<sip:127.0.0.1:${bench.target.udp}>`);
    expect(ok.header('Record-Route')).toBe('<sip:127.0.0.9;lr>');
    expect(ok.header('Content-Type')).toBe('application/sdp');
    expect(ok.tag('To')).toBe(got.tag('To'));
    const subscribe = await answer('SUBSCRIBE', '202 Accepted', ['Expires: 9'], { headers: ['Event: presence'] });
    expect(subscribe.got.header('Contact')).toBe(`<sip:127.0.0.1:${bench.target.udp}>`);
  });

  it('takes the To tag an app chooses for its first answer, and keeps it', async () => {
    const { got, frame, app, peer } = await answer('INVITE', '180 Ringing', ['To: <sip:x@x>;tag=chosen'], {
      body: testSdp,
    });
    expect(got.tag('To')).toBe('chosen');
    app.send(
      `sip|${frame.transactionId}|\r\n${text(['SIP/2.0 486 Busy Here', 'CSeq: 1 INVITE', 'To: <sip:x@x>;tag=other'])}`,
    );
    expect((await peer.response(486)).tag('To')).toBe('chosen');
  });

  it('fills in-dialog requests from the dialog: target, parties, route set, the next CSeq, Contact where one is due', async () => {
    const facts = { headers: [`Record-Route: <sip:127.0.0.1:1;lr>`], body: testSdp };
    const proxy = await bench.udp();
    facts.headers = [`Record-Route: <sip:127.0.0.1:${proxy.wire.port};lr>`];
    const { asked, got, app } = await answer('INVITE', '200 OK', [], facts, testSdp);
    const dialogId = `${asked.header('Call-ID')};from-tag=${asked.tag('From')}`;
    const send = async (method: string, uri: string): Promise<RawMessage> => {
      app.send(`sip||${dialogId}\r\n${text([`${method} ${uri} SIP/2.0`, 'CSeq: 4711 X', 'Refer-To: <sip:a@b>'])}`);
      return proxy.request(method);
    };
    const info = await send('INFO', 'sip:placeholder');
    expect(info.start).toBe(`INFO ${/<([^>]+)>/.exec(asked.header('Contact'))?.[1]} SIP/2.0`);
    expect(info.header('From')).toBe(got.header('To'));
    expect(info.header('To')).toBe(asked.header('From'));
    expect(info.header('Route')).toContain(`sip:127.0.0.1:${proxy.wire.port};lr`);
    expect(info.header('Contact')).toBe('');
    const refer = await send('REFER', 'sip:somewhere@example.com');
    expect(refer.start).toBe('REFER sip:somewhere@example.com SIP/2.0');
    expect(refer.header('Contact')).toBe(got.header('Contact'));
    const number = (message: RawMessage): number => Number.parseInt(message.header('CSeq'), 10);
    expect(number(refer)).toBe(number(info) + 1);
    expect(number(info)).not.toBe(4711);
  });
});
