import { callHeader, id, offerHeader, resumeHeader } from '../../../protocol/ids.ts';
import type { Invite } from './machine.ts';

/** The part of SIP.js's incoming request that is read. */
export interface InviteMessage {
  getHeader(name: string): string | undefined;
  readonly from: { readonly displayName?: string; readonly uri: { readonly user: string | undefined } };
}

/** What the headers of an INVITE say. An id that is not one is treated as absent, so a bad header cannot join calls. */
export function inviteFacts(message: InviteMessage): Omit<Invite, 'session'> {
  const offerId = idIn(message, offerHeader);
  const callId = idIn(message, callHeader);
  const resume = idIn(message, resumeHeader);
  const from = message.from.displayName ?? message.from.uri.user;
  // A resuming INVITE may name its offer only once.
  const offer = offerId ?? resume;
  return {
    ...(offer === undefined ? {} : { offerId: offer }),
    ...(callId === undefined ? {} : { callId }),
    ...(resume === undefined ? {} : { resume }),
    ...(from === undefined || from === '' ? {} : { from }),
  };
}

function idIn(message: InviteMessage, header: string): string | undefined {
  const parsed = id.safeParse(message.getHeader(header)?.trim());
  return parsed.success ? parsed.data : undefined;
}
