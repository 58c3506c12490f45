/** What a queue did, from the calls that passed through it. Pure. Times in milliseconds. */
import type { CallSummary } from '../../protocol/rest.ts';

/** Counts of one queue over a stretch of time. */
export interface QueueStatistics {
  readonly offered: number;
  readonly answered: number;
  readonly abandoned: number;
  /** Still waiting. */
  readonly waiting: number;
  readonly answeredWithin: number;
  readonly abandonedWithin: number;
  /** SL = answered within / answered; absent before the first. */
  readonly serviceLevel?: number;
  /** SL2 = (answered within + abandoned within) / (answered + abandoned). */
  readonly serviceLevel2?: number;
  /** Mean wait of the answered. */
  readonly holdtimeMs: number;
  /** Mean talk of the answered that are over. */
  readonly talktimeMs: number;
  readonly longestWaitMs: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : sum(values) / values.length);

/** Counts calls of one queue. `withinMs` is the service level's threshold. */
export function countQueue(calls: readonly CallSummary[], withinMs: number): QueueStatistics {
  const answered = calls.filter((call) => call.answeredAt !== undefined);
  const abandoned = calls.filter((call) => call.answeredAt === undefined && call.state === 'ended');
  const waits = (of: readonly CallSummary[]): number[] => of.map((call) => call.waitedMs ?? 0);
  const within = (of: readonly CallSummary[]): number => waits(of).filter((wait) => wait <= withinMs).length;
  const counts = { answeredWithin: within(answered), abandonedWithin: within(abandoned) };
  const over = answered.length + abandoned.length;
  return {
    offered: calls.length,
    answered: answered.length,
    abandoned: abandoned.length,
    waiting: calls.length - over,
    ...counts,
    ...(answered.length === 0 ? {} : { serviceLevel: counts.answeredWithin / answered.length }),
    ...(over === 0 ? {} : { serviceLevel2: (counts.answeredWithin + counts.abandonedWithin) / over }),
    holdtimeMs: mean(waits(answered)),
    talktimeMs: mean(answered.flatMap((call) => (call.talkedMs === undefined ? [] : [call.talkedMs]))),
    longestWaitMs: Math.max(0, ...waits(calls)),
  };
}

/** `91.7%`, or a dash before there is anything to divide by. */
export function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(1)}%`;
}
