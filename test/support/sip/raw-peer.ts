import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { readRaw, writeRaw } from './raw-message.ts';
import type { RawMessage } from './raw-message.ts';
import { waited } from '../until.ts';

/** How bytes travel; each kind of peer brings one. */
export interface Wire {
  readonly protocol: 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS';
  readonly host: string;
  readonly port: number;
  write(text: string | Buffer, port?: number): void;
  close(): Promise<void>;
}

/** What a request of a test may say instead of the usual. */
export interface RequestFacts {
  readonly uri?: string;
  readonly callId?: string;
  readonly from?: string;
  readonly to?: string;
  readonly cseq?: number;
  readonly branch?: string;
  readonly contact?: string | null;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly type?: string;
}

/** The offer of test calls. */
export const testSdp = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 0',
  'a=sendrecv',
  '',
].join('\r\n');

/** Random text for tags, branches and Call-IDs. */
export function random(): string {
  return randomBytes(6).toString('hex');
}

/** A host as it stands in a URI. */
function inUri(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** A SIP peer written by hand: sends what a test says, keeps what comes, waits for what a test expects. */
export class RawPeer {
  readonly wire: Wire;
  readonly seen: RawMessage[] = [];
  /** Bytes that were not a message (keep-alive answers). */
  readonly other: string[] = [];
  #waiting: { readonly match: (message: RawMessage) => boolean; readonly found: (message: RawMessage) => void }[] = [];
  #taken = new Set<RawMessage>();
  #otherWaiting: (() => void)[] = [];

  constructor(wire: Wire) {
    this.wire = wire;
  }

  /** Called by the wire. */
  received(text: string): void {
    if (text.trim() === '') {
      this.other.push(text);
      for (const wake of this.#otherWaiting.splice(0)) wake();
      return;
    }
    const message = readRaw(text);
    this.seen.push(message);
    const waiter = this.#waiting.find(({ match }) => match(message));
    if (waiter === undefined) return;
    this.#waiting = this.#waiting.filter((entry) => entry !== waiter);
    this.#taken.add(message);
    waiter.found(message);
  }

  /** The next message (already there or to come) that matches and was not taken before. */
  next(match: (message: RawMessage) => boolean): Promise<RawMessage> {
    return waited(this.coming(match));
  }

  /** The same for a message that may never come, and is waited for by nobody until then. */
  coming(match: (message: RawMessage) => boolean): Promise<RawMessage> {
    const there = this.seen.find((message) => !this.#taken.has(message) && match(message));
    if (there !== undefined) {
      this.#taken.add(there);
      return Promise.resolve(there);
    }
    return new Promise((found) => this.#waiting.push({ match, found }));
  }

  /** The next request with this method. */
  request(method: string): Promise<RawMessage> {
    return this.next((message) => message.method === method);
  }

  /**
   * The next response with this status, to a request of this method if given. One that is repeated (a 200 before our ACK is there) is
   * not the next one.
   */
  response(status: number, method?: string): Promise<RawMessage> {
    return this.next(
      (message) =>
        message.method === undefined &&
        message.status === status &&
        (method === undefined || message.header('CSeq').endsWith(` ${method}`)) &&
        ![...this.#taken].some(({ text }) => text === message.text),
    );
  }

  /** The same message once more. */
  again({ text }: RawMessage): Promise<RawMessage> {
    return this.next((message) => message.text === text);
  }

  /** Waits for bytes that are not a message. */
  async otherBytes(): Promise<string> {
    if (this.other.length === 0) await new Promise<void>((wake) => this.#otherWaiting.push(wake));
    return this.other.shift() ?? '';
  }

  count(match: (message: RawMessage) => boolean): number {
    return this.seen.filter(match).length;
  }

  /** Our own contact URI. */
  get contact(): string {
    const { protocol, host, port } = this.wire;
    const transport = protocol === 'UDP' ? '' : `;transport=${protocol.toLowerCase()}`;
    return `sip:peer@${inUri(host)}:${port}${transport}`;
  }

  via(branch = `z9hG4bK${random()}`): string {
    const { protocol, host, port } = this.wire;
    return `Via: SIP/2.0/${protocol} ${inUri(host)}:${port};branch=${branch};rport`;
  }

  /** Sends a request and returns its text as a message. */
  send(method: string, to: number, facts: RequestFacts = {}): RawMessage {
    const uri = facts.uri ?? `sip:bob@${this.wire.host.includes(':') ? '[::1]' : '127.0.0.1'}:${to}`;
    const lines = [
      `${method} ${uri} SIP/2.0`,
      this.via(facts.branch),
      'Max-Forwards: 70',
      `From: ${facts.from ?? `<sip:alice@${inUri(this.wire.host)}:${this.wire.port}>;tag=${random()}`}`,
      `To: ${facts.to ?? '<sip:bob@127.0.0.1>'}`,
      `Call-ID: ${facts.callId ?? `${random()}@raw`}`,
      `CSeq: ${facts.cseq ?? 1} ${method}`,
    ];
    if (facts.contact !== null) lines.push(`Contact: <${facts.contact ?? this.contact}>`);
    lines.push(...(facts.headers ?? []));
    if (facts.body !== undefined) lines.push(`Content-Type: ${facts.type ?? 'application/sdp'}`);
    const text = writeRaw(lines, facts.body);
    this.wire.write(text, to);
    return readRaw(text);
  }

  /** A request inside the dialog that `request` (sent by us) and its `answer` made. */
  inDialog(method: string, to: number, request: RawMessage, answer: RawMessage, facts: RequestFacts = {}): RawMessage {
    const contact = /<([^>]+)>/.exec(answer.header('Contact'))?.[1];
    return this.send(method, to, {
      uri: contact ?? `sip:bob@127.0.0.1:${to}`,
      callId: request.header('Call-ID'),
      from: request.header('From'),
      to: answer.header('To'),
      cseq: Number.parseInt(request.header('CSeq'), 10) + (method === 'ACK' ? 0 : 1),
      ...facts,
    });
  }

  /** Answers a request. `lines` are further headers; the To tag is `tag`. */
  answer(
    request: RawMessage,
    status: string,
    options: { tag?: string; lines?: readonly string[]; body?: string; contact?: boolean; port?: number } = {},
  ): RawMessage {
    const to = request.header('To');
    const lines = [
      `SIP/2.0 ${status}`,
      ...request.headers('Via').map((via) => `Via: ${via}`),
      ...request.headers('Record-Route').map((route) => `Record-Route: ${route}`),
      `From: ${request.header('From')}`,
      `To: ${options.tag === undefined || to.includes(';tag=') ? to : `${to};tag=${options.tag}`}`,
      `Call-ID: ${request.header('Call-ID')}`,
      `CSeq: ${request.header('CSeq')}`,
      ...(options.contact === false ? [] : [`Contact: <${this.contact}>`]),
      ...(options.lines ?? []),
    ];
    if (options.body !== undefined) lines.push('Content-Type: application/sdp');
    const text = writeRaw(lines, options.body);
    const port = options.port ?? Number(/^SIP\/2\.0\/\w+ [^;]*:(\d+)/.exec(request.header('Via'))?.[1] ?? '0');
    this.wire.write(text, port);
    return readRaw(text);
  }

  /** Writes bytes as they are. */
  raw(text: string | Buffer, port?: number): void {
    this.wire.write(text, port);
  }

  close(): Promise<void> {
    return this.wire.close();
  }
}

/** A peer on a UDP port of its own; on another loopback address any port is free. */
export async function udpPeer(host = '127.0.0.1', port = 0): Promise<RawPeer> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.bind(port, host);
  await once(socket, 'listening');
  const peer = new RawPeer({
    protocol: 'UDP',
    host,
    port: socket.address().port,
    write: (text, port = 0) => socket.send(text, port, host.startsWith('127.') ? '127.0.0.1' : host),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  });
  socket.on('message', (bytes) => peer.received(bytes.toString()));
  return peer;
}

/** Cuts a stream into messages by Content-Length. */
export function framed(received: (text: string) => void): (chunk: Buffer) => void {
  let bytes = Buffer.alloc(0);
  return (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      if (bytes.length > 0 && bytes.length <= 4 && bytes.toString().trim() === '') {
        received(bytes.toString());
        bytes = Buffer.alloc(0);
      }
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length:\s*(\d+)/i.exec(bytes.toString('utf8', 0, end + 2))?.[1] ?? '0');
      if (bytes.length < end + 4 + length) return;
      received(bytes.toString('utf8', 0, end + 4 + length));
      bytes = bytes.subarray(end + 4 + length);
    }
  };
}

/** A peer that speaks over a connection that stands. */
export function connectedPeer<S extends Socket>(
  protocol: 'TCP' | 'TLS',
  host: string,
  socket: S,
): RawPeer & { readonly socket: S } {
  const peer = new RawPeer({
    protocol,
    host,
    port: socket.localPort ?? 0,
    write: (text) => socket.write(text),
    close: async () => {
      if (socket.destroyed) return;
      socket.destroy();
      await once(socket, 'close');
    },
  });
  socket.on('error', () => {});
  socket.on(
    'data',
    framed((text) => peer.received(text)),
  );
  return Object.assign(peer, { socket });
}

/** A peer with a connection to `port`. */
export async function tcpPeer(port: number, host = '127.0.0.1'): Promise<RawPeer & { readonly socket: Socket }> {
  const socket = connect(port, host);
  await once(socket, 'connect');
  return connectedPeer('TCP', host, socket);
}

/** A peer that listens on a TCP port of its own and speaks over the last connection made to it. */
export async function tcpServerPeer(host = '127.0.0.1', at = 0): Promise<RawPeer> {
  let last: Socket | undefined;
  const server = createServer();
  server.listen(at, host);
  await once(server, 'listening');
  const address = server.address();
  const peer = new RawPeer({
    protocol: 'TCP',
    host,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    write: (text) => last?.write(text),
    close: async () => {
      last?.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  server.on('connection', (socket) => {
    last = socket;
    socket.on('error', () => {});
    socket.on(
      'data',
      framed((text) => peer.received(text)),
    );
  });
  return peer;
}

/** A peer over WebSocket, like a browser: its Via and Contact say `xxxx.invalid`. */
export async function webSocketPeer(
  url: string,
  user = random(),
  host = `${random()}.invalid`,
): Promise<RawPeer & { readonly socket: WebSocket }> {
  const socket = new WebSocket(url, 'sip', { rejectUnauthorized: false });
  const peer = new RawPeer({
    protocol: url.startsWith('wss') ? 'WSS' : 'WS',
    host,
    port: 5060,
    write: (text) => socket.send(text),
    close: async () => {
      if (socket.readyState === socket.CLOSED) return;
      const closed = once(socket, 'close');
      socket.terminate();
      await closed;
    },
  });
  Object.defineProperty(peer, 'contact', { value: `sip:${user}@${peer.wire.host};transport=ws` });
  peer.via = (branch = `z9hG4bK${random()}`) => `Via: SIP/2.0/${peer.wire.protocol} ${peer.wire.host};branch=${branch}`;
  socket.on('message', (bytes) => peer.received(String(bytes)));
  await once(socket, 'open');
  return Object.assign(peer, { socket });
}
