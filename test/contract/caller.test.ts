/** The built-in caller against phones and tools nobody here wrote, judged by them and by tshark. */
import { afterEach, describe, expect, it } from 'vitest';
import { Scope } from '../../base/scope.ts';
import type { Call, CallEvent, PlaceCallOptions } from '../../cli/caller/index.ts';
import { callScript, CallSetupError, placeCall } from '../../cli/caller/index.ts';
import { chirp, correlate, hush, join } from '../support/audio-measure.ts';
import { startBaresip } from '../support/baresip.ts';
import type { Baresip, BaresipOptions } from '../support/baresip.ts';
import { freePort } from '../support/programs.ts';
import { startSippCalled } from '../support/sipp.ts';
import { startCapture } from '../support/tshark.ts';

let scope = new Scope();
afterEach(async () => {
  await scope.close();
  scope = new Scope();
});

async function phone(options: BaresipOptions): Promise<Baresip> {
  const baresip = await startBaresip({ user: 'bob', ...options });
  scope.defer('baresip', () => baresip.close());
  return baresip;
}

const at = (port: number): { host: string; port: number } => ({ host: '127.0.0.1', port });

async function dial(options: PlaceCallOptions): Promise<Call> {
  const call = await placeCall({ lingerMs: 0, ...options });
  scope.defer('call', async () => {
    call.hangUp();
    await call.ended;
  });
  return call;
}

/** The first event of a type from now on. */
function next(call: Call, type: CallEvent['type']): Promise<CallEvent> {
  return new Promise((resolve) => {
    const quiet = call.events.on((event) => {
      if (event.type !== type) return;
      quiet();
      resolve(event);
    });
  });
}

/** Others use the loopback interface too. */
const onPort = ({ sipPort }: Baresip): string => `(udp.port == ${String(sipPort)} or tcp.port == ${String(sipPort)})`;

const wireFields = ['udp.srcport', 'sip.Method', 'sdp.media.port', 'rtp.seq', 'rtp.ssrc'];
wireFields.push('rtpevent.event_id', 'rtpevent.end_of_event', '_ws.malformed');

const words = chirp();
const script = callScript({
  digits: '1w5#',
  digitsAfterMs: 200,
  speech: words,
  sayAfterMs: 200,
  sayTimes: 1,
  sayEveryMs: 1000,
});

describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
  it('is heard, hears, presses keys and hangs up on baresip; tshark agrees', async () => {
    const bob = await phone({ answers: true, says: join(hush(0.3), words), codec: 'pcma' });
    const capture = await startCapture({ filter: 'udp or tcp', sipPorts: [bob.sipPort] });
    scope.defer('capture', () => capture.close());
    const call = await dial({ called: 'bob', to: at(bob.sipPort), transport, script, record: true });
    await next(call, 'script-ended');
    call.hangUp();
    const report = await call.ended;
    await bob.event('CALL_CLOSED');
    expect(report).toMatchObject({
      end: { type: 'hung-up', by: 'caller' },
      status: 200,
      codec: 'pcma',
      sent: { digits: '15#' },
      received: { lost: 0, duplicates: 0, sourceChanges: 0 },
    });
    expect(bob.keysReceived).toBe('15#');
    expect(correlate(await bob.heard(), words).peak).toBeGreaterThan(0.9);
    expect(correlate(report.recording, words).peak).toBeGreaterThan(0.9);
    const rows = await capture.rows(`${onPort(bob)} or rtp`, wireFields);
    const requests = rows.filter((row) => row['sip.Method'] !== '');
    expect(requests.map((row) => row['sip.Method'])).toEqual(['INVITE', 'ACK', 'BYE']);
    const rtp = rows.filter((row) => row['rtp.seq'] !== '' && row['udp.srcport'] === requests[0]?.['sdp.media.port']);
    expect(rtp).toHaveLength(report.sent.packets);
    expect(new Set(rtp.map((row) => row['rtp.ssrc'])).size).toBe(1);
    const sequence = rtp.map((row) => Number(row['rtp.seq']));
    expect(sequence.every((number, index) => index === 0 || number === (sequence[index - 1] ?? 0) + 1)).toBe(true);
    const ends = rtp.filter((row) => ['1', 'True'].includes(row['rtpevent.end_of_event'] ?? ''));
    expect(ends.map((row) => row['rtpevent.event_id'])).toEqual(['1', '1', '1', '5', '5', '5', '11', '11', '11']);
    expect([...requests, ...rtp].filter((row) => row['_ws.malformed'] !== '')).toEqual([]);
  });

  it('hears the far side hang up', async () => {
    const bob = await phone({ answers: true });
    const call = await dial({ called: 'bob', to: at(bob.sipPort), transport });
    await Promise.all([bob.event('CALL_ESTABLISHED'), next(call, 'first-audio')]);
    await bob.hangUp();
    expect((await call.ended).end).toMatchObject({ type: 'hung-up', by: 'far-side' });
  });

  it('cancels while it rings', async () => {
    const bob = await phone({});
    const call = await dial({ called: 'bob', to: at(bob.sipPort), transport });
    await bob.event('CALL_INCOMING');
    call.hangUp();
    expect((await call.ended).end).toEqual({ type: 'cancelled' });
    await bob.event('CALL_CLOSED');
  });

  it('is put on hold and taken back', async () => {
    const bob = await phone({ answers: true });
    const call = await dial({ called: 'bob', to: at(bob.sipPort), transport });
    await Promise.all([bob.event('CALL_ESTABLISHED'), next(call, 'first-audio')]);
    const held = next(call, 'held');
    await bob.command('hold');
    expect(await held).toMatchObject({ direction: 'sendonly' });
    const resumed = next(call, 'resumed');
    await bob.command('resume');
    await resumed;
    await bob.hangUp();
    expect((await call.ended).end).toMatchObject({ by: 'far-side' });
  });

  it('is told why it is refused', async () => {
    const bob = await phone({});
    const call = await dial({ called: 'nobody', to: at(bob.sipPort), transport });
    expect((await call.ended).end).toEqual({ type: 'refused', status: 404, reason: 'Not Found' });
  });

  it('talks with sipp, whose echo it hears, and presses keys as tones', async () => {
    const sipp = await startSippCalled(transport);
    scope.defer('sipp', () => sipp.close());
    const call = await dial({ called: '1000', to: at(sipp.sipPort), transport, script, record: true });
    const tones: CallEvent[] = [];
    call.events.on((event) => {
      if (event.type === 'digit-sent') tones.push(event);
    });
    await next(call, 'script-ended');
    call.hangUp();
    const report = await call.ended;
    expect(report.end).toEqual({ type: 'hung-up', by: 'caller' });
    expect(tones.map((event) => 'how' in event && event.how)).toEqual(['tone', 'tone', 'tone']);
    expect(correlate(report.recording, words).peak).toBeGreaterThan(0.9);
  });
});

describe('where nobody is', () => {
  it('says so over UDP as soon as the port is known to be closed', async () => {
    const call = await dial({ called: '1', to: at(await freePort()), timers: { t1: 20, t2: 100 } });
    expect((await call.ended).end).toMatchObject({ type: 'unreachable' });
  });

  it('says so over TCP at once', async () => {
    const refused = placeCall({ called: '1', to: at(await freePort()), transport: 'tcp' });
    await expect(refused).rejects.toBeInstanceOf(CallSetupError);
  });
});

describe('many at once', () => {
  it('places 20 calls in one process, each with its own audio', async () => {
    const sipp = await startSippCalled('udp', 20);
    scope.defer('sipp', () => sipp.close());
    const short = callScript({
      digits: '',
      digitsAfterMs: 0,
      speech: words,
      sayAfterMs: 200,
      sayTimes: 1,
      sayEveryMs: 0,
    });
    const calls = await Promise.all(
      Array.from({ length: 20 }, () => dial({ called: '1000', to: at(sipp.sipPort), script: short, record: true })),
    );
    for (const call of calls) void next(call, 'script-ended').then(() => call.hangUp());
    const reports = await Promise.all(calls.map((call) => call.ended));
    expect(reports.every(({ end }) => end.type === 'hung-up')).toBe(true);
    expect(reports.every(({ received }) => received.packets > 50)).toBe(true);
    expect(await sipp.finished()).toMatchObject({ successful: 20, failed: 0 });
  });
});
