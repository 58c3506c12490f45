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
