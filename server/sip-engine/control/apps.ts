import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Certificates } from '../transport/certificates.ts';
import type { Address } from '../transport/flow.ts';
import { AdminPort } from './admin-port.ts';
import { AppConnection } from './app-connection.ts';
import type { AppConnectionEvents } from './app-connection.ts';
import { dial } from './dial.ts';
import { Doorstep } from './doorstep.ts';

/** Where apps connect, and what the TLS port among these needs. */
export interface AppPorts {
  readonly admin: Address;
  readonly adminTls?: Address | undefined;
  readonly certificates: Certificates;
  readonly log: Logger;
}

/** The ports as they really are. */
export interface BoundAppPorts {
  readonly admin: number;
  readonly adminTls?: number;
}

/** The admin ports: takes connections of drachtio applications and picks one for each new request. */
export class Apps {
  readonly #plain: AdminPort;
  readonly #secure: AdminPort | undefined;
  readonly #connections = new Set<AppConnection>();
  /** Whose turn it is, for each verb by itself. */
  readonly #turns = new Map<string, number>();
  readonly #events: AppConnectionEvents;
  #count = 0;

  /** Throws an EngineError when a TLS port is wanted and there is no certificate. */
  constructor(ports: AppPorts, events: AppConnectionEvents, clock: Clock) {
    this.#events = {
      ...events,
      closed: (app) => {
        this.#connections.delete(app);
        events.closed(app);
      },
    };
    const doorstep = new Doorstep(clock);
    const take = (socket: Socket): AppConnection => this.#take(socket, false);
    this.#plain = AdminPort.plain(ports.admin, doorstep, take);
    this.#secure = ports.adminTls && AdminPort.secure(ports.adminTls, doorstep, take, ports);
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

  /** Binds the ports; returns the real ones. */
  async start(): Promise<BoundAppPorts> {
    const admin = await this.#plain.start();
    return this.#secure === undefined ? { admin } : { admin, adminTls: await this.#secure.start() };
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
    await Promise.all([this.#plain.close(), this.#secure?.close()]);
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
