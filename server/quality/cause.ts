import type { QualityCause, QualityEvidence } from '../../protocol/quality.ts';
import { summaryOf, type Window } from './window.ts';

export interface Verdict {
  readonly cause: QualityCause;
  readonly evidence: Readonly<QualityEvidence>;
}

/** What the counters do not know of a leg. */
export interface LegPart {
  readonly side: 'agent' | 'outside';
  /** Voice is expected of it: it is not on hold, nor muted at its own end. */
  readonly speaks: boolean;
}

/** From where on things are heard as bad. */
const limits = {
  /** Less than that much of the time is not enough to say anything. */
  leastMs: 4000,
  lossRatio: 0.02,
  jitterMs: 20,
  roundTripMs: 500,
  /** Ten times what a bad crystal does; a 40 ms jitter buffer runs dry in 2 min. */
  driftPpm: 300,
  /** A source that sends so little of what its codec needs, though nothing was lost, cannot keep up. */
  paceRatio: 0.92,
  /** Nobody hears anything of a leg that lost so much. */
  deafRatio: 0.9,
} as const;

/** Every codec here is sent in packets of 20 ms unless its sender says otherwise; a slower pace is judged by what it was before. */
const packetsPerSecond = 50;

function rounded(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}

/** Nothing, or nothing that can be understood, comes of a leg that ought to speak; or nothing of ours arrives. */
function silence(windows: readonly Window[], { speaks }: LegPart, ms: number): Verdict | undefined {
  const total = (of: (window: Window) => number): number => windows.reduce((sum, each) => sum + of(each), 0);
  const [came, went, unknown] = [total((each) => each.came), total((each) => each.went), total((each) => each.unknown)];
  const perSecond = { packetsPerSecond: rounded((came * 1000) / ms, 1) };
  if (unknown > 10 && unknown > came)
    return { cause: 'wrong-codec', evidence: { packetsPerSecond: rounded((unknown * 1000) / ms, 1) } };
  if (speaks && came === 0 && went > 0) return { cause: 'one-way-audio', evidence: perSecond };
  const lastSent = windows.at(-1)?.sent?.lossRatio ?? 0;
  return lastSent >= limits.deafRatio
    ? { cause: 'one-way-audio', evidence: { lossPercent: rounded(100 * lastSent, 1) } }
    : undefined;
}

/**
 * Why this leg sounds bad lately, by its last windows, oldest first; undefined when it does not, or when too little is known.
 * The most certain cause wins: what is silent has no jitter, and where packets queue a clock cannot be read.
 */
export function causeOf(windows: readonly Window[], part: LegPart): Verdict | undefined {
  const summary = summaryOf(windows);
  const latest = windows.at(-1);
  if (summary === undefined || latest === undefined || summary.ms < limits.leastMs) return undefined;
  const quiet = silence(
    windows.slice(-2),
    part,
    windows.slice(-2).reduce((sum, { ms }) => sum + ms, 0),
  );
  if (quiet !== undefined) return quiet;
  const { lossRatio, sentLossRatio = 0, jitterMs, sentJitterMs = 0, roundTripMs = 0, driftPpm = 0 } = summary;
  const worstLoss = Math.max(lossRatio, sentLossRatio);
  const expected = windows.reduce((sum, each) => sum + each.expected, 0);
  const pace = (expected * 1000) / summary.ms;
  if (
    latest.kind === 'webrtc' &&
    part.speaks &&
    worstLoss < limits.lossRatio &&
    pace > packetsPerSecond / 2 &&
    pace < limits.paceRatio * packetsPerSecond
  )
    return {
      cause: part.side === 'agent' ? 'agent-computer' : 'caller-network',
      evidence: { packetsPerSecond: rounded(pace, 1) },
    };
  const outside = latest.kind === 'webrtc' ? 'caller-network' : 'carrier-leg';
  const network = part.side === 'agent' ? 'agent-network' : outside;
  const worstJitter = Math.max(jitterMs, sentJitterMs);
  if (worstLoss >= limits.lossRatio || worstJitter >= limits.jitterMs || roundTripMs >= limits.roundTripMs)
    return {
      cause: network,
      evidence: {
        lossPercent: rounded(100 * worstLoss, 1),
        jitterMs: rounded(worstJitter),
        ...(summary.roundTripMs === undefined ? {} : { roundTripMs: rounded(roundTripMs) }),
      },
    };
  return Math.abs(driftPpm) >= limits.driftPpm
    ? { cause: 'clock-skew', evidence: { driftPpm: rounded(driftPpm) } }
    : undefined;
}
