/** Who is on the lanes of a recording, in words. Pure. */
import type { RecordingChannel } from '../../../protocol/rest.ts';
import type { TextName } from './texts.ts';

export interface Lane {
  /** The channel's name. */
  readonly channel: string;
  /** Whose it is. */
  readonly name: string;
}

/** The lanes of a recording. In a talk of two the second has all that the caller heard. */
export function lanesOf(channels: readonly RecordingChannel[], say: Readonly<Record<TextName, string>>): Lane[] {
  return channels.map(({ channel, parties }) => {
    if (channel === 'caller') return { channel, name: say.caller };
    if (channels.length === 2) return { channel, name: say.agent };
    const kind = parties.at(-1)?.member ?? 'agent';
    const names = new Set(parties.flatMap(({ agent, to }) => agent ?? to ?? []));
    return { channel, name: [say[`lane-${kind}`], ...names].join(' ') };
  });
}
