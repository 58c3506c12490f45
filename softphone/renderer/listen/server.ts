/** What the page for recordings asks of the server. */
import { fail, ok, type Result } from '../../../base/result.ts';
import { makeProblem, problem, type Problem } from '../../../protocol/problems/index.ts';
import { callSummary, recordingTimeline } from '../../../protocol/rest.ts';
import type { CallSummary, RecordingTimeline } from '../../../protocol/rest.ts';

export interface Recording {
  readonly call: CallSummary;
  readonly timeline: RecordingTimeline;
  /** WAV of 16 bits, everybody on a channel of their own: its samples are drawn as well. */
  readonly wav: ArrayBuffer;
}

/** Fetches a recording and what is known of it. Nothing of it stays in the browser's cache. */
export async function recordingOf(callId: string, token: string): Promise<Result<Recording, Problem>> {
  const path = `/api/v1/calls/${encodeURIComponent(callId)}`;
  const sound = await get(`${path}/recording?format=wav&channels=all`, token);
  if (!sound.ok) return sound;
  const [call, timeline] = await Promise.all([get(path, token), get(`${path}/recording/timeline`, token)]);
  if (!call.ok) return call;
  if (!timeline.ok) return timeline;
  try {
    return ok({
      call: callSummary.parse(await call.value.json()),
      timeline: recordingTimeline.parse(await timeline.value.json()),
      wav: await sound.value.arrayBuffer(),
    });
  } catch {
    return fail(makeProblem('unexpected-answer', {}, path));
  }
}

async function get(path: string, token: string): Promise<Result<Response, Problem>> {
  try {
    const answer = await fetch(path, { headers: { authorization: `Bearer ${token}` }, cache: 'no-store' });
    if (answer.ok) return ok(answer);
    const told = problem.safeParse(await answer.json().catch(() => undefined));
    return fail(told.success ? told.data : makeProblem('unexpected-answer', {}, path));
  } catch {
    return fail(makeProblem('server-unreachable', { server: window.location.origin }, path));
  }
}
