/** How each far side sends its digits, and how it is sent ours. */
import type { Logger } from '../base/logger.ts';
import type { DtmfMode, Graph } from '../protocol/media.ts';
import type { MediaPort } from './calls/index.ts';

/** RFC 4733 and tones come through the media node, INFO through signalling. */
export type DigitMode = DtmfMode | 'info';

/**
 * The way a leg's first digit came is the way its digits come: a phone that sends each digit twice (a tone and an event,
 * an event and INFO) is counted once.
 */
export class DigitModes {
  readonly #modes = new Map<string, DigitMode>();

  /** Does a digit that came this way count? */
  counts(legId: string, mode: DigitMode): boolean {
    const known = this.#modes.get(legId);
    if (known === undefined) this.#modes.set(legId, mode);
    return known === undefined || known === mode;
  }

  /** The way of a leg, if a digit has come yet. */
  of(legId: string): DigitMode | undefined {
    return this.#modes.get(legId);
  }

  /** The call is over. */
  forgetCall(callId: string): void {
    for (const legId of this.#modes.keys()) if (legId.startsWith(`${callId}.`)) this.#modes.delete(legId);
  }
}

/** What sending keys by INFO needs. */
export interface InfoKeypad {
  readonly modes: DigitModes;
  readonly send: (legId: string, digits: string) => Promise<boolean>;
  /** The keys are sent: the call may forget them. */
  readonly sent: (callId: string, dtmfId: string) => void;
  readonly logger: Logger;
}

/**
 * The media node, but keys for a far side that sends INFO itself go to it by INFO: its switch may have no other ears for
 * them. All others get RFC 4733 or tones, as their SDP says.
 */
export function withInfoKeypad(media: MediaPort, { modes, send, sent, logger }: InfoKeypad): MediaPort {
  const known = new Set<string>();
  const press = async (callId: string, { dtmfId, to, digits }: Graph['dtmf'][number]): Promise<void> => {
    const key = `${callId} ${dtmfId}`;
    if (known.has(key)) return;
    known.add(key);
    const taken = await send(to, digits).catch(() => false);
    if (!taken) logger.warn({ callId, legId: to }, 'the far side refused a digit in INFO');
    known.delete(key);
    sent(callId, dtmfId);
  };
  return {
    ...media,
    apply(callId, revision, graph) {
      const byInfo = graph.dtmf.filter(({ to }) => modes.of(to) === 'info');
      for (const keys of byInfo) void press(callId, keys);
      return media.apply(callId, revision, { ...graph, dtmf: graph.dtmf.filter((keys) => !byInfo.includes(keys)) });
    },
  };
}
