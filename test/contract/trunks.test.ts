/** Trunks at work: the server's SIP side on a real engine, carriers played by hand. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { SipOptions } from '../../server/sip/index.ts';
import { expectedResponse, ha1Of } from '../../server/sip/digest.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import { type RawPeer, testSdp } from '../support/sip/raw-peer.ts';
import { noTrunks, startServerSide } from '../support/sip/server-side.ts';
import { portOf, useBench } from '../support/sip/target.ts';
import { trunksOf } from '../support/sip/trunk-plans.ts';

const bench = useBench();
const secrets: SipOptions['trunks'] = {
  ...noTrunks,
  secretOf: (ref) => (ref.type === 'stored' && ref.key !== 'unknown' ? 'secret' : undefined),
  dayOf: () => '2026-11-22',
  draw: () => 0,
};

async function serverSide(yaml: string, trunks: Partial<SipOptions['trunks']> = {}) {
  const side = await startServerSide(bench.engine, { trunks: { ...secrets, ...trunks } }, trunksOf(yaml));
  bench.later(() => side.sip.close());
  return side;
}

const targetOf = (peer: RawPeer): string => `sip:127.0.0.1:${peer.wire.port}`;

/** A trunk with these targets, and everything going out over it. */
function yamlFor(targets: readonly RawPeer[], more = '', rule = "prefixes: ['+']"): string {
  const list = targets.map((peer, at) => `{ uri: '${targetOf(peer)}', priority: ${at} }`);
  return `
trunks:
  carrier:
    addresses: [127.0.0.9]
    targets: [${list.join(', ')}]
    destinations: { allow: [any] }
    health: { every: 0s }
${more}
outbound:
  all: { ${rule}, trunks: [carrier] }
`;
}

let legs = 0;
function dial(side: Awaited<ReturnType<typeof serverSide>>, to = '+8613800138000', from = '+8653188880000'): string {
  const legId = `dial${++legs}.x1`;
  side.sip.invite({ legId, callId: `dial${legs}`, destination: { type: 'outside', to }, sdp: testSdp, from });
  return legId;
}

/** Answers an INVITE with 200 and takes in the ACK. */
async function accept(peer: RawPeer, invite: RawMessage): Promise<void> {
  peer.answer(invite, '200 OK', { tag: 'called', body: testSdp });
  await peer.request('ACK');
}

describe('an outgoing call', () => {
  it('goes over the trunk of its number, with the identity and the codecs the trunk wants', async () => {
    const peer = await bench.udp();
    const side = await serverSide(
      yamlFor(
        [peer],
        `    domain: ims.example
    profile: ims-cn
    numbers: { format: national }
    caller-id: { allowed: ['+8653188880000-99'], default: '+8653188880000' }`,
      ),
    );
    const sdp = testSdp.replace('RTP/AVP 0', 'RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000');
    const destination = { type: 'outside', to: '+8613800138000' } as const;
    side.sip.invite({ legId: 'a.x1', callId: 'a', destination, sdp, from: '+8653188880042' });
    const invite = await peer.request('INVITE');
    expect(invite.start).toBe('INVITE sip:13800138000@ims.example;user=phone SIP/2.0');
    expect(invite.header('From')).toMatch(/^<sip:053188880042@ims\.example>;tag=/);
    expect(invite.header('P-Preferred-Identity')).toBe('<sip:053188880042@ims.example>');
    expect(invite.header('Supported')).toContain('100rel');
    expect(invite.body).toContain('RTP/AVP 8 0 101');
    await accept(peer, invite);
    expect(await side.event('leg-answered')).toMatchObject({ legId: 'a.x1' });
  });

  it('shows the default number where its own is not allowed, and hides it where that is asked', async () => {
    const peer = await bench.udp();
    const side = await serverSide(
      yamlFor([peer], `    caller-id: { allowed: ['+86531'], default: '+86531', identity: asserted }`),
    );
    dial(side, '+8613800138000', '+8610000');
    const shown = await peer.request('INVITE');
    expect(shown.header('From')).toMatch(/^<sip:\+86531@127/);
    peer.answer(shown, '486 Busy Here', { tag: 'x' });
    dial(side, '+8613800138000', 'anonymous');
    const hidden = await peer.request('INVITE');
    expect(hidden.header('From')).toMatch(/^"Anonymous" <sip:anonymous@anonymous\.invalid>/);
    expect(hidden.header('Privacy')).toBe('id');
    expect(hidden.header('P-Asserted-Identity')).toMatch(/^<sip:\+86531@127/);
    // What the trunk is told in confidence stands nowhere else.
    expect(hidden.header('Contact')).toMatch(/^<sip:anonymous@127/);
    peer.answer(hidden, '486 Busy Here', { tag: 'x' });
  });

  it('is tried at the next target on 503, and on silence, as one leg', async () => {
    const [full, silent, good] = [await bench.udp(), await bench.udp(), await bench.udp()];
    const side = await serverSide(yamlFor([full, silent, good], '    answer-within: 200ms'));
    const legId = dial(side);
    full.answer(await full.request('INVITE'), '503 Service Unavailable', { tag: 'x' });
    await silent.request('INVITE');
    await accept(good, await good.request('INVITE'));
    expect(await side.event('leg-answered')).toMatchObject({ legId });
    expect(side.events.map(({ type }) => type)).not.toContain('leg-failed');
    expect(side.trunkEvents.flatMap((event) => (event.type === 'tried' ? [event.target] : []))).toEqual(
      [full, silent, good].map(targetOf),
    );
    // The next call does not wait for the dead again.
    dial(side);
    const next = await good.request('INVITE');
    good.answer(next, '486 Busy Here', { tag: 'x' });
    expect(full.count(({ method }) => method === 'INVITE')).toBe(1);
  });

  it('is not tried elsewhere once the far side is at work', async () => {
    const [busy, other] = [await bench.udp(), await bench.udp()];
    const side = await serverSide(yamlFor([busy, other]));
    dial(side);
    const invite = await busy.request('INVITE');
    busy.answer(invite, '180 Ringing', { tag: 'x' });
    await side.event('leg-ringing');
    busy.answer(invite, '503 Service Unavailable', { tag: 'x' });
    expect(await side.event('leg-failed')).toMatchObject({ status: 503 });
    expect(other.seen).toEqual([]);
  });

  it('sends home a 200 of a target that was given up', async () => {
    const [slow, good] = [await bench.udp(), await bench.udp()];
    const side = await serverSide(yamlFor([slow, good], '    answer-within: 100ms'));
    dial(side);
    const late = await slow.request('INVITE');
    await accept(good, await good.request('INVITE'));
    await side.event('leg-answered');
    slow.answer(late, '200 OK', { tag: 'late', body: testSdp });
    await slow.request('ACK');
    slow.answer(await slow.request('BYE'), '200 OK');
    expect(side.events.filter(({ type }) => type === 'leg-answered')).toHaveLength(1);
  });

  it('proves itself when the carrier asks', async () => {
    const peer = await bench.udp();
    const side = await serverSide(yamlFor([peer], '    account: { user: us }'));
    dial(side);
    const first = await peer.request('INVITE');
    peer.answer(first, '407 Proxy Authentication Required', {
      tag: 'x',
      lines: ['Proxy-Authenticate: Digest realm="carrier", nonce="n1", algorithm=MD5, qop="auth"'],
    });
    await peer.request('ACK');
    const second = await peer.request('INVITE');
    const proof = Object.fromEntries(
      [...second.header('Proxy-Authorization').matchAll(/(\w+)=(?:"([^"]*)"|([^,\s]+))/g)].map(
        ([, name = '', a, b]) => [name, a ?? b ?? ''],
      ),
    );
    expect(proof['response']).toBe(expectedResponse(proof, 'INVITE', 'md5', ha1Of('md5', 'us', 'carrier', 'secret')));
    expect(second.header('Call-ID')).toBe(first.header('Call-ID'));
    expect(Number.parseInt(second.header('CSeq'), 10)).toBe(Number.parseInt(first.header('CSeq'), 10) + 1);
    await accept(peer, second);
    await side.event('leg-answered');
  });

  it('fails in our words, whatever the carrier writes beside the code', async () => {
    const peer = await bench.udp();
    const side = await serverSide(yamlFor([peer]));
    dial(side);
    peer.answer(await peer.request('INVITE'), '603 <script>alert(1)</script>;=cmd()', { tag: 'x' });
    expect(await side.event('leg-failed')).toMatchObject({ status: 603, reason: 'Decline' });
  });

  it('does not go out where it may not, and says why', async () => {
    const peer = await bench.udp();
    const side = await serverSide(
      yamlFor([peer], `    limits: { channels: 1 }`, "prefixes: ['+86', '+44', '110']").replace(
        'allow: [any]',
        'allow: [CN], deny: [premium, "+86900"]',
      ),
    );
    const why = async (to: string): Promise<unknown> => {
      const legId = dial(side, to);
      for (;;) {
        const event = side.events.find((each) => each.legId === legId && each.type === 'leg-failed');
        if (event !== undefined) return 'reason' in event ? event.reason : event;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    expect(await why('+12125550123')).toBe('no-trunk');
    expect(await why('+442071838750')).toBe('not-permitted');
    expect(await why('110')).toBe('not-permitted');
    dial(side);
    await accept(peer, await peer.request('INVITE'));
    expect(await why('+8613800138000')).toBe('channels-full');
    expect(
      side.trunkEvents.flatMap((event) => (event.type === 'refused' ? [`${event.trunk ?? '-'} ${event.cause}`] : [])),
    ).toEqual(['- no-trunk', '- not-permitted', '- channels-full']);
  });
});

describe('the daily cap', () => {
  it('refuses outgoing calls once it is reached, and alarms', async () => {
    const peer = await bench.udp();
    const kept = new Map([['carrier', { day: '2026-11-22', talkedMs: 60_000 * 10, spent: 0 }]]);
    const side = await serverSide(yamlFor([peer], '    daily: { minutes: 10 }'), { kept });
    dial(side);
    expect(await side.event('leg-failed')).toMatchObject({ cause: 'not-permitted', reason: 'daily-minutes' });
  });
});

describe('a registration', () => {
  it('is asked for with proof, takes a longer time where the registrar wants one, and lets the carrier call', async () => {
    const peer = await bench.udp();
    const side = await serverSide(`
trunks:
  ims:
    profile: ims-cn
    account: { user: us }
    registration: { as: '+8653188880000', expires: 60s }
    domain: ims.example
    targets: ['${targetOf(peer)}']
`);
    const first = await peer.request('REGISTER');
    expect(first.start).toBe('REGISTER sip:ims.example SIP/2.0');
    peer.answer(first, '401 Unauthorized', {
      lines: [
        'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=AKAv1-MD5, qop="auth"',
        'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"',
      ],
      contact: false,
    });
    const second = await peer.request('REGISTER');
    expect(second.header('Authorization')).toContain('algorithm=SHA-256');
    peer.answer(second, '423 Interval Too Brief', { lines: ['Min-Expires: 600'], contact: false });
    const third = await peer.request('REGISTER');
    expect(third.header('Expires')).toBe('600');
    expect(third.header('Call-ID')).toBe(first.header('Call-ID'));
    const contact = third.header('Contact');
    peer.answer(third, '200 OK', { lines: [`Contact: ${contact};expires=600`], contact: false });
    await side.trunkEvent((event) => event.type === 'registration' && event.state === 'registered');
    expect(side.sip.trunks.views()).toMatchObject([{ state: 'up', registration: { phase: 'registered' } }]);
    const port = portOf(bench.engine, 'udp');
    peer.send('INVITE', port, {
      uri: /<([^>]+)>/.exec(contact)?.[1] ?? '',
      to: '<sip:+8653188880042@ims.example>',
      headers: [
        'P-Asserted-Identity: "A" <sip:+8613800138000@ims.example>, <tel:+8613800138000>',
        'Diversion: <sip:053188881111@ims.example>;reason=no-answer',
      ],
      body: testSdp,
    });
    await peer.response(404, 'INVITE');
    expect(side.invites).toMatchObject([
      {
        origin: { type: 'trunk', trunk: 'ims' },
        ...{ to: '+8653188880042', from: '+8613800138000', asserted: '+8613800138000', attestation: 'absent' },
        diversions: [{ number: '+8653188881111', reason: 'no-answer' }],
      },
    ]);
  });

  it('moves to the next registrar when one fails', async () => {
    const [dead, good] = [await bench.udp(), await bench.udp()];
    const side = await serverSide(`
trunks:
  ims:
    account: { user: us }
    registration: {}
    targets: ['${targetOf(dead)}', '${targetOf(good)}']
    health: { every: 0s }
`);
    dead.answer(await dead.request('REGISTER'), '500 Server Error', { contact: false });
    const register = await good.request('REGISTER');
    good.answer(register, '200 OK', { lines: [`Contact: ${register.header('Contact')};expires=60`], contact: false });
    await side.trunkEvent((event) => event.type === 'registration' && event.state === 'registered');
  });

  it('without a password is not tried, and says so', async () => {
    const side = await serverSide(`
trunks:
  unknown:
    account: { user: us }
    registration: {}
    targets: ['sip:127.0.0.1:9']
`);
    expect(side.sip.trunks.views()).toMatchObject([{ state: 'down', trouble: 'no-password' }]);
  });
});

describe('health', () => {
  it('finds a target down by OPTIONS and up again, and calls follow', async () => {
    const [first, second] = [await bench.udp(), await bench.udp()];
    const yaml = yamlFor([first, second]).replace(
      'health: { every: 0s }',
      'health: { every: 20ms, timeout: 60ms, failures: 2 }',
    );
    const side = await serverSide(yaml);
    second.answer(await second.request('OPTIONS'), '200 OK');
    await side.trunkEvent(
      (event) => event.type === 'target' && event.uri === targetOf(first) && event.state === 'down',
    );
    dial(side);
    const invite = await second.request('INVITE');
    second.answer(invite, '486 Busy Here', { tag: 'x' });
    first.answer(
      first.seen.findLast(({ method }) => method === 'OPTIONS') ?? (await first.request('OPTIONS')),
      '200 OK',
    );
    const answering = setInterval(() => {
      const last = first.seen.findLast(({ method }) => method === 'OPTIONS');
      if (last !== undefined) first.answer(last, '405 Method Not Allowed');
    }, 5);
    bench.later(() => clearInterval(answering));
    await side.trunkEvent((event) => event.type === 'target' && event.uri === targetOf(first) && event.state === 'up');
    dial(side);
    first.answer(await first.request('INVITE'), '486 Busy Here', { tag: 'x' });
  });
});

describe('an incoming call', () => {
  const limited = (limits: string): string =>
    `trunks: { demo: { calls: in, addresses: [loopback], limits: { ${limits} } } }`;
  const invite = (peer: RawPeer): RawMessage =>
    peer.send('INVITE', portOf(bench.engine, 'udp'), { uri: 'sip:1000@127.0.0.1', body: testSdp });

  it.each([
    ['channels: 1', 480, 'Q.850;cause=34'],
    ['per-second-in: 1', 503, 'SIP;cause=503'],
  ])('beyond %s is refused with %i and the reason', async (limits, status, reason) => {
    const side = await startServerSide(bench.engine, { trunks: secrets }, trunksOf(limited(limits)), () => undefined);
    bench.later(() => side.sip.close());
    const peer = await bench.udp();
    invite(peer);
    await side.invited();
    invite(peer);
    const refused = await peer.response(status, 'INVITE');
    expect(refused.header('Reason')).toContain(reason);
    expect(side.trunkEvents).toMatchObject([{ type: 'refused', direction: 'in', status }]);
    side.sip.reject('call1.c', 486, 'Busy Here');
    await peer.response(486);
    expect(side.sip.trunks.views()).toMatchObject([{ calls: { in: 0, out: 0 } }]);
  });
});

describe('the test of a trunk', () => {
  /** A trunk whose targets are asked by OPTIONS. */
  const asked = (targets: readonly RawPeer[], more = ''): string =>
    yamlFor(targets, more).replace('every: 0s', 'every: 1h');
  /** Answers every OPTIONS from now on; nobody waits for it. */
  function answerOptions(peer: RawPeer): void {
    void peer.request('OPTIONS').then((request) => {
      peer.answer(request, '200 OK');
      answerOptions(peer);
    });
  }
  const check = (card: Awaited<ReturnType<Awaited<ReturnType<typeof serverSide>>['sip']['testTrunk']>>) =>
    Object.fromEntries((card?.checks ?? []).map(({ name, grade, found }) => [name, `${grade}: ${found}`]));
  const sdpAt = (port: number): string =>
    testSdp
      .replace('40000 RTP/AVP 0', `${port} RTP/AVP 8 101`)
      .replace('a=sendrecv', 'a=rtpmap:101 telephone-event/8000\r\na=sendrecv');

  it('grades what it finds when all is well', async () => {
    const [peer, echo] = [await bench.udp(), createSocket('udp4')];
    echo.bind(0, '127.0.0.1');
    await once(echo, 'listening');
    bench.later(() => void echo.close());
    echo.on('message', (bytes, from) => echo.send(bytes, from.port, from.address));
    const side = await serverSide(asked([peer], "    profile: gateway-cn\n    test-number: '*43'"));
    const tested = side.sip.testTrunk('carrier');
    answerOptions(peer);
    const invite = await peer.request('INVITE');
    expect(invite.start).toContain('sip:*43@');
    peer.answer(invite, '183 Session Progress', { tag: 'x', body: sdpAt(echo.address().port) });
    peer.answer(invite, '200 OK', {
      tag: 'x',
      body: sdpAt(echo.address().port),
      lines: ['Session-Expires: 1800;refresher=uas'],
    });
    await peer.request('ACK');
    peer.answer(await peer.request('BYE'), '200 OK');
    const card = await tested;
    expect(check(card)).toMatchObject({
      registration: 'skipped: -',
      call: 'good: 183 200',
      codec: 'good: PCMA',
      dtmf: 'good: rfc4733, echoed',
      'session-timer': 'good: 1800 s',
      audio: expect.stringMatching(/^good: 20 sent, 20 received, 20 echoed/) as unknown,
    });
    expect(card?.checks.find(({ name }) => name === 'reachability')?.found).toMatch(/ 200 in \d+ ms$/);
    // A test costs what any call costs.
    const [view] = side.sip.trunks.views();
    expect(view?.calls).toEqual({ in: 0, out: 0 });
    expect(view?.today.talkedMs).toBeGreaterThan(300);
  });

  it('finds one-way audio, and a target that does not answer', async () => {
    const [peer, deaf] = [await bench.udp(), await bench.udp()];
    const side = await serverSide(
      yamlFor([peer, deaf], '    health: { every: 1h, timeout: 100ms }').replace('    health: { every: 0s }\n', ''),
    );
    const tested = side.sip.testTrunk('carrier', '+8613800138000');
    answerOptions(peer);
    const invite = await peer.request('INVITE');
    peer.answer(invite, '200 OK', { tag: 'x', body: sdpAt(9) });
    await peer.request('ACK');
    peer.answer(await peer.request('BYE'), '200 OK');
    const card = await tested;
    expect(card?.grade).toBe('F');
    expect(check(card)).toMatchObject({
      reachability: expect.stringMatching(/^fair: .* 200 in .*no answer$/) as unknown,
      audio: 'bad: one-way: 20 sent, 0 received, 0 echoed',
    });
  });

  it('says why no call was made', async () => {
    const peer = await bench.udp();
    const side = await serverSide(asked([peer]));
    const refused = side.sip.testTrunk('carrier', '+8613800138000');
    answerOptions(peer);
    peer.answer(await peer.request('INVITE'), '486 Busy Here', { tag: 'x' });
    expect(check(await refused)['call']).toBe('bad: 486 Busy Here');
    expect(await side.sip.testTrunk('nobody')).toBeUndefined();
  });
});
