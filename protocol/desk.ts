/** The desk feed: one WebSocket per softphone. A snapshot, then numbered events; a reconnect resumes by number. */
import { z } from 'zod';
import { agentId, alertId, callId, id, offerId, queueId, time } from './ids.ts';
import { earsState, language } from './media.ts';
import { legQuality } from './quality.ts';
import { problem } from './problems/problem.ts';

/** A text in both languages of the interface. */
export const label = z.object({ en: z.string(), zh: z.string() });

export const presence = z.enum(['offline', 'available', 'paused']);
export type Presence = z.infer<typeof presence>;
/** The state of the agent's voice channel. */
export const activity = z.enum(['idle', 'offered', 'dialling', 'talking', 'wrap-up']);
export type Activity = z.infer<typeof activity>;

export const deskAgent = z.object({
  id: agentId,
  name: z.string(),
  presence,
  /** Why the agent is paused: a code from `pauseReasons`, or `missed` after an offer that was not answered. */
  pauseReason: z.string().optional(),
  /** A pause asked for during a call, which begins when it ends. */
  pendingPause: z.string().optional(),
  activity,
  since: time,
});
export type DeskAgent = z.infer<typeof deskAgent>;

export const transcriptLine = z.object({
  utteranceId: id,
  speaker: z.enum(['caller', 'agent']),
  text: z.string(),
  final: z.boolean(),
  at: time,
});
export type TranscriptLine = z.infer<typeof transcriptLine>;

export const alert = z.object({
  alertId,
  callId,
  ruleId: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  title: label,
  advice: label,
  /** The words that fired it. */
  evidence: z.string(),
  speaker: z.enum(['caller', 'agent']),
  at: time,
  acknowledged: z.boolean(),
});
export type Alert = z.infer<typeof alert>;

/** How far a call that the agent makes has come. */
export const dialProgress = z.object({
  /** `connecting`: the agent's own audio. `early-media`: the far side is heard before it answers. */
  stage: z.enum(['connecting', 'calling', 'ringing', 'early-media', 'failed', 'connected']),
  /** The agent asked for it at the desk, so the page takes the audio by itself. */
  auto: z.boolean(),
  /** Why it came to nothing. */
  failure: problem.optional(),
});
export type DialProgress = z.infer<typeof dialProgress>;

/** One of an agent's devices, as a call knows it. A softphone has no name. */
export const callDevice = z.object({ id, kind: z.enum(['softphone', 'desk']), name: z.string().optional() });
export type CallDevice = z.infer<typeof callDevice>;
/** The call is being handed over, or the last try to do so came to nothing. */
export const deskTransfer = z.object({
  /** The number, or the id of the colleague. */
  to: z.string(),
  /** The colleague's name, or the contact's. */
  name: z.string().optional(),
  /** `attended`: the agent talks to them before the caller does. */
  type: z.enum(['blind', 'attended']),
  /** `talking`: they are being consulted. */
  stage: z.enum(['calling', 'ringing', 'early-media', 'talking', 'failed']),
  /** Whom the agent hears while they consult; absent where a desk phone with a second line decides. */
  with: z.enum(['target', 'caller']).optional(),
  /** Since when they have been consulted. */
  since: time.optional(),
  /** The caller has hung up meanwhile. */
  callerLeft: z.boolean().optional(),
  /** They join the talk as soon as they answer; nobody waits meanwhile. */
  joins: z.boolean().optional(),
  /** Why it came to nothing; the caller is back. */
  failure: problem.optional(),
});
export type DeskTransfer = z.infer<typeof deskTransfer>;

/** How a talk is supervised: heard by nobody, by the agent alone, or by everybody. */
export const supervisionMode = z.enum(['listen', 'whisper', 'barge']);
export type DeskSupervisionMode = z.infer<typeof supervisionMode>;

/** Who supervises a talk, and how. */
export const deskSupervisor = z.object({ id: agentId, name: z.string().optional(), mode: supervisionMode });

/** A talk on the floor, as a supervisor's page shows it. */
export const teamCall = z.object({
  callId,
  agent: z.object({ id: agentId, name: z.string() }),
  /** The number outside, and the contact's name where it is known. */
  party: z.object({ number: z.string(), name: z.string().optional() }),
  direction: z.enum(['inbound', 'outbound']),
  queue: z.object({ id: queueId, name: label }).optional(),
  /** Since when this agent talks. */
  since: time,
  state: z.enum(['talking', 'held', 'transferring']),
  /** How many were added to the talk. */
  added: z.number().int(),
  supervisors: z.array(deskSupervisor),
});
export type TeamCall = z.infer<typeof teamCall>;

/** Somebody who was added to a talk. */
export const conferenceMember = z.object({
  /** Names them in commands. */
  id,
  /** The number, or the id of the colleague. */
  to: z.string(),
  name: z.string().optional(),
  muted: z.boolean(),
  /** Their phone is on hold. */
  heldByPeer: z.boolean(),
});
export type ConferenceMember = z.infer<typeof conferenceMember>;

export const deskCall = z.object({
  callId,
  offerId,
  direction: z.enum(['inbound', 'outbound']),
  /** `offered`: ringing. `dialling`: the agent calls (`dial` says how far it is). `held` too while it is handed over. `ended`: over, in wrap-up. */
  state: z.enum(['offered', 'dialling', 'talking', 'held', 'ended']),
  /** Who calls; for an outbound call the number that is shown, empty if the trunk chooses it. */
  from: z.object({ number: z.string(), name: z.string().optional() }),
  /** The caller comes from a browser. `name`: how they say they are called; nobody has checked it. */
  web: z.object({ name: z.string().optional() }).optional(),
  /** There is a picture beside the sound. `paused`: the network is too bad for it. Absent: sound alone. */
  video: z.enum(['on', 'paused']).optional(),
  to: z.string(),
  /** The contact that is called, where it is known. */
  toName: z.string().optional(),
  dial: dialProgress.optional(),
  transfer: deskTransfer.optional(),
  /** Who hands the call over to this agent; `consulted`: they want to talk to this agent first, and the caller waits. */
  transferredBy: agentId.optional(),
  transferredByName: z.string().optional(),
  consulted: z.boolean().optional(),
  /** Once the one who is consulted has answered: `waits` while the other talks to the caller, or holds both. */
  consultation: z.enum(['talks', 'waits', 'caller-left']).optional(),
  /** Who was added to the talk, in the order in which they came; absent where nobody was. */
  conference: z.array(conferenceMember).optional(),
  /** This agent was added to the talk, by the one named here. */
  host: z.object({ id: agentId, name: z.string().optional() }).optional(),
  /** Who supervises the talk, as far as the agent may know. */
  supervisors: z.array(deskSupervisor).optional(),
  /** It is another agent's talk, which this agent supervises; `ringing` until their phone is up. */
  supervising: z
    .object({
      mode: supervisionMode,
      ringing: z.boolean(),
      agent: z.object({ id: agentId, name: z.string().optional() }).optional(),
    })
    .optional(),
  /** Who speaks in a conference: `caller`, `agent`, ids of members. */
  speakers: z.array(id).max(64).optional(),
  /** The caller has left the conference; the others talk on. */
  callerLeft: z.boolean().optional(),
  queue: z.object({ id: queueId, name: label }).optional(),
  /** What the caller pressed before, in order. */
  pressed: z.array(
    z.object({ step: z.string(), digit: z.string(), label: z.string().optional(), labelZh: z.string().optional() }),
  ),
  /** When the caller entered the queue; absent where there was none. */
  waitingSince: time.optional(),
  offeredAt: time,
  /** When the offer lapses. */
  offerUntil: time.optional(),
  answeredAt: time.optional(),
  endedAt: time.optional(),
  endCause: z.string().optional(),
  /** The agent's devices that are being rung; absent when none is. */
  rings: z.array(callDevice).optional(),
  /** The device the agent took the call on. */
  on: callDevice.optional(),
  /** The agent holds the caller by the hold key of their desk phone: only that ends it. */
  heldOnPhone: z.boolean().optional(),
  muted: z.boolean(),
  /** True when the other side put the call on hold. */
  heldByPeer: z.boolean(),
  /** Absent where nothing is recorded and nobody may ask for it. `waiting`: the agent may. */
  recording: z.enum(['waiting', 'on', 'paused', 'masked', 'failed']).optional(),
  wrapUpUntil: time.optional(),
  language,
  transcript: z.array(transcriptLine),
  alerts: z.array(alert),
  /** How its legs sound; absent before they were looked at. */
  quality: z.array(legQuality).optional(),
});
export type DeskCall = z.infer<typeof deskCall>;

export const deskQueue = z.object({
  id: queueId,
  name: label,
  waiting: z.number().int(),
  oldestSince: time.optional(),
});
export type DeskQueue = z.infer<typeof deskQueue>;

/** Which of an agent's phones a call rings. */
export const ringChoice = z.enum(['all', 'softphone', 'desk']);
export type RingChoice = z.infer<typeof ringChoice>;

/** One registered device of an agent. */
export const deskDevice = z.object({
  id,
  kind: z.enum(['softphone', 'desk']),
  /** What its owner calls it; a softphone has none. */
  name: z.string().optional(),
  userAgent: z.string(),
  /** False: registered, but it does not answer, or its connection is gone. It is not rung. */
  reachable: z.boolean(),
  /** Since when it is registered, or so. */
  since: time,
});
export type DeskDevice = z.infer<typeof deskDevice>;

export const deskPhones = z.object({ ring: ringChoice, devices: z.array(deskDevice) });
export type DeskPhones = z.infer<typeof deskPhones>;

export const deskState = z.object({
  agent: deskAgent,
  phones: deskPhones,
  call: deskCall.nullable(),
  queues: z.array(deskQueue),
  dispositions: z.array(z.object({ code: z.string(), label })),
  pauseReasons: z.array(z.object({ code: z.string(), label })),
  ears: z.array(earsState),
  /** Every talk of the floor, the oldest first; absent for those who supervise nobody. */
  team: z.array(teamCall).optional(),
});
export type DeskState = z.infer<typeof deskState>;

export const deskEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('agent-changed'), agent: deskAgent }),
  z.object({ type: z.literal('phones-changed'), phones: deskPhones }),
  /** The whole call, without its transcript, alerts and quality, which are kept as they are. */
  z.object({
    type: z.literal('call-changed'),
    call: deskCall.omit({ transcript: true, alerts: true, quality: true, speakers: true }),
  }),
  /** The call has left the desk (wrap-up done, offer lost). */
  z.object({ type: z.literal('call-cleared'), callId, reason: z.string() }),
  z.object({ type: z.literal('transcript-changed'), callId, line: transcriptLine }),
  z.object({ type: z.literal('alert-changed'), callId, alert }),
  z.object({ type: z.literal('quality-changed'), callId, quality: z.array(legQuality).max(32) }),
  z.object({ type: z.literal('team-call-changed'), call: teamCall }),
  z.object({ type: z.literal('team-call-cleared'), callId }),
  z.object({ type: z.literal('speakers-changed'), callId, speakers: z.array(id).max(64) }),
  z.object({ type: z.literal('queues-changed'), queues: z.array(deskQueue) }),
  z.object({ type: z.literal('ears-changed'), ears: z.array(earsState) }),
]);
export type DeskEvent = z.infer<typeof deskEvent>;

export const deskCommand = z.discriminatedUnion('type', [
  z.object({ type: z.literal('go-available') }),
  z.object({ type: z.literal('pause'), reason: z.string().min(1).max(64) }),
  z.object({ type: z.literal('sign-out') }),
  z.object({ type: z.literal('ring'), ring: ringChoice }),
  z.object({ type: z.literal('decline'), offerId }),
  /** Calls somebody. `from`: the number to show; `queue`: on whose behalf, of the agent's own queues. */
  z.object({
    type: z.literal('dial'),
    to: z.string().min(2).max(40),
    from: z.string().min(2).max(40).optional(),
    queue: queueId.optional(),
  }),
  z.object({ type: z.literal('mute'), callId, muted: z.boolean() }),
  z.object({ type: z.literal('hold'), callId }),
  z.object({ type: z.literal('resume'), callId }),
  z.object({ type: z.literal('keypad'), callId, digits: z.string().regex(/^[0-9*#]{1,32}$/) }),
  z.object({ type: z.literal('hang-up'), callId }),
  /** `mask`: a pause while the caller says something secret. */
  z.object({ type: z.literal('record'), callId, order: z.enum(['start', 'pause', 'resume', 'mask', 'unmask']) }),
  /** Hands the caller over: `agent:bob`, `queue:support`, an extension of the dialplan, or a number. */
  z.object({ type: z.literal('transfer'), callId, to: z.string().min(1).max(64) }),
  /** Talks to them first, while the caller waits: `agent:bob` or a number. */
  z.object({ type: z.literal('consult'), callId, to: z.string().min(1).max(64) }),
  /** Changes between the caller and the one who is consulted. */
  z.object({ type: z.literal('swap'), callId }),
  z.object({ type: z.literal('complete-transfer'), callId }),
  z.object({ type: z.literal('cancel-transfer'), callId }),
  /** Adds somebody to the talk: `agent:bob` or a number. */
  z.object({ type: z.literal('add'), callId, to: z.string().min(1).max(64) }),
  /** Takes the one who is consulted into the talk with the caller. */
  z.object({ type: z.literal('merge'), callId }),
  /** A supervisor listens, whispers or barges in; or changes how. */
  z.object({ type: z.literal('supervise'), callId, mode: supervisionMode }),
  z.object({ type: z.literal('stop-supervising'), callId }),
  /** The supervisor becomes the caller's agent. */
  z.object({ type: z.literal('take-over'), callId }),
  /** Sends a member away, or makes them silent. */
  z.object({ type: z.literal('drop-member'), callId, member: id }),
  z.object({ type: z.literal('mute-member'), callId, member: id, muted: z.boolean() }),
  z.object({ type: z.literal('dispose'), callId, disposition: z.string().min(1).max(64) }),
  z.object({ type: z.literal('acknowledge-alert'), callId, alertId }),
]);
export type DeskCommand = z.infer<typeof deskCommand>;

/** What the softphone sends. */
export const deskRequest = z.discriminatedUnion('type', [
  /** First. `resume` names the feed it left (`boot`) and the last event it saw. */
  z.object({
    type: z.literal('hello'),
    token: z.string(),
    resume: z.object({ boot: id, seq: z.number().int().nonnegative() }).optional(),
  }),
  z.object({ type: z.literal('command'), id: z.number().int(), command: deskCommand }),
  z.object({ type: z.literal('ping') }),
]);
export type DeskRequest = z.infer<typeof deskRequest>;

/** What the server sends. */
export const deskFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), boot: id, seq: z.number().int(), at: time, state: deskState }),
  /** Instead of a snapshot: the events after `resume.seq` follow. */
  z.object({ type: z.literal('resumed'), boot: id, seq: z.number().int(), at: time }),
  z.object({ type: z.literal('event'), seq: z.number().int(), at: time, event: deskEvent }),
  z.object({ type: z.literal('result'), id: z.number().int(), problem: problem.optional() }),
  z.object({ type: z.literal('problem'), problem }),
  z.object({ type: z.literal('pong') }),
]);
export type DeskFrame = z.infer<typeof deskFrame>;

/** What a desk looks like after an event. Pure; used by the server and the softphone alike, so they cannot differ. */
export function foldDesk(state: DeskState, event: DeskEvent): DeskState {
  switch (event.type) {
    case 'agent-changed':
      return { ...state, agent: event.agent };
    case 'phones-changed':
      return { ...state, phones: event.phones };
    case 'call-changed': {
      const same = state.call?.callId === event.call.callId ? state.call : undefined;
      const { transcript = [], alerts = [], quality, speakers } = same ?? {};
      const kept = { ...(quality === undefined ? {} : { quality }), ...(speakers === undefined ? {} : { speakers }) };
      return { ...state, call: { ...event.call, transcript, alerts, ...kept } };
    }
    case 'call-cleared':
      return state.call?.callId === event.callId ? { ...state, call: null } : state;
    case 'transcript-changed':
      return onCall(state, event.callId, (call) => ({
        ...call,
        transcript: upsert(call.transcript, event.line, (line) => line.utteranceId),
      }));
    case 'alert-changed':
      return onCall(state, event.callId, (call) => ({
        ...call,
        alerts: upsert(call.alerts, event.alert, (each) => each.alertId),
      }));
    case 'quality-changed':
      return onCall(state, event.callId, (call) => ({ ...call, quality: event.quality }));
    case 'team-call-changed':
      return { ...state, team: upsert(state.team ?? [], event.call, (call) => call.callId) };
    case 'team-call-cleared':
      return { ...state, team: (state.team ?? []).filter((call) => call.callId !== event.callId) };
    case 'speakers-changed':
      return onCall(state, event.callId, (call) => ({ ...call, speakers: event.speakers }));
    case 'queues-changed':
      return { ...state, queues: event.queues };
    case 'ears-changed':
      return { ...state, ears: event.ears };
  }
}

function onCall(state: DeskState, call: string, change: (call: DeskCall) => DeskCall): DeskState {
  return state.call?.callId === call ? { ...state, call: change(state.call) } : state;
}

function upsert<T>(list: readonly T[], value: T, key: (value: T) => string): T[] {
  const at = list.findIndex((each) => key(each) === key(value));
  return at < 0 ? [...list, value] : list.map((each, index) => (index === at ? value : each));
}
