import type { MediaResult } from '../../protocol/media.ts';
import type { QualityCodec } from './e-model.ts';

/** What the media node counts on a leg. */
export type LegStatistics = MediaResult<'inventory'>['endpoints'][number];

/** What happened on a leg between two looks at its counters. */
export interface Window {
  readonly ms: number;
  readonly kind: LegStatistics['kind'];
  readonly codec: QualityCodec;
  /** Packets that were let in, and that went out. */
  readonly came: number;
  readonly went: number;
  /** Packets in a codec that was not agreed. */
  readonly unknown: number;
  readonly expected: number;
  readonly lost: number;
  /** Times that packets were missing, however many in a row. */
  readonly gaps: number;
  readonly jitterMs: number;
  readonly driftPpm?: number;
  /** What the far side says of what it hears, by its last report. */
  readonly sent?: { readonly lossRatio: number; readonly jitterMs: number };
  readonly roundTripMs?: number;
}

/** Loss, jitter and round trip over some windows, both ways. */
export interface Summary {
  readonly ms: number;
  readonly codec: QualityCodec;
  /** 0 to 1, on the way to us and from us; the latter is absent where the far side sends no reports. */
  readonly lossRatio: number;
  readonly sentLossRatio?: number;
  /** Mean length of a burst of loss over that of random loss (BurstR of ITU-T G.107). */
  readonly burstRatio: number;
  readonly jitterMs: number;
  readonly sentJitterMs?: number;
  readonly roundTripMs?: number;
  readonly driftPpm?: number;
}

/** What happened between two looks `ms` apart. A new source, or endpoint, began to count anew: all it counted happened since. */
export function windowBetween(before: LegStatistics | undefined, after: LegStatistics, ms: number): Window {
  const { kind, codec = 'PCMU', received, sent, roundTripMs } = after;
  const old = before?.received;
  const same = old !== undefined && received !== undefined && received.expected >= old.expected;
  const since = (now = 0, then = 0): number => Math.max(0, now - (same ? then : 0));
  const grown = (now = 0, then = 0): number => (now >= then ? now - then : now);
  return {
    ...{ ms, kind, codec },
    came: grown(after.packetsReceived, before?.packetsReceived),
    went: grown(after.packetsSent, before?.packetsSent),
    unknown: grown(after.unknown, before?.unknown),
    expected: since(received?.expected, old?.expected),
    lost: since(received?.lost, old?.lost),
    gaps: since(received?.gaps, old?.gaps),
    jitterMs: received?.jitterMs ?? 0,
    ...(received?.driftPpm === undefined ? {} : { driftPpm: received.driftPpm }),
    ...(sent === undefined ? {} : { sent: { lossRatio: sent.lossRatio, jitterMs: sent.jitterMs } }),
    ...(roundTripMs === undefined ? {} : { roundTripMs }),
  };
}

function sumOf(windows: readonly Window[], of: (window: Window) => number): number {
  return windows.reduce((sum, window) => sum + of(window), 0);
}

function meanOf(windows: readonly Window[], of: (window: Window) => number | undefined): number | undefined {
  const known = windows.flatMap((window) => of(window) ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, each) => sum + each, 0) / known.length;
}

/** Some windows as one; undefined of none. Loss is weighed by packets, the rest by windows; the clock is as it was seen last. */
export function summaryOf(windows: readonly Window[]): Summary | undefined {
  const last = windows.at(-1);
  if (last === undefined) return undefined;
  const expected = sumOf(windows, (each) => each.expected);
  const lost = Math.min(
    expected,
    sumOf(windows, (each) => each.lost),
  );
  const gaps = sumOf(windows, (each) => each.gaps);
  const lossRatio = expected === 0 ? 0 : lost / expected;
  const optional = {
    sentLossRatio: meanOf(windows, (each) => each.sent?.lossRatio),
    sentJitterMs: meanOf(windows, (each) => each.sent?.jitterMs),
    roundTripMs: meanOf(windows, (each) => each.roundTripMs),
    driftPpm: last.driftPpm,
  };
  return {
    ms: sumOf(windows, (each) => each.ms),
    codec: last.codec,
    lossRatio,
    burstRatio: gaps === 0 ? 1 : Math.max(1, (lost / gaps) * (1 - lossRatio)),
    jitterMs: meanOf(windows, (each) => each.jitterMs) ?? 0,
    ...present(optional),
  };
}

/** The same without what is undefined. */
function present<T extends Record<string, number | undefined>>(fields: T): { readonly [K in keyof T]?: number } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: number;
  };
}
