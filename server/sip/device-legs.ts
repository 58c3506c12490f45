/** Legs to an agent's own devices. */
import { offerHeader } from '../../protocol/ids.ts';
import { autoAnswer, type Devices, wayTo } from './devices.ts';
import type { Legs } from './legs.ts';
import { asUser } from './numbers.ts';
import type { Binding, Destination, PhonePolicies, SipListener } from './ports.ts';
import { shaped } from './trunks/offer-shape.ts';

/** An outgoing leg to one device of an agent: the one that is named, or their newest page. */
export interface DeviceLeg extends Omit<Extract<Destination, { type: 'agent' }>, 'type'> {
  readonly legId: string;
  readonly sdp: string | null;
  readonly from: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What it takes to reach a device; `phones` is what desk phones want of their audio. */
export interface DevicePorts {
  readonly devices: Devices;
  readonly legs: Legs;
  readonly listener: SipListener;
  readonly phones: PhonePolicies;
}

/** Where its REGISTER came from: whoever speaks IPv6 to us hears it, too. */
function hostOf({ source }: Binding): string {
  return source.slice(0, source.lastIndexOf(':'));
}

/** INVITEs the device; one that is not registered, or cannot be offered what it has to have, is told as failed at once. */
export function inviteDevice(leg: DeviceLeg, { devices, legs, listener, phones }: DevicePorts): void {
  const { legId, sdp, agentId, deviceId, offerId, auto } = leg;
  const binding =
    deviceId === undefined ? devices.of(agentId).findLast(({ kind }) => kind === 'webrtc') : devices.byId(deviceId);
  if (binding === undefined)
    return listener.legEvent({ type: 'leg-failed', legId, status: 480, reason: 'not registered' });
  const way = wayTo(binding);
  const named = { ...way.headers, [offerHeader]: offerId, ...(auto === true ? autoAnswer(binding, offerId) : {}) };
  const offer = sdp === null || binding.kind === 'webrtc' ? sdp : shaped(sdp, phones.of(binding), hostOf(binding));
  if (offer === undefined)
    return listener.legEvent({ type: 'leg-failed', legId, status: 488, reason: 'no SRTP key to offer' });
  const headers = { ...leg.headers, ...named };
  const toDevice = { agentId: binding.agentId, device: binding.device };
  legs.invite({ ...way, legId, sdp: offer, from: asUser(leg.from), headers, toDevice });
}
