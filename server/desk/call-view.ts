/** What a desk shows of a call: a projection of the call's state, pure. */
import { assertNever } from '../../base/assert-never.ts';
import type { CallDevice, DeskCall, DeskTransfer, DialProgress } from '../../protocol/desk.ts';
import { makeProblem } from '../../protocol/problems/index.ts';
import {
  type CallOffer,
  type CallState,
  type Consult,
  type Dialled,
  isOnHold,
  type Leg,
  type Member,
  membersOf,
  nameOfTarget,
  offersVideo,
  type Supervisor,
  supervisorsOf,
} from '../calls/index.ts';

/** What the call itself does not know. */
export interface CallSurroundings {
  /** The contact who calls or is called. */
  readonly partyName: string | undefined;
  /** The agent's name, or that of the contact with this number. */
  readonly nameOf: (to: string) => string | undefined;
  readonly queueName: (queueId: string) => { readonly en: string; readonly zh: string };
  readonly wrapUpUntil: number | undefined;
  /** Agents see that a supervisor listens. Absent: they do. */
  readonly announced?: boolean;
}

export type DeskCallHead = Omit<DeskCall, 'transcript' | 'alerts' | 'quality' | 'speakers'>;

/** The call as the agent it is offered to (or talks to) sees it; undefined while no agent has to do with it. */
export function deskCallOf(
  state: CallState,
  around: CallSurroundings,
  agentId = state.offer?.agentId,
): DeskCallHead | undefined {
  const part = partOf(state, agentId);
  if (part === undefined) return undefined;
  const { queue, dial } = state;
  const { offer, rung, end, talkingSince } = part;
  const queueId = queue?.queueId ?? dial?.queueId ?? undefined;
  const name = around.partyName;
  return {
    callId: state.callId,
    offerId: offer.offerId,
    direction: dial === null ? 'inbound' : 'outbound',
    state: part.consulted ? 'talking' : rung ? 'offered' : end === null ? deskState(state) : 'ended',
    from: { number: state.from, ...(name === undefined || dial !== null ? {} : { name }) },
    ...webOf(state),
    ...videoOf(state, part),
    to: state.to,
    ...(name === undefined || dial === null ? {} : { toName: name }),
    ...(dial === null || rung ? {} : { dial: progressOf(dial) }),
    ...(rung || end !== null ? {} : transferOf(state, around)),
    ...(rung && part.member === undefined && part.supervisor === undefined ? transferrer(state, around) : {}),
    ...(end === null ? supervisionOf(state, part, around) : {}),
    ...(end === null ? conferenceOf(state, part, around) : {}),
    ...(queueId === undefined ? {} : { queue: { id: queueId, name: around.queueName(queueId) } }),
    pressed: state.pressed.map((each) => ({ ...each })),
    // How long the caller waited is known to the agent they waited for.
    ...(queue === null || part.supervisor !== undefined ? {} : { waitingSince: queue.queuedAt }),
    offeredAt: offer.offeredAt,
    offerUntil: offer.until,
    ...(talkingSince === null ? {} : { answeredAt: talkingSince }),
    ...(end === null ? {} : { endedAt: end.at, endCause: end.cause }),
    ...(rung ? rungDevices(state, part) : end === null || state.end !== null ? devicesOf(state) : {}),
    muted:
      part.supervisor?.muted ??
      part.member?.muted ??
      (part.consulted ? state.transfer?.consult?.muted === true : state.muted),
    heldByPeer: state.caller.heldByPeer,
    ...(rung || end !== null ? {} : recordingOf(state)),
    ...(around.wrapUpUntil === undefined ? {} : { wrapUpUntil: around.wrapUpUntil }),
    language: state.language,
  };
}

function webOf({ signals }: CallState): Pick<DeskCall, 'web'> {
  const web = signals?.web;
  return web === undefined ? {} : { web: web.name === undefined ? {} : { name: web.name } };
}

/** Only who talks on a page is seen. */
function videoOf(state: CallState, { rung, end }: Part): Pick<DeskCall, 'video'> {
  const { other, video } = state;
  if (rung || end !== null || other === null || !offersVideo(state, other.legId)) return {};
  return { video: video?.paused === true ? 'paused' : 'on' };
}

/** What the agent is told of the recording; nothing where the dialplan forbids it. */
function recordingOf({ recording }: CallState): Pick<DeskCall, 'recording'> {
  return recording === undefined || recording.state === 'off' ? {} : { recording: recording.state };
}

interface Part {
  readonly offer: CallOffer;
  /** The agent is rung for a transfer. */
  readonly rung: boolean;
  /** And has answered: they are consulted. */
  readonly consulted: boolean;
  /** The agent was added to the talk. */
  readonly member?: Member;
  /** Or supervises it. */
  readonly supervisor?: Supervisor;
  readonly end: CallState['end'];
  readonly talkingSince: number | null;
}

/** An agent's part in the call: theirs now, about to be theirs, or over while the call goes on. */
function partOf(state: CallState, agentId?: string): Part | undefined {
  const { offer, transfer, parted, end, talkingSince } = state;
  if (offer !== null && offer.agentId === agentId)
    return { offer, rung: false, consulted: false, end, talkingSince: offer.answeredAt ?? talkingSince };
  const target = transfer?.target;
  if (transfer !== null && target?.type === 'agent' && target.agentId === agentId) {
    const { askedAt } = transfer;
    const rung = { offerId: target.offerId, agentId: target.agentId, offeredAt: askedAt, until: transfer.until };
    const since = transfer.consult?.since ?? null;
    return { offer: rung, rung: true, consulted: since !== null, end: null, talkingSince: since };
  }
  const member = membersOf(state).find(({ who }) => who.type === 'agent' && who.agentId === agentId);
  if (member?.who.type === 'agent') {
    const { since, who } = member;
    const added = { offerId: who.offerId, agentId: who.agentId, offeredAt: since, until: since };
    return { offer: added, rung: true, consulted: true, member, end: null, talkingSince: since };
  }
  const supervisor = supervisorsOf(state).find((each) => each.agentId === agentId);
  if (supervisor !== undefined) {
    const { offerId, askedAt, since } = supervisor;
    const asked = { offerId, agentId: supervisor.agentId, offeredAt: askedAt, until: askedAt };
    return { offer: asked, rung: true, consulted: true, supervisor, end: null, talkingSince: since };
  }
  const left = parted.find((each) => each.offer.agentId === agentId);
  if (left === undefined) return undefined;
  const over = { at: left.at, cause: 'transferred' };
  return { offer: left.offer, rung: false, consulted: false, end: over, talkingSince: left.since };
}

/** The agents who have to do with the call now. */
export function agentsOf(state: CallState): string[] {
  const { offer, transfer, parted } = state;
  const target = transfer?.target;
  const all = [
    offer?.agentId,
    target?.type === 'agent' ? target.agentId : undefined,
    ...supervisorsOf(state).map((each) => each.agentId),
    ...membersOf(state).map(({ who }) => (who.type === 'agent' ? who.agentId : undefined)),
    ...parted.map((each) => each.offer.agentId),
  ];
  return [...new Set(all.filter((id) => id !== undefined))];
}

/**
 * Who supervises the talk: a voice that is heard has a name, and one who only listens is told of where the site says so. To
 * the supervisor it says whose talk it is.
 */
function supervisionOf(
  state: CallState,
  { rung, supervisor }: Part,
  { nameOf, announced = true }: CallSurroundings,
): Partial<DeskCallHead> {
  const named = (id: string) => {
    const name = nameOf(id);
    return name === undefined ? { id } : { id, name };
  };
  if (supervisor !== undefined) {
    const agent = state.offer === null ? {} : { agent: named(state.offer.agentId) };
    return { supervising: { mode: supervisor.mode, ringing: supervisor.since === null, ...agent } };
  }
  const told = supervisorsOf(state).filter(({ since, mode }) => since !== null && (announced || mode !== 'listen'));
  if (rung || told.length === 0) return {};
  return { supervisors: told.map(({ agentId, mode }) => ({ ...named(agentId), mode })) };
}

/** Who is in the talk beside the caller and the agent, and to whom it belongs. */
function conferenceOf(state: CallState, { member }: Part, { nameOf }: CallSurroundings): Partial<DeskCallHead> {
  const members = membersOf(state);
  const callerLeft = members.length > 0 && state.caller.signalling === 'ended' ? { callerLeft: true } : {};
  const named = (id: string) => {
    const name = nameOf(id);
    return name === undefined ? {} : { name };
  };
  const conference = members.map(({ leg, who, muted }) => {
    const to = who.type === 'agent' ? who.agentId : who.to;
    return { id: leg.legId, to, ...named(to), muted, heldByPeer: leg.heldByPeer };
  });
  return {
    ...(members.length === 0 ? {} : { conference }),
    ...callerLeft,
    ...(member === undefined ? {} : { host: { id: member.by, ...named(member.by) } }),
  };
}

/** Who hands the call over, and whether they want to talk first. An agent who is rung back hands nothing over. */
function transferrer({ transfer, held }: CallState, { nameOf }: CallSurroundings): Partial<DeskCallHead> {
  if (transfer === null || transfer.way === 'recall') return {};
  const name = nameOf(transfer.by);
  return {
    transferredBy: transfer.by,
    ...(name === undefined ? {} : { transferredByName: name }),
    ...(transfer.consult === null ? {} : { consulted: true, ...consultationOf(transfer.consult, held) }),
  };
}

/** The consultation as the one who is consulted has it. */
function consultationOf({ since, callerLeft, with: heard }: Consult, held: boolean): Partial<DeskCallHead> {
  if (since === null) return {};
  return { consultation: callerLeft ? 'caller-left' : held || heard === 'caller' ? 'waits' : 'talks' };
}

/** How far the transfer is, or why the last one came to nothing. */
function transferOf(
  { transfer, transferFailure }: CallState,
  { nameOf }: CallSurroundings,
): { readonly transfer?: DeskTransfer } {
  const named = (to: string): { readonly to: string; readonly name?: string } => {
    const name = nameOf(to);
    return name === undefined ? { to } : { to, name };
  };
  if (transfer !== null) {
    const { rung, early, target, consult } = transfer;
    const stage = consult?.since != null ? 'talking' : early ? 'early-media' : rung ? 'ringing' : 'calling';
    const type = consult === null ? 'blind' : 'attended';
    const joins = consult?.joins === true ? { joins: true } : {};
    return { transfer: { ...named(nameOfTarget(target)), type, stage, ...consultOf(consult), ...joins } };
  }
  if (transferFailure === null) return {};
  const { to, cause, status, reason } = transferFailure;
  const failure = makeProblem(`dial-${cause}`, { number: nameOf(to) ?? to, status, reason });
  return { transfer: { ...named(to), type: 'blind', stage: 'failed', failure } };
}

function consultOf(consult: Consult | null): Partial<DeskTransfer> {
  if (consult === null || consult.since === null) return {};
  return {
    since: consult.since,
    ...(consult.phone === null ? { with: consult.with } : {}),
    ...(consult.callerLeft ? { callerLeft: true } : {}),
  };
}

function deskState(state: CallState): DeskCall['state'] {
  const { end, phase, dial, transfer } = state;
  if (end !== null) return 'ended';
  // Whoever is added is rung while the agent talks to the caller.
  const consult = transfer?.consult ?? null;
  const swapped = consult?.with === 'caller' && (consult.since !== null || consult.joins === true);
  if (phase === 'talking') return isOnHold(state) || (transfer !== null && !swapped) ? 'held' : 'talking';
  // Somebody else wants the agent to call: their phone rings as for any other call.
  const rings = dial === null || (dial.stage === 'agent' && dial.way === 'invited' && !dial.auto);
  return rings ? 'offered' : 'dialling';
}

/** How far the call is, and why it came to nothing, in words. */
function progressOf({ stage, failure, rung, early, auto, target }: Dialled): DialProgress {
  if (failure !== null) {
    const { cause, status, reason } = failure;
    return { stage: 'failed', auto, failure: makeProblem(`dial-${cause}`, { number: target, status, reason }) };
  }
  switch (stage) {
    case 'agent':
      return { stage: 'connecting', auto };
    case 'outside':
      return { stage: early ? 'early-media' : rung ? 'ringing' : 'calling', auto };
    case 'failed':
    case 'connected':
      return { stage, auto };
    default:
      return assertNever(stage);
  }
}

/** Which devices ring, or which one the agent took the call on. */
function devicesOf({ ringing, other, offer }: CallState): Pick<DeskCall, 'rings' | 'on' | 'heldOnPhone'> {
  const on = offer === null || other === null ? undefined : deviceOf(other);
  return {
    ...(ringing.length === 0 ? {} : { rings: ringing.flatMap((leg) => deviceOf(leg) ?? []) }),
    ...(on === undefined ? {} : { on }),
    ...(on !== undefined && other?.heldByPeer === true ? { heldOnPhone: true } : {}),
  };
}

/** The devices that a transfer to this agent rings, or the one they are consulted on. */
function rungDevices({ transfer }: CallState, { consulted, member, supervisor }: Part): Pick<DeskCall, 'rings' | 'on'> {
  const leg = member?.leg ?? supervisor?.leg;
  const own = leg === undefined ? undefined : deviceOf(leg);
  if (leg !== undefined) return own === undefined ? {} : { on: own };
  if (transfer === null) return {};
  const devices = [transfer.leg, ...transfer.others].flatMap((leg) => deviceOf(leg) ?? []);
  const [on] = devices;
  return consulted ? (on === undefined ? {} : { on }) : devices.length === 0 ? {} : { rings: devices };
}

function deviceOf({ device }: Leg): CallDevice | undefined {
  if (device === undefined) return undefined;
  const { deviceId: id, kind, name } = device;
  return { id, kind: kind === 'webrtc' ? 'softphone' : 'desk', ...(name === null ? {} : { name }) };
}
