/**
 * Telephones as a process of their own: streams of RTP, each packet every 20 ms, spread over the milliseconds as the streams of
 * many callers are. Forked by {@link Load}, which sends `LoadOrder`s and gets `LoadNews`. A few sockets speak for all.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { quantile } from '../statistics.ts';
import { bindingRequest, greet, type Greeting, type Secrets } from './handshake.ts';
import { isGenuine, sealRtp } from './srtp.ts';

/** One stream: what leaves which socket, and where it goes. */
export interface Stream {
  readonly socket: number;
  readonly to: number;
  /** Payloads, said one after the other and from the beginning again. */
  readonly sound: string;
  readonly payloadType: number;
  readonly ticks: number;
  /** Absent: one that no other stream of the same talk has. */
  readonly ssrc?: number;
}

export type LoadOrder =
  | { readonly type: 'open'; readonly sockets: number }
  /** A sound by name: base64 of each payload. */
  | { readonly type: 'sound'; readonly name: string; readonly payloads: readonly string[] }
  /** A socket agrees on keys: from then on all that it says and hears is SRTP. */
  | { readonly type: 'greet'; readonly socket: number; readonly greeting: Greeting }
  | { readonly type: 'talk'; readonly streams: readonly Stream[]; readonly seconds: number };

export interface Talked {
  readonly type: 'talked';
  readonly sent: number;
  readonly received: number;
  readonly seconds: number;
  /** Of packets that came back with the moment they were sent in them, in ms; NaN of none. */
  readonly p50: number;
  readonly p99: number;
}

export type LoadNews =
  | { readonly type: 'opened'; readonly ports: readonly number[] }
  | { readonly type: 'greeted'; readonly error?: string }
  | Talked;

const host = '127.0.0.1';
const stepMs = 20;
/** At the end of a payload (its beginning is blended where sources change): this, and the moment it was sent. */
const mark = 0x5a17c0de;
const markBytes = 12;

let sockets: Socket[] = [];
const sounds = new Map<string, readonly Buffer[]>();
/** Of the sockets that greeted. */
const secrets = new Map<Socket, Secrets>();
let forged = 0;
let consents: NodeJS.Timeout[] = [];
let received = 0;
let delays: number[] = [];
/** Steps of all talks so far: a stream goes on where it stopped. */
let clock = 0;

function tell(news: LoadNews): void {
  process.send?.(news);
}

function take(packet: Buffer): void {
  // RTCP comes beside, and is none of this.
  if (((packet[1] ?? 0) & 0x60) === 0x40 && (packet[1] ?? 0) >= 192) return;
  received++;
  const at = packet.length - markBytes;
  if (at >= 12 && packet.readUInt32BE(at) === mark) delays.push(performance.now() - packet.readDoubleBE(at + 4));
}

function hear(socket: Socket, packet: Buffer): void {
  // STUN and DTLS (RFC 7983) come to the same socket.
  if ((packet[0] ?? 0) >> 6 !== 2) return;
  const agreed = secrets.get(socket);
  // Not every one is looked at: it costs more than all the rest.
  const looked = agreed !== undefined && received % 64 === 0 && (packet[1] ?? 0) < 192;
  if (looked && !isGenuine(packet, agreed.theirs)) forged++;
  take(packet);
}

async function secure(number: number, greeting: Greeting): Promise<void> {
  const socket = sockets[number];
  if (socket === undefined) throw new Error('no such socket');
  secrets.set(socket, await greet(socket, greeting));
  const { ice, to } = greeting;
  // RFC 7675: who is not asked again and again is taken for gone.
  if (ice !== undefined) consents.push(setInterval(() => socket.send(bindingRequest(ice), to, host), 4000));
}

async function open(count: number): Promise<void> {
  for (const timer of consents) clearInterval(timer);
  consents = [];
  secrets.clear();
  for (const socket of sockets) socket.close();
  sockets = Array.from({ length: count }, () =>
    createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 }),
  );
  for (const socket of sockets) {
    socket.on('message', (packet) => hear(socket, packet));
    socket.bind(0, host);
  }
  await Promise.all(sockets.map((socket) => once(socket, 'listening')));
  tell({ type: 'opened', ports: sockets.map((socket) => socket.address().port) });
}

class Speaker {
  readonly #stream: Stream;
  readonly #payloads: readonly Buffer[];
  readonly #socket: Socket;
  readonly #secrets: Secrets | undefined;
  /** Two in turn: the system has the last one long before it is written to again. */
  readonly #packets: readonly Buffer[];

  constructor(stream: Stream, number: number) {
    const payloads = sounds.get(stream.sound);
    const socket = sockets[stream.socket];
    if (payloads === undefined || socket === undefined) throw new Error(`a stream of unknown ${stream.sound}`);
    this.#stream = stream;
    this.#payloads = payloads;
    this.#socket = socket;
    this.#secrets = secrets.get(socket);
    this.#packets = [0, 1].map(() => this.#empty(stream.ssrc ?? number + 1));
  }

  say(step: number): void {
    const packet = this.#packets[step % 2];
    if (packet === undefined) return;
    packet.writeUInt16BE(step & 0xffff, 2);
    packet.writeUInt32BE((step * this.#stream.ticks) >>> 0, 4);
    const plain = this.#filled(packet, step);
    this.#socket.send(this.#secrets === undefined ? plain : sealRtp(plain, this.#secrets.ours), this.#stream.to, host);
  }

  #filled(packet: Buffer, step: number): Buffer {
    const payload = this.#payloads[step % this.#payloads.length];
    if (payload !== undefined && this.#payloads.length > 1) return Buffer.concat([packet.subarray(0, 12), payload]);
    packet.writeDoubleBE(performance.now(), packet.length - 8);
    return packet;
  }

  #empty(ssrc: number): Buffer {
    const packet = Buffer.concat([Buffer.alloc(12), this.#payloads[0] ?? Buffer.alloc(160)]);
    packet[0] = 0x80;
    packet[1] = this.#stream.payloadType;
    packet.writeUInt32BE(ssrc, 8);
    packet.writeUInt32BE(mark, packet.length - markBytes);
    return packet;
  }
}

/** Says one millisecond after the other; what is late is made up for at once. */
async function talk(streams: readonly Stream[], seconds: number): Promise<void> {
  const speakers = streams.map((stream, number) => new Speaker(stream, number));
  const slots = Array.from({ length: stepMs }, (_, slot) => speakers.filter((_each, at) => at % stepMs === slot));
  received = 0;
  delays = [];
  let sent = 0;
  const began = performance.now();
  for (let ms = 0; ms < seconds * 1000; ms++) {
    const due = began + ms - performance.now();
    if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
    else if (ms % 5 === 0) await new Promise(setImmediate);
    for (const speaker of slots[ms % stepMs] ?? []) {
      speaker.say(clock + Math.floor(ms / stepMs));
      sent++;
    }
  }
  clock += Math.ceil((seconds * 1000) / stepMs);
  const took = (performance.now() - began) / 1000;
  // What is on its way still counts.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const [p50, p99] = [quantile(delays, 0.5), quantile(delays, 0.99)];
  if (forged > 0) console.error(`${forged} packets had a wrong signature`);
  tell({ type: 'talked', sent, received, seconds: took, p50, p99 });
}

process.on('message', (order: LoadOrder) => {
  switch (order.type) {
    case 'open':
      return void open(order.sockets);
    case 'sound':
      sounds.set(
        order.name,
        order.payloads.map((each) => Buffer.from(each, 'base64')),
      );
      return;
    case 'greet':
      secure(order.socket, order.greeting).then(
        () => tell({ type: 'greeted' }),
        (error: unknown) => tell({ type: 'greeted', error: String(error) }),
      );
      return;
    case 'talk':
      return void talk(order.streams, order.seconds);
  }
});

process.once('disconnect', () => process.exit(0));

// As whoever is measured: else the phones are what is late on a busy machine.
try {
  setPriority(0, -10);
} catch {
  // Without the privilege all go without.
}
