/** What the far side of a leg wants of its audio. */
import type { LegPolicy } from '../../protocol/media-policy.ts';
import type { Legs } from './legs.ts';
import type { Trunks } from './trunks/index.ts';

/**
 * By its trunk, or as all desk phones. Before it is known whom a leg goes to, our offer has what any of them may want, and each
 * gets its part of it (`shaped`).
 */
export function audioOf(
  legId: string,
  { legs, trunks, phones }: { readonly legs: Legs; readonly trunks: Trunks; readonly phones: LegPolicy },
): LegPolicy {
  const end = legs.endOf(legId);
  if (end !== undefined) {
    const policy = end.isDevice ? phones : (trunks.policyOf(legId) ?? {});
    // A leg whose endpoint died is offered anew what it had: nobody who was encrypted goes on in clear.
    return /^m=audio \d+ RTP\/SAVPF? /m.test(end.sdp) ? { ...policy, srtp: 'required' } : policy;
  }
  const isWanted = trunks.wantsKeys || phones.srtp === 'optional' || phones.srtp === 'required';
  return isWanted ? { srtp: 'optional' } : {};
}
