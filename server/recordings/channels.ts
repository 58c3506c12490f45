/** Who is on which channel of a recording, as the ledger tells. Pure. */
import { recordingChannel, type RecordingChannel } from '../../protocol/rest.ts';
import type { RecordingRow } from './row.ts';

const party = recordingChannel.shape.parties.element;

/** Caller and agent, who have a channel in any case. */
const both = ['caller', 'agent'] as const;

/** The channels of a file: caller, agent, and these. Whoever has been on them is kept, as is nobody of those that are not in it. */
export function inOrder(channels: readonly RecordingChannel[], voices: unknown): RecordingChannel[] {
  const own = Array.isArray(voices) ? voices.filter((each) => typeof each === 'string') : [];
  return named(channels, [...both, ...own]);
}

/** These channels by name. */
export function named(channels: readonly RecordingChannel[], names: readonly string[]): RecordingChannel[] {
  return names.map((channel) => channels.find((each) => each.channel === channel) ?? { channel, parties: [] });
}

/** The channels after a row that says who is on one from now on. */
export function channelsWith(
  channels: readonly RecordingChannel[],
  { at, facts, personal }: RecordingRow,
  startedAt: number,
): RecordingChannel[] {
  const { channel } = facts;
  const read = party.safeParse({ ...facts, ...personal, fromMs: Math.max(0, at - startedAt) });
  if (typeof channel !== 'string' || !read.success) return [...channels];
  const before = channels.find((each) => each.channel === channel);
  const now = { channel, parties: [...(before?.parties ?? []), read.data] };
  return before === undefined ? [...channels, now] : channels.map((each) => (each === before ? now : each));
}
