/** The recording of a call: decided once, begun by the policy or by an agent, paused and masked by them; never a reason to end a call. */
import type { Graph } from '../../protocol/media.ts';
import type { CallEvent } from './events.ts';
import { isMoving } from './moving.ts';
import type { CallRecording, RecordingOrder } from './recorded.ts';
import { voicesOf } from './recording-channels.ts';
import { type CallState, hasEnded } from './state.ts';
import { record, type Step, step } from './step.ts';

type On<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;

function withRecording(state: CallState, recording: CallRecording): CallState {
  return { ...state, recording };
}

/** The server has looked into the dialplan. Only the first time counts: a call has one recording. */
export function onRecordingDecided(state: CallState, event: On<'recording-decided'>): Step {
  if (state.recording !== undefined || hasEnded(state)) return step(state);
  const { decision, policy } = event;
  const states = { on: 'on', 'on-demand': 'waiting', off: 'off' } as const;
  const recording: CallRecording = { recordingId: `${state.callId}.r1`, state: states[decision], policy };
  const decided = withRecording(state, recording);
  return decision === 'on' ? step(decided, started(decided, recording, 'policy')) : step(decided);
}

function started(state: CallState, { recordingId, policy }: CallRecording, by: string) {
  return record('recording-started', { recording: recordingId, policy, by, queue: queueOf(state) });
}

function queueOf({ queue, dial }: CallState): string | null {
  return queue?.queueId ?? dial?.queueId ?? null;
}

/** The state after an order; undefined where it means nothing now. */
export function afterOrder(state: CallRecording['state'], order: RecordingOrder): CallRecording['state'] | undefined {
  switch (order) {
    case 'start':
      return state === 'waiting' ? 'on' : undefined;
    case 'pause':
      return state === 'on' ? 'paused' : undefined;
    case 'resume':
      return state === 'paused' ? 'on' : undefined;
    case 'mask':
      return state === 'on' ? 'masked' : undefined;
    case 'unmask':
      return state === 'masked' ? 'on' : undefined;
  }
}

const rows = {
  pause: 'recording-paused',
  resume: 'recording-resumed',
  mask: 'recording-masked',
  unmask: 'recording-unmasked',
} as const;

export function onRecordingAsked(state: CallState, { order, by }: On<'recording-asked'>): Step {
  const { recording } = state;
  const next = recording && afterOrder(recording.state, order);
  if (recording === undefined || next === undefined || state.phase !== 'talking') return step(state);
  const changed = withRecording(state, { ...recording, state: next });
  const agent = state.offer?.agentId === by ? { agentId: by } : {};
  if (order === 'start') return step(changed, started(changed, recording, by));
  return step(changed, record(rows[order], { recording: recording.recordingId, by }, agent));
}

/** It cannot be written: an alarm for the desk and the ledger, and the call goes on. */
export function onRecordingFailed(state: CallState, { recordingId, code }: On<'recording-failed'>): Step {
  const { recording } = state;
  if (recording?.recordingId !== recordingId || recording.state === 'failed') return step(state);
  const failed = record('recording-failed', { recording: recordingId, code });
  return step(withRecording(state, { ...recording, state: 'failed' }), failed);
}

/**
 * The call's graph with its recording: between talks (a transfer that came to nothing, another queue) it is paused. While secrets
 * are said the ears are closed too: what was not recorded must not stand in a transcript.
 */
export function recorded(state: CallState, graph: Graph): Graph {
  const { recording, caller, phase } = state;
  if (recording === undefined || hasEnded(state)) return graph;
  // While its endpoint is replaced the recording stays: it is one, with a gap.
  if (!caller.open && !isMoving(state, caller.legId)) return graph;
  const { recordingId, state: now } = recording;
  if (now !== 'on' && now !== 'paused' && now !== 'masked') return graph;
  const entry = { recordingId, endpointId: caller.legId, state: phase === 'talking' ? now : 'paused' } as const;
  const voices = voicesOf(state);
  const whole = voices.length === 0 ? entry : { ...entry, voices };
  return { ...graph, ...(now === 'masked' ? { taps: [] } : {}), recordings: [whole] };
}
