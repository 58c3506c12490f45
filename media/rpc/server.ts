import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '../../base/logger.ts';
import { mediaRequest, mediaVerbs, type MediaResult, type MediaVerb } from '../../protocol/media.ts';
import { refuse, type Answer } from '../errors.ts';
import type { Lease } from './lease.ts';
import type { EventLog, NumberedEvent } from './event-log.ts';
import { LineReader } from './lines.ts';

/** Before `hello` a line may be this long and has this much time; afterwards a graph or 5,000 phrases have to fit. */
const strangerBytes = 4096;
const strangerMs = 5000;
const friendBytes = 8 * 1024 * 1024;
/** A brain that does not read this much is cut off; it comes back and resumes by number. */
const mostUnread = 32 * 1024 * 1024;

type Parsed<V extends MediaVerb> = ReturnType<(typeof mediaVerbs)[V]['params']['parse']>;

/** The verbs the node does; `hello` and `subscribe` are the connection's own. */
export type Verbs = {
  readonly [V in Exclude<MediaVerb, 'hello' | 'subscribe'>]: (params: Parsed<V>) => Promise<Answer<MediaResult<V>>>;
};

/** What the server needs. */
export interface RpcOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly bootId: string;
}

function sameSecret(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

/** One brain's connection. */
class Connection {
  readonly #socket: Socket;
  readonly #server: RpcServer;
  readonly #lines: LineReader;
  #greeted = false;
  #subscribed = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor(socket: Socket, server: RpcServer) {
    this.#socket = socket;
    this.#server = server;
    this.#lines = new LineReader(strangerBytes);
    this.#deadline = setTimeout(() => socket.destroy(), strangerMs);
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(this.#deadline);
      server.left(this);
    });
  }

  /** Sends an event if this brain asked for events. */
  event(event: NumberedEvent): void {
    if (this.#subscribed) this.#write(event);
  }

  end(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    const lines = this.#lines.push(bytes);
    if (lines === undefined) {
      this.#write({ id: 0, ok: false, error: refuse('bad-request', 'the line is too long').error });
      this.#socket.end();
      return;
    }
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      this.#write({ id: 0, ok: false, error: refuse('bad-request', 'the line is not JSON').error });
      return;
    }
    const request = mediaRequest.safeParse(json);
    if (!request.success) {
      this.#write({ id: 0, ok: false, error: refuse('bad-request', 'expected {id, verb, params}').error });
      return;
    }
    const { id, verb, params } = request.data;
    void this.#do(verb, params).then((answer) => {
      if (answer.ok) this.#write({ id, ok: true, result: answer.value });
      else this.#write({ id, ok: false, error: answer.error });
      if (answer.ok && verb === 'subscribe') this.#replay(params);
      if (!this.#greeted) this.#socket.end();
    });
  }

  async #do(verb: string, params: unknown): Promise<Answer<unknown>> {
    if (!Object.hasOwn(mediaVerbs, verb)) return refuse('bad-request', 'there is no such verb');
    const known = verb as MediaVerb;
    if (known !== 'hello' && !this.#greeted) return refuse('unauthorised', 'hello comes first');
    const parsed = mediaVerbs[known].params.safeParse(params ?? {});
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return refuse('bad-request', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}`);
    }
    if (known === 'hello') return this.#hello(parsed.data as Parsed<'hello'>);
    if (known === 'subscribe') return this.#server.covers((parsed.data as Parsed<'subscribe'>).from);
    return this.#server.run(known, parsed.data);
  }

  #hello(params: Parsed<'hello'>): Answer<MediaResult<'hello'>> {
    const answer = this.#server.greet(this, params);
    if (!answer.ok) return answer;
    this.#greeted = true;
    clearTimeout(this.#deadline);
    this.#lines.limit = friendBytes;
    return answer;
  }

  /** In the same turn as the answer, so that no event slips between those kept and those to come. */
  #replay(params: unknown): void {
    const { from } = mediaVerbs.subscribe.params.parse(params);
    for (const event of this.#server.eventsSince(from)) this.#write(event);
    this.#subscribed = true;
  }

  #write(frame: object): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.write(`${JSON.stringify(frame)}\n`);
    if (this.#socket.writableLength > mostUnread) this.#socket.destroy();
  }
}

/** The media RPC's end on the node: one brain at a time, the newest epoch wins. */
export class RpcServer {
  readonly #options: RpcOptions;
  readonly #verbs: Verbs;
  readonly #log: EventLog;
  readonly #lease: Lease;
  readonly #logger: Logger;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #brain: { readonly connection: Connection; readonly brain: string } | undefined;
  #epoch: { readonly brain: string; readonly epoch: number } | undefined;

  constructor(options: RpcOptions, parts: { verbs: Verbs; log: EventLog; lease: Lease; logger: Logger }) {
    this.#options = options;
    this.#verbs = parts.verbs;
    this.#log = parts.log;
    this.#lease = parts.lease;
    this.#logger = parts.logger;
    this.#server = createServer((socket) => this.#connections.add(new Connection(socket, this)));
  }

  /** Listens; resolves with the port. Rejects with the system's error if it is taken. */
  start(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (err) => this.#logger.warn({ err }, 'a brain could not connect'));
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : this.#options.port);
      });
    });
  }

  close(): Promise<void> {
    for (const connection of this.#connections) connection.end();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Passes an event to the brain that subscribed. */
  emit(event: NumberedEvent): void {
    this.#brain?.connection.event(event);
  }

  /** A brain says who it is: an older epoch is refused, a newer one takes over. */
  greet(connection: Connection, params: Parsed<'hello'>): Answer<MediaResult<'hello'>> {
    if (!sameSecret(params.secret, this.#options.secret)) return refuse('unauthorised', 'the secret is wrong');
    const { brain, epoch } = params;
    const known = this.#epoch;
    if (known !== undefined && (epoch < known.epoch || (epoch === known.epoch && brain !== known.brain)))
      return refuse('stale-epoch', `epoch ${known.epoch} of ${known.brain} is in charge`);
    this.#epoch = { brain, epoch };
    if (this.#brain !== undefined && this.#brain.connection !== connection) this.#brain.connection.end();
    this.#brain = { connection, brain };
    this.#lease.hold();
    this.#logger.info({ brain, epoch }, 'a brain took charge');
    const { bootId } = this.#options;
    return { ok: true, value: { bootId, lastSeq: this.#log.lastSeq, leaseInSeconds: this.#lease.inSeconds } };
  }

  /** A connection closed. */
  left(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#brain?.connection !== connection) return;
    this.#brain = undefined;
    this.#lease.run();
    this.#logger.warn({}, 'the brain left');
  }

  covers(from: number): Answer<MediaResult<'subscribe'>> {
    return { ok: true, value: { complete: this.#log.takenUp(from) } };
  }

  eventsSince(from: number): readonly NumberedEvent[] {
    return this.#log.since(from).events;
  }

  /** Does a verb with parameters that its schema accepted. A throw is a bug of ours: logged, answered `internal`. */
  async run(verb: Exclude<MediaVerb, 'hello' | 'subscribe'>, params: unknown): Promise<Answer<unknown>> {
    try {
      const run = this.#verbs[verb] as (params: unknown) => Promise<Answer<unknown>>;
      return await run(params);
    } catch (err) {
      this.#logger.error({ err, verb }, 'a media verb failed');
      return refuse('internal', 'the media node failed to do this');
    }
  }
}
