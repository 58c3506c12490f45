/** Looks at the legs of live calls every few seconds: what they sound like goes to the desks at once, and to the ledger at their end. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { legQuality, type CallLegQuality } from '../protocol/quality.ts';
import { callOfLeg, type Calls, type CallState, hasEnded, type Leg, legsOf } from './calls/index.ts';
import type { Ledger } from './ledger/index.ts';
import {
  latelyOf,
  looked,
  newHistory,
  overallOf,
  type LegHistory,
  type LegPart,
  type LegQuality,
  type LegStatistics,
} from './quality/index.ts';
import type { MediaClient } from './media-client.ts';
import type { Rows } from './rows.ts';

export interface QualityOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rows: Pick<Rows, 'put'>;
  readonly ledger: Pick<Ledger, 'rows'>;
  readonly calls: () => Pick<Calls, 'get' | 'active'>;
  /** The counters of the media node; undefined while it cannot be asked. */
  readonly statistics: () => Promise<readonly LegStatistics[] | undefined>;
  /** The legs of a call sound otherwise, or were looked at for the first time. */
  readonly changed: (callId: string, legs: readonly CallLegQuality[]) => void;
}

const lookEveryMs = 5000;
/** Shorter legs sound like nothing. */
const leastMs = 1000;
/** A call has two legs, more by transfers; beyond this the ledger is not asked. */
const mostRows = 200;

/** What is done with samples for a leg. */
type Audio = Pick<CallLegQuality, 'sends' | 'decoded' | 'costUs'>;

interface Watched {
  readonly kind: LegStatistics['kind'];
  part: LegPart;
  history: LegHistory;
  audio: Audio;
  ice: LegStatistics['ice'];
  /** What the desks were told last: level and cause. */
  told: string;
  /** When it left its call; what its endpoint had counted is awaited since. */
  leftAt: number | undefined;
}

function partOf({ offer, other, caller, signals }: CallState, leg: Leg): LegPart {
  const webCaller = signals?.web !== undefined && leg.legId === caller.legId;
  const agents = leg.device !== undefined || leg.kind === 'webrtc' || (offer !== null && leg.legId === other?.legId);
  return { side: agents && !webCaller ? 'agent' : 'outside', speaks: !leg.heldByPeer };
}

function newWatch(state: CallState, leg: Leg, now: number): Watched {
  const nothing = { audio: {}, ice: undefined, told: '', leftAt: undefined };
  return { kind: leg.kind, part: partOf(state, leg), history: newHistory(now), ...nothing };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Silence tells nothing: what it was sent before that goes on to be told. */
function audioOf(before: Audio, { sends = 'nothing', decoded, costUs }: LegStatistics): Audio {
  if (sends === 'nothing') return before;
  return { sends, ...(decoded === undefined ? {} : { decoded }), ...(costUs === undefined ? {} : { costUs }) };
}

/** Addresses of people are not for the ledger. */
function withoutPlace({ remote: _, ...rest }: NonNullable<LegStatistics['ice']>) {
  return rest;
}

function told(
  legId: string,
  { kind, part, history, audio, ice }: Watched,
  quality: LegQuality,
  live: boolean,
): CallLegQuality {
  const { sentLossRatio, roundTripMs, verdict } = quality;
  return {
    ...{ legId, side: part.side, kind, codec: quality.codec, live, level: quality.level },
    ...{ mos: rounded(quality.mos, 2), worstMos: rounded(history.worstMos, 2) },
    lossPercent: rounded(100 * quality.lossRatio, 2),
    ...(sentLossRatio === undefined ? {} : { sentLossPercent: rounded(100 * sentLossRatio, 2) }),
    jitterMs: rounded(quality.jitterMs, 1),
    ...(roundTripMs === undefined ? {} : { roundTripMs: rounded(roundTripMs, 0) }),
    seconds: rounded(quality.ms / 1000, 0),
    ...audio,
    ...(ice === undefined ? {} : { ice: live ? ice : withoutPlace(ice) }),
    ...(verdict === undefined ? {} : { cause: verdict.cause, evidence: { ...verdict.evidence } }),
  };
}

/** The counters of the media node; undefined while it cannot be asked. */
export async function statisticsOf(media: Pick<MediaClient, 'call'>): Promise<readonly LegStatistics[] | undefined> {
  const answer = await media.call('inventory', {});
  return answer.ok ? answer.value.endpoints : undefined;
}

export class QualityWatch {
  readonly #options: QualityOptions;
  readonly #legs = new Map<string, Watched>();
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(options: QualityOptions) {
    this.#options = options;
  }

  /** Begins to look; what is returned ends it, and is idempotent. */
  start(): () => void {
    this.#again();
    return () => {
      this.#closed = true;
      this.#cancel?.();
    };
  }

  /** Looks once at every leg there is. While no call is going on, the media node is not asked. */
  async look(): Promise<void> {
    const { calls, statistics, clock } = this.#options;
    this.#sweep(clock.now());
    if (calls().active === 0) return;
    const seen = await statistics();
    if (seen === undefined) return;
    const now = clock.now();
    const changed = new Set<string>();
    for (const leg of seen) if (this.#take(leg, now)) changed.add(leg.callId);
    for (const callId of changed) this.#options.changed(callId, this.live(callId));
  }

  /** Legs are watched from their answer on. One that has left its call is over: its row waits for what it has counted. */
  callChanged(state: CallState): void {
    const now = this.#options.clock.now();
    const there = new Map(hasEnded(state) ? [] : legsOf(state).map((leg) => [leg.legId, leg]));
    for (const [legId, leg] of there)
      if (leg.signalling === 'confirmed' && !this.#legs.has(legId)) this.#legs.set(legId, newWatch(state, leg, now));
    for (const [legId, leg] of this.#legs) {
      const gone = callOfLeg(legId) === state.callId && (there.get(legId)?.signalling ?? 'ended') === 'ended';
      if (gone) leg.leftAt ??= now;
    }
  }

  /** Endpoints were closed, and this is what they had counted. */
  closed(statistics: readonly LegStatistics[]): void {
    for (const each of statistics) {
      const leg = this.#legs.get(each.endpointId);
      if (leg?.leftAt === undefined) continue;
      leg.history = looked(leg.history, each, leg.leftAt, leg.part);
      leg.audio = audioOf(leg.audio, each);
      leg.ice = each.ice;
      this.#finish(each.endpointId, leg);
    }
  }

  /** The legs of a call that are there, as they sound lately. */
  live(callId: string): CallLegQuality[] {
    return [...this.#legs].flatMap(([legId, leg]) => {
      const there = callOfLeg(legId) === callId && leg.leftAt === undefined;
      const quality = there ? latelyOf(leg.history, leg.part) : undefined;
      return quality === undefined ? [] : [told(legId, leg, quality, true)];
    });
  }

  /** Every leg of a call that was ever looked at, those that are over first. */
  of(callId: string): CallLegQuality[] {
    const rows = this.#options.ledger.rows({ callId, type: 'quality', limit: mostRows });
    const over = rows.flatMap(({ facts }) => {
      const leg = legQuality.safeParse({ ...facts, live: false });
      return leg.success ? [leg.data] : [];
    });
    return [...over, ...this.live(callId)];
  }

  /** True if the desk should be told. */
  #take(statistics: LegStatistics, now: number): boolean {
    const { endpointId: legId, callId } = statistics;
    const state = this.#options.calls().get(callId);
    const leg = state === undefined ? undefined : legsOf(state).find((each) => each.legId === legId);
    if (state === undefined || leg?.signalling !== 'confirmed') return false;
    const before = this.#legs.get(legId) ?? newWatch(state, leg, now);
    this.#legs.set(legId, before);
    if (before.leftAt !== undefined) return false;
    before.audio = audioOf(before.audio, statistics);
    before.ice = statistics.ice;
    const part = partOf(state, leg);
    // What came while it rang, or before a restart of ours, is not held against it: the first look only counts.
    if (before.history.last === undefined) {
      before.history = { ...newHistory(now), last: statistics };
      return false;
    }
    before.part = part;
    before.history = looked(before.history, statistics, now, part);
    const quality = latelyOf(before.history, part);
    const words = `${quality?.level ?? ''} ${before.audio.sends ?? ''} ${JSON.stringify(quality?.verdict ?? null)}`;
    const other = words !== before.told;
    before.told = words;
    return other;
  }

  /** Whose endpoint died, or cannot be asked, is judged by what was seen of it. */
  #sweep(now: number): void {
    for (const [legId, leg] of this.#legs)
      if (leg.leftAt !== undefined && now - leg.leftAt >= lookEveryMs) this.#finish(legId, leg);
  }

  #finish(legId: string, leg: Watched): void {
    this.#legs.delete(legId);
    const quality = overallOf(leg.history);
    if (quality === undefined || quality.ms < leastMs) return;
    const { live: _live, ...facts } = told(legId, leg, quality, false);
    this.#options.rows.put({ type: 'quality', callId: callOfLeg(legId), facts });
  }

  #again(): void {
    if (this.#closed) return;
    const { clock, logger } = this.#options;
    this.#cancel = clock.at(clock.now() + lookEveryMs, () => {
      this.look()
        .catch((err: unknown) => logger.warn({ err }, 'the quality of calls could not be looked at'))
        .finally(() => this.#again());
    });
  }
}
