/**
 * Thousands of phones in one process: each registers with digest over a UDP port or a WebSocket of its own, sends again what
 * is not answered (RFC 3261 timer E), and answers OPTIONS. Shares no code with the product.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface StormAccount {
  readonly username: string;
  readonly password: string;
  /** User part of the address of record. */
  readonly record: string;
}

export interface StormServer {
  readonly realm: string;
  /** UDP: `host:port` of the registrar. */
  readonly udp?: { readonly host: string; readonly port: number };
  /** WebSocket: its address, `ws:` or `wss:`. */
  readonly url?: string;
}

export interface StormOptions {
  readonly accounts: readonly StormAccount[];
  readonly server: StormServer;
  /** UDP: addresses of this machine that the phones are at, in turn. */
  readonly hosts?: readonly string[];
  readonly expiresInSeconds?: number;
  /** RFC 3261's T1, ms. */
  readonly t1?: number;
  /** How soon a page looks for its lost connection again, ms; up to twice as long, by chance. */
  readonly retryMs?: number;
}

/** What came of registering them all. Milliseconds. */
export interface StormResult {
  readonly registered: number;
  readonly failed: number;
  /** Why, by status (408: no answer). */
  readonly failures: Readonly<Record<string, number>>;
  readonly ms: number;
  /** From the first REGISTER of a phone to its 200, challenge included. */
  readonly each: readonly number[];
  readonly sentAgain: number;
  /** 503 with Retry-After, heeded. */
  readonly toldToWait: number;
}

const hex = (): string => randomBytes(6).toString('hex');
const headerOf = (text: string, name: string): string =>
  new RegExp(`^${name}\\s*:\\s*(.*?)\\r?$`, 'im').exec(text)?.[1] ?? '';

/** The Authorization header for a challenge (RFC 7616 section 3.4). */
function proofOf({ username, password }: StormAccount, challenge: string, uri: string): string {
  const of = (name: string): string => new RegExp(`${name}="?([^",]+)`, 'i').exec(challenge)?.[1] ?? '';
  const [realm, nonce, algorithm] = [of('realm'), of('nonce'), of('algorithm') || 'MD5'];
  const hash = (text: string): string =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const cnonce = hex();
  const secret = `${hash(`${username}:${realm}:${password}`)}:${nonce}:00000001:${cnonce}:auth:${hash(`REGISTER:${uri}`)}`;
  return (
    `Authorization: Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
    `response="${hash(secret)}", algorithm=${algorithm}, qop=auth, nc=00000001, cnonce="${cnonce}"\r\n`
  );
}

interface Counts {
  sentAgain: number;
  toldToWait: number;
}

type Wire = { via: string; contact: string; reliable: boolean; send: (text: string) => void };

class StormPhone {
  readonly account: StormAccount;
  readonly #options: StormOptions;
  readonly #counts: Counts;
  readonly #callId = hex();
  readonly #tag = hex();
  #wire: Wire | undefined;
  #cseq = 0;
  #branch = '';
  #timer: NodeJS.Timeout | undefined;
  #giveUp: NodeJS.Timeout | undefined;
  #challenged = false;
  #done: (status: number) => void = () => undefined;
  /** OPTIONS that came since it was set to 0. */
  asked = 0;
  close: () => void = () => undefined;

  constructor(account: StormAccount, options: StormOptions, counts: Counts) {
    this.account = account;
    this.#options = options;
    this.#counts = counts;
  }

  set wire(wire: Wire | undefined) {
    this.#wire = wire;
  }

  /** Registers; resolves with the last status, 408 when nobody answered. */
  register(): Promise<number> {
    clearTimeout(this.#giveUp);
    return new Promise((resolve) => {
      this.#challenged = false;
      this.#done = (status) => {
        clearTimeout(this.#timer);
        clearTimeout(this.#giveUp);
        this.#branch = '';
        resolve(status);
      };
      this.#giveUp = setTimeout(() => this.#done(408), 64 * (this.#options.t1 ?? 500));
      this.#send('');
    });
  }

  /** The connection is gone: whatever was asked is not answered any more. */
  lost(): void {
    this.#wire = undefined;
    this.#done(0);
  }

  heard(text: string): void {
    if (text.startsWith('OPTIONS ')) return this.#answer(text);
    if (!text.startsWith('SIP/2.0 ') || this.#branch === '' || !text.includes(this.#branch)) return;
    const status = Number(text.slice(8, 11));
    if (status < 200) return;
    clearTimeout(this.#timer);
    const challenge = [...text.matchAll(/^WWW-Authenticate: (.*?)\r?$/gim)].map(([, value = '']) => value);
    if (status === 401 && !this.#challenged) {
      this.#challenged = true;
      const { account } = this;
      // A page keeps the last challenge, as SIP.js does; a phone the first.
      const chosen = (this.#wire?.reliable === true ? challenge.at(-1) : challenge[0]) ?? '';
      return this.#send(proofOf(account, chosen, `sip:${this.#options.server.realm}`));
    }
    const wait = Number(headerOf(text, 'Retry-After'));
    if (status !== 503 || !(wait > 0)) return this.#done(status);
    this.#counts.toldToWait++;
    this.#challenged = false;
    this.#timer = setTimeout(() => this.#send(''), wait * 1000);
  }

  #answer(text: string): void {
    const head = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => {
      const lines = [...text.matchAll(new RegExp(`^${name}\\s*:.*?\\r?$`, 'gim'))].map(([line]) => line.trim());
      return name === 'To' ? `${lines[0] ?? ''};tag=${this.#tag}` : lines.join('\r\n');
    });
    this.#wire?.send(`SIP/2.0 200 OK\r\n${head.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`);
    this.asked++;
  }

  #send(proof: string): void {
    const { server, expiresInSeconds = 3600, t1 = 500 } = this.#options;
    const wire = this.#wire;
    if (wire === undefined) return this.#done(0);
    this.#branch = `z9hG4bK${hex()}`;
    const address = `<sip:${this.account.record}@${server.realm}>`;
    const text =
      `REGISTER sip:${server.realm} SIP/2.0\r\nVia: ${wire.via};branch=${this.#branch};rport\r\nMax-Forwards: 70\r\n` +
      `From: ${address};tag=${this.#tag}\r\nTo: ${address}\r\nCall-ID: ${this.#callId}\r\n` +
      `CSeq: ${String(++this.#cseq)} REGISTER\r\nContact: <${wire.contact}>\r\nExpires: ${String(expiresInSeconds)}\r\n` +
      `${proof}User-Agent: storm\r\nContent-Length: 0\r\n\r\n`;
    wire.send(text);
    if (!wire.reliable) this.#again(text, t1, t1);
  }

  /** Timer E. */
  #again(text: string, after: number, t1: number): void {
    this.#timer = setTimeout(() => {
      this.#counts.sentAgain++;
      this.#wire?.send(text);
      this.#again(text, Math.min(after * 2, 8 * t1), t1);
    }, after);
  }
}

/** All the phones. */
export class Storm {
  readonly #options: StormOptions;
  readonly #counts: Counts = { sentAgain: 0, toldToWait: 0 };
  readonly #phones: StormPhone[];
  #closed = false;
  #registeredAgain: () => void = () => undefined;
  #refusedAgain: (status: number) => void = () => undefined;

  private constructor(options: StormOptions) {
    this.#options = options;
    this.#phones = options.accounts.map((account) => new StormPhone(account, options, this.#counts));
  }

  /** Phones on UDP, each with a port of its own. */
  static async udp(options: StormOptions): Promise<Storm> {
    const storm = new Storm(options);
    const { hosts = ['127.0.0.1'], server } = options;
    const to = server.udp ?? { host: '127.0.0.1', port: 5060 };
    for (const [at, phone] of storm.#phones.entries()) {
      const host = hosts[at % hosts.length] ?? '127.0.0.1';
      const socket = createSocket('udp4');
      socket.on('message', (bytes) => phone.heard(bytes.toString()));
      socket.bind(0, host);
      await once(socket, 'listening');
      const place = `${host}:${String(socket.address().port)}`;
      const send = (text: string): void => socket.send(text, to.port, to.host);
      const contact = `sip:${phone.account.username}@${place}`;
      phone.wire = { via: `SIP/2.0/UDP ${place}`, contact, reliable: false, send };
      phone.close = () => socket.close();
    }
    return storm;
  }

  /** Pages: they connect when they register, and after that whenever their connection is lost. */
  static webSockets(options: StormOptions): Storm {
    return new Storm(options);
  }

  /** Registers every phone, so many begun a second (0: all at once). */
  async register(perSecond = 0): Promise<StormResult> {
    const sentAgain = this.#counts.sentAgain;
    const toldToWait = this.#counts.toldToWait;
    const began = performance.now();
    const each: number[] = [];
    const failures: Record<string, number> = {};
    const one = async (phone: StormPhone, index: number): Promise<void> => {
      if (perSecond > 0)
        await new Promise((resolve) =>
          setTimeout(resolve, Math.max(0, began + (index * 1000) / perSecond - performance.now())),
        );
      const start = performance.now();
      const status = await (this.#options.server.url === undefined ? phone.register() : this.#connect(phone));
      if (status === 200) each.push(performance.now() - start);
      else failures[status] = (failures[status] ?? 0) + 1;
    };
    await Promise.all(this.#phones.map(one));
    const ms = performance.now() - began;
    return {
      ...{ registered: each.length, failed: this.#phones.length - each.length, failures, ms, each },
      sentAgain: this.#counts.sentAgain - sentAgain,
      toldToWait: this.#counts.toldToWait - toldToWait,
    };
  }

  /**
   * Pages only: resolves when every one has lost its connection and registered again, counted from now. `failures`: how
   * often one was refused meanwhile (and asked again).
   */
  again(): Promise<StormResult> {
    const began = performance.now();
    const each: number[] = [];
    const failures: Record<string, number> = {};
    const toldToWait = this.#counts.toldToWait;
    return new Promise((resolve) => {
      this.#refusedAgain = (status) => (failures[status] = (failures[status] ?? 0) + 1);
      this.#registeredAgain = () => {
        each.push(performance.now() - began);
        if (each.length < this.#phones.length) return;
        const ms = performance.now() - began;
        resolve({
          ...{ registered: each.length, failed: 0, failures, ms, each, sentAgain: 0 },
          toldToWait: this.#counts.toldToWait - toldToWait,
        });
      };
    });
  }

  /** Forgets which phones were asked. */
  forgetAsked(): void {
    for (const phone of this.#phones) phone.asked = 0;
  }

  /** How many phones were asked OPTIONS since, and answered. */
  get asked(): number {
    return this.#phones.filter(({ asked }) => asked > 0).length;
  }

  close(): void {
    this.#closed = true;
    for (const phone of this.#phones) {
      phone.lost();
      phone.close();
    }
  }

  /** Connects a page and registers it; the status. */
  #connect(phone: StormPhone): Promise<number> {
    return new Promise((resolve) => {
      const { url = '' } = this.#options.server;
      const socket = new WebSocket(url, 'sip', { rejectUnauthorized: false, handshakeTimeout: 10_000 });
      const host = `${hex()}.invalid`;
      phone.close = () => socket.terminate();
      socket.on('message', (bytes) => phone.heard(String(bytes)));
      socket.on('error', () => undefined);
      socket.on('open', () => {
        const via = `SIP/2.0/${url.startsWith('wss') ? 'WSS' : 'WS'} ${host}`;
        const contact = `sip:${phone.account.username}@${host};transport=ws`;
        phone.wire = { via, contact, reliable: true, send: (text) => socket.send(text) };
        void phone.register().then(resolve);
      });
      socket.on('close', () => {
        phone.lost();
        resolve(0);
        if (!this.#closed) this.#comeBack(phone);
      });
    });
  }

  #comeBack(phone: StormPhone): void {
    this.#later(() => {
      void this.#connect(phone).then((status) => this.#cameBack(phone, status));
    });
  }

  /** As a page does it: without a connection it looks for one again, refused it asks again over the one it has. */
  #cameBack(phone: StormPhone, status: number): void {
    if (status === 200) return this.#registeredAgain();
    if (status === 0) return;
    this.#refusedAgain(status);
    this.#later(() => {
      void phone.register().then((next) => this.#cameBack(phone, next));
    });
  }

  #later(act: () => void): void {
    const { retryMs = 1000 } = this.#options;
    setTimeout(() => this.#closed || act(), retryMs * (1 + Math.random()));
  }
}
