/** Legs on trunks: how they come in, how they go out, and what the trunks hear of them. */
import type { Request } from './drachtio.ts';
import type { OutgoingInvite } from './inviting.ts';
import type { Legs } from './legs.ts';
import { asUser, type Home, normalise } from './numbers.ts';
import type { Attestation, SipListener } from './ports.ts';
import {
  type Attempt,
  type AttemptFailure,
  type IncomingFacts,
  type NotPlaced,
  statusOfNotPlaced,
  type TrunkRefusal,
  type Trunks,
} from './trunks/index.ts';

/** Tells the trunks what becomes of their legs, and keeps with a dialog which trunk it is on. */
export function tellingTrunks(listener: SipListener, trunks: Trunks): SipListener {
  return {
    invited: (invite) => listener.invited(invite),
    consultingCall: (agentId) => listener.consultingCall(agentId),
    mayReplace: (agentId, legId) => listener.mayReplace(agentId, legId),
    registrationChanged: (agentId, bindings) => listener.registrationChanged(agentId, bindings),
    engineChanged: (connected) => listener.engineChanged(connected),
    trunkEvent: (event) => listener.trunkEvent(event),
    strangerRefused: (source) => listener.strangerRefused(source),
    legEvent(event) {
      if (event.type === 'leg-answered' || event.type === 'leg-offered') trunks.answered(event.legId);
      if (event.type === 'leg-failed' || event.type === 'leg-cancelled' || event.type === 'leg-ended')
        trunks.over(event.legId);
      listener.legEvent(event);
    },
    dialogChanged(legId, dialog) {
      if (dialog === null) trunks.over(legId);
      const trunk = dialog === null ? undefined : trunks.noteOf(legId);
      listener.dialogChanged(legId, dialog === null || trunk === undefined ? dialog : { ...dialog, trunk });
    },
  };
}

/** What an INVITE of a trunk comes to. */
export type FromTrunk =
  | { readonly type: 'taken'; readonly facts: IncomingFacts; readonly attestation: Attestation | Promise<Attestation> }
  | ({ readonly type: 'refused' } & TrunkRefusal);

/** Takes in an INVITE of a trunk. */
export function fromTrunk(trunks: Trunks, trunk: string, legId: string, req: Request): FromTrunk {
  const header = (name: string): string | undefined => (req.has(name) ? req.get(name) : undefined);
  const taken = trunks.incoming(trunk, { legId, uri: req.uri, header });
  if (taken.type === 'refused') return taken;
  const { facts, config } = taken;
  return { type: 'taken', facts, attestation: trunks.attestation(config, facts, header('Identity')) };
}

/** An outgoing leg to a number or a SIP address outside. */
export interface OutsideLeg {
  readonly legId: string;
  readonly to: string;
  readonly sdp: string | null;
  readonly from: string;
  readonly headers: Readonly<Record<string, string>>;
  /** This trunk and no other. */
  readonly trunk?: string;
}

/** What calls know of the reasons why a call is not placed; the event's `reason` has the particular one. */
function causeOf(why: NotPlaced): 'no-trunk' | 'not-permitted' {
  return statusOfNotPlaced[why] === 403 ? 'not-permitted' : 'no-trunk';
}

/** A SIP address goes where it says; a number goes over a trunk, or nowhere. */
export function inviteOutside(
  leg: OutsideLeg,
  { trunks, legs, listener, home }: { trunks: Trunks; legs: Legs; listener: SipListener; home: Home },
): void {
  const { legId, to, sdp, headers } = leg;
  if (/^sips?:/i.test(to)) return legs.invite({ legId, uri: to, sdp, from: asUser(leg.from), headers });
  const outgoing = trunks.outgoing(legId, { ...leg, to: normalise(to, home), from: normalise(leg.from, home) });
  if (typeof outgoing === 'string') {
    const status = statusOfNotPlaced[outgoing];
    return listener.legEvent({ type: 'leg-failed', legId, status, reason: outgoing, cause: causeOf(outgoing) });
  }
  const { call, first } = outgoing;
  let attempts = 0;
  const invite = (attempt: Attempt): OutgoingInvite => {
    trunks.tried(legId, attempt, ++attempts);
    const trials = {
      answerWithinMs: attempt.answerWithinMs,
      progressed: () => call.progressed(),
      next: (failure: AttemptFailure) => {
        const next = call.afterFailure(failure);
        return next && invite(next);
      },
    };
    return { ...attempt, legId, from: '', trials };
  };
  legs.invite(invite(first));
}
