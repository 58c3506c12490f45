import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import { headerOf } from '../parser/message.ts';
import type { ReadMessage } from '../parser/message.ts';
import type { Address } from '../transport/flow.ts';
import { Aftermath } from './aftermath.ts';
import { Latest } from './latest.ts';
import { isUnlimited, noProtection } from './limits.ts';
import type { ProtectionLimits, ProtectionOptions } from './limits.ts';
import { networkOf } from '../../../base/network-of.ts';
import { Scanners, scannersFrom } from './scanners.ts';
import { dropReasons, homeFactor, homesOpenFactor, ratesOf, Source } from './source.ts';
import type { DropReason } from './source.ts';
import { Trust } from './trust.ts';
import type { Counted } from './trust.ts';

/** What was dropped since the start, by reason. */
export type Dropped = Record<DropReason, number>;

/** A source that something was dropped of. */
export interface DroppedSource {
  /** An IPv4 address, or the /64 of an IPv6 one. */
  readonly source: string;
  readonly dropped: number;
  /** When last, ms. */
  readonly at: number;
  readonly reason: DropReason;
  /** When it has all of its measure back if it sends no more, ms. */
  readonly until: number;
}

/** A place among the server transactions; given back when the transaction ends. */
export interface Charge {
  /** One of a crowd of strangers: no more is spent on it than must be. */
  readonly brief: boolean;
  end(): void;
}

/** `charge`: go on. `busy`: one of ours, or on a connection: it may be told (503). `drop`: not a word. */
export type Gate = { readonly type: 'charge'; readonly charge: Charge } | { readonly type: 'busy' | 'drop' };

const busy: Gate = { type: 'busy' };
const drop: Gate = { type: 'drop' };
/** One line in the log for whatever was dropped in so long, ms. */
const logEvery = 10_000;
/** How long a source is listed after something of it was dropped, ms. */
const limitedFor = 10_000;
/** After strangers were refused for there being too many, they count as a crowd for so long, ms. */
const crowdFor = 1000;

/**
 * Stands in front of everything that costs more than a look: strangers are limited per source and all together, scanners
 * get no answer, and who is trusted (trunks, live registrations and dialogs) has a generous measure of their own that
 * nobody else can use up. Constant time a message, bounded memory.
 */
export class Guard {
  readonly counts: Dropped;
  readonly trust: Trust;
  readonly #limits: ProtectionLimits;
  readonly #unlimited: boolean;
  readonly #rates: ReturnType<typeof ratesOf>;
  readonly #scanners: Scanners;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #sources: Latest<Source>;
  readonly #trusted: Latest<Source>;
  readonly #strangers: Source;
  /** Networks somebody is registered from: strangers, but not to be crowded out by others. */
  readonly #homes: Source;
  #open = 0;
  #logAt = 0;
  #logged = 0;
  #crowdUntil = -Infinity;
  readonly #aftermath: Aftermath;

  /** `floodOver` is called two seconds after a flood. Throws an EngineError when a list or network cannot be read. */
  constructor(options: ProtectionOptions, counted: Counted, clock: Clock, log: Logger, floodOver = (): void => {}) {
    this.#aftermath = new Aftermath(clock, floodOver);
    this.#limits = { ...noProtection, ...options };
    this.#unlimited = isUnlimited(this.#limits);
    this.#rates = ratesOf(this.#limits);
    this.#scanners = new Scanners(options.scanners ?? scannersFrom());
    this.trust = new Trust(options.trusted ?? [], counted);
    this.#clock = clock;
    this.#log = log;
    this.#sources = new Latest(this.#limits.sources);
    this.#trusted = new Latest(this.#limits.sources);
    this.#strangers = new Source(this.#rates.strangers, clock.now());
    this.#homes = new Source(this.#rates.homes, clock.now());
    this.counts = Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Dropped;
  }

  /** Whether a datagram or WebSocket message is read at all; false: it is dropped without a word. */
  admits(bytes: Buffer, from: Address, reliable = false): boolean {
    return this.#admits(from, reliable, () => this.#scanners.sent(bytes));
  }

  /** The same for a message cut from a stream. */
  admitsRead(read: ReadMessage, from: Address): boolean {
    return this.#admits(from, true, () => this.#scanners.named(headerOf(read.message, 'User-Agent') ?? ''));
  }

  #admits({ host, port }: Address, reliable: boolean, isScanner: () => boolean): boolean {
    // Where nothing is limited only a scanner's place in the lists matters: most of this is not worth its time then.
    if (this.#unlimited && !isScanner()) return true;
    const now = this.#clock.now();
    const key = this.trust.keyOf(host, port, now);
    if (key !== undefined) {
      const peer = this.#peer(key, now);
      return peer.message(now) || this.#drop('trusted-rate', peer, now);
    }
    const { source, all } = reliable ? this.#connected(host, now) : this.#stranger(host, now);
    if (!source.message(now)) return this.#drop('source-rate', source, now);
    // The source comes first: what one of them has too much must not use up the measure of all.
    if (!all.message(now)) return this.#drop('strangers-rate', source, now);
    // Nobody is shut out for it: over UDP a scanner may claim to be anybody.
    return !isScanner() || this.#drop('scanner', source, now);
  }

  /** Whether a request gets a server transaction. */
  transaction(flow: { readonly remote: Address; readonly reliable: boolean }, isInvite = false): Gate {
    const now = this.#clock.now();
    if (this.#unlimited) return { type: 'charge', charge: this.#charge(undefined, undefined, now) };
    const { host, port } = flow.remote;
    const key = this.trust.keyOf(host, port, now);
    const { source, all } = key === undefined ? this.#stranger(host, now) : { source: this.#peer(key, now) };
    const reason = this.#overfull(source, all, now) ?? (isInvite ? this.#overInvites(source, all, now) : undefined);
    if (reason === undefined) return { type: 'charge', charge: this.#charge(source, all, now) };
    this.#drop(reason, source, now);
    return key !== undefined || flow.reliable ? busy : drop;
  }

  /** `all`: the strangers it is one of; undefined for one of ours. */
  #overfull(source: Source, all: Source | undefined, now: number): DropReason | undefined {
    const { open, sourceOpen, strangersOpen } = this.#limits;
    if (open > 0 && this.#open >= open) return 'open';
    if (all === undefined) return undefined;
    const home = all === this.#homes;
    const [share, shared] = home
      ? [sourceOpen * homeFactor, strangersOpen * homesOpenFactor]
      : [sourceOpen, strangersOpen];
    if (share > 0 && source.open >= share) return 'source-open';
    if (shared > 0 && all.open >= shared) return 'strangers-open';
    if (!source.transaction(now)) return 'source-transactions';
    return all.transaction(now) ? undefined : 'strangers-transactions';
  }

  /** Strangers' INVITEs have a measure of their own: what is beyond it never reaches an app. */
  #overInvites(source: Source, all: Source | undefined, now: number): DropReason | undefined {
    if (all === undefined) return undefined;
    if (!source.invite(now)) return 'source-invites';
    return all.invite(now) ? undefined : 'strangers-invites';
  }

  #charge(source: Source | undefined, all: Source | undefined, now: number): Charge {
    const held = [source, all].filter((each) => each !== undefined);
    for (const each of held) each.open++;
    this.#open++;
    return {
      brief: all === this.#strangers && now < this.#crowdUntil,
      end: () => {
        for (const each of held) each.open--;
        this.#open--;
      },
    };
  }

  /**
   * Nobody forges an address over a connection, and what is dropped there is not sent again: its messages have the measure of
   * a network somebody is registered from, and those who ask for too much are told so (503), not left to wait.
   */
  #connected(host: string, now: number): { readonly source: Source; readonly all: Source } {
    const key = `connections ${networkOf(host)}`;
    return { source: this.#trusted.get(key, () => new Source(this.#rates.home, now)), all: this.#homes };
  }

  #stranger(host: string, now: number): { readonly source: Source; readonly all: Source } {
    const network = networkOf(host);
    if (!this.trust.isHome(host, now))
      return { source: this.#sources.get(network, () => new Source(this.#rates.source, now)), all: this.#strangers };
    // Apart from strangers, who are forgotten in a flood of them.
    const source = this.#trusted.get(`home ${network}`, () => new Source(this.#rates.home, now));
    return { source, all: this.#homes };
  }

  #peer(key: string, now: number): Source {
    return this.#trusted.get(key, () => new Source(this.#rates.trusted, now));
  }

  /** True for a stranger while there are more of them than are served: what such a one sends is hardly worth remembering. */
  isCrowd({ host, port }: Address): boolean {
    const now = this.#clock.now();
    const crowded = now < this.#crowdUntil && this.trust.keyOf(host, port, now) === undefined;
    return crowded && !this.trust.isHome(host, now);
  }

  close(): void {
    this.#aftermath.close();
  }

  #drop(reason: DropReason, source: Source, now: number): false {
    this.counts[reason]++;
    source.note(reason, now);
    this.#aftermath.note();
    if (reason.startsWith('strangers')) this.#crowdUntil = now + crowdFor;
    if (now >= this.#logAt) this.#tell(now);
    return false;
  }

  /** However much is dropped, the log gets a line now and then. */
  #tell(now: number): void {
    const all = this.total;
    this.#logAt = now + logEvery;
    this.#log.warn({ dropped: this.counts, more: all - this.#logged }, 'messages were dropped to protect the engine');
    this.#logged = all;
  }

  /** Everything dropped since the start. */
  get total(): number {
    return dropReasons.reduce((sum, reason) => sum + this.counts[reason], 0);
  }

  /** Server transactions held now. */
  get open(): number {
    return this.#open;
  }

  /** The sources something is or was just dropped of, at most `most`: those whose measure is not restored, or was within the last ten seconds. */
  limited(most: number): DroppedSource[] {
    const since = this.#clock.now() - limitedFor;
    return this.droppedSources(Infinity)
      .filter(({ at, until }) => Math.max(at, until) > since)
      .slice(0, most);
  }

  /** Gives a source (an address, or as it is listed) all of its measure back; false when nothing is known of it. */
  release(source: string): boolean {
    const network = networkOf(source.replace(/^home /, ''));
    const known = [
      this.#sources.delete(network),
      this.#trusted.delete(`home ${network}`),
      this.#trusted.delete(source),
    ];
    return known.includes(true);
  }

  /** The sources most was dropped of, at most `most`. */
  droppedSources(most: number): DroppedSource[] {
    const found: DroppedSource[] = [];
    for (const sources of [this.#sources, this.#trusted])
      for (const [source, { dropped, droppedAt: at, reason, restoredAt: until }] of sources.entries())
        if (reason !== undefined) found.push({ source, dropped, at, reason, until });
    return found.sort((one, other) => other.dropped - one.dropped).slice(0, most);
  }

  /** Forgets what strangers have used up, so that a source that was limited may send again at once. */
  clear(): void {
    this.#sources.clear();
    this.#trusted.clear();
  }
}
