/** A desk phone and the parties outside, written by hand: several calls at once, each with its own RTP. */
import type { DeviceCredentials } from '../../protocol/rest.ts';
import { RtpPeer } from './rtp-peer.ts';
import type { RawMessage } from './sip/raw-message.ts';
import { random, type RawPeer, tcpPeer, udpPeer } from './sip/raw-peer.ts';
import { registerPeer } from './sip/registering.ts';
import { repeated } from './voices.ts';

/** Speaks on and on, until it is closed. */
class Voice {
  readonly rtp: RtpPeer;
  readonly #quiet = new AbortController();

  constructor(rtp: RtpPeer) {
    this.rtp = rtp;
  }

  say(piece: Int16Array): void {
    void this.rtp.talk(repeated(piece, 300), this.#quiet.signal);
  }

  close(): void {
    this.#quiet.abort();
    this.rtp.close();
  }
}

/** A dialog as its end here sees it. */
interface DialogEnd {
  readonly callId: string;
  /** The header values of our side and of the server's, with their tags. */
  readonly own: string;
  readonly far: string;
  /** The server's Contact. */
  readonly uri: string;
  /** CSeq of our last request; 0 where the INVITE was the server's. */
  readonly cseq: number;
}

const contactOf = (message: RawMessage): string => /<([^>]+)>/.exec(message.header('Contact'))?.[1] ?? '';
const tagOf = (header: string): string => /;tag=([^;>\s]+)/.exec(header)?.[1] ?? '';

/** A call of the desk phone, or one that came to the party outside. */
export class Line extends Voice {
  readonly #peer: RawPeer;
  readonly #port: number;
  readonly #dialog: DialogEnd;
  #cseq: number;

  constructor(peer: RawPeer, port: number, rtp: RtpPeer, dialog: DialogEnd) {
    super(rtp);
    this.#peer = peer;
    this.#port = port;
    this.#dialog = dialog;
    this.#cseq = dialog.cseq;
  }

  /** The value of Replaces that names this dialog to the server: its tag is the to-tag (RFC 3891 section 6.1). */
  get replaces(): string {
    const { callId, own, far } = this.#dialog;
    return `${callId};to-tag=${tagOf(far)};from-tag=${tagOf(own)}`;
  }

  /** Sends a request in the dialog; resolves with its final answer. */
  async ask(method: string, more: { body?: string; headers?: readonly string[] } = {}): Promise<RawMessage> {
    const cseq = ++this.#cseq;
    this.#send(method, cseq, more);
    const answer = await this.#peer.next(
      (message) =>
        message.status >= 200 &&
        message.header('Call-ID') === this.#dialog.callId &&
        message.header('CSeq') === `${cseq} ${method}`,
    );
    if (method === 'INVITE') this.#send('ACK', cseq);
    return answer;
  }

  /** The next request in this dialog with this method, answered with 200. */
  async asked(method: string): Promise<RawMessage> {
    const request = await this.#peer.next(
      (message) => message.method === method && message.header('Call-ID') === this.#dialog.callId,
    );
    this.#peer.answer(request, '200 OK', { port: this.#port });
    return request;
  }

  ack(): void {
    this.#send('ACK', this.#cseq);
  }

  #send(method: string, cseq: number, more: { body?: string; headers?: readonly string[] } = {}): void {
    const { callId, own: from, far: to, uri } = this.#dialog;
    this.#peer.send(method, this.#port, { callId, from, to, uri, cseq, ...more });
  }
}

/** A desk phone that is registered over TCP, and calls as often as wanted. */
export class DeskLines {
  readonly peer: RawPeer;
  readonly #port: number;
  readonly #lines: Line[] = [];

  private constructor(peer: RawPeer, port: number) {
    this.peer = peer;
    this.#port = port;
  }

  static async register(port: number, { username, password }: DeviceCredentials): Promise<DeskLines> {
    const peer = await tcpPeer(port);
    const listen = [{ protocol: 'tcp', host: '127.0.0.1', port }] as const;
    const { answer } = await registerPeer(peer, { ports: { admin: 0, listen } }, { username, password });
    if (answer.status !== 200) throw new Error(`REGISTER got ${answer.start}`);
    return new DeskLines(peer, port);
  }

  /** Calls somebody; resolves with the final answer, of which a 200 is acknowledged, and with the line it made. */
  async call(
    to: string,
    headers: readonly string[] = [],
  ): Promise<{ readonly answer: RawMessage; readonly line: Line }> {
    const rtp = await RtpPeer.open();
    const placed = await invite(this.peer, this.#port, to, rtp, headers);
    const line = new Line(this.peer, this.#port, rtp, {
      callId: placed.invite.header('Call-ID'),
      own: placed.invite.header('From'),
      far: placed.answer.header('To'),
      uri: contactOf(placed.answer),
      cseq: 1,
    });
    this.#lines.push(line);
    if (placed.answer.status === 200) {
      line.ack();
      rtp.aim(placed.answer.body);
    }
    return { answer: placed.answer, line };
  }

  /** Ends it as a power cut would: without a word. */
  async close(): Promise<void> {
    for (const line of this.#lines) line.close();
    await this.peer.close();
  }
}

/** Sends an INVITE; resolves with its final answer. */
export async function invite(
  peer: RawPeer,
  port: number,
  to: string,
  rtp: RtpPeer,
  headers: readonly string[] = [],
): Promise<{ readonly invite: RawMessage; readonly answer: RawMessage }> {
  const sent = peer.send('INVITE', port, { uri: `sip:${to}@127.0.0.1:${port}`, body: rtp.sdp(), headers });
  const callId = sent.header('Call-ID');
  const answer = await peer.next((message) => message.status >= 200 && message.header('Call-ID') === callId);
  return { invite: sent, answer };
}

/** Everybody outside: answers each INVITE of the trunk when it is told to. */
export class Outside {
  readonly #peer: RawPeer;
  readonly #port: number;
  readonly #known = new Set<string>();
  readonly #lines: Line[] = [];

  private constructor(peer: RawPeer, port: number) {
    this.#peer = peer;
    this.#port = port;
  }

  /** Listens at `at`; the site's SIP is at `port`. */
  static async listen(at: number, port: number): Promise<Outside> {
    return new Outside(await udpPeer('127.0.0.1', at), port);
  }

  /** The next call that comes rings and is answered; resolves when that is acknowledged. */
  async answers(): Promise<Line> {
    const asked = await this.#peer.next(
      (message) => message.method === 'INVITE' && !this.#known.has(message.header('Call-ID')),
    );
    const callId = asked.header('Call-ID');
    this.#known.add(callId);
    const rtp = await RtpPeer.open();
    const tag = random();
    this.#peer.answer(asked, '180 Ringing', { tag });
    const answer = this.#peer.answer(asked, '200 OK', { tag, body: rtp.sdp() });
    await this.#peer.next((message) => message.method === 'ACK' && message.header('Call-ID') === callId);
    rtp.aim(asked.body);
    const line = new Line(this.#peer, this.#port, rtp, {
      callId,
      own: answer.header('To'),
      far: asked.header('From'),
      uri: contactOf(asked),
      cseq: 0,
    });
    this.#lines.push(line);
    return line;
  }

  async close(): Promise<void> {
    for (const line of this.#lines) line.close();
    await this.#peer.close();
  }
}
