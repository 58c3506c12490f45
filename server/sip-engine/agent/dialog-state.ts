import type { Dialog } from '../dialog/dialog.ts';
import { headersOf } from '../parser/message.ts';
import type { SipMessage } from '../parser/message.ts';

/** The first 2xx of the peer that the app has not acknowledged yet. */
export function firstOpenAck(dialog: Dialog): { readonly cseq: number } | undefined {
  for (const open of dialog.acks.values()) if (open.bytes === undefined) return open;
  return undefined;
}

/** True when no INVITE and no UPDATE of either side is under way, so that a refresh cannot collide. */
export function isIdle(dialog: Dialog): boolean {
  const open = dialog.ownInvite ?? dialog.ownUpdate ?? dialog.peerInvite ?? dialog.peerUpdate ?? firstOpenAck(dialog);
  return dialog.state === 'confirmed' && open === undefined && dialog.answers.size === 0 && dialog.reliable.size === 0;
}

/** What the peer's Allow says of UPDATE; the last word counts, silence changes nothing. */
export function learnAllow(dialog: Dialog, message: SipMessage): void {
  const values = headersOf(message, 'Allow');
  if (values.length === 0) return;
  dialog.peerUpdates = values.some((value) => value.split(',').some((method) => method.trim() === 'UPDATE'));
}

/** True when an offer of ours waits for its answer (RFC 3264 section 4): in an INVITE, an UPDATE or an unacknowledged 2xx. */
export function hasOwnOffer(dialog: Dialog): boolean {
  if (dialog.ownUpdate?.offers === true) return true;
  if (dialog.ownInvite?.offers === true && !dialog.offerAnswered) return true;
  for (const answer of dialog.answers.values()) if (answer.offers) return true;
  return false;
}

/** True when an INVITE or UPDATE of ours would meet an offer that is not answered, or an UPDATE of ours under way. */
export function openOffer(dialog: Dialog, method: string, offers: boolean): boolean {
  if (method === 'INVITE') return dialog.ownUpdate?.offers === true || updateOffers(dialog);
  if (method !== 'UPDATE') return false;
  return dialog.ownUpdate !== undefined || (offers && (hasOwnOffer(dialog) || hasPeerOffer(dialog)));
}

/** True when an offer of the peer waits for our answer. */
export function hasPeerOffer(dialog: Dialog): boolean {
  if (updateOffers(dialog)) return true;
  const invite = dialog.peerInvite?.open === true ? dialog.peerInvite.request.message : undefined;
  return invite !== undefined && invite.body.length > 0 && !dialog.offerAnswered;
}

function updateOffers({ peerUpdate }: Dialog): boolean {
  return peerUpdate?.open === true && peerUpdate.request.message.body.length > 0;
}
