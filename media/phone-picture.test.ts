import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, SimulatedClock, systemClock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import { keyFrameRequestIn, writeFir, writePli } from './edge/key-frames.ts';
import { writeReport } from './edge/rtcp.ts';
import { readRtp, writeRtp, type RtpPacket } from './edge/rtp.ts';
import type { PhoneTermination } from './mediasoup/phone-picture.ts';
import type { Screen } from './mediasoup/picture.ts';
import { PhonePicture } from './phone-picture.ts';
import { PortPool } from './port-pool.ts';
import type { KeyFrameFeedback, VideoLine } from './sdp/index.ts';

const sps = Buffer.from([0x67, 0x42, 0xc0, 0x1f, 0xd9]);
const pps = Buffer.from([0x68, 0xcb, 0x83]);
const idr = Buffer.from([0x65, 0x88, 0x84]);
const slice = Buffer.from([0x41, 0x9a, 0x24]);

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0).reverse()) each.close();
});

/** A socket on loopback, and all that came to it. */
async function peer() {
  const socket = createSocket('udp4');
  const came: Buffer[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (packet) => {
    came.push(packet);
    for (const look of [...waiting]) look();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  open.push(socket);
  /** The first packet that passes, past or to come. */
  const got = (passes: (packet: Buffer) => boolean): Promise<Buffer> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = came.find(passes);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return { socket, came, got, port: socket.address().port };
}

async function rig(
  feedback: KeyFrameFeedback,
  packetization: 0 | 1 = 1,
  clock: Clock = systemClock,
  reservedPorts = 0,
) {
  const [phone, control, inside] = await Promise.all([peer(), peer(), peer()]);
  const asked = { wanted: 0, refreshed: 0 };
  const refreshes = new Emitter<undefined>();
  let ssrc = 0;
  let edgePort = 0;
  const terminationAt = (port: number): PhoneTermination =>
    ({
      ...{ port, lost: new Emitter(), source: { id: 'p' }, show: () => Promise.resolve() },
      refresh: () => (asked.refreshed++, refreshes.emit(undefined)),
    }) as unknown as PhoneTermination;
  /** What the workers give, in this order; nothing: no worker runs. */
  const terminations = [terminationAt(inside.port)];
  const shut: PhoneTermination[] = [];
  const workers = {
    openPhone: (port: number, source: number) => {
      [edgePort, ssrc] = [port, source];
      const next = terminations.shift();
      return next === undefined ? Promise.reject(new Error('no worker')) : Promise.resolve(next);
    },
    shut: (termination: PhoneTermination) => shut.push(termination),
  };
  const [theFirst] = terminations as [PhoneTermination];
  const moves = new Emitter<undefined>();
  const wishes = new Emitter<undefined>();
  const first = 20_000 + 2 * Math.floor(Math.random() * 10_000);
  const picture = await PhonePicture.open({
    ...{ workers, ports: new PortPool({ first, last: first + 400 }), bind: '127.0.0.1', clock, reservedPorts },
    wanted: () => (asked.wanted++, wishes.emit(undefined)),
    moved: () => moves.emit(undefined),
  });
  if (picture === undefined) throw new Error('no port is free');
  open.push(picture);
  const line: VideoLine = {
    ...{ index: 1, protocol: 'RTP/AVP', address: '127.0.0.1', port: phone.port, payloadType: 99, packetization },
    ...{
      rtcp: { address: undefined, port: control.port },
      rtcpMux: false,
      direction: 'sendrecv',
      mostBitrate: undefined,
    },
    ...{ profileLevelId: '42e01f', asymmetric: false, sets: [sps, pps].map((set) => set.toString('base64')), feedback },
  };
  picture.configure(line, '127.0.0.1');
  const send = (from: Socket, packet: Partial<RtpPacket>, to = picture.port): void => {
    const whole = { payloadType: 99, marker: false, sequence: 1, timestamp: 0, ssrc: 7, payload: slice, ...packet };
    from.send(writeRtp(whole), to, '127.0.0.1');
  };
  const once_ = (emitter: Emitter<undefined>): Promise<void> => new Promise((resolve) => emitter.on(() => resolve()));
  return {
    phone,
    control,
    inside,
    picture,
    line,
    send,
    asked,
    ssrc,
    edgePort,
    ...{ terminations, terminationAt, shut, died: () => theFirst.lost.emit('worker-died'), moved: once_(moves) },
    wished: once_(wishes),
    refreshed: once_(refreshes),
    nextRefresh: () => once_(refreshes),
  };
}

const with_ =
  (payload: Buffer) =>
  (packet: Buffer): boolean =>
    Buffer.from(readRtp(packet)?.payload ?? []).equals(payload);

describe('the picture of a phone', () => {
  it('comes to mediasoup under one name, with its parameter sets before each key frame', async () => {
    const { phone, inside, send, ssrc } = await rig({ pli: true, fir: false });
    send(phone.socket, { sequence: 10, payload: idr, marker: true });
    const frame = readRtp(await inside.got(with_(idr)));
    const [sets] = inside.came.map((each) => readRtp(each));
    // RFC 6184 section 5.7.1.
    expect(Buffer.from(sets?.payload ?? [])).toEqual(Buffer.from([0x78, 0, 5, ...sps, 0, 3, ...pps]));
    expect([sets?.marker, frame?.marker, sets?.ssrc, frame?.payloadType]).toEqual([false, true, ssrc, 97]);
    expect(frame?.sequence).toBe(((sets?.sequence ?? 0) + 1) & 0xffff);
  });

  it('has its sets before the rest of a key frame whose beginning comes late', async () => {
    const { phone, inside, send } = await rig({ pli: true, fir: false });
    send(phone.socket, { sequence: 10, timestamp: 1 });
    send(phone.socket, { sequence: 12, timestamp: 1 });
    // Late, and of the timestamp of what comes next: nothing can go before it.
    send(phone.socket, { sequence: 11, timestamp: 2, payload: idr });
    const next = Buffer.concat([idr, idr]);
    send(phone.socket, { sequence: 13, timestamp: 2, payload: next });
    await inside.got(with_(next));
    const sets = Buffer.from([0x78, 0, 5, ...sps, 0, 3, ...pps]);
    expect(inside.came.map((each) => Buffer.from(readRtp(each)?.payload ?? []))).toEqual([
      ...[slice, slice, idr, sets, next],
    ]);
  });

  it('has its sets one by one where it knows no aggregates', async () => {
    const { phone, inside, send } = await rig({ pli: true, fir: false }, 0);
    send(phone.socket, { payload: idr });
    await inside.got(with_(idr));
    expect(inside.came.map((each) => Buffer.from(readRtp(each)?.payload ?? []))).toEqual([sps, pps, idr]);
  });

  it('is not what a stranger sends, nor another payload type', async () => {
    const { phone, inside, send } = await rig({ pli: true, fir: false });
    const stranger = await peer();
    send(phone.socket, { sequence: 1 });
    await inside.got(with_(slice));
    for (let sequence = 2; sequence < 8; sequence++) send(stranger.socket, { sequence, payload: sps });
    send(phone.socket, { sequence: 2, payloadType: 98, payload: pps });
    send(phone.socket, { sequence: 2, payload: idr });
    await inside.got(with_(idr));
    expect(inside.came.some((each) => with_(sps)(each) || with_(pps)(each))).toBe(false);
  });
});

describe('the death of a worker', () => {
  it('is bridged by the next: the same name, numbers that go on, and a key frame is asked for', async () => {
    const { phone, control, inside, send, ssrc, edgePort, died, moved, terminations, terminationAt } = await rig({
      ...{ pli: true, fir: false },
    });
    send(phone.socket, { sequence: 1, payload: idr });
    const before = readRtp(await inside.got(with_(idr)));
    const next = await peer();
    terminations.push(terminationAt(next.port));
    died();
    await moved;
    await control.got((packet) => keyFrameRequestIn(packet, 7) !== undefined);
    send(phone.socket, { sequence: 2, payload: slice });
    const after = readRtp(await next.got(with_(slice)));
    expect([after?.ssrc, after?.sequence]).toEqual([ssrc, ((before?.sequence ?? 0) + 1) & 0xffff]);
    send(next.socket, { payloadType: 97, payload: pps }, edgePort);
    await phone.got(with_(pps));
  });

  it('is waited out where there is no other yet, and no longer once the call is over', async () => {
    const clock = new SimulatedClock(1000);
    const { died, picture, terminations, terminationAt, shut, moved, inside } = await rig(
      { pli: true, fir: true },
      1,
      clock,
    );
    died();
    // The first try fails at once; the next is made when a second is over.
    await new Promise((resolve) => setImmediate(resolve));
    const next = terminationAt(inside.port);
    terminations.push(next);
    clock.advance(1000);
    await moved;
    expect(await picture.loss(), 'it lives').toBeDefined();
    next.lost.emit('worker-died');
    picture.close();
    await new Promise((resolve) => setImmediate(resolve));
    const armed = clock.armed;
    clock.advance(60_000);
    expect([armed, terminations.length, shut.length]).toEqual([0, 0, 1]);
  });
});

describe('what a phone sees', () => {
  it('has one name and no leap, whoever is shown', async () => {
    const { phone, inside, send, edgePort } = await rig({ pli: false, fir: false });
    const from = (packet: Partial<RtpPacket>): void => send(inside.socket, { payloadType: 97, ...packet }, edgePort);
    from({ ssrc: 50, sequence: 500 });
    const first = readRtp(await phone.got(with_(slice)));
    from({ ssrc: 51, sequence: 9, payload: pps });
    const second = readRtp(await phone.got(with_(pps)));
    expect([second?.ssrc, second?.payloadType]).toEqual([first?.ssrc, 99]);
    expect(second?.sequence).toBe(((first?.sequence ?? 0) + 1) & 0xffff);
  });
});

it('leaves the ports that are kept for the sound of calls that are there', async () => {
  await expect(rig({ pli: true, fir: true }, 1, systemClock, 200)).rejects.toThrow('no port is free');
  const { picture } = await rig({ pli: true, fir: true }, 1, systemClock, 199);
  expect(picture.port).toBeGreaterThan(0);
});

it('tells what is lost of it, since it was last asked, and of what it is shown, as the phone says', async () => {
  const clock = new SimulatedClock(1000);
  const { phone, control, inside, send, edgePort, picture, ...rest } = await rig({ pli: true, fir: false }, 1, clock);
  const agent = { source: { id: 'a' } } as unknown as Screen;
  await picture.show(agent);
  expect(await picture.loss()).toEqual({ shows: 0, shown: 0 });
  for (const sequence of [1, 2, 3, 4, 9]) send(phone.socket, { sequence });
  send(phone.socket, { sequence: 10, payload: idr });
  await inside.got(with_(idr));
  send(inside.socket, { payloadType: 97 }, edgePort);
  const { ssrc = 0 } = readRtp(await phone.got(with_(slice))) ?? {};
  const block = {
    ssrc,
    fractionLost: 64,
    lost: 1,
    highestSequence: 4,
    jitter: 0,
    lastSenderReport: 0,
    delaySinceLast: 0,
  };
  const reported = async (): Promise<void> => {
    const report = writeReport(7, { packets: 0, octets: 0, timestamp: 0 }, block, 0);
    const heard = rest.nextRefresh();
    clock.advance(300);
    // The picture is broken, too: who hears of that has heard the report.
    control.socket.send(Buffer.concat([report, writePli(7, ssrc)]), picture.port + 1, '127.0.0.1');
    await heard;
  };
  await reported();
  expect(await picture.loss()).toEqual({ shows: 0.4, shown: 0.25 });
  expect(await picture.loss(), 'nothing came since').toEqual({ shows: 0, shown: 0.25 });
  await picture.show(agent);
  expect((await picture.loss())?.shown, 'the same is shown').toBe(0.25);
  await picture.show(undefined);
  expect((await picture.loss())?.shown, 'nothing is shown').toBe(0);
  await picture.show(agent);
  expect((await picture.loss())?.shown, 'what was said before').toBe(0);
  await reported();
  expect((await picture.loss())?.shown, 'of a time that began before').toBe(0);
  await reported();
  expect((await picture.loss())?.shown).toBe(0.25);
});

describe('a wish for a key frame', () => {
  it.each([
    ['PLI', { pli: true, fir: true }, 'pli'],
    ['FIR', { pli: false, fir: true }, 'fir'],
  ] as const)('reaches a phone as the %s it negotiated', async (_name, feedback, type) => {
    const { phone, control, inside, send, edgePort, ssrc, asked } = await rig(feedback, 1, new SimulatedClock(1000));
    // With a key frame at the beginning nobody has to ask.
    send(phone.socket, { payload: idr });
    await inside.got(with_(idr));
    const isWish = (packet: Buffer): boolean => keyFrameRequestIn(packet, 7) !== undefined;
    expect(control.came.filter(isWish)).toEqual([]);
    inside.socket.send(writePli(1, ssrc), edgePort, '127.0.0.1');
    expect(keyFrameRequestIn(await control.got(isWish), 7)?.type).toBe(type);
    expect(asked.wanted).toBe(0);
  });

  it('is made again, ever more slowly, until a key frame comes, and again when the phone shows itself after a pause', async () => {
    const clock = new SimulatedClock(1000);
    const { phone, control, inside, send, edgePort, ssrc, picture, line } = await rig(
      { pli: true, fir: false },
      1,
      clock,
    );
    const isWish = (packet: Buffer): boolean => keyFrameRequestIn(packet, 7) !== undefined;
    const wishes = (): number => control.came.filter(isWish).length;
    const wished = (count: number): Promise<Buffer> => control.got(() => wishes() === count);
    send(phone.socket, { sequence: 1, payload: idr });
    await inside.got(with_(idr));
    inside.socket.send(writePli(1, ssrc), edgePort, '127.0.0.1');
    await wished(1);
    clock.advance(300);
    await wished(2);
    clock.advance(600);
    await wished(3);
    send(phone.socket, { sequence: 2, payload: pps });
    await inside.got(with_(pps));
    clock.advance(60_000);
    picture.configure({ ...line, direction: 'recvonly' }, '127.0.0.1');
    clock.advance(60_000);
    picture.configure(line, '127.0.0.1');
    await wished(4);
    expect(wishes(), 'none was made when none was needed').toBe(4);
  });

  it('is made of a phone that begins in the middle, or under another name', async () => {
    const { phone, control, send } = await rig({ pli: true, fir: false });
    send(phone.socket, { sequence: 1, ssrc: 7 });
    await control.got((packet) => keyFrameRequestIn(packet, 7) !== undefined);
    // Under a new name it is believed after a few packets.
    for (let sequence = 900; sequence < 910; sequence++) send(phone.socket, { sequence, ssrc: 8 });
    await control.got((packet) => keyFrameRequestIn(packet, 8) !== undefined);
  });

  it('is told, for INFO, where the phone knows no RTCP for it', async () => {
    const clock = new SimulatedClock(1000);
    const { phone, inside, send, edgePort, ssrc, asked } = await rig({ pli: false, fir: false }, 1, clock);
    send(phone.socket, { payload: idr });
    await inside.got(with_(idr));
    expect(asked.wanted).toBe(0);
    for (let times = 0; times < 5; times++) inside.socket.send(writePli(1, ssrc), edgePort, '127.0.0.1');
    // What comes after them on the same way.
    send(inside.socket, { payloadType: 97 }, edgePort);
    await phone.got(with_(slice));
    expect(asked.wanted).toBe(1);
    clock.advance(999);
    expect(asked.wanted).toBe(1);
    clock.advance(1);
    expect(asked.wanted).toBe(2);
  });

  it('is told, for INFO, where a phone behind NAT could be reached by RTCP but sends none, until it does', async () => {
    const clock = new SimulatedClock(1000);
    const made = await rig({ pli: true, fir: true }, 1, clock);
    const { phone, control, inside, send, edgePort, picture, line, ssrc, asked } = made;
    picture.configure({ ...line, address: '10.1.2.3', port: 4000 }, '127.0.0.1');
    for (let sequence = 1; sequence <= 3; sequence++) send(phone.socket, { sequence, payload: idr });
    await inside.got(with_(idr));
    inside.socket.send(writePli(1, ssrc), edgePort, '127.0.0.1');
    await made.wished;
    expect(asked.wanted).toBe(1);
    const report = writeReport(7, { packets: 0, octets: 0, timestamp: 0 }, undefined, 0);
    send(inside.socket, { payloadType: 97 }, edgePort);
    const out = readRtp(await phone.got(with_(slice)));
    const heard = made.nextRefresh();
    control.socket.send(Buffer.concat([report, writePli(7, out?.ssrc ?? 0)]), picture.port + 1, '127.0.0.1');
    await heard;
    clock.advance(1000);
    await control.got((packet) => keyFrameRequestIn(packet, 7) !== undefined);
    expect(asked.wanted).toBe(1);
  });

  it('of the phone that comes right after another is put off, not dropped', async () => {
    const clock = new SimulatedClock(1000);
    const { picture, asked } = await rig({ pli: true, fir: true }, 1, clock);
    for (let times = 0; times < 3; times++) picture.refresh();
    expect(asked.refreshed).toBe(1);
    clock.advance(299);
    expect(asked.refreshed).toBe(1);
    clock.advance(1);
    expect(asked.refreshed).toBe(2);
    clock.advance(10_000);
    expect(asked.refreshed).toBe(2);
    picture.refresh();
    picture.refresh();
    picture.close();
    const armed = clock.armed;
    clock.advance(10_000);
    expect([asked.refreshed, armed]).toEqual([3, 0]);
  });

  it('of the phone reaches whoever it sees', async () => {
    const { phone, control, inside, send, edgePort, picture, refreshed } = await rig({ pli: true, fir: true });
    send(inside.socket, { payloadType: 97 }, edgePort);
    const { ssrc = 0 } = readRtp(await phone.got(with_(slice))) ?? {};
    control.socket.send(writeFir(7, ssrc, 1), picture.port + 1, '127.0.0.1');
    await refreshed;
  });
});
