/** A toy SIP peer over WebSocket, for one softphone and one dialog at a time: the real engine is tested elsewhere. */
import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';

interface Message {
  readonly first: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

function parse(text: string): Message {
  const cut = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, cut).split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return { first, headers, body: text.slice(cut + 4) };
}

const token = (): string => randomBytes(6).toString('hex');

/** What the far side of a dialog answered to an INVITE. */
export interface ToyAnswer {
  readonly status: number;
  readonly sdp: string;
}

/** Makes our offer for a call of the softphone that came without one. */
export type MakeOffer = () => Promise<string>;

export class ToySip {
  /** Makes the answer to a re-INVITE of the softphone that carries an offer. */
  answerOffer: (offer: string) => Promise<string> = () => Promise.reject(new Error('no offer expected'));
  makeOffer: MakeOffer = () => Promise.reject(new Error('no call expected'));
  #socket: WebSocket | undefined;
  #contact: string | undefined;
  #dialog = { callId: token(), localTag: token(), remote: '', target: '', cseq: 1 };
  readonly #waiting = new Map<string, (message: Message) => void>();
  readonly #changes = new Set<() => void>();
  /** SDP of ACKs: the answers to late offers. */
  readonly acks: string[] = [];
  byes = 0;

  connect(socket: WebSocket): void {
    this.#socket = socket;
    socket.on('message', (bytes) => void this.#take(parse(String(bytes))));
  }

  /** Resolves when the softphone has registered. */
  async registered(): Promise<void> {
    await this.until(() => this.#contact !== undefined);
  }

  async until(done: () => boolean): Promise<void> {
    while (!done())
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#changes.delete(wake);
          resolve();
        };
        this.#changes.add(wake);
      });
  }

  /** INVITEs the softphone (a new dialog), or re-INVITEs it in the dialog there is. */
  async invite(sdp: string, again = false): Promise<ToyAnswer> {
    if (!again)
      this.#dialog = {
        callId: token(),
        localTag: token(),
        remote: '<sip:agent@toy.invalid>',
        target: this.#contact ?? '',
        cseq: 1,
      };
    else this.#dialog.cseq++;
    const { callId, cseq } = this.#dialog;
    const final = new Promise<Message>((resolve) => this.#waiting.set(`${callId} ${cseq} INVITE`, resolve));
    const branch = `z9hG4bK${token()}`;
    this.#request('INVITE', branch, sdp);
    const message = await final;
    const status = Number(message.first.split(' ')[1]);
    const contact = /<([^>]+)>/.exec(message.headers.get('contact') ?? '')?.[1];
    this.#dialog.remote = message.headers.get('to') ?? this.#dialog.remote;
    if (contact !== undefined) this.#dialog.target = contact;
    this.#request('ACK', status < 300 ? `z9hG4bK${token()}` : branch, '');
    return { status, sdp: message.body };
  }

  async bye(): Promise<void> {
    this.#dialog.cseq++;
    const { callId, cseq } = this.#dialog;
    const final = new Promise<Message>((resolve) => this.#waiting.set(`${callId} ${cseq} BYE`, resolve));
    this.#request('BYE', `z9hG4bK${token()}`, '');
    await final;
  }

  #request(method: string, branch: string, body: string): void {
    const { callId, localTag, remote, target, cseq } = this.#dialog;
    this.#write([
      `${method} ${target} SIP/2.0`,
      `Via: SIP/2.0/WS toy.invalid;branch=${branch}`,
      'Max-Forwards: 70',
      `From: <sip:toy@toy.invalid>;tag=${localTag}`,
      `To: ${remote}`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
      'Contact: <sip:toy@toy.invalid;transport=ws>',
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ]);
  }

  #write(lines: readonly string[]): void {
    this.#socket?.send(lines.join('\r\n'));
  }

  async #take(message: Message): Promise<void> {
    const { first, headers } = message;
    const cseq = headers.get('cseq') ?? '';
    if (first.startsWith('SIP/2.0')) {
      const key = `${headers.get('call-id')} ${cseq}`;
      if (!first.startsWith('SIP/2.0 1')) this.#waiting.get(key)?.(message);
    } else if (first.startsWith('REGISTER')) {
      this.#contact = /<([^>]+)>/.exec(headers.get('contact') ?? '')?.[1];
      this.#respond(message, '200 OK', [`Contact: <${this.#contact ?? ''}>;expires=300`]);
    } else if (first.startsWith('INVITE')) await this.#invited(message);
    else if (first.startsWith('ACK')) this.acks.push(message.body);
    else if (first.startsWith('BYE')) {
      this.byes++;
      this.#respond(message, '200 OK');
    }
    for (const wake of this.#changes) wake();
  }

  async #invited(message: Message): Promise<void> {
    const { headers, body } = message;
    const again = (headers.get('to') ?? '').includes(';tag=');
    if (!again) {
      const target = /<([^>]+)>/.exec(headers.get('contact') ?? '')?.[1] ?? '';
      this.#dialog = {
        callId: headers.get('call-id') ?? '',
        localTag: token(),
        remote: headers.get('from') ?? '',
        target,
        cseq: 100,
      };
      this.#respond(message, '180 Ringing');
    }
    const sdp = body.trim() === '' ? await this.makeOffer() : await this.answerOffer(body);
    this.#respond(message, '200 OK', ['Contact: <sip:toy@toy.invalid;transport=ws>'], sdp);
  }

  #respond(request: Message, status: string, extra: readonly string[] = [], body = ''): void {
    const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map(
      (name) => `${name}: ${request.headers.get(name.toLowerCase())}`,
    );
    const to = request.headers.get('to') ?? '';
    const tagged = to.includes(';tag=') ? to : `${to};tag=${this.#dialog.localTag}`;
    this.#write([
      `SIP/2.0 ${status}`,
      ...copied,
      `To: ${tagged}`,
      ...extra,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ]);
  }
}
