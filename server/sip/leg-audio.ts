/** What the far side of a leg wants of its audio. */
import type { LegPolicy } from '../../protocol/media-policy.ts';
import type { PhonePolicies } from './ports.ts';
import type { Legs } from './legs.ts';
import type { Trunks } from './trunks/index.ts';

/**
 * By its trunk, or by the desk phone it is. Before it is known whom a leg goes to, our offer has what any of them may want, and each
 * gets its part of it (`shaped`).
 */
export function audioOf(
  legId: string,
  { legs, trunks, phones }: { readonly legs: Legs; readonly trunks: Trunks; readonly phones: PhonePolicies },
): LegPolicy {
  const end = legs.endOf(legId);
  if (end !== undefined) {
    const policy = end.device !== undefined ? phones.of(end.device) : (trunks.policyOf(legId) ?? {});
    return { ...policy, ...asBefore(end.sdp, policy) };
  }
  const wantsKeys = trunks.wantsKeys || phones.some(({ srtp }) => srtp === 'optional' || srtp === 'required');
  const wantsIce = trunks.wantsIce || phones.some(({ ice }) => ice === 'offered');
  return { ...(wantsKeys ? { srtp: 'optional' } : {}), ...(wantsIce ? { ice: 'offered' } : {}) };
}

/**
 * A leg whose endpoint died is offered anew what it had: nobody who was encrypted goes on in clear, and who found its way by ICE
 * finds it again.
 */
function asBefore(sdp: string, { ice }: LegPolicy): Pick<LegPolicy, 'srtp' | 'ice'> {
  return {
    ...(/^m=audio \d+ RTP\/SAVPF? /m.test(sdp) ? { srtp: 'required' } : {}),
    ...(ice !== 'off' && /^a=ice-ufrag:/m.test(sdp) ? { ice: 'offered' } : {}),
  };
}
