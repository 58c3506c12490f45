import type { EventEmitter } from 'node:events';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Server, Socket } from 'node:net';

/** The package as it is in node_modules. Its own types lag behind its code, so tests name what they use here. */
const require = createRequire(import.meta.url);

export interface SrfMessage {
  readonly body: string;
  readonly uri: string;
  readonly method: string;
  readonly status: number;
  readonly source: string;
  get(name: string): string;
  has(name: string): boolean;
}

export interface SrfRequest extends SrfMessage, EventEmitter {
  readonly receivedOn: string;
  readonly source_address: string;
  readonly stackDialogId: string;
  cancel(callback?: (error: unknown, request: SrfRequest) => void): void;
}

export interface SrfResponse extends SrfMessage {
  send(status: number, options?: object, callback?: (error: Error | null, sent?: SrfMessage) => void): void;
  send(status: number, reason: string, options?: object): void;
}

export interface SrfDialog extends EventEmitter {
  readonly id: string;
  readonly type: 'uac' | 'uas';
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string };
  readonly local: { uri: string; sdp: string; contact: string };
  readonly remote: { uri: string; sdp: string };
  readonly other?: SrfDialog;
  toJSON(): object;
  destroy(options?: object): Promise<SrfRequest>;
  modify(sdp: string): Promise<string>;
  modify(options: object): Promise<{ sdp: string; ack: (sdp: string) => void }>;
  request(options: {
    method: string;
    headers?: object;
    body?: string;
    auth?: object;
  }): Promise<SrfResponse & SrfMessage>;
}

/** What srf makes of the frames a `proxy` is answered with. */
export interface SrfProxied {
  readonly connected: boolean;
  readonly finalStatus?: number;
  readonly responses: readonly {
    readonly address: string;
    readonly port: number;
    readonly msgs: readonly { readonly status: number; readonly time: string }[];
  }[];
}

type Middleware = (request: SrfRequest, response: SrfResponse, next: () => void) => void;

export interface Srf extends EventEmitter {
  invite(handle: Middleware): void;
  register(handle: Middleware): void;
  options(handle: Middleware): void;
  message(handle: Middleware): void;
  refer(handle: Middleware): void;
  subscribe(handle: Middleware): void;
  notify(handle: Middleware): void;
  use(method: string, handle: Middleware): void;
  connect(options: object): void;
  disconnect(socket?: Socket): void;
  listen(options: object): Server;
  endSession(message: SrfRequest | SrfResponse): void;
  request(uri: string, options: object): Promise<SrfRequest>;
  createUAS(request: SrfRequest, response: SrfResponse, options: object): Promise<SrfDialog>;
  createUAC(uri: string, options: object, callbacks?: object): Promise<SrfDialog>;
  createB2BUA(
    request: SrfRequest,
    response: SrfResponse,
    uri: string,
    options?: object,
  ): Promise<{ uas: SrfDialog; uac: SrfDialog }>;
  addDialog(dialog: SrfDialog): void;
  proxyRequest(request: SrfRequest, uri: string | string[] | undefined, options?: object): Promise<SrfProxied>;
}

/** What a connected app tells tests. */
export interface App {
  readonly srf: Srf;
  /** `proto/host:port,...` as the server names itself. */
  readonly hostports: string;
  readonly version: string;
  /** Cuts the connection as a dying process would, without srf's reconnecting. */
  die(): void;
  /** Closes in order; resolves when the server has closed too. */
  disconnect(): Promise<void>;
  /** The connection to the engine. */
  readonly socket: Socket;
}

interface SrfInside {
  readonly _app: { readonly client: { readonly wp: { closing: boolean }; _getDefaultSocket(): Socket } };
}

/** A new, unconnected srf. */
export function newSrf(): Srf {
  const Srf = require('drachtio-srf') as new () => Srf;
  return new Srf();
}

/** srf's class of dialogs, for rebuilding them after a restart. */
export const SrfDialogClass = require('drachtio-srf/lib/dialog') as new (
  srf: Srf,
  type: 'uac' | 'uas',
  parts: { req: object; res: object; sent: object },
) => SrfDialog;

/** Connects an unmodified drachtio-srf. Rejects when the server refuses it. */
export async function connectApp(
  target: { readonly host: string; readonly port: number; readonly secret: string },
  options: { tags?: string[]; prepare?: (srf: Srf) => void; connect?: object } = {},
): Promise<App> {
  const srf = newSrf();
  srf.on('error', () => {});
  options.prepare?.(srf);
  srf.connect({ ...target, ...(options.tags ? { tags: options.tags } : {}), ...options.connect });
  const [error, hostports, version] = (await once(srf, 'connect')) as [Error | null, string, string];
  if (error !== null) throw error;
  const { client } = (srf as unknown as SrfInside)._app;
  const socket = client._getDefaultSocket();
  return {
    srf,
    hostports,
    version,
    socket,
    die() {
      client.wp.closing = true;
      socket.destroy();
    },
    async disconnect() {
      if (socket.destroyed) return;
      const closed = once(socket, 'close');
      srf.disconnect(socket);
      await closed;
    },
  };
}

/** Resolves with the first request srf routes to `method`, and its response object. */
export function firstRequest(
  srf: Srf,
  method: 'invite' | 'register' | 'options' | 'message' | 'refer' | 'subscribe' | 'notify',
): Promise<{ request: SrfRequest; response: SrfResponse }> {
  return new Promise((resolve) => srf[method]((request, response) => resolve({ request, response })));
}
