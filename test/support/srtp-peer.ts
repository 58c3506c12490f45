/** A SIP peer with SRTP: mediasoup encrypts for it. Every packet passes a relay of ours, which remembers and repeats. */
import type { Socket } from 'node:dgram';
import { createWorker, type types } from 'mediasoup';
import { readRtp, writeRtp } from '../../media/edge/rtp.ts';
import { bound, boundPair } from './rtp-ports.ts';

const loopback = '127.0.0.1';
const codec = { mimeType: 'audio/PCMU', payloadType: 0, clockRate: 8000, channels: 1 };

export type Suite = 'AES_CM_128_HMAC_SHA1_80' | 'AEAD_AES_128_GCM';

function transportOf(router: types.Router, suite: Suite): Promise<types.PlainTransport> {
  return router.createPlainTransport({
    ...{ listenInfo: { protocol: 'udp', ip: loopback }, rtcpMux: true, comedia: false },
    ...{ enableSrtp: true, srtpCryptoSuite: suite },
  });
}

export class SrtpPeer {
  /** Payloads it heard, decrypted. */
  readonly heard: Buffer[] = [];
  /** What it sent, as it was on the wire. */
  readonly sent: Buffer[] = [];
  readonly ssrc = 1 + Math.floor(Math.random() * 2 ** 31);
  readonly #waiting = new Set<() => void>();
  readonly suite: Suite;
  readonly #router: types.Router;
  readonly #worker: types.Worker;
  #transport: types.PlainTransport;
  readonly #direct: types.DirectTransport;
  readonly #outside: Socket;
  readonly #inside: Socket;
  readonly #rtcp: Socket;
  #voice: types.Producer | undefined;
  #port = 0;
  #sequence = 100;
  #far = new Map<number, Promise<void>>();

  private constructor(
    suite: Suite,
    parts: {
      worker: types.Worker;
      router: types.Router;
      transport: types.PlainTransport;
      direct: types.DirectTransport;
    },
    sockets: { outside: Socket; rtcp: Socket; inside: Socket },
  ) {
    this.suite = suite;
    this.#worker = parts.worker;
    this.#router = parts.router;
    this.#transport = parts.transport;
    this.#direct = parts.direct;
    this.#outside = sockets.outside;
    this.#inside = sockets.inside;
    this.#rtcp = sockets.rtcp;
    sockets.inside.on('message', (bytes) => {
      if (readRtp(bytes)?.ssrc !== undefined && (bytes[1] ?? 0) < 192) this.sent.push(bytes);
      this.raw(bytes);
      this.#wake();
    });
    sockets.outside.on('message', (bytes) => void this.#take(bytes));
  }

  static async open(suite: Suite, workerBin = process.env['MEDIASOUP_WORKER_BIN']): Promise<SrtpPeer> {
    const worker = await createWorker({ logLevel: 'none', ...(workerBin === undefined ? {} : { workerBin }) });
    const router = await worker.createRouter({
      mediaCodecs: [{ kind: 'audio', mimeType: codec.mimeType, clockRate: 8000, preferredPayloadType: 0 }],
    });
    const transport = await transportOf(router, suite);
    const direct = await router.createDirectTransport();
    const [[outside, rtcp], inside] = await Promise.all([boundPair(loopback), bound(loopback)]);
    return new SrtpPeer(suite, { worker, router, transport, direct }, { outside, rtcp, inside });
  }

  /** Its offer. */
  get sdp(): string {
    return this.describe();
  }

  /** Its offer, or its answer under the tag and profile of an offer. */
  describe({ tag = '7', profile = 'RTP/SAVP', direction = 'sendrecv' } = {}): string {
    const { port } = this.#outside.address();
    return [
      ...['v=0', `o=peer ${port} 1 IN IP4 ${loopback}`, 's=-', `c=IN IP4 ${loopback}`, 't=0 0'],
      ...[`m=audio ${port} ${profile} 0`, 'a=rtpmap:0 PCMU/8000', 'a=rtcp-mux'],
      `a=crypto:${tag} ${this.suite} inline:${this.#transport.srtpParameters?.keyBase64}|2^31`,
      `a=${direction}\r\n`,
    ].join('\r\n');
  }

  /** Takes an offer with keys, by the one of its suite; what it answers. */
  async answerTo(offer: string): Promise<string> {
    const tag = new RegExp(`^a=crypto:(\\d+) ${this.suite} `, 'm').exec(offer)?.[1];
    const profile = /^m=audio \d+ (\S+)/m.exec(offer)?.[1];
    if (tag === undefined || profile === undefined) throw new Error(`no key of its suite in the offer:\n${offer}`);
    await this.answered(offer);
    return this.describe({ tag, profile });
  }

  /** A key of its own in place of the one before; what it heard until now stays. */
  async rekey(): Promise<void> {
    this.#transport.close();
    this.#transport = await transportOf(this.#router, this.suite);
    this.#far = new Map();
  }

  /** Takes the far side's description: from now on it can speak and hear. */
  async answered(sdp: string): Promise<void> {
    const keyBase64 = new RegExp(`^a=crypto:\\d+ ${this.suite} inline:(\\S+)\r$`, 'm').exec(sdp)?.[1];
    if (keyBase64 === undefined) throw new Error(`no key in the answer:\n${sdp}`);
    this.#port = Number(/^m=audio (\d+) RTP\/S?AVP /m.exec(sdp)?.[1]);
    const port = this.#inside.address().port;
    const srtpParameters = { cryptoSuite: this.suite, keyBase64 };
    await this.#transport.connect({ ip: loopback, port, srtpParameters });
    this.#voice ??= await this.#direct.produce({
      kind: 'audio',
      rtpParameters: { codecs: [codec], encodings: [{ ssrc: this.ssrc }] },
    });
    const consumer = { producerId: this.#voice.id, rtpCapabilities: this.#router.rtpCapabilities };
    await this.#transport.consume(consumer);
  }

  /** Says a payload. */
  say(payload: Uint8Array): void {
    const sequence = this.#sequence++;
    const { ssrc } = this;
    this.#voice?.send(writeRtp({ payloadType: 0, marker: false, sequence, timestamp: sequence * 160, ssrc, payload }));
  }

  /** Sends bytes as they are, from the port of its description. */
  raw(bytes: Buffer): void {
    this.#outside.send(bytes, this.#port, loopback);
  }

  /** Resolves when `done` holds; looked at after every packet. */
  async until(done: () => boolean): Promise<void> {
    while (!done())
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
  }

  close(): void {
    this.#outside.close();
    this.#inside.close();
    this.#rtcp.close();
    this.#worker.close();
  }

  async #take(bytes: Buffer): Promise<void> {
    const transport = this.#transport;
    if ((bytes[1] ?? 0) < 192) {
      const ssrc = bytes.readUInt32BE(8);
      const known = this.#far.get(ssrc) ?? this.#hear(ssrc);
      this.#far.set(ssrc, known);
      // Its key was given up meanwhile.
      if (
        await known.then(
          () => false,
          () => true,
        )
      )
        return;
    }
    if (!transport.closed) this.#inside.send(bytes, transport.tuple.localPort, loopback);
  }

  /** mediasoup hears an SSRC it was told of. */
  async #hear(ssrc: number): Promise<void> {
    const producer = await this.#transport.produce({
      kind: 'audio',
      rtpParameters: { codecs: [codec], encodings: [{ ssrc }] },
    });
    const consumer = await this.#direct.consume({
      producerId: producer.id,
      rtpCapabilities: this.#router.rtpCapabilities,
    });
    consumer.on('rtp', (packet) => {
      const payload = readRtp(packet)?.payload;
      if (payload !== undefined) this.heard.push(Buffer.from(payload));
      this.#wake();
    });
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
