import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { makeAnswer } from '../agent/answers.ts';
import { parseDatagram } from '../parser/parse.ts';
import type { ReadMessage, SipRequest, SipResponse } from '../parser/message.ts';
import { writeMessage } from '../parser/write.ts';
import type { Flow } from '../transport/flow.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { defaultTimers } from './timers.ts';
import { TransactionLayer } from './transaction-layer.ts';

function read(method: string, branch = 'z9hG4bKone'): ReadMessage<SipRequest> {
  const text = [
    `${method} sip:bob@192.0.2.9 SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=${branch}`,
    'From: <sip:a@192.0.2.1>;tag=a',
    'To: <sip:bob@192.0.2.9>',
    'Call-ID: c@192.0.2.1',
    `CSeq: 1 ${method}`,
    'Contact: <sip:a@192.0.2.1>',
    '\r\n',
  ].join('\r\n');
  const parsed = parseDatagram(Buffer.from(text));
  if (!parsed.ok || parsed.value.message.type !== 'request') throw new Error('the test message is wrong');
  return { ...parsed.value, message: parsed.value.message };
}

function readAnswer(request: SipRequest, status: number): ReadMessage<SipResponse> {
  const parsed = parseDatagram(writeMessage(makeAnswer(request, { status, toTag: 'b' })));
  if (!parsed.ok || parsed.value.message.type !== 'response') throw new Error('the test answer is wrong');
  return { ...parsed.value, message: parsed.value.message };
}

/** A layer on a simulated clock over a path that may be reliable; `sent` are the start lines it sent. */
function rig(reliable: boolean) {
  const clock = new SimulatedClock();
  const sent: string[] = [];
  const begun: ServerTransaction[] = [];
  const layer = new TransactionLayer(
    { clock, timers: defaultTimers },
    { request: (transaction) => begun.push(transaction), ack: () => {}, strayResponse: () => {} },
  );
  const end = { host: '192.0.2.1', port: 5060 };
  const flow: Flow = {
    protocol: reliable ? 'tcp' : 'udp',
    reliable,
    remote: end,
    local: end,
    open: true,
    send: (bytes) => sent.push(bytes.toString().split('\r\n')[0] ?? ''),
    close: () => {},
  };
  return { clock, sent, begun, layer, flow };
}

const method = fc.constantFrom('INVITE', 'BYE');
const status = fc.integer({ min: 100, max: 699 });
const pause = fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 20_000 }) });

describe('every history of a server transaction', () => {
  it('sends one final answer and repetitions of it only, and leaves no timer behind', () => {
    const event = fc.oneof(
      pause,
      fc.record({ type: fc.constant('respond' as const), status }),
      fc.constantFrom({ type: 'again' as const }, { type: 'ack' as const }),
    );
    fc.assert(
      fc.property(method, fc.boolean(), fc.array(event, { maxLength: 25 }), (name, reliable, history) => {
        const { clock, sent, begun, layer, flow } = rig(reliable);
        layer.receiveRequest(read(name), flow);
        const [transaction] = begun;
        if (transaction === undefined) throw new Error('nothing began');
        for (const one of history) {
          if (one.type === 'pass') clock.advance(one.ms);
          // One that ended is forgotten: what comes then begins anew, and is another story.
          else if (one.type === 'again' && layer.size.server > 0) layer.receiveRequest(read(name), flow);
          else if (one.type === 'ack' && name === 'INVITE') layer.receiveRequest(read('ACK'), flow);
          else if (one.type === 'respond' && transaction.open) {
            transaction.respond(makeAnswer(transaction.request.message, { status: one.status, toTag: 'b' }));
          }
        }
        const finals = sent.filter((line) => Number(line.split(' ')[1]) >= 200);
        expect(new Set(finals).size).toBeLessThanOrEqual(1);
        const first = sent.findIndex((line) => Number(line.split(' ')[1]) >= 200);
        expect(first < 0 ? [] : sent.slice(first).filter((line) => line !== sent[first])).toEqual([]);
        expect(begun).toHaveLength(1);
        if (transaction.open && name === 'INVITE') {
          transaction.respond(makeAnswer(transaction.request.message, { status: 500, toTag: 'b' }));
        }
        clock.advance(200_000);
        expect(layer.size.server).toBe(0);
        expect(clock.armed).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('every history of a client transaction', () => {
  it('tells one final outcome, nothing after it but further 2xx to INVITE, and leaves no timer behind', () => {
    const event = fc.oneof(
      pause,
      fc.record({ type: fc.constant('answer' as const), status }),
      fc.constantFrom({ type: 'lost' as const }, { type: 'abandon' as const }),
    );
    fc.assert(
      fc.property(method, fc.boolean(), fc.array(event, { maxLength: 25 }), (name, reliable, history) => {
        const { clock, sent, layer, flow } = rig(reliable);
        const { message } = read(name);
        const heard: number[] = [];
        let over = 0;
        const transaction = layer.client('z9hG4bKone', message, flow, {
          response: ({ message: { status: got } }) => heard.push(got),
          failed: () => heard.push(999),
          ended: () => over++,
        });
        transaction.start();
        for (const one of history) {
          if (one.type === 'pass') clock.advance(one.ms);
          else if (one.type === 'answer') layer.receiveResponse(readAnswer(message, one.status), flow);
          else if (one.type === 'lost') transaction.transportFailed();
          else transaction.abandon();
          // What is kept of it can still be read.
          expect(transaction.request.method).toBe(name);
        }
        const first = heard.findIndex((got) => got >= 200);
        const later = first < 0 ? [] : heard.slice(first + 1);
        const accepted = name === 'INVITE' && (heard[first] ?? 0) < 300;
        expect(accepted ? later.filter((got) => got < 200 || got > 299) : later).toEqual([]);
        expect(sent.every((line) => line.startsWith(name) || line.startsWith('ACK'))).toBe(true);
        transaction.abandon();
        clock.advance(200_000);
        expect(over).toBe(1);
        expect(layer.size.client).toBe(0);
        expect(clock.armed).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('copies of a request', () => {
  it('are known by Call-ID, From tag and CSeq while the first is under way or accepted, and forgotten with it', () => {
    const { clock, begun, layer, flow } = rig(false);
    layer.receiveRequest(read('OPTIONS'), flow);
    layer.receiveRequest(read('OPTIONS', 'z9hG4bKtwo'), flow);
    expect(begun[1]?.first).toBe(begun[0]);
    begun[0]?.respond(makeAnswer(begun[0].request.message, { status: 480, toTag: 'b' }));
    layer.receiveRequest(read('OPTIONS', 'z9hG4bKthree'), flow);
    expect(begun[2]?.first).toBeUndefined();
    clock.advance(200_000);
    layer.receiveRequest(read('OPTIONS', 'z9hG4bKfour'), flow);
    expect(begun[3]?.first).toBeUndefined();
  });
});

describe('one of a crowd', () => {
  const held = (method: string, status: number, brief: boolean): number[] => {
    const { clock, flow } = rig(false);
    const begun: ServerTransaction[] = [];
    const ended: number[] = [];
    const charge = { brief, end: () => ended.push(clock.now()) };
    const layer = new TransactionLayer(
      { clock, timers: defaultTimers },
      { admit: () => charge, request: (one) => begun.push(one), ack: () => {}, strayResponse: () => {} },
    );
    layer.receiveRequest(read(method), flow);
    for (const one of begun) one.respond(makeAnswer(one.request.message, { status, toTag: 'b' }));
    clock.advance(60_000);
    expect(layer.size.server).toBe(0);
    return ended;
  };

  it('is forgotten soon once it is refused, and no sooner than any other when it is accepted', () => {
    expect([held('REGISTER', 401, true), held('INVITE', 403, true)]).toEqual([[2000], [2000]]);
    expect([held('REGISTER', 401, false), held('INVITE', 403, false)]).toEqual([[32_000], [32_000]]);
    expect([held('REGISTER', 200, true), held('INVITE', 200, true)]).toEqual([[32_000], [32_000]]);
  });
});
