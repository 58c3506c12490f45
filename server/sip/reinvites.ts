/** Re-INVITEs of ours: a new offer inside a dialog (RFC 3261 section 14), as when a leg moves to another endpoint. */
import type { LegEvent } from './ports.ts';
import { type Dialog, reinviteWith, type Response, sdpOf, sourceOf } from './drachtio.ts';

/** What became of one. `status` 503: it could not be sent. */
export type Reanswer =
  | { readonly type: 'answered'; readonly sdp: string; readonly source: string | undefined }
  | { readonly type: 'refused'; readonly status: number };

function isSecured(sdp: string): boolean {
  return /^m=audio \d+ \S*SAVP/m.test(sdp);
}

/**
 * Sends the offer and tells once what came back. A peer that speaks SRTP is never asked to go on without: that is refused
 * here, as by a 488.
 */
export function reinvite(dialog: Dialog | undefined, sdp: string, tell: (outcome: Reanswer) => void): void {
  if (dialog === undefined) return tell({ type: 'refused', status: 481 });
  if (isSecured(dialog.remote.sdp) && !isSecured(sdp)) return tell({ type: 'refused', status: 488 });
  let told = false;
  const once = (outcome: Reanswer): void => {
    if (told) return;
    told = true;
    tell(outcome);
  };
  reinviteWith(dialog, sdp, (res: Response | undefined) => {
    if (res === undefined) return once({ type: 'refused', status: 503 });
    if (res.status < 200) return;
    if (res.status >= 300) return once({ type: 'refused', status: res.status });
    const answer = sdpOf(res);
    if (answer === '') return once({ type: 'refused', status: 488 });
    dialog.local.sdp = sdp;
    dialog.remote.sdp = answer;
    once({ type: 'answered', sdp: answer, source: sourceOf(res) });
  });
}

/** What became of it as the event of its leg, which notes where the answer came from. */
export function reanswered(
  legId: string,
  leg: { source?: string | undefined } | undefined,
  outcome: Reanswer,
): LegEvent {
  if (outcome.type === 'refused') return { type: 'leg-reinvite-failed', legId, status: outcome.status };
  if (leg !== undefined) leg.source = outcome.source ?? leg.source;
  return { type: 'leg-reanswered', legId, sdp: outcome.sdp };
}
