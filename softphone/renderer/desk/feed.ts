import type { Cancel, Clock } from '../../../base/clock.ts';
import { assertNever } from '../../../base/assert-never.ts';
import { Emitter } from '../../../base/emitter.ts';
import type { Logger } from '../../../base/logger.ts';
import { Mailbox } from '../../../base/mailbox.ts';
import { deskFrame } from '../../../protocol/desk.ts';
import type { DeskCommand, DeskRequest } from '../../../protocol/desk.ts';
import { makeProblem } from '../../../protocol/problems/index.ts';
import type { Problem } from '../../../protocol/problems/index.ts';
import { Store } from '../store.ts';
import { feedTimings, feedTransition, initialFeed } from './feed-machine.ts';
import type { FeedEffect, FeedEvent, FeedState, FeedTimings } from './feed-machine.ts';

/** What a socket tells the feed. */
export interface SocketEvents {
  readonly opened: () => void;
  readonly closed: () => void;
  readonly received: (text: unknown) => void;
}

/** What the feed tells a socket. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

export type OpenSocket = (events: SocketEvents) => Socket;

/** The browser's own WebSocket. */
export function browserSocket(url: string): OpenSocket {
  return (events) => {
    const socket = new WebSocket(url);
    socket.onopen = events.opened;
    socket.onclose = events.closed;
    socket.onmessage = (message) => events.received(message.data);
    return socket;
  };
}

export interface FeedParts {
  readonly token: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly openSocket: OpenSocket;
  readonly timings?: FeedTimings;
}

/** Runs the feed machine on a real socket and clock. `state` is what the page shows. */
export class DeskFeed {
  readonly state: Store<FeedState>;
  /** Problems the server tells that belong to no command. */
  readonly problems = new Emitter<Problem>();
  readonly #parts: FeedParts;
  readonly #box: Mailbox<FeedEvent>;
  readonly #commands = new Map<number, (problem: Problem | undefined) => void>();
  #socket: Socket | undefined;
  #timer: Cancel = () => undefined;
  #turn = 0;
  #commandId = 0;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.state = new Store(initialFeed(parts.token));
    this.#box = new Mailbox((event) => this.#step(event));
  }

  start(): void {
    this.#box.post({ type: 'started' });
  }

  close(): void {
    this.#box.post({ type: 'stopped' });
    this.#box.close();
  }

  /** The network may be gone: asks the server at once, and connects anew where it does not answer soon. */
  doubt(): void {
    this.#box.post({ type: 'doubted' });
  }

  /** Asks the server to do something. Resolves with its problem, or undefined when it was done. Never rejects. */
  command(command: DeskCommand): Promise<Problem | undefined> {
    if (this.state.get().link !== 'live' || this.#socket === undefined)
      return Promise.resolve(makeProblem('desk-not-connected'));
    const id = ++this.#commandId;
    return new Promise((resolve) => {
      this.#commands.set(id, resolve);
      this.#send({ type: 'command', id, command });
    });
  }

  #step(event: FeedEvent): void {
    const { state, effects } = feedTransition(this.state.get(), event, this.#parts.timings ?? feedTimings);
    this.state.set(state);
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: FeedEffect): void {
    switch (effect.type) {
      case 'open':
        return this.#open();
      case 'close':
        return this.#drop();
      case 'send':
        return this.#send(effect.request);
      case 'arm':
        this.#timer();
        this.#timer = this.#parts.clock.at(this.#parts.clock.now() + effect.delayMs, () =>
          this.#box.post({ type: 'elapsed' }),
        );
        return;
      case 'disarm':
        return this.#timer();
      case 'settle':
        this.#commands.get(effect.id)?.(effect.problem);
        this.#commands.delete(effect.id);
        return;
      case 'show':
        return this.problems.emit(effect.problem);
      default:
        return assertNever(effect);
    }
  }

  #open(): void {
    // A socket that was dropped may still speak; only the newest one is heard.
    const turn = ++this.#turn;
    const ifNewest = (event: () => FeedEvent): void => {
      if (this.#turn === turn) this.#box.post(event());
    };
    this.#socket = this.#parts.openSocket({
      opened: () => ifNewest(() => ({ type: 'opened' })),
      closed: () => ifNewest(() => ({ type: 'closed' })),
      received: (data) => ifNewest(() => this.#parse(data)),
    });
  }

  #parse(data: unknown): FeedEvent {
    try {
      const frame = deskFrame.safeParse(JSON.parse(String(data)));
      if (frame.success) return { type: 'framed', frame: frame.data, now: this.#parts.clock.now() };
      const where = frame.error.issues.map((issue) => issue.path.join('.'));
      this.#parts.logger.warn({ where }, 'the desk feed sent a frame this page does not know');
    } catch {
      this.#parts.logger.warn({}, 'the desk feed sent a frame that is not JSON');
    }
    return { type: 'garbled' };
  }

  #send(request: DeskRequest): void {
    this.#socket?.send(JSON.stringify(request));
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#turn++;
    socket?.close();
    const unanswered = [...this.#commands.values()];
    this.#commands.clear();
    for (const resolve of unanswered) resolve(makeProblem('desk-not-connected'));
  }
}
