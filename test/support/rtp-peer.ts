/** A UDP peer that speaks RTP as a phone would: sends PCM paced at 20 ms, records what comes. */
import type { Socket } from 'node:dgram';
import { compress, expandInto, type Law } from '../../media/audio/g711.ts';
import { readRtp, sequenceAhead, writeRtp, type RtpPacket } from '../../media/edge/rtp.ts';
import { boundPair } from './rtp-ports.ts';
import { waited } from './until.ts';

const frame = 160;

/** A packet as it came, with the moment of its coming (ms). */
export interface Received extends RtpPacket {
  readonly at: number;
  readonly port: number;
}

export interface RtpPeerOptions {
  readonly address?: string;
  readonly law?: Law;
  /** Payload numbers; by default 0 or 8, and 101 for events. */
  readonly payloadType?: number;
  readonly eventPayloadType?: number;
}

export class RtpPeer {
  readonly received: Received[] = [];
  /** What came and is no RTP. */
  readonly others: Buffer[] = [];
  readonly law: Law;
  readonly payloadType: number;
  readonly eventPayloadType: number;
  readonly ssrc = 1 + Math.floor(Math.random() * 0xfffffff0);
  readonly #socket: Socket;
  readonly #rtcp: Socket;
  readonly #waiting = new Set<() => void>();
  #sequence = 1000 + Math.floor(Math.random() * 1000);
  #timestamp = Math.floor(Math.random() * 2 ** 32);
  #to: { readonly address: string; readonly port: number } | undefined;
  #closed = false;
  #packets = 0;

  private constructor(
    [socket, rtcp]: readonly [Socket, Socket],
    { law = 'PCMU', payloadType, eventPayloadType = 101 }: RtpPeerOptions,
  ) {
    this.#socket = socket;
    this.#rtcp = rtcp;
    this.law = law;
    this.payloadType = payloadType ?? (law === 'PCMU' ? 0 : 8);
    this.eventPayloadType = eventPayloadType;
    socket.on('message', (bytes, from) => {
      this.#packets++;
      const packet = readRtp(bytes);
      if (packet !== undefined) this.received.push({ ...packet, at: performance.now(), port: from.port });
      else this.others.push(bytes);
      for (const wake of this.#waiting) wake();
    });
  }

  /** A peer on a free port of `address` (127.0.0.1). */
  static async open(options: RtpPeerOptions = {}): Promise<RtpPeer> {
    return new RtpPeer(await boundPair(options.address ?? '127.0.0.1'), options);
  }

  /** Packets of any kind that came. */
  get packets(): number {
    return this.#packets;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** A plain SDP of this peer. */
  sdp(direction = 'sendrecv', address = '127.0.0.1'): string {
    const { payloadType, eventPayloadType, law } = this;
    const type = address.includes(':') ? 'IP6' : 'IP4';
    return [
      'v=0',
      `o=peer ${this.port} 1 IN ${type} ${address}`,
      's=-',
      `c=IN ${type} ${address}`,
      't=0 0',
      `m=audio ${this.port} RTP/AVP ${payloadType} ${eventPayloadType}`,
      `a=rtpmap:${payloadType} ${law}/8000`,
      `a=rtpmap:${eventPayloadType} telephone-event/8000`,
      `a=fmtp:${eventPayloadType} 0-15`,
      `a=${direction}`,
      '',
    ].join('\r\n');
  }

  /** Where to send: a port, or the first audio port of an SDP. */
  aim(target: number | string, address = '127.0.0.1'): void {
    const port = typeof target === 'number' ? target : Number(/^m=audio (\d+)/m.exec(target)?.[1]);
    this.#to = { address, port };
  }

  /** The port it sends to; 0 before it was aimed. */
  get target(): number {
    return this.#to?.port ?? 0;
  }

  /** Sends one packet now. */
  packet(packet: Partial<RtpPacket>): void {
    const { ssrc, payloadType } = this;
    const whole: RtpPacket = {
      marker: false,
      sequence: this.#sequence,
      timestamp: this.#timestamp,
      payload: new Uint8Array(frame).fill(0xff),
      ssrc,
      payloadType,
      ...packet,
    };
    if (packet.sequence === undefined) this.#sequence = (this.#sequence + 1) & 0xffff;
    this.raw(writeRtp(whole));
  }

  /** Sends bytes as they are. */
  raw(bytes: Buffer): void {
    if (this.#to !== undefined && !this.#closed) this.#socket.send(bytes, this.#to.port, this.#to.address);
  }

  /** Sends samples (8 kHz) paced at 20 ms; resolves after the last packet, or when `until` is aborted. */
  async talk(samples: Int16Array, until?: AbortSignal): Promise<void> {
    const start = performance.now();
    for (let at = 0; at < samples.length; at += frame) {
      const due = start + (at / frame) * 20 - performance.now();
      if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
      if (until?.aborted === true || this.#closed) return;
      const piece = new Int16Array(frame);
      piece.set(samples.subarray(at, at + frame));
      this.packet({ payload: compress(this.law, piece), marker: at === 0 });
      this.#timestamp = (this.#timestamp + frame) >>> 0;
    }
  }

  /** Presses a key as RFC 4733 says: events every 20 ms, the end three times. `lose` drops chosen packets. */
  async press(digit: string, steps = 5, lose: (index: number, end: boolean) => boolean = () => false): Promise<void> {
    const code = '0123456789*#ABCD'.indexOf(digit);
    const timestamp = this.#timestamp;
    for (let step = 0; step < steps + 3; step++) {
      const end = step >= steps;
      const duration = frame * Math.min(step + 1, steps);
      const payload = Uint8Array.of(code, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff);
      if (!lose(step, end)) this.packet({ payload, payloadType: this.eventPayloadType, timestamp, marker: step === 0 });
      else this.#sequence = (this.#sequence + 1) & 0xffff;
      if (!end) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    this.#timestamp = (timestamp + frame * (steps + 5)) >>> 0;
  }

  /** Resolves when `done` holds; looked at after every packet. */
  until(done: () => boolean): Promise<void> {
    return waited(this.#until(done));
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done())
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
  }

  /** Resolves when `count` more voice packets have come. */
  hear(count: number): Promise<void> {
    const goal = this.voice().length + count;
    return this.until(() => this.voice().length >= goal);
  }

  /** The voice packets received so far. */
  voice(): Received[] {
    return this.received.filter(({ payloadType }) => payloadType === this.payloadType);
  }

  /** What was heard since packet number `from`, laid out on the RTP clock; what is missing is zeros. */
  recording(from = 0): Int16Array {
    const packets = this.voice().slice(from);
    const [first] = packets;
    if (first === undefined) return new Int16Array(0);
    const last = packets.reduce((most, { timestamp, payload }) => {
      const end = ((timestamp - first.timestamp) | 0) + payload.length;
      return Math.max(most, end);
    }, 0);
    const samples = new Int16Array(last);
    for (const { timestamp, payload } of packets) {
      const at = (timestamp - first.timestamp) | 0;
      if (at < 0) continue;
      const piece = new Int16Array(payload.length);
      expandInto(this.law, payload, piece);
      samples.set(piece.subarray(0, samples.length - at), at);
    }
    return samples;
  }

  /** Packets whose sequence number is not one more than the one before. */
  sequenceGaps(): number {
    return this.received.filter((packet, index) => {
      const before = this.received[index - 1];
      return before !== undefined && sequenceAhead(before.sequence, packet.sequence) !== 1;
    }).length;
  }

  /** The SSRCs heard. */
  sources(): Set<number> {
    return new Set(this.received.map(({ ssrc }) => ssrc));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.#rtcp.close();
  }
}
