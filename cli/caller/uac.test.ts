import { describe, expect, it } from 'vitest';
import type { SipMessage, SipRequest, SipResponse } from './sip-message.ts';
import { headerValue, headerValues, parseMessage, SipStream, splitList, tagOf, writeMessage } from './sip-message.ts';
import type { UacEffect, UacEvent, UacSignal, UacState, UacTimer } from './uac-state.ts';
import { stepUac } from './uac.ts';
import type { UacPlan } from './uac-messages.ts';

const plan: UacPlan = {
  target: 'sip:+8653100000@10.0.0.9:5060',
  firstHop: 'sip:10.0.0.9:5060',
  from: '<sip:+8613800000000@10.0.0.9>',
  callId: 'c1',
  tag: 'mine',
  branchSeed: 'seed',
  contact: 'sip:+8613800000000@10.0.0.1:40000',
  transport: 'udp',
  sentBy: '10.0.0.1:40000',
  audio: { address: '10.0.0.1', port: 41_000, codecs: ['pcmu', 'pcma'], session: { id: 1, version: 1 } },
  timers: { t1: 500, t2: 4000 },
};

const sdp = (direction = 'sendrecv', port = 9000): string =>
  `v=0\r\nc=IN IP4 10.0.0.9\r\nm=audio ${String(port)} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=${direction}\r\n`;

/** Runs the machine and keeps what it did. */
class Bench {
  state: UacState = { type: 'idle' };
  readonly sent: { readonly message: SipMessage; readonly to: string }[] = [];
  readonly signals: UacSignal[] = [];
  readonly armed = new Map<UacTimer, number>();
  readonly #plan: UacPlan;

  constructor(changes: Partial<UacPlan> = {}) {
    this.#plan = { ...plan, ...changes };
  }

  feed(event: UacEvent): this {
    const step = stepUac(this.#plan, this.state, event);
    this.state = step.state;
    for (const effect of step.effects) this.#keep(effect);
    return this;
  }

  #keep(effect: UacEffect): void {
    if (effect.type === 'send')
      this.sent.push({ message: effect.message, to: 'uri' in effect.to ? effect.to.uri : effect.to.source });
    if (effect.type === 'signal') this.signals.push(effect.signal);
    if (effect.type === 'arm') this.armed.set(effect.timer, effect.afterMs);
    if (effect.type === 'disarm') this.armed.delete(effect.timer);
  }

  timer(timer: UacTimer): this {
    this.armed.delete(timer);
    return this.feed({ type: 'timer', timer });
  }

  answer(
    status: number,
    changes: { body?: string; tag?: string; method?: string; more?: [string, string][] } = {},
  ): this {
    const { body = '', tag = 'theirs', method = 'INVITE', more = [] } = changes;
    const message: SipResponse = {
      type: 'response',
      status,
      reason: 'Because',
      headers: [
        { name: 'To', value: `<${plan.target}>;tag=${tag}` },
        { name: 'CSeq', value: `${method === 'BYE' ? '2' : '1'} ${method}` },
        { name: 'Contact', value: '<sip:desk@10.0.0.9:5070>' },
        ...more.map(([name, value]) => ({ name, value })),
      ],
      body,
    };
    return this.feed({ type: 'received', message, source: 'there' });
  }

  request(
    method: string,
    sequence: number,
    changes: { body?: string; tag?: string; more?: [string, string][] } = {},
  ): this {
    const { body = '', tag = 'theirs', more = [] } = changes;
    const message: SipRequest = {
      type: 'request',
      method,
      uri: plan.contact,
      headers: [
        { name: 'Via', value: 'SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx' },
        { name: 'From', value: `<${plan.target}>;tag=${tag}` },
        { name: 'To', value: `${plan.from};tag=mine` },
        { name: 'Call-ID', value: 'c1' },
        { name: 'CSeq', value: `${String(sequence)} ${method}` },
        ...more.map(([name, value]) => ({ name, value })),
      ],
      body,
    };
    return this.feed({ type: 'received', message, source: 'there' });
  }

  /** Start lines of everything sent. */
  get wire(): string[] {
    return this.sent.map(({ message }) =>
      message.type === 'request' ? message.method : `${String(message.status)} ${message.reason}`,
    );
  }

  get last(): SipMessage {
    const sent = this.sent.at(-1);
    if (sent === undefined) throw new Error('nothing was sent');
    return sent.message;
  }
}

const talking = (): Bench => new Bench().feed({ type: 'start' }).answer(200, { body: sdp() });

describe('placing a call', () => {
  it('goes from INVITE over ringing to the answer and its ACK', () => {
    const bench = new Bench().feed({ type: 'start' });
    expect(bench.armed).toEqual(
      new Map([
        ['resend', 500],
        ['give-up', 32_000],
      ]),
    );
    bench.answer(180);
    expect(bench.armed.size).toBe(0);
    bench.answer(200, { body: sdp(), more: [['Record-Route', '<sip:p2;lr>, <sip:p1:5080;lr>']] });
    expect(bench.wire).toEqual(['INVITE', 'ACK']);
    expect(bench.signals.map((signal) => signal.type)).toEqual(['progress', 'media', 'answered']);
    // RFC 3261 section 12.1.2: the route set is the Record-Route in reverse.
    expect(headerValues(bench.last, 'Route')).toEqual(['<sip:p1:5080;lr>', '<sip:p2;lr>']);
    expect(bench.sent.at(-1)?.to).toBe('sip:p1:5080;lr');
    expect(bench.last).toMatchObject({ uri: 'sip:desk@10.0.0.9:5070' });
  });

  it('repeats the INVITE at T1, 2 T1, 4 T1 and gives up after 64 T1', () => {
    const bench = new Bench().feed({ type: 'start' });
    const intervals = [1, 2, 3].map(() => bench.timer('resend').armed.get('resend'));
    expect(intervals).toEqual([1000, 2000, 4000]);
    expect(new Set(bench.sent.map(({ message }) => writeMessage(message).toString())).size).toBe(1);
    bench.timer('give-up');
    expect(bench.signals).toEqual([{ type: 'ended', end: { type: 'unreachable', detail: 'timeout' } }]);
  });

  it('does not repeat over TCP', () => {
    const bench = new Bench({ transport: 'tcp' }).feed({ type: 'start' });
    expect([...bench.armed.keys()]).toEqual(['give-up']);
  });

  it('acknowledges a refusal, also when it comes again', () => {
    const bench = new Bench().feed({ type: 'start' }).answer(486).answer(486);
    expect(bench.wire).toEqual(['INVITE', 'ACK', 'ACK']);
    expect(headerValue(bench.last, 'Via')).toBe('SIP/2.0/UDP 10.0.0.1:40000;branch=z9hG4bKseedi;rport');
    expect(bench.signals).toEqual([{ type: 'ended', end: { type: 'refused', status: 486, reason: 'Because' } }]);
  });

  it('tells where a redirection leads', () => {
    const bench = new Bench().feed({ type: 'start' }).answer(302);
    expect(bench.signals).toEqual([
      { type: 'ended', end: { type: 'refused', status: 302, reason: 'Because', to: '<sip:desk@10.0.0.9:5070>' } },
    ]);
  });

  it('hears early media, and keeps it when the answer has no description', () => {
    const bench = new Bench().feed({ type: 'start' }).answer(183, { body: sdp() }).answer(200);
    expect(bench.signals.map((signal) => signal.type)).toEqual(['progress', 'media', 'media', 'answered']);
  });

  it('ends a call whose answer cannot be used', () => {
    const bench = new Bench().feed({ type: 'start' }).answer(200, { body: sdp().replace('AVP 0', 'AVP 9') });
    expect(bench.wire).toEqual(['INVITE', 'ACK', 'BYE']);
    bench.answer(200, { method: 'BYE' });
    expect(bench.signals).toEqual([
      { type: 'ended', end: { type: 'broken', detail: 'the answer cannot be used: no-common-codec' } },
    ]);
  });

  it('acknowledges a 200 again, and ends that of another fork', () => {
    const bench = talking().answer(200, { body: sdp() });
    expect(bench.wire).toEqual(['INVITE', 'ACK', 'ACK']);
    bench.answer(200, { body: sdp(), tag: 'other' });
    expect(bench.wire.slice(3)).toEqual(['ACK', 'BYE']);
    expect(headerValue(bench.last, 'To')).toContain('tag=other');
    expect(bench.state.type).toBe('talking');
  });
});

describe('giving up', () => {
  it('waits for a word before CANCEL (RFC 3261 section 9.1)', () => {
    const bench = new Bench().feed({ type: 'start' }).feed({ type: 'hang-up' });
    expect(bench.wire).toEqual(['INVITE']);
    bench.answer(100).answer(200, { method: 'CANCEL' }).answer(487);
    expect(bench.wire).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(bench.signals).toEqual([{ type: 'ended', end: { type: 'cancelled' } }]);
  });

  it('ends when nobody is there to cancel', () => {
    const bench = new Bench().feed({ type: 'start' }).feed({ type: 'hang-up' }).timer('give-up');
    expect(bench.signals).toEqual([{ type: 'ended', end: { type: 'cancelled' } }]);
  });

  it('says BYE when the answer crosses the CANCEL', () => {
    const bench = new Bench()
      .feed({ type: 'start' })
      .answer(180)
      .feed({ type: 'hang-up' })
      .answer(200, { body: sdp() });
    expect(bench.wire).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE']);
    bench.answer(200, { method: 'BYE' });
    expect(bench.signals.at(-1)).toEqual({ type: 'ended', end: { type: 'cancelled' } });
  });

  it('repeats BYE up to T2 and ends all the same', () => {
    const bench = talking().feed({ type: 'hang-up' });
    const intervals = [1, 2, 3, 4].map(() => bench.timer('resend').armed.get('resend'));
    expect(intervals).toEqual([1000, 2000, 4000, 4000]);
    bench.timer('give-up');
    expect(bench.signals.at(-1)).toEqual({ type: 'ended', end: { type: 'hung-up', by: 'caller' } });
  });

  it('says BYE to a far side that has fallen silent', () => {
    const bench = talking().feed({ type: 'deserted' });
    expect(bench.wire.at(-1)).toBe('BYE');
    bench.timer('give-up');
    expect(bench.signals.at(-1)).toEqual({
      type: 'ended',
      end: { type: 'broken', detail: 'nothing was heard any more' },
    });
  });

  it('breaks off when the transport does', () => {
    const failed = { type: 'transport-failed', detail: 'gone' } as const;
    expect(new Bench().feed({ type: 'start' }).feed(failed).signals).toEqual([
      { type: 'ended', end: { type: 'unreachable', detail: 'gone' } },
    ]);
    expect(talking().feed(failed).signals.at(-1)).toEqual({ type: 'ended', end: { type: 'broken', detail: 'gone' } });
  });
});

describe('requests of the far side', () => {
  it('takes a BYE with its reason, and answers it again', () => {
    const bench = talking().request('BYE', 7, { more: [['Reason', 'Q.850;cause=16']] });
    expect(bench.last).toMatchObject({ status: 200 });
    expect(bench.signals.at(-1)).toEqual({
      type: 'ended',
      end: { type: 'hung-up', by: 'far-side', reason: 'Q.850;cause=16' },
    });
    bench.request('BYE', 7);
    expect(bench.wire.slice(2)).toEqual(['200 OK', '200 OK']);
  });

  it('answers hold by listening, resume by talking, and repeats the answer until its ACK', () => {
    const bench = talking().request('INVITE', 7, { body: sdp('sendonly', 9100) });
    expect(bench.last.body).toContain('a=recvonly');
    expect(bench.last.body).toContain('o=jackfield 1 2 ');
    expect(bench.signals.at(-1)).toMatchObject({ type: 'media', remote: { port: 9100, direction: 'sendonly' } });
    bench.timer('reoffer').request('INVITE', 7, { body: sdp('sendonly', 9100) });
    expect(bench.wire.slice(2)).toEqual(['200 OK', '200 OK', '200 OK']);
    bench.request('ACK', 7);
    expect(bench.armed.has('reoffer')).toBe(false);
    bench.request('INVITE', 8, { body: sdp('sendrecv') });
    expect(bench.last.body).toContain('a=sendrecv');
    expect(bench.last.body).toContain('o=jackfield 1 3 ');
  });

  it('offers again when asked without a description, and takes the answer from the ACK', () => {
    const bench = talking().request('INVITE', 7);
    expect(bench.last.body).toContain('RTP/AVP 0 8 101');
    bench.request('ACK', 7, { body: sdp('sendrecv', 9200) });
    expect(bench.signals.at(-1)).toMatchObject({ type: 'media', remote: { port: 9200 } });
  });

  it('leaves when nobody acknowledges the answer', () => {
    const bench = talking().request('INVITE', 7, { body: sdp() });
    while (bench.state.type === 'talking') bench.timer('reoffer');
    expect(bench.wire.at(-1)).toBe('BYE');
  });

  it.each([
    ['an unusable offer', 'INVITE', 7, sdp().replace('AVP 0', 'AVP 9'), 'theirs', 488],
    ['a refresh without change', 'UPDATE', 7, '', 'theirs', 200],
    ['a question', 'OPTIONS', 7, '', 'theirs', 200],
    ['a transfer', 'REFER', 7, '', 'theirs', 405],
    ['a stranger', 'BYE', 7, '', 'stranger', 481],
  ] as const)('answers %s', (_what, method, sequence, body, tag, status) => {
    expect(talking().request(method, sequence, { body, tag }).last).toMatchObject({ status });
  });

  it('refuses what comes out of order', () => {
    expect(talking().request('OPTIONS', 9).request('OPTIONS', 8).last).toMatchObject({ status: 500 });
  });

  it('accepts every event in every state', () => {
    const events: UacEvent[] = [
      { type: 'start' },
      { type: 'hang-up' },
      { type: 'deserted' },
      { type: 'timer', timer: 'resend' },
      { type: 'timer', timer: 'give-up' },
      { type: 'timer', timer: 'reoffer' },
      { type: 'transport-failed', detail: 'x' },
    ];
    const states = [
      (): Bench => new Bench(),
      (): Bench => new Bench().feed({ type: 'start' }),
      (): Bench => new Bench().feed({ type: 'start' }).answer(180).feed({ type: 'hang-up' }),
      talking,
      (): Bench => talking().feed({ type: 'hang-up' }),
      (): Bench => talking().request('BYE', 7),
    ];
    for (const make of states) {
      for (const event of events) expect(() => make().feed(event)).not.toThrow();
      for (const status of [100, 183, 200, 302, 404, 503]) expect(() => make().answer(status)).not.toThrow();
      for (const method of ['INVITE', 'ACK', 'BYE', 'CANCEL', 'REFER'])
        expect(() => make().request(method, 3)).not.toThrow();
      const ends = make()
        .feed({ type: 'transport-failed', detail: 'x' })
        .signals.filter((each) => each.type === 'ended');
      expect(ends).toHaveLength(1);
    }
  });
});

describe('messages', () => {
  it('reads compact and folded headers, and lists with commas in quotes', () => {
    const text =
      'BYE sip:a SIP/2.0\r\nv: SIP/2.0/UDP h\r\nf: "a, b" <sip:x;y=1>\r\n ;tag=t1\r\ni: c\r\nl: 2\r\n\r\nhixx';
    const message = parseMessage(Buffer.from(text));
    expect(message).toMatchObject({ type: 'request', method: 'BYE', body: 'hi' });
    expect(tagOf(message === undefined ? '' : headerValue(message, 'From'))).toBe('t1');
    expect(splitList('"a,b" <sip:1,2>, <sip:3>')).toEqual(['"a,b" <sip:1,2>', '<sip:3>']);
  });

  it.each(['', '\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', 'BYE sip:a SIP/2.0\r\nno colon\r\n\r\n'])(
    'leaves %j alone',
    (text) => {
      expect(parseMessage(Buffer.from(text))).toBeUndefined();
    },
  );

  it('cuts a stream anywhere', () => {
    const one = writeMessage({
      type: 'response',
      status: 200,
      reason: 'OK',
      headers: [{ name: 'Call-ID', value: 'c' }],
      body: 'v=0',
    });
    const bytes = Buffer.concat([one, Buffer.from('\r\n\r\n'), one]);
    for (let at = 1; at < bytes.length; at++) {
      const stream = new SipStream();
      const messages = [stream.push(bytes.subarray(0, at)), stream.push(bytes.subarray(at))].flat();
      expect(messages).toHaveLength(2);
      expect(messages[1]).toMatchObject({ status: 200, body: 'v=0' });
    }
  });

  it('gives up on a stream that is not SIP', () => {
    expect(new SipStream().push(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toBe('broken');
    expect(new SipStream().push(Buffer.alloc(70_000, 65))).toBe('broken');
  });
});
