import type { QualityLevel } from '../../protocol/quality.ts';
import { causeOf, type LegPart, type Verdict } from './cause.ts';
import { rate } from './e-model.ts';
import { summaryOf, windowBetween, type LegStatistics, type Summary, type Window } from './window.ts';

/** How a leg does: lately, or over its life. */
export interface LegQuality extends Summary {
  readonly level: QualityLevel;
  /** Of the worse direction. */
  readonly mos: number;
  readonly r: number;
  readonly verdict?: Verdict;
}

/** How much of the past "lately" is, in windows. */
const lately = 3;
const packetMs = 20;
/** What an adaptive jitter buffer holds at least. */
const leastBufferMs = 20;

function oneWayMs(roundTripMs: number | undefined, jitterMs: number): number {
  return (roundTripMs ?? 0) / 2 + packetMs + Math.max(leastBufferMs, 2 * jitterMs);
}

/** The word for a score, which cannot be `good` where a cause was found. */
export function levelOf(mos: number, verdict: Verdict | undefined): QualityLevel {
  if (verdict?.cause === 'one-way-audio' || verdict?.cause === 'wrong-codec' || mos < 3.1) return 'bad';
  return mos < 3.6 || verdict !== undefined ? 'fair' : 'good';
}

/** A summary with its score: each direction is rated, and the worse one counts. */
export function rated(summary: Summary, verdict: Verdict | undefined): LegQuality {
  const { codec, lossRatio, burstRatio, jitterMs, sentLossRatio, sentJitterMs, roundTripMs } = summary;
  const heard = rate({ codec, lossRatio, burstRatio, oneWayMs: oneWayMs(roundTripMs, jitterMs) });
  const sent = rate({ codec, lossRatio: sentLossRatio ?? 0, oneWayMs: oneWayMs(roundTripMs, sentJitterMs ?? 0) });
  const { r, mos } = heard.r < sent.r ? heard : sent;
  return { ...summary, r, mos, level: levelOf(mos, verdict), ...(verdict === undefined ? {} : { verdict }) };
}

/** The life of a leg as its quality sees it: bounded, whatever its length. */
export interface LegHistory {
  readonly last: LegStatistics | undefined;
  readonly lastAt: number;
  readonly recent: readonly Window[];
  readonly whole: Window | undefined;
  /** The cause that was there longest, in windows. */
  readonly causes: Readonly<Partial<Record<Verdict['cause'], { readonly windows: number; readonly verdict: Verdict }>>>;
  readonly worstMos: number;
}

export function newHistory(now: number): LegHistory {
  return { last: undefined, lastAt: now, recent: [], whole: undefined, causes: {}, worstMos: 4.5 };
}

/** Takes in a look at the counters. */
export function looked(history: LegHistory, statistics: LegStatistics, now: number, part: LegPart): LegHistory {
  const window = windowBetween(history.last, statistics, Math.max(1, now - history.lastAt));
  const recent = [...history.recent, window].slice(-lately);
  const verdict = causeOf(recent, part);
  const known = verdict === undefined ? undefined : history.causes[verdict.cause];
  const summary = summaryOf(recent);
  return {
    last: statistics,
    lastAt: now,
    recent,
    whole: history.whole === undefined ? window : together(history.whole, window),
    causes:
      verdict === undefined
        ? history.causes
        : { ...history.causes, [verdict.cause]: { windows: (known?.windows ?? 0) + 1, verdict } },
    worstMos: Math.min(history.worstMos, summary === undefined ? 4.5 : rated(summary, verdict).mos),
  };
}

/** How the leg does now; undefined before the first look. */
export function latelyOf({ recent }: LegHistory, part: LegPart): LegQuality | undefined {
  const summary = summaryOf(recent);
  return summary === undefined ? undefined : rated(summary, causeOf(recent, part));
}

/** How the leg did over its life, with the cause that was there longest; undefined before the first look. */
export function overallOf({ whole, causes }: LegHistory): LegQuality | undefined {
  const summary = whole === undefined ? undefined : summaryOf([whole]);
  const [longest] = Object.values(causes).toSorted((a, b) => b.windows - a.windows);
  return summary === undefined ? undefined : rated(summary, longest?.verdict);
}

/** Two windows as one: counts are added, the rest is weighed by time. */
function together(a: Window, b: Window): Window {
  const ms = a.ms + b.ms;
  const mean = (x: number, y: number): number => (x * a.ms + y * b.ms) / ms;
  const sent =
    a.sent === undefined || b.sent === undefined
      ? (b.sent ?? a.sent)
      : {
          lossRatio: mean(a.sent.lossRatio, b.sent.lossRatio),
          jitterMs: mean(a.sent.jitterMs, b.sent.jitterMs),
        };
  const roundTripMs =
    a.roundTripMs === undefined || b.roundTripMs === undefined
      ? (b.roundTripMs ?? a.roundTripMs)
      : mean(a.roundTripMs, b.roundTripMs);
  return {
    ...{ ms, kind: b.kind, codec: b.codec },
    ...{ came: a.came + b.came, went: a.went + b.went, unknown: a.unknown + b.unknown },
    ...{ expected: a.expected + b.expected, lost: a.lost + b.lost, gaps: a.gaps + b.gaps },
    jitterMs: mean(a.jitterMs, b.jitterMs),
    ...(b.driftPpm === undefined ? {} : { driftPpm: b.driftPpm }),
    ...(sent === undefined ? {} : { sent }),
    ...(roundTripMs === undefined ? {} : { roundTripMs }),
  };
}
