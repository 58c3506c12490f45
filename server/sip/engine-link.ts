/** Client of the engine link: which dialogs and flows the embedded engine holds, and word of flows that are lost. */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Logger } from '../../base/logger.ts';
import {
  type EngineDialog,
  type EngineFlow,
  type EngineLinkFrame,
  type EngineMessage,
  engineLinkFrame,
} from '../../protocol/engine-link.ts';

export interface EngineLinkOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly logger: Logger;
  /** The link is up: this boot of the engine holds these. */
  readonly onReady: (engine: {
    readonly bootId: string;
    readonly dialogs: readonly EngineDialog[];
    readonly flows: readonly EngineFlow[];
  }) => void;
  readonly onLost: () => void;
  readonly onFlowLost: (contacts: readonly string[], remote: string) => void;
  /** The far side of this dialog wants a password for a session refresh. */
  readonly onRefreshChallenged: (dialogId: string, method: 'INVITE' | 'UPDATE') => void;
}

/** Hosts and networks (CIDR), and addresses with port. */
export interface Trusted {
  readonly networks: readonly string[];
  readonly peers: readonly { readonly host: string; readonly port: number }[];
}

const retryMs = 200;

type Answer<T extends EngineLinkFrame['type']> = Extract<EngineLinkFrame, { type: T }>;

export class EngineLink {
  readonly #options: EngineLinkOptions;
  readonly #waiting = new Map<number, (frame: EngineLinkFrame) => void>();
  #socket: Socket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #ready = false;
  #capabilities: ReadonlySet<string> = new Set();
  #closed = false;
  #ids = 0;

  constructor(options: EngineLinkOptions) {
    this.#options = options;
  }

  /** Connects, and connects again whenever the link is lost. */
  start(): void {
    if (this.#closed) return;
    const { host, port, secret, logger } = this.#options;
    const socket = connect({ host, port });
    this.#socket = socket;
    socket.on('error', (err) => logger.debug({ err }, 'the engine link failed'));
    socket.on('close', () => this.#lost());
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => this.#read(line));
    // readline passes its input's errors on; unheard, one refused connection would end the server.
    lines.on('error', () => undefined);
    socket.on('connect', () => {
      this.#hello(secret).catch((err: unknown) => {
        logger.warn({ err }, 'the engine link was refused');
        socket.destroy();
      });
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#socket?.destroy();
  }

  /** The latest messages of some dialogs; undefined when the link is down or the engine keeps none. */
  async ladder(question: {
    readonly callIds: readonly string[];
    readonly mark: { readonly header: string; readonly value: string };
  }): Promise<{ readonly messages: readonly EngineMessage[]; readonly left: number } | undefined> {
    if (!this.#ready || !this.#capabilities.has('ladder')) return undefined;
    return this.#ask('ladder', question).catch(() => undefined);
  }

  /** What the engine holds now; rejects when the link is lost. */
  async dialogs(): Promise<readonly EngineDialog[]> {
    if (!this.#ready) throw new Error('the engine link is lost');
    return (await this.#ask('dialogs', {})).dialogs;
  }

  /** Says whose messages are not a stranger's; nothing happens where the engine has no such protection, or is away. */
  async trust(trusted: Trusted): Promise<void> {
    if (!this.#ready || !this.#capabilities.has('trust')) return;
    const { wrong } = await this.#ask('trust', { ...trusted });
    if (wrong.length > 0) this.#options.logger.warn({ wrong }, 'the SIP engine does not understand these networks');
  }

  /** What the engine drops to protect itself; undefined when it cannot be asked. */
  async protection(): Promise<Answer<'protection'> | undefined> {
    if (!this.#ready || !this.#capabilities.has('protection')) return undefined;
    return this.#ask('protection', {}).catch(() => undefined);
  }

  /** Gives a source all of its measure back; false when the engine knows nothing of it or cannot be asked. */
  async release(source: string): Promise<boolean> {
    if (!this.#ready || !this.#capabilities.has('protection')) return false;
    const answer = await this.#ask('release', { source }).catch(() => undefined);
    return answer?.released ?? false;
  }

  /** Has the engine forget texts of calls that are over. Resolves when it has, or when it cannot be asked. */
  async forget(texts: readonly string[]): Promise<void> {
    if (this.#ready) await this.#ask('forget', { texts }).catch(() => undefined);
  }

  async #hello(secret: string): Promise<void> {
    const hello = await this.#ask('hello', { secret });
    const { dialogs } = await this.#ask('dialogs', {});
    const { flows } = await this.#ask('flows', {});
    this.#capabilities = new Set(hello.capabilities);
    this.#ready = true;
    this.#options.onReady({ bootId: hello.bootId, dialogs, flows });
  }

  #ask<T extends 'hello' | 'dialogs' | 'flows' | 'ladder' | 'trust' | 'forget' | 'protection' | 'release'>(
    type: T,
    fields: Readonly<Record<string, unknown>>,
  ): Promise<Answer<T>> {
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (frame) => {
        if (frame.type === type) resolve(frame as Answer<T>);
        else reject(new Error(frame.type === 'refused' ? frame.reason : 'the engine link was lost'));
      });
      this.#socket?.write(`${JSON.stringify({ type, id, ...fields })}\n`);
    });
  }

  #read(line: string): void {
    const frame = parseFrame(line);
    if (frame === undefined) {
      this.#options.logger.warn({}, 'the engine link sent a line that is not understood');
      return;
    }
    if (frame.type === 'flow-lost') return this.#options.onFlowLost(frame.contacts, frame.remote);
    if (frame.type === 'refresh-challenged') return this.#options.onRefreshChallenged(frame.dialog, frame.method);
    if (frame.type === 'journal') return this.#tellJournal(frame);
    this.#waiting.get(frame.id)?.(frame);
    this.#waiting.delete(frame.id);
  }

  #tellJournal({ state, reason }: Answer<'journal'>): void {
    const { logger } = this.#options;
    if (state === 'well') logger.warn({ reason }, 'calls are safe from the death of the SIP engine again');
    else logger.error({ reason }, 'the SIP engine cannot write its journal: calls would not survive its death');
  }

  #lost(): void {
    for (const [id, waiting] of this.#waiting) waiting({ type: 'refused', id, reason: 'the link was lost' });
    this.#waiting.clear();
    if (this.#ready) this.#options.onLost();
    this.#ready = false;
    if (!this.#closed) this.#retry = setTimeout(() => this.start(), retryMs);
  }
}

function parseFrame(line: string): EngineLinkFrame | undefined {
  try {
    return engineLinkFrame.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
