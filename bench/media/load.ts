/**
 * Telephones as a process of their own: streams of RTP, each packet every 20 ms, spread over the milliseconds as the streams of
 * many callers are. Forked by {@link Load}, which sends `LoadOrder`s and gets `LoadNews`. A few sockets speak for all.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { quantile } from '../statistics.ts';

/** One stream: what leaves which socket, and where it goes. */
export interface Stream {
  readonly socket: number;
  readonly to: number;
  /** Payloads, or (`sealed`) whole packets, said one after the other and from the beginning again. */
  readonly sound: string;
  readonly payloadType: number;
  readonly ticks: number;
}

export type LoadOrder =
  | { readonly type: 'open'; readonly sockets: number }
  /** A sound by name: base64 of each payload. Whole packets where `sealed`. */
  | { readonly type: 'sound'; readonly name: string; readonly payloads: readonly string[]; readonly sealed: boolean }
  | { readonly type: 'talk'; readonly streams: readonly Stream[]; readonly seconds: number }
  | { readonly type: 'close' };

export interface Talked {
  readonly type: 'talked';
  readonly sent: number;
  readonly received: number;
  readonly seconds: number;
  /** Of packets that came back with the moment they were sent in them, in ms; NaN of none. */
  readonly p50: number;
  readonly p99: number;
}

export type LoadNews = { readonly type: 'opened'; readonly ports: readonly number[] } | Talked;

const host = '127.0.0.1';
const stepMs = 20;
/** At the end of a payload (its beginning is blended where sources change): this, and the moment it was sent. */
const mark = 0x5a17c0de;
const markBytes = 12;

interface Sound {
  readonly payloads: readonly Buffer[];
  readonly sealed: boolean;
}

let sockets: Socket[] = [];
const sounds = new Map<string, Sound>();
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

async function open(count: number): Promise<void> {
  for (const socket of sockets) socket.close();
  sockets = Array.from({ length: count }, () =>
    createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 }),
  );
  for (const socket of sockets) {
    socket.on('message', take);
    socket.bind(0, host);
  }
  await Promise.all(sockets.map((socket) => once(socket, 'listening')));
  tell({ type: 'opened', ports: sockets.map((socket) => socket.address().port) });
}

class Speaker {
  readonly #stream: Stream;
  readonly #sound: Sound;
  readonly #socket: Socket;
  readonly #packets: readonly Buffer[];

  constructor(stream: Stream, number: number) {
    const sound = sounds.get(stream.sound);
    const socket = sockets[stream.socket];
    if (sound === undefined || socket === undefined) throw new Error(`a stream of unknown ${stream.sound}`);
    this.#stream = stream;
    this.#sound = sound;
    this.#socket = socket;
    // Two in turn: the system has the last one long before it is written to again.
    this.#packets = sound.sealed ? sound.payloads : [0, 1].map(() => this.#empty(number));
  }

  say(step: number): void {
    const { to, ticks } = this.#stream;
    const packet = this.#packets[step % this.#packets.length];
    if (packet === undefined) return;
    if (!this.#sound.sealed) {
      const payload = this.#sound.payloads[step % this.#sound.payloads.length];
      packet.writeUInt16BE(step & 0xffff, 2);
      packet.writeUInt32BE((step * ticks) >>> 0, 4);
      if (payload !== undefined && this.#sound.payloads.length > 1) {
        this.#socket.send(Buffer.concat([packet.subarray(0, 12), payload]), to, host);
        return;
      }
      packet.writeDoubleBE(performance.now(), packet.length - 8);
    }
    this.#socket.send(packet, to, host);
  }

  #empty(number: number): Buffer {
    const packet = Buffer.concat([Buffer.alloc(12), this.#sound.payloads[0] ?? Buffer.alloc(160)]);
    packet[0] = 0x80;
    packet[1] = this.#stream.payloadType;
    packet.writeUInt32BE(number + 1, 8);
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
  tell({ type: 'talked', sent, received, seconds: took, p50, p99 });
}

process.on('message', (order: LoadOrder) => {
  switch (order.type) {
    case 'open':
      return void open(order.sockets);
    case 'sound':
      return void sounds.set(order.name, {
        payloads: order.payloads.map((each) => Buffer.from(each, 'base64')),
        sealed: order.sealed,
      });
    case 'talk':
      return void talk(order.streams, order.seconds);
    case 'close':
      process.disconnect();
  }
});

process.once('disconnect', () => process.exit(0));

// As whoever is measured: else the phones are what is late on a busy machine.
try {
  setPriority(0, -10);
} catch {
  // Without the privilege all go without.
}
