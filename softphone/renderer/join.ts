import { assertNever } from '../../base/assert-never.ts';
import type { DeskCall } from '../../protocol/desk.ts';
import type { Line } from './phone/machine.ts';

/**
 * The ring (SIP) and the details (desk feed) of one call, joined. The ring is the truth: what can be answered is what
 * rings; the details only decorate it.
 */
export type Joined =
  | { readonly type: 'none' }
  /** Ringing. `details` absent: they are on their way. */
  | { readonly type: 'ringing'; readonly details?: DeskCall }
  /** The desk offers a call, but this phone does not ring: nothing can be answered. */
  | { readonly type: 'details-only'; readonly details: DeskCall }
  | { readonly type: 'answering'; readonly details?: DeskCall }
  | { readonly type: 'dialling'; readonly details?: DeskCall }
  | { readonly type: 'talking'; readonly details?: DeskCall }
  /** The agent talks on their desk phone: its audio is there, the buttons here. */
  | { readonly type: 'elsewhere'; readonly details: DeskCall }
  /** The desk says the agent is talking, but this phone has no audio (a reload, a lost media node). */
  | { readonly type: 'audio-lost'; readonly details: DeskCall }
  | { readonly type: 'wrap-up'; readonly details: DeskCall };

/** Joins what the desk says with what the phone does. Pure. */
export function joinCall(call: DeskCall | null, line: Line): Joined {
  if (line.type === 'idle' || line.type === 'ended') return withoutPhone(call);
  if (line.type === 'checking') return call === null ? { type: 'none' } : withoutPhone(call);
  if (call === null || !belongs(call, line)) return { type: line.type };
  // The desk knows that it is over, and the BYE is on its way.
  if (call.state === 'ended') return { type: 'wrap-up', details: call };
  // The agent's own audio comes first: it stands while the other side is still being called.
  if (call.state === 'dialling' && line.type !== 'ringing') return { type: 'dialling', details: call };
  // This phone has answered, and the server has not connected the two yet: it refuses mute, hold and keys until then.
  if (call.state === 'offered' && line.type === 'talking') return { type: 'answering', details: call };
  return { type: line.type, details: call };
}

/** True if the desk's call is the one on the line. An INVITE that names no offer joins whatever the desk shows. */
function belongs(call: DeskCall, line: { readonly offerId?: string; readonly callId?: string }): boolean {
  if (line.offerId !== undefined) return call.offerId === line.offerId;
  return line.callId === undefined || call.callId === line.callId;
}

function withoutPhone(call: DeskCall | null): Joined {
  if (call === null) return { type: 'none' };
  switch (call.state) {
    case 'offered':
      return { type: 'details-only', details: call };
    case 'dialling':
      return { type: 'dialling', details: call };
    case 'talking':
    case 'held':
      return { type: call.on?.kind === 'desk' ? 'elsewhere' : 'audio-lost', details: call };
    case 'ended':
      return { type: 'wrap-up', details: call };
    default:
      return assertNever(call.state);
  }
}
