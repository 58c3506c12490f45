/** The WebSocket of the desk feed: authenticates, parses, and joins each softphone to its agent's feed. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Logger } from '../../base/logger.ts';
import { type DeskCommand, type DeskFrame, type DeskRequest, deskRequest } from '../../protocol/desk.ts';
import { makeProblem, type Problem } from '../../protocol/problems/index.ts';
import type { Feed } from './feed.ts';

export interface GatewayPorts {
  /** The agent a token belongs to. */
  authenticate(token: string): string | undefined;
  feedOf(agentId: string): Feed | undefined;
  /** Does what a softphone asks; a problem says why not. */
  command(agentId: string, command: DeskCommand): Problem | undefined;
  /** A softphone came, or the last one of this agent left. */
  watched(agentId: string, watching: boolean): void;
  readonly logger: Logger;
}

export interface GatewayOptions {
  /** How often a silent softphone is asked whether it is there, ms. */
  readonly pingMs: number;
}

/** Above this many bytes not yet taken by a softphone it is cut off; it comes back for a snapshot. */
const slowestBytes = 1_000_000;
/** A busy machine may be late with one answer, not with two. */
const mostMissed = 2;
const longestFrameBytes = 65_536;

interface Visitor {
  readonly socket: WebSocket;
  agentId?: string;
  stop?: () => void;
  /** Pings it has not answered in a row. */
  missed: number;
}

export class DeskGateway {
  readonly #ports: GatewayPorts;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: longestFrameBytes });
  readonly #visitors = new Set<Visitor>();
  readonly #pinger: NodeJS.Timeout;

  constructor(ports: GatewayPorts, options: GatewayOptions = { pingMs: 10_000 }) {
    this.#ports = ports;
    this.#pinger = setInterval(() => this.#ping(), options.pingMs);
    this.#pinger.unref();
  }

  /** Takes over an HTTP connection that asked to become a WebSocket on `/desk`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#visit(webSocket));
  }

  close(): void {
    clearInterval(this.#pinger);
    for (const visitor of this.#visitors) visitor.socket.close(1012, 'the server is stopping');
    this.#server.close();
  }

  #visit(socket: WebSocket): void {
    const visitor: Visitor = { socket, missed: 0 };
    this.#visitors.add(visitor);
    socket.on('pong', () => (visitor.missed = 0));
    socket.on('error', (err) => this.#ports.logger.debug({ err }, 'a desk connection failed'));
    socket.on('close', () => this.#leave(visitor));
    socket.on('message', (message, isBinary) => {
      visitor.missed = 0;
      const request = isBinary ? makeProblem('not-json', { reason: 'a binary frame' }) : parse(String(message));
      if ('code' in request) this.#send(visitor, { type: 'problem', problem: request });
      else this.#take(visitor, request);
    });
  }

  #take(visitor: Visitor, request: DeskRequest): void {
    switch (request.type) {
      case 'hello':
        return this.#hello(visitor, request);
      case 'ping':
        return this.#send(visitor, { type: 'pong' });
      case 'command': {
        const problem =
          visitor.agentId === undefined
            ? makeProblem('desk-not-signed-in')
            : this.#ports.command(visitor.agentId, request.command);
        return this.#send(visitor, { type: 'result', id: request.id, ...(problem === undefined ? {} : { problem }) });
      }
    }
  }

  #hello(visitor: Visitor, hello: Extract<DeskRequest, { type: 'hello' }>): void {
    const agentId = this.#ports.authenticate(hello.token);
    const feed = agentId === undefined ? undefined : this.#ports.feedOf(agentId);
    if (agentId === undefined || feed === undefined) {
      this.#send(visitor, { type: 'problem', problem: makeProblem('desk-not-signed-in') });
      visitor.socket.close(4401, 'not signed in');
      return;
    }
    visitor.stop?.();
    visitor.agentId = agentId;
    // First let the rest of the house react, so that the snapshot is already true.
    this.#ports.watched(agentId, true);
    visitor.stop = feed.watch((frame) => this.#send(visitor, frame), hello.resume);
  }

  #leave(visitor: Visitor): void {
    this.#visitors.delete(visitor);
    visitor.stop?.();
    const { agentId } = visitor;
    if (agentId !== undefined && this.#ports.feedOf(agentId)?.watchers === 0) this.#ports.watched(agentId, false);
  }

  #send(visitor: Visitor, frame: DeskFrame): void {
    const { socket } = visitor;
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > slowestBytes) return socket.close(1013, 'too slow');
    socket.send(JSON.stringify(frame));
  }

  #ping(): void {
    for (const visitor of this.#visitors) {
      if (++visitor.missed > mostMissed) visitor.socket.terminate();
      else visitor.socket.ping();
    }
  }
}

function parse(text: string): DeskRequest | Problem {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return makeProblem('not-json', { reason: error instanceof Error ? error.message : 'unknown' });
  }
  const parsed = deskRequest.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return makeProblem('desk-not-understood', {
    reason: `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
  });
}
