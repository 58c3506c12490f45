/**
 * A server made for the softphone's tests: the built page, the two requests, the desk feed and a toy SIP peer, on one
 * port of the loopback. It does what it is told and keeps what it was asked; it decides nothing of importance.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { Emitter } from '../../base/emitter.ts';
import { deskRequest, foldDesk } from '../../protocol/desk.ts';
import type { DeskCall, DeskCommand, DeskEvent, DeskFrame, DeskRequest, DeskState } from '../../protocol/desk.ts';
import { makeProblem } from '../../protocol/problems/index.ts';
import type { Problem } from '../../protocol/problems/index.ts';
import { loginRequest } from '../../protocol/rest.ts';
import type { SipCredentials } from '../../protocol/rest.ts';
import { ToySipPeer } from './fake-desk-sip.ts';
import type { ToyRing } from './fake-desk-sip.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export interface FakeDeskOptions {
  /** The folder with the built page. */
  readonly pageFolder: string;
  /** How long minted SIP credentials live, in milliseconds. */
  readonly credentialsLiveMs?: number;
}

type DeskCallHead = Omit<DeskCall, 'transcript' | 'alerts'>;

/** What the desk looks like before anything happens. */
export function quietDesk(): DeskState {
  return {
    agent: { id: 'anna', name: 'Anna Li', presence: 'offline', activity: 'idle', since: Date.now() },
    phones: { ring: 'all', devices: [] },
    call: null,
    queues: [
      { id: 'orders', name: { en: 'Orders', zh: '订单' }, waiting: 0 },
      {
        id: 'support',
        name: { en: 'Technical support', zh: '技术支持' },
        waiting: 2,
        oldestSince: Date.now() - 74_000,
      },
    ],
    dispositions: [
      { code: 'solved', label: { en: 'Solved', zh: '已解决' } },
      { code: 'refund', label: { en: 'Refund started', zh: '已发起退款' } },
      { code: 'callback', label: { en: 'Call back later', zh: '稍后回电' } },
      { code: 'spam', label: { en: 'Wrong number or spam', zh: '打错或骚扰' } },
    ],
    pauseReasons: [
      { code: 'break', label: { en: 'Break', zh: '小休' } },
      { code: 'lunch', label: { en: 'Lunch', zh: '午餐' } },
      { code: 'training', label: { en: 'Training', zh: '培训' } },
    ],
    ears: [
      { language: 'en-US', state: 'ready' },
      { language: 'zh-CN', state: 'absent', hint: './jackfield ears install zh-CN' },
    ],
  };
}

/** A call as the demo site makes it. */
export function demoCall(offerId: string, callId: string): DeskCallHead {
  const now = Date.now();
  return {
    callId,
    offerId,
    direction: 'inbound',
    state: 'offered',
    from: { number: '+8613912345678', name: 'Wang Fang' },
    to: '+8653100000',
    queue: { id: 'orders', name: { en: 'Orders', zh: '订单' } },
    pressed: [{ step: 'welcome', digit: '1', label: 'Orders' }],
    waitingSince: now - 23_000,
    offeredAt: now,
    offerUntil: now + 20_000,
    muted: false,
    heldByPeer: false,
    language: 'en-US',
  };
}

export class FakeDesk {
  readonly name = 'anna';
  readonly password = 'correct horse';
  readonly commands: DeskCommand[] = [];
  readonly sip: ToySipPeer;
  state: DeskState = quietDesk();
  /** The hello of every desk connection, in order. */
  readonly hellos: Extract<DeskRequest, { type: 'hello' }>[] = [];
  /** How many times SIP credentials were minted anew. */
  minted = 0;
  /** Answers the next command with this instead of doing it. */
  refuseNext: Problem | undefined;
  readonly #options: FakeDeskOptions;
  readonly #server: Server;
  readonly #desks = new WebSocketServer({ noServer: true });
  readonly #phones = new WebSocketServer({ noServer: true });
  readonly #watching = new Set<WebSocket>();
  readonly #changed = new Emitter<undefined>();
  readonly #token = randomBytes(8).toString('hex');
  #sipPassword = randomBytes(8).toString('hex');
  #boot = 'boot-1';
  #seq = 0;
  #kept: Extract<DeskFrame, { type: 'event' }>[] = [];

  constructor(options: FakeDeskOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      const server = request.url === '/desk' ? this.#desks : this.#phones;
      server.handleUpgrade(request, socket, head, (webSocket) => {
        if (server === this.#desks) this.#visit(webSocket);
        else this.sip.connect(webSocket);
      });
    });
    this.sip = new ToySipPeer(
      () => this.#sipPassword,
      () => this.#changed.emit(undefined),
    );
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    for (const server of [this.#desks, this.#phones]) for (const client of server.clients) client.terminate();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Resolves with what `look` finds, as soon as it finds something. */
  until<T>(look: () => T | undefined | false): Promise<T> {
    return new Promise((resolve) => {
      const stop = this.#changed.on(() => check());
      const check = (): void => {
        const found = look();
        if (found === undefined || found === false) return;
        stop();
        resolve(found);
      };
      check();
    });
  }

  /** The first command of this type, once it has come. */
  async command<T extends DeskCommand['type']>(type: T): Promise<Extract<DeskCommand, { type: T }>> {
    const isWanted = (each: DeskCommand): each is Extract<DeskCommand, { type: T }> => each.type === type;
    return this.until(() => this.commands.find(isWanted));
  }

  /** Publishes an event on the desk feed. */
  tell(event: DeskEvent): void {
    this.state = foldDesk(this.state, event);
    const frame = { type: 'event', seq: ++this.#seq, at: Date.now(), event } as const;
    this.#kept.push(frame);
    this.#broadcast(frame);
  }

  /** Counts an event that no softphone gets to see: the next one leaves a gap. */
  loseEvent(event: DeskEvent): void {
    this.state = foldDesk(this.state, event);
    this.#seq++;
    this.#kept = [];
  }

  /** Changes some facts of the agent. */
  tellAgent(change: Partial<DeskState['agent']>): void {
    this.tell({ type: 'agent-changed', agent: { ...this.state.agent, ...change, since: Date.now() } });
  }

  /** Changes some facts of the present call. */
  tellCall(change: Partial<DeskCallHead>): void {
    const { call } = this.state;
    if (call === null) throw new Error('there is no call');
    this.tell({ type: 'call-changed', call: { ...withoutWords(call), ...change } });
  }

  /** Shows a call on the desk and rings the phone, joined by the offer. */
  offer(offerId = 'offer-1', callId = 'call-1'): ToyRing {
    this.tellAgent({ activity: 'offered' });
    this.tell({ type: 'call-changed', call: demoCall(offerId, callId) });
    return this.sip.ring({ 'X-Jackfield-Offer': offerId, 'X-Jackfield-Call': callId });
  }

  /** What the server does once the phone has answered. */
  answered(): void {
    this.tellAgent({ activity: 'talking' });
    this.tellCall({ state: 'talking', answeredAt: Date.now() });
  }

  /** Sends raw text to every desk connection. */
  sendRaw(text: string): void {
    for (const socket of this.#watching) socket.send(text);
  }

  dropDesk(): void {
    for (const socket of this.#watching) socket.terminate();
  }

  /** Forgets all numbers, as a server does that was started again. */
  restart(): void {
    this.#boot = `boot-${Number(this.#boot.slice(5)) + 1}`;
    this.#seq = 0;
    this.#kept = [];
    this.dropDesk();
  }

  /** Makes the present SIP credentials worthless, as their end does. */
  expireSip(): void {
    this.#sipPassword = randomBytes(8).toString('hex');
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', this.url).pathname;
    if (request.method === 'POST') return this.#post(path, request, response);
    const file = normalize(path === '/' ? '/index.html' : path);
    try {
      const body = await readFile(join(this.#options.pageFolder, file));
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }

  async #post(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (path === '/api/v1/login') {
      const login = loginRequest.safeParse(JSON.parse(text));
      if (!login.success || login.data.name !== this.name || login.data.password !== this.password)
        return answer(401, makeProblem('wrong-credentials'));
      const agent = { id: this.state.agent.id, name: this.state.agent.name };
      const expiresAt = Date.now() + 3_600_000;
      return answer(200, { token: this.#token, expiresAt, agent, deskPath: '/desk', sip: this.#credentials() });
    }
    if (request.headers.authorization !== `Bearer ${this.#token}`) return answer(401, makeProblem('session-expired'));
    this.minted++;
    answer(200, this.#credentials());
    this.#changed.emit(undefined);
  }

  #credentials(): SipCredentials {
    return {
      aor: 'sip:anna@toy.invalid',
      username: 'anna',
      password: this.#sipPassword,
      realm: 'toy.invalid',
      webSocketUrl: `ws://127.0.0.1:${this.#port}/sip`,
      expiresAt: Date.now() + (this.#options.credentialsLiveMs ?? 600_000),
    };
  }

  #visit(socket: WebSocket): void {
    socket.on('message', (data) => this.#request(socket, deskRequest.parse(JSON.parse(String(data)))));
    socket.on('close', () => {
      this.#watching.delete(socket);
      this.#changed.emit(undefined);
    });
  }

  #request(socket: WebSocket, request: DeskRequest): void {
    const send = (frame: DeskFrame): void => socket.send(JSON.stringify(frame));
    switch (request.type) {
      case 'ping':
        return send({ type: 'pong' });
      case 'hello':
        this.hellos.push(request);
        this.#hello(request.token, request.resume, send);
        this.#watching.add(socket);
        break;
      case 'command': {
        const problem = this.refuseNext;
        this.refuseNext = undefined;
        send({ type: 'result', id: request.id, ...(problem === undefined ? {} : { problem }) });
        if (problem === undefined) this.#obey(request.command);
        this.commands.push(request.command);
      }
    }
    this.#changed.emit(undefined);
  }

  #hello(token: string, resume: { boot: string; seq: number } | undefined, send: (frame: DeskFrame) => void): void {
    if (token !== this.#token) return send({ type: 'problem', problem: makeProblem('session-expired') });
    const head = { boot: this.#boot, seq: this.#seq, at: Date.now() };
    const missed = this.#kept.filter((frame) => frame.seq > (resume?.seq ?? 0));
    const complete = resume?.boot === this.#boot && missed.length === this.#seq - resume.seq;
    if (!complete) return send({ type: 'snapshot', ...head, state: this.state });
    send({ type: 'resumed', ...head });
    for (const frame of missed) send(frame);
  }

  /** The few consequences a test would otherwise have to spell out every time. */
  #obey(command: DeskCommand): void {
    switch (command.type) {
      case 'go-available':
        return this.#presence('available');
      case 'pause':
        return this.#presence('paused', command.reason);
      case 'sign-out':
        return this.#presence('offline');
      case 'ring':
        return this.tell({ type: 'phones-changed', phones: { ...this.state.phones, ring: command.ring } });
      case 'mute':
        return this.tellCall({ muted: command.muted });
      case 'hold':
        return this.tellCall({ state: 'held' });
      case 'resume':
        return this.tellCall({ state: 'talking' });
      case 'dispose':
        this.tell({ type: 'call-cleared', callId: command.callId, reason: 'disposed' });
        return this.tellAgent({ activity: 'idle' });
      case 'acknowledge-alert': {
        const alert = this.state.call?.alerts.find((each) => each.alertId === command.alertId);
        if (alert === undefined) return;
        return this.tell({ type: 'alert-changed', callId: command.callId, alert: { ...alert, acknowledged: true } });
      }
      case 'record': {
        const states = { start: 'on', pause: 'paused', resume: 'on', mask: 'masked', unmask: 'on' } as const;
        return this.tellCall({ recording: states[command.order] });
      }
      case 'decline':
      case 'dial':
      case 'transfer':
      case 'consult':
      case 'swap':
      case 'complete-transfer':
      case 'cancel-transfer':
      case 'add':
      case 'merge':
      case 'drop-member':
      case 'mute-member':
      case 'supervise':
      case 'stop-supervising':
      case 'take-over':
      case 'keypad':
      case 'hang-up':
        return;
    }
  }

  #presence(presence: DeskState['agent']['presence'], pauseReason?: string): void {
    const { pauseReason: _old, ...agent } = this.state.agent;
    const reason = pauseReason === undefined ? {} : { pauseReason };
    this.tell({ type: 'agent-changed', agent: { ...agent, ...reason, presence, since: Date.now() } });
  }

  #broadcast(frame: DeskFrame): void {
    for (const socket of this.#watching) socket.send(JSON.stringify(frame));
  }
}

function withoutWords(call: DeskCall): DeskCallHead {
  const { transcript: _words, alerts: _alerts, ...head } = call;
  return head;
}
