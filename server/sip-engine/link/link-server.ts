import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { assertNever } from '../../../base/assert-never.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import { engineLinkRequest } from '../../../protocol/engine-link.ts';
import type {
  EngineDialog,
  EngineFlow,
  EngineLinkFrame,
  EngineLinkRequest,
  EngineMessage,
} from '../../../protocol/engine-link.ts';
import type { LadderQuestion } from '../capture/ladder.ts';
import { sameSecret } from '../control/apps.ts';
import { Doorstep } from '../control/doorstep.ts';
import { listenError } from '../errors.ts';
import type { JournalHealth } from '../journal/journal.ts';
import type { Address, FlowLost } from '../transport/flow.ts';

/** What the link can be asked. */
export interface LinkSource {
  /** How many dialogs came from the journal; undefined when there is none. */
  readonly recovered: number | undefined;
  /** How the journal is; undefined while nothing went wrong. */
  journal(): JournalHealth | undefined;
  dialogs(): EngineDialog[];
  flows(): EngineFlow[];
  /** What is dropped to protect the engine, and the sources (at most `most`) of which most is. */
  protection(most: number): Pick<Extract<EngineLinkFrame, { type: 'protection' }>, 'dropped' | 'sources'>;
  /** Gives a source all of its measure back; false when nothing is known of it. */
  release(source: string): boolean;
  /** Whom the server vouches for; returns the networks that are misspelt. */
  trust(networks: readonly string[], peers: readonly Address[]): string[];
  /** Forgets texts of calls that are over; resolves when no file has them. */
  forget(texts: readonly string[]): Promise<void>;
  /** The latest messages of some dialogs, oldest first. */
  ladder(question: LadderQuestion): Promise<EngineMessage[]>;
}

const plain = ['dialogs', 'flows', 'flow-lost', 'parking', 'ladder', 'trust', 'protection'] as const;
/** Sources told in one answer, those of which most was dropped. */
const longestSources = 1000;
const longestLine = 8 * 1024 * 1024;
/** Who has not said hello is not listened to for so long. */
const longestHello = 65_536;
/** A ladder of more messages, or of more bytes, is cut off: whoever reads it has lost the thread by then. */
const longestLadder = { messages: 2000, bytes: 8 * 1024 * 1024 };
/** A listener that does not read is cut off at this many unsent bytes. */
const longestBacklog = 16 * 1024 * 1024;

interface Peer {
  readonly socket: Socket;
  greeted: boolean;
}

/** The engine link: one JSON object a line, both ways. The secret comes first. */
export class LinkServer {
  /** Changes with every start of the engine, so that the server knows its dialogs are gone. */
  readonly bootId = randomUUID();
  readonly #server: Server;
  readonly #address: Address;
  readonly #secret: string;
  readonly #source: LinkSource;
  readonly #log: Logger;
  readonly #peers = new Set<Peer>();
  readonly #doorstep: Doorstep;

  constructor(address: Address, secret: string, source: LinkSource, log: Logger, clock: Clock) {
    this.#doorstep = new Doorstep(clock);
    this.#address = address;
    this.#secret = secret;
    this.#source = source;
    this.#log = log;
    this.#server = createServer((socket) => this.#take(socket));
  }

  /** Binds the port; returns the real one. */
  async start(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#address.port, this.#address.host, () => resolve());
    }).catch((cause: unknown) => {
      throw listenError(`link port ${this.#address.host}:${this.#address.port}`, '--link', cause);
    });
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : this.#address.port;
  }

  /** Tells every greeted peer that a connection closed. */
  flowLost(lost: FlowLost): void {
    for (const peer of this.#peers) if (peer.greeted) this.#write(peer, { type: 'flow-lost', ...lost });
  }

  /** Tells every greeted peer that a session is to be refreshed by whoever knows the password. */
  refreshChallenged({ dialog, method }: { readonly dialog: string; readonly method: 'INVITE' | 'UPDATE' }): void {
    for (const peer of this.#peers) {
      if (peer.greeted) this.#write(peer, { type: 'refresh-challenged', dialog, method });
    }
  }

  /** Tells every greeted peer how the journal is; later ones are told when it is failing. */
  journalChanged(): void {
    for (const peer of this.#peers) if (peer.greeted) this.#tellJournal(peer);
  }

  #tellJournal(peer: Peer): void {
    const health = this.#source.journal();
    if (health !== undefined) this.#write(peer, { type: 'journal', ...health });
  }

  async close(): Promise<void> {
    for (const peer of this.#peers) peer.socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #take(socket: Socket): void {
    const peer: Peer = { socket, greeted: false };
    let text = '';
    this.#peers.add(peer);
    this.#doorstep.wait(socket);
    socket.setNoDelay(true);
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#peers.delete(peer));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) if (!socket.destroyed) this.#line(peer, line);
      if (text.length > (peer.greeted ? longestLine : longestHello)) this.#refuse(peer, 0, 'a line is too long');
    });
  }

  #line(peer: Peer, line: string): void {
    if (line.trim() === '') return;
    const request = readLine(line);
    if (request === undefined) return this.#refuse(peer, 0, 'not a request of the engine link');
    if (request.type !== 'hello' && !peer.greeted) return this.#refuse(peer, request.id, 'say hello first');
    this.#answer(peer, request);
  }

  #answer(peer: Peer, request: EngineLinkRequest): void {
    const { id } = request;
    switch (request.type) {
      case 'hello':
        if (!sameSecret(request.secret, this.#secret)) {
          this.#log.warn({ from: peer.socket.remoteAddress }, 'wrong secret on the engine link');
          return this.#refuse(peer, id, 'wrong secret');
        }
        peer.greeted = true;
        this.#doorstep.enter(peer.socket);
        this.#write(peer, {
          type: 'hello',
          id,
          bootId: this.bootId,
          capabilities: this.#source.recovered === undefined ? [...plain] : [...plain, 'journal'],
          recovered: this.#source.recovered ?? 0,
        });
        if (this.#source.journal()?.state === 'failing') this.#tellJournal(peer);
        return;
      case 'dialogs':
        return this.#write(peer, { type: 'dialogs', id, dialogs: this.#source.dialogs() });
      case 'flows':
        return this.#write(peer, { type: 'flows', id, flows: this.#source.flows() });
      case 'trust':
        return this.#write(peer, { type: 'trust', id, wrong: this.#source.trust(request.networks, request.peers) });
      case 'protection':
        return this.#write(peer, { type: 'protection', id, ...this.#source.protection(longestSources) });
      case 'release':
        return this.#write(peer, { type: 'release', id, released: this.#source.release(request.source) });
      case 'ladder':
        void this.#ladder(peer, id, { callIds: request.callIds, mark: request.mark });
        return;
      case 'forget':
        // The journal never rejects: a disk that refuses is told on its own.
        void this.#source.forget(request.texts).then(() => this.#write(peer, { type: 'forget', id }));
        return;
      default:
        return assertNever(request, 'link request');
    }
  }

  /** Never rejects: a failed search is a fault of ours and is told as an empty ladder. */
  async #ladder(peer: Peer, id: number, question: LadderQuestion): Promise<void> {
    const all = await this.#source.ladder(question).catch((err: unknown): EngineMessage[] => {
      this.#log.error({ err }, 'a ladder could not be made');
      return [];
    });
    let bytes = 0;
    const messages = all.filter((message, index) => {
      bytes += message.bytes.length;
      return index < longestLadder.messages && bytes <= longestLadder.bytes;
    });
    this.#write(peer, { type: 'ladder', id, messages, left: all.length - messages.length });
  }

  #refuse(peer: Peer, id: number, reason: string): void {
    this.#write(peer, { type: 'refused', id, reason });
    peer.socket.end();
  }

  #write(peer: Peer, frame: EngineLinkFrame): void {
    if (!peer.socket.writable) return;
    peer.socket.write(`${JSON.stringify(frame)}\n`);
    if (peer.socket.writableLength > longestBacklog) peer.socket.destroy();
  }
}

function readLine(line: string): EngineLinkRequest | undefined {
  try {
    const parsed = engineLinkRequest.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
