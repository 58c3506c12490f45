/** How a caller words its requests and replies (RFC 3261 sections 8.1, 12.2, 13.2, 17.1.1.3). Pure. */
import type { LocalAudio } from './sdp.ts';
import type { SipHeader, SipRequest, SipResponse } from './sip-message.ts';
import { headerValue, headerValues, splitList, tagOf, uriOf } from './sip-message.ts';

/** What stays the same from INVITE to BYE. Made by the runner, so that the machine needs no randomness. */
export interface UacPlan {
  /** The request URI, `sip:+8653100000@127.0.0.1:5060`. */
  readonly target: string;
  /** Where the INVITE is sent, as a URI: usually the target, else an outbound proxy. */
  readonly firstHop: string;
  /** Our own address of record, without tag. */
  readonly from: string;
  readonly callId: string;
  readonly tag: string;
  /** Makes the branches of this call unique (RFC 3261 section 8.1.1.7). */
  readonly branchSeed: string;
  readonly contact: string;
  readonly transport: 'udp' | 'tcp';
  /** Our own `host:port` for Via. */
  readonly sentBy: string;
  readonly audio: LocalAudio;
  readonly timers: SipTimers;
}

/** RFC 3261 section 17: T1 is the guess of a round trip, T2 the slowest repetition. Milliseconds. */
export interface SipTimers {
  readonly t1: number;
  readonly t2: number;
}

export const defaultSipTimers: SipTimers = { t1: 500, t2: 4000 };

/** The confirmed half of a dialog (RFC 3261 section 12) as the caller keeps it. */
export interface Dialog {
  readonly remoteTag: string;
  /** The To header with its tag: From of the far side's requests, To of ours. */
  readonly to: string;
  readonly remoteTarget: string;
  /** The route set, first hop first. */
  readonly routes: readonly string[];
  /** Our last CSeq number. */
  readonly localSequence: number;
  /** The far side's last CSeq number, -1 before its first request. */
  readonly remoteSequence: number;
  /** Kept for a 200 that comes again. */
  readonly ack: SipRequest;
}

const allowed = 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO';
export const inviteSequence = 1;

function via(plan: UacPlan, branch: string): SipHeader {
  const value = `SIP/2.0/${plan.transport.toUpperCase()} ${plan.sentBy};branch=z9hG4bK${plan.branchSeed}${branch};rport`;
  return { name: 'Via', value };
}

function common(plan: UacPlan, to: string, sequence: number, method: string): SipHeader[] {
  return [
    { name: 'Max-Forwards', value: '70' },
    { name: 'From', value: `${plan.from};tag=${plan.tag}` },
    { name: 'To', value: to },
    { name: 'Call-ID', value: plan.callId },
    { name: 'CSeq', value: `${String(sequence)} ${method}` },
  ];
}

const product: SipHeader = { name: 'User-Agent', value: 'jackfield-caller' };

/** The headers a description travels with. */
function describing(plan: UacPlan, body: string): SipHeader[] {
  const contact = { name: 'Contact', value: `<${plan.contact}>` };
  return [contact, ...(body === '' ? [] : [{ name: 'Content-Type', value: 'application/sdp' }])];
}

/** The INVITE. */
export function makeInvite(plan: UacPlan, sdp: string): SipRequest {
  const headers = [
    via(plan, 'i'),
    ...common(plan, `<${plan.target}>`, inviteSequence, 'INVITE'),
    ...describing(plan, sdp),
    { name: 'Allow', value: allowed },
    product,
  ];
  return { type: 'request', method: 'INVITE', uri: plan.target, headers, body: sdp };
}

/** CANCEL belongs to the INVITE: same branch, same CSeq number (RFC 3261 section 9.1). */
export function makeCancel(plan: UacPlan): SipRequest {
  const headers = [via(plan, 'i'), ...common(plan, `<${plan.target}>`, inviteSequence, 'CANCEL')];
  return { type: 'request', method: 'CANCEL', uri: plan.target, headers, body: '' };
}

/** The ACK of a refusal, part of the INVITE's own transaction (RFC 3261 section 17.1.1.3). */
export function makeRefusalAck(plan: UacPlan, refusal: SipResponse): SipRequest {
  const to = headerValue(refusal, 'To') ?? `<${plan.target}>`;
  const headers = [via(plan, 'i'), ...common(plan, to, inviteSequence, 'ACK')];
  return { type: 'request', method: 'ACK', uri: plan.target, headers, body: '' };
}

function inDialog(plan: UacPlan, dialog: Omit<Dialog, 'ack'>, method: string, branch: string): SipRequest {
  const headers = [
    via(plan, branch),
    ...dialog.routes.map((value) => ({ name: 'Route', value })),
    ...common(plan, dialog.to, dialog.localSequence, method),
    product,
  ];
  return { type: 'request', method, uri: dialog.remoteTarget, headers, body: '' };
}

/** The dialog that a 2xx confirms (RFC 3261 section 12.1.2), its ACK included. `undefined` when it has no tag. */
export function confirmDialog(plan: UacPlan, success: SipResponse): Dialog | undefined {
  const to = headerValue(success, 'To');
  const remoteTag = tagOf(to);
  if (to === undefined || remoteTag === undefined) return undefined;
  const contact = headerValue(success, 'Contact');
  const routes = headerValues(success, 'Record-Route').flatMap(splitList).reverse();
  const remoteTarget = contact === undefined ? plan.target : uriOf(contact);
  const dialog = { remoteTag, to, remoteTarget, routes, localSequence: inviteSequence, remoteSequence: -1 };
  // The tag keeps the ACKs of two forks apart.
  return { ...dialog, ack: inDialog(plan, dialog, 'ACK', `a${remoteTag.replace(/\W/g, '')}`) };
}

/** The BYE and the dialog after it. */
export function makeBye(plan: UacPlan, dialog: Dialog): SipRequest {
  const next = { ...dialog, localSequence: dialog.localSequence + 1 };
  return inDialog(plan, next, 'BYE', `b${dialog.remoteTag.replace(/\W/g, '')}`);
}

/** Where a request within the dialog goes: the first of the route set, else the contact (RFC 3261 section 12.2.1.1). */
export function nextHop(dialog: Dialog): string {
  const first = dialog.routes[0];
  return first === undefined ? dialog.remoteTarget : uriOf(first);
}

/** A reply to a request of the far side. */
export function makeReply(plan: UacPlan, request: SipRequest, status: number, reason: string, sdp = ''): SipResponse {
  const copied = ['Via', 'Record-Route', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
    headerValues(request, name).map((value) => ({ name, value })),
  );
  const headers = [...copied, ...describing(plan, sdp), { name: 'Allow', value: allowed }];
  return { type: 'response', status, reason, headers, body: sdp };
}
