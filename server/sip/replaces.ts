/** Replaces (RFC 3891): which dialog somebody wants to take the place of, in a header or inside a Refer-To. */
import { assertNever } from '../../base/assert-never.ts';
import { readReplaces } from '../../protocol/sip-replaces.ts';
import type { Replaced } from '../../protocol/sip-replaces.ts';
import type { KnownOrigin, SipListener } from './ports.ts';

/** Replaces among the headers of a SIP URI (RFC 3261 section 19.1.1); null: it is there and cannot be read. */
export function replacesIn(uri: string): Replaced | null | undefined {
  const found = /[?&]replaces=([^&>]*)/i.exec(uri)?.[1];
  if (found === undefined) return undefined;
  try {
    return readReplaces(decodeURIComponent(found)) ?? null;
  } catch {
    return null;
  }
}

/** RFC 3891 section 6.2: whoever understands Replaces says so, else phones offer no attended transfer. Added to other options. */
export function withReplaces(options?: string): { readonly Supported: string } {
  return { Supported: options === undefined ? 'replaces' : `${options}, replaces` };
}

/** The leg an INVITE becomes: of which call, and in whose place. */
export interface Place {
  readonly callId: string;
  readonly legId: string;
  readonly replaces?: string;
}

/**
 * The place an INVITE with Replaces asks for; its leg has still to be named. A status where there is none: 481 for a dialog
 * that is not ours, 486 for one that is confirmed where only an early one was meant (RFC 3891 section 3). An early dialog
 * of ours is not given away: 481 too.
 */
function placeByReplaces(value: string, legOf: (replaced: Replaced) => string | undefined): Place | number {
  const named = readReplaces(value);
  if (named === undefined) return 400;
  const replaces = legOf(named);
  if (replaces === undefined) return 481;
  if (named.earlyOnly) return 486;
  return { callId: replaces.slice(0, replaces.indexOf('.')), legId: '', replaces };
}

/** What is asked about where an INVITE belongs. */
export interface PlaceQuestions {
  readonly newCallId: () => string;
  readonly listener: Pick<SipListener, 'consultingCall' | 'mayReplace'>;
  readonly legs: { legOf(replaced: Replaced): string | undefined };
  readonly trunks: { noteOf(legId: string): { readonly trunk: string } | undefined };
}

function mayReplace(
  origin: KnownOrigin,
  old: string,
  listener: PlaceQuestions['listener'],
  trunks: PlaceQuestions['trunks'],
): boolean {
  switch (origin.type) {
    case 'agent':
      return listener.mayReplace(origin.agentId, old);
    case 'trunk':
      return trunks.noteOf(old)?.trunk === origin.trunk;
    case 'guest':
      return false;
    default:
      return assertNever(origin);
  }
}

/**
 * Where the leg of an INVITE belongs: to a call of its own, or to one that goes on; a status where it may not be there. A
 * leg is replaced by its own agent's other devices, or through the trunk it is on (RFC 3891 section 4): else 403.
 */
export function placeOf(
  replaces: string | undefined,
  origin: KnownOrigin,
  { newCallId, listener, legs, trunks }: PlaceQuestions,
): Place | number {
  if (replaces !== undefined) {
    const place = placeByReplaces(replaces, (named) => legs.legOf(named));
    if (typeof place === 'number') return place;
    const { callId, replaces: old = '' } = place;
    return mayReplace(origin, old, listener, trunks) ? { ...place, legId: `${callId}.r${newCallId()}` } : 403;
  }
  const talks = origin.type === 'agent' ? listener.consultingCall(origin.agentId) : undefined;
  if (talks !== undefined) return { callId: talks, legId: `${talks}.p${newCallId()}` };
  const callId = newCallId();
  return { callId, legId: `${callId}.c` };
}
