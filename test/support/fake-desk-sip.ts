/** A toy SIP peer over WebSocket: registrar and caller in one, just enough for the softphone's own tests. */
import { createHash, randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';

/** One parsed SIP message. Header names are lower case. */
export interface ToySipMessage {
  readonly first: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What happened to a ring. */
export type RingEvent = 'ringing' | 'answered' | 'refused' | 'cancelled' | 'bye' | 'bye-answered';

const domain = 'toy.invalid';

/** An offer as the media node makes it, with a certificate that no DTLS peer will ever show: SIP works, audio never comes. */
function toyOffer(): string {
  const fingerprint = [...randomBytes(32)].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=ice-lite',
    'm=audio 9 UDP/TLS/RTP/SAVPF 0 8 101',
    'c=IN IP4 127.0.0.1',
    'a=rtcp-mux',
    'a=mid:0',
    'a=sendrecv',
    'a=setup:actpass',
    'a=ice-ufrag:toytoytoytoy',
    'a=ice-pwd:toytoytoytoytoytoytoytoytoy',
    `a=fingerprint:sha-256 ${fingerprint}`,
    'a=candidate:1 1 udp 1076302079 127.0.0.1 9 typ host',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    '',
  ].join('\r\n');
}

export function parseToySip(text: string): ToySipMessage {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { first, headers, body };
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** True if the digest of RFC 2617 (without qop) in `header` was made with `password`. */
function digestFits(header: string | undefined, method: string, password: string): boolean {
  const field = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(header ?? '')?.[1] ?? '';
  const secret = md5(`${field('username')}:${field('realm')}:${password}`);
  return field('response') === md5(`${secret}:${field('nonce')}:${md5(`${method}:${field('uri')}`)}`);
}

/** One INVITE to the softphone and what became of it. */
export class ToyRing {
  readonly events: RingEvent[] = [];
  readonly callId = randomBytes(6).toString('hex');
  answer: ToySipMessage | undefined;
  refusal: string | undefined;
  readonly #peer: ToySipPeer;
  readonly #branch = `z9hG4bK${randomBytes(6).toString('hex')}`;
  readonly #tag = randomBytes(4).toString('hex');
  #target = '';
  #cseq = 1;

  constructor(peer: ToySipPeer) {
    this.#peer = peer;
  }

  invite(contact: string, headers: Readonly<Record<string, string>>): void {
    this.#target = contact;
    const extra = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    this.#send('INVITE', this.#branch, [...extra, 'Content-Type: application/sdp'], toyOffer());
  }

  cancel(): void {
    this.#send('CANCEL', this.#branch);
  }

  bye(): void {
    this.#cseq++;
    this.#send('BYE', `z9hG4bK${randomBytes(6).toString('hex')}`);
  }

  /** A response to one of our requests. */
  take(message: ToySipMessage): void {
    const status = Number(message.first.split(' ')[1]);
    const method = message.headers.get('cseq')?.split(' ')[1];
    if (method === 'BYE' && status === 200) this.happened('bye-answered');
    if (method !== 'INVITE') return;
    if (status === 180) this.happened('ringing');
    if (status < 200) return;
    const first = this.answer === undefined && this.refusal === undefined;
    if (status < 300) {
      this.answer = message;
      this.#target = /<([^>]+)>/.exec(message.headers.get('contact') ?? '')?.[1] ?? this.#target;
      this.#send('ACK', `z9hG4bK${randomBytes(6).toString('hex')}`);
      if (first) this.happened('answered');
    } else {
      this.refusal = message.first;
      this.#send('ACK', this.#branch);
      if (first) this.happened(status === 487 ? 'cancelled' : 'refused');
    }
  }

  happened(event: RingEvent): void {
    this.events.push(event);
    this.#peer.changed();
  }

  #send(method: string, branch: string, extra: readonly string[] = [], body = ''): void {
    const to = this.answer?.headers.get('to') ?? `<sip:agent@${domain}>`;
    this.#peer.write([
      `${method} ${this.#target} SIP/2.0`,
      `Via: SIP/2.0/WS ${domain};branch=${branch}`,
      'Max-Forwards: 70',
      `From: "Toy" <sip:toy@${domain}>;tag=${this.#tag}`,
      `To: ${to}`,
      `Call-ID: ${this.callId}`,
      `CSeq: ${this.#cseq} ${method}`,
      `Contact: <sip:toy@${domain};transport=ws>`,
      ...extra,
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ]);
  }
}

/** The registrar and caller of one softphone at a time: the newest socket is the flow. */
export class ToySipPeer {
  readonly rings = new Map<string, ToyRing>();
  /** REGISTERs that were let in. */
  registrations = 0;
  /** The contact of the softphone, while it is registered. */
  contact: string | undefined;
  readonly #password: () => string;
  readonly #onChange: () => void;
  #socket: WebSocket | undefined;

  constructor(password: () => string, onChange: () => void) {
    this.#password = password;
    this.#onChange = onChange;
  }

  connect(socket: WebSocket): void {
    this.#socket = socket;
    socket.on('message', (data) => this.#take(String(data)));
    socket.on('close', () => {
      if (this.#socket === socket) this.contact = undefined;
      this.changed();
    });
  }

  /** Cuts the SIP connection, as a network does. */
  drop(): void {
    this.#socket?.terminate();
  }

  ring(headers: Readonly<Record<string, string>>): ToyRing {
    if (this.contact === undefined) throw new Error('the softphone is not registered');
    const ring = new ToyRing(this);
    this.rings.set(ring.callId, ring);
    ring.invite(this.contact, headers);
    return ring;
  }

  changed(): void {
    this.#onChange();
  }

  write(lines: readonly string[]): void {
    this.#socket?.send(lines.join('\r\n'));
  }

  #take(text: string): void {
    if (text.trim() === '') return;
    const message = parseToySip(text);
    const ring = this.rings.get(message.headers.get('call-id') ?? '');
    if (message.first.startsWith('SIP/2.0')) ring?.take(message);
    else if (message.first.startsWith('REGISTER')) this.#register(message);
    else if (message.first.startsWith('BYE')) {
      this.#respond(message, '200 OK');
      ring?.happened('bye');
    }
  }

  #register(message: ToySipMessage): void {
    const authorization = message.headers.get('authorization');
    if (!digestFits(authorization, 'REGISTER', this.#password())) {
      const nonce = randomBytes(8).toString('hex');
      return this.#respond(message, '401 Unauthorized', [
        `WWW-Authenticate: Digest realm="${domain}", nonce="${nonce}", algorithm=MD5`,
      ]);
    }
    const contact = message.headers.get('contact') ?? '';
    const leaving = /expires=0\b/.test(contact);
    this.contact = leaving ? undefined : /<([^>]+)>/.exec(contact)?.[1];
    if (!leaving) this.registrations++;
    this.#respond(message, '200 OK', leaving ? [] : [`Contact: <${this.contact ?? ''}>;expires=300`]);
    this.changed();
  }

  #respond(request: ToySipMessage, status: string, extra: readonly string[] = []): void {
    const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map(
      (name) => `${name}: ${request.headers.get(name.toLowerCase())}`,
    );
    const to = request.headers.get('to') ?? '';
    const tagged = to.includes(';tag=') ? to : `${to};tag=${randomBytes(4).toString('hex')}`;
    this.write([`SIP/2.0 ${status}`, ...copied, `To: ${tagged}`, ...extra, 'Content-Length: 0', '', '']);
  }
}
