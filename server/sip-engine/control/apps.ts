import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import { listenError } from '../errors.ts';
import type { Address } from '../transport/flow.ts';
import { AppConnection } from './app-connection.ts';
import type { AppConnectionEvents } from './app-connection.ts';
import { dial } from './dial.ts';
import { Doorstep } from './doorstep.ts';

/** The admin port: takes connections of drachtio applications and picks one for each new request. */
export class Apps {
  readonly #server: Server;
  readonly #address: Address;
  readonly #connections = new Set<AppConnection>();
  /** Whose turn it is, for each verb by itself. */
  readonly #turns = new Map<string, number>();
  readonly #events: AppConnectionEvents;
  #count = 0;

  constructor(address: Address, events: AppConnectionEvents, clock: Clock) {
    this.#address = address;
    this.#events = {
      ...events,
      closed: (app) => {
        this.#connections.delete(app);
        events.closed(app);
      },
    };
    const doorstep = new Doorstep(clock);
    this.#server = createServer((socket) => {
      doorstep.wait(socket);
      this.#take(socket, false).whenReady(
        () => doorstep.enter(socket),
        () => {},
      );
    });
  }

  #take(socket: Socket, dialled: boolean): AppConnection {
    const app = new AppConnection(++this.#count, socket, this.#events, dialled);
    this.#connections.add(app);
    return app;
  }

  /** Connects to an app that waits for the engine (srf's `listen`). */
  dial(place: Parameters<typeof dial>[0]): AppConnection {
    return this.#take(dial(place), true);
  }

  /** Binds the port; returns the real one. */
  async start(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#address.port, this.#address.host, () => resolve());
    }).catch((cause: unknown) => {
      throw listenError(`admin port ${this.#address.host}:${this.#address.port}`, '--admin', cause);
    });
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : this.#address.port;
  }

  /** The connection for a new request of this method, in turn among those that routed it (and have the tag). */
  pick(method: string, tag?: string): AppConnection | undefined {
    const verb = method.toLowerCase();
    const able = [...this.#connections].filter(
      (app) => canTake(app, verb) && (tag === undefined || app.tags.includes(tag)),
    );
    if (able.length < 2) return able[0];
    const key = tag === undefined ? verb : `${verb} ${tag}`;
    const turn = this.#turns.get(key) ?? 0;
    this.#turns.set(key, turn + 1);
    return able[turn % able.length];
  }

  /** True when any app routed the verb. */
  routes(verb: string): boolean {
    for (const app of this.#connections) if (canTake(app, verb)) return true;
    return false;
  }

  /** The newest authenticated connection with this tag. */
  newest(tag: string): AppConnection | undefined {
    let found: AppConnection | undefined;
    for (const app of this.#connections) {
      if (app.authenticated && app.open && !app.dialled && app.tag === tag) found = app;
    }
    return found;
  }

  async close(): Promise<void> {
    for (const app of this.#connections) app.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

function canTake(app: AppConnection, verb: string): boolean {
  return app.routes.has(verb) && app.authenticated && app.open && !app.dialled;
}

/** Compares two secrets without telling by the time it takes where they differ. */
export function sameSecret(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
