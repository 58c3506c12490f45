/** What the ledger tells of the recording of a call. Pure. */
import { recordingGap, type RecordingChannel, type RecordingGap } from '../../protocol/rest.ts';
import { channelsWith, inOrder } from './channels.ts';
import type { RecordingRow } from './row.ts';

/** The recording of one call. */
export interface RecordingFacts {
  readonly recordingId: string;
  /** `recording`: it may still grow. `removed`: its file is gone on purpose. */
  readonly state: 'recording' | 'finished' | 'failed' | 'removed';
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly queue: string | null;
  readonly lengthMs: number | null;
  readonly bytes: number | null;
  /** SHA-256 of the file, in hex. */
  readonly hash: string | null;
  readonly keyId: string | null;
  /** `g711` as it was received, or the MIME type of what was made of it: `audio/ogg`, `video/webm`, `video/x-matroska`. */
  readonly content: string;
  /** Whose pictures were recorded. */
  readonly pictures: ('caller' | 'agent')[];
  /** Its channels, as its file has them once it is finished. */
  readonly channels: RecordingChannel[];
  /** It may not be removed, whatever retention and erasure say. */
  readonly held: boolean;
  /** When retention removes it, ms; null: never. */
  readonly until: number | null;
  /** Why it failed or was removed. */
  readonly reason: string | null;
  /** Where a converted recording has no sound; of one as it was received, its file tells. */
  readonly gaps: readonly RecordingGap[];
}

const dayMs = 86_400_000;

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function sidesOf(value: unknown): RecordingFacts['pictures'] {
  const has = (side: string): boolean => Array.isArray(value) && value.includes(side);
  return (['caller', 'agent'] as const).filter(has);
}

/** Folds the rows of a call, oldest first; undefined where it was never recorded. */
export function recordingOf(rows: readonly RecordingRow[]): RecordingFacts | undefined {
  return rows.reduce<RecordingFacts | undefined>(fold, undefined);
}

function fold(before: RecordingFacts | undefined, row: RecordingRow): RecordingFacts | undefined {
  const { type, at, facts } = row;
  if (type === 'recording-started') return started(before, at, facts);
  if (before === undefined) return undefined;
  switch (type) {
    case 'recording-finished': {
      const { lengthMs, bytes, hash, keyId } = facts;
      const sizes = { lengthMs: number(lengthMs), bytes: number(bytes), hash: text(hash), keyId: text(keyId) };
      const keepDays = number(facts['keepDays']);
      const until = keepDays === null ? null : at + keepDays * dayMs;
      const state = before.state === 'failed' ? 'failed' : 'finished';
      const channels = inOrder(before.channels, facts['voices']);
      return { ...before, state, endedAt: at, ...sizes, pictures: sidesOf(facts['pictures']), channels, until };
    }
    case 'recording-channel':
      return { ...before, channels: channelsWith(before.channels, row, before.startedAt) };
    case 'recording-converted': {
      const { bytes, hash, content } = facts;
      const gaps = recordingGap.array().safeParse(facts['gaps']).data ?? [];
      return { ...before, bytes: number(bytes), hash: text(hash), content: text(content) ?? before.content, gaps };
    }
    case 'recording-failed':
      return { ...before, state: 'failed', endedAt: before.endedAt ?? at, reason: text(facts['code']) };
    case 'recording-removed':
      return { ...before, state: 'removed', reason: text(facts['reason']) };
    case 'recording-held':
      return { ...before, held: true };
    case 'recording-released':
      return { ...before, held: false };
    default:
      return before;
  }
}

function started(
  before: RecordingFacts | undefined,
  at: number,
  { recording, queue }: RecordingRow['facts'],
): RecordingFacts {
  if (before !== undefined) return { ...before, state: 'recording' };
  const empty = { endedAt: null, lengthMs: null, bytes: null, hash: null, keyId: null, until: null, reason: null };
  return {
    ...empty,
    recordingId: text(recording) ?? '',
    state: 'recording',
    startedAt: at,
    queue: text(queue),
    content: 'g711',
    pictures: [],
    channels: inOrder([], []),
    held: false,
    gaps: [],
  };
}

/** Whether retention removes it now. */
export function isExpired({ state, held, until }: RecordingFacts, now: number): boolean {
  return (state === 'finished' || state === 'failed') && !held && until !== null && until <= now;
}
