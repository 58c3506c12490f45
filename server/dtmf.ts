/** How each far side sends its digits, and how it is sent ours. */
import type { Logger } from '../base/logger.ts';
import type { DtmfMode, Graph } from '../protocol/media.ts';
import type { DtmfPolicy } from '../protocol/media-policy.ts';
import type { MediaPort } from './calls/index.ts';

/** RFC 4733 and tones come through the media node, INFO through signalling. */
export type DigitMode = DtmfMode | 'info';

/**
 * The way a leg's first digit came is the way its digits come, unless its trunk or phone has a policy: a phone that sends each
 * digit twice (a tone and an event, an event and INFO) is counted once.
 */
export class DigitModes {
  readonly #modes = new Map<string, DigitMode>();
  readonly #refusing = new Set<string>();
  readonly #policyOf: (legId: string) => DtmfPolicy | undefined;

  constructor(policyOf: (legId: string) => DtmfPolicy | undefined = () => undefined) {
    this.#policyOf = policyOf;
  }

  /** Does a digit that came this way count? */
  counts(legId: string, mode: DigitMode): boolean {
    const known = this.of(legId);
    if (known === undefined) this.#modes.set(legId, mode);
    return known === undefined || known === mode;
  }

  /** The way of a leg: by policy, or as its first digit came. */
  of(legId: string): DigitMode | undefined {
    const policy = this.#policyOf(legId) ?? 'auto';
    return policy === 'auto' ? this.#modes.get(legId) : policy;
  }

  /** Are keys sent to it by INFO? */
  takesInfo(legId: string): boolean {
    return this.of(legId) === 'info' && !this.#refusing.has(legId);
  }

  /** It refused a key in INFO: from now on it gets events, or tones. */
  refused(legId: string): void {
    this.#refusing.add(legId);
  }

  /** The call is over. */
  forgetCall(callId: string): void {
    const isItsLeg = (legId: string): boolean => legId.startsWith(`${callId}.`);
    for (const legId of this.#modes.keys()) if (isItsLeg(legId)) this.#modes.delete(legId);
    for (const legId of this.#refusing) if (isItsLeg(legId)) this.#refusing.delete(legId);
  }
}

/** What sending keys by INFO needs. */
export interface InfoKeypad {
  readonly modes: DigitModes;
  /** Resolves with the keys that were not taken. */
  readonly send: (legId: string, digits: string) => Promise<string>;
  /** The keys are sent: the call may forget them. */
  readonly sent: (callId: string, dtmfId: string) => void;
  /** These are left: the call asks for them once more, and they go through the media node. */
  readonly refused: (callId: string, dtmfId: string, left: string) => void;
  readonly logger: Logger;
}

/**
 * The media node, but keys for a far side that sends INFO itself go to it by INFO: its switch may have no other ears for
 * them. All others get RFC 4733 or tones, as their SDP says.
 */
export function withInfoKeypad(media: MediaPort, { modes, send, sent, refused, logger }: InfoKeypad): MediaPort {
  const known = new Set<string>();
  const press = async (callId: string, { dtmfId, to, digits }: Graph['dtmf'][number]): Promise<void> => {
    const key = `${callId} ${dtmfId}`;
    if (known.has(key)) return;
    known.add(key);
    const left = await send(to, digits).catch(() => digits);
    known.delete(key);
    if (left === '') return sent(callId, dtmfId);
    logger.warn({ callId, legId: to }, 'the far side refused a digit in INFO: it goes through the audio');
    modes.refused(to);
    refused(callId, dtmfId, left);
  };
  return {
    ...media,
    apply(callId, revision, graph) {
      const byInfo = graph.dtmf.filter(({ to }) => modes.takesInfo(to));
      for (const keys of byInfo) void press(callId, keys);
      return media.apply(callId, revision, { ...graph, dtmf: graph.dtmf.filter((keys) => !byInfo.includes(keys)) });
    },
  };
}
