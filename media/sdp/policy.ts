import { fail, ok, type Result } from '../../base/result.ts';
import type { CryptoLine } from './crypto.ts';
import type { AudioLine, Description } from './description.ts';

/** How digits travel (protocol/media-policy.ts). */
export type DigitsPolicy = 'auto' | 'rfc4733' | 'tone' | 'info';

/** May RFC 4733 events be offered and agreed on? */
export function hasEvents(digits: DigitsPolicy): boolean {
  return digits === 'auto' || digits === 'rfc4733';
}

/** Are digits looked for in a voice? Undefined: where no events were agreed on. */
export function hearsTones(digits: DigitsPolicy): boolean | undefined {
  return digits === 'auto' ? undefined : digits === 'tone';
}

/** The description as it is read where digits travel that way: events that are not wanted are not there. */
export function underPolicy<D extends Pick<Description, 'audio'>>(description: D, digits: DigitsPolicy): D {
  if (hasEvents(digits)) return description;
  const audio: AudioLine = { ...description.audio, telephoneEvent: undefined, wideEvent: undefined };
  return { ...description, audio };
}

/** What is said of SRTP with keys in SDP (protocol/media-policy.ts). */
export type KeysPolicy = 'off' | 'optional' | 'required' | undefined;

/**
 * The keys of an offer that may be taken: none means plain RTP. The error says why neither is allowed. Keys beside RTP/AVP
 * count where encryption is wished for (RFC 8643 section 3.1); without a policy they mean nothing (RFC 4568 section 6).
 */
export function keysUnder(
  { crypto, secure }: Pick<AudioLine, 'crypto' | 'secure'>,
  policy: KeysPolicy,
): Result<readonly CryptoLine[], string> {
  if (policy === 'off') return secure ? fail('SRTP is off here') : ok([]);
  if (policy === undefined) return ok(secure ? crypto : []);
  return policy === 'required' && crypto.length === 0 ? fail('SRTP is required here') : ok(crypto);
}
