import { z } from 'zod';
import { makeProblem } from '../../../protocol/problems/index.ts';
import {
  recordingHoldRequest,
  recordingOrderRequest,
  recordingSummary,
  recordingTimeline,
  recordingVerdict,
} from '../../../protocol/rest.ts';
import { type Context, done, refuse } from '../context.ts';
import { unreadable } from '../call-access.ts';
import { Download } from '../download.ts';
import { idParams, route, type Route } from '../route.ts';

const path = '/api/v1/calls/{id}/recording';

const endings = { 'audio/wav': 'wav', 'audio/ogg': 'ogg', 'video/webm': 'webm', 'video/x-matroska': 'mkv' } as const;

/** The recording of a call: what is known of it, its sound, and what may be done to it. */
export function recordingRoutes({ live, ledger }: Context): Route[] {
  const sound = route({
    method: 'get',
    path,
    summary:
      'The sound of a call: the caller left, what the caller heard right, or everybody on a channel of their own; of a call with pictures the film. Takes Range, If-Range and HEAD; the ledger keeps who listened',
    access: 'supervisor',
    params: idParams,
    query: z.object({
      format: z
        .enum(['wav', 'ogg', 'film'])
        .optional()
        .describe('The sound as WAV or Ogg, or sound and pictures. Without it, as it is kept.'),
      channels: z
        .enum(['two', 'all'])
        .optional()
        .describe(
          'Of a conference: `two` (default), or `all`: the caller, the agent, and each of the others by themselves, as the timeline lists them.',
        ),
    }),
    responses: { 200: z.instanceof(Download) },
    problems: ['no-recording', 'recording-no-key', 'recording-no-converter', 'recording-no-film'],
    async handle({ params, query, caller }) {
      const opened = await live.recordings.open(params.id, query, caller.account.id);
      if (!opened.ok) return refuse(opened.error);
      const { type, tag } = opened.value;
      const name = `${params.id.replace(/[^\w.-]/g, '_')}.${endings[type]}`;
      return done(new Download({ type, name, tag }, opened.value));
    },
  });

  const facts = route({
    method: 'get',
    path: `${path}/facts`,
    summary: 'What is known of the recording of a call; to agents, of a call they took part in',
    access: 'agent',
    params: idParams,
    responses: { 200: recordingSummary },
    problems: ['no-recording', 'not-found', 'call-of-others'],
    handle({ params, caller }) {
      const problem = unreadable(ledger, caller.account, params.id);
      if (problem !== undefined) return refuse(problem);
      const known = live.recordings.facts(params.id);
      return known === undefined ? refuse(makeProblem('no-recording')) : done(recordingSummary.parse(known));
    },
  });

  const timeline = route({
    method: 'get',
    path: `${path}/timeline`,
    summary:
      'When a recording began, where it has no sound (pauses, what was masked, what was lost), and who is on which channel',
    access: 'supervisor',
    params: idParams,
    responses: { 200: recordingTimeline },
    problems: ['no-recording'],
    async handle({ params }) {
      const found = await live.recordings.timeline(params.id);
      return found.ok ? done(found.value) : refuse(found.error);
    },
  });

  const verify = route({
    method: 'post',
    path: `${path}/verify`,
    summary: 'Check every second of a recording against its seal, and the whole against the ledger',
    access: 'supervisor',
    params: idParams,
    responses: { 200: recordingVerdict },
    problems: ['no-recording', 'recording-no-key'],
    async handle({ params }) {
      const checked = await live.recordings.verify(params.id);
      return checked.ok ? done(checked.value) : refuse(checked.error);
    },
  });

  return [sound, facts, timeline, verify, ...orderRoutes(live)];
}

/** What may be done to a recording. */
function orderRoutes(live: Context['live']): Route[] {
  const order = route({
    method: 'post',
    path,
    summary: 'Begin, pause, resume, mask or unmask the recording of a talk: one’s own, or as a supervisor any',
    access: 'agent',
    params: idParams,
    body: recordingOrderRequest,
    responses: { 202: z.object({}) },
    problems: ['not-allowed', 'no-such-call', 'recording-not-now'],
    handle({ params, body, caller }) {
      const { id, role } = caller.account;
      const own = live.agents().some((agent) => agent.id === id && agent.callId === params.id);
      if (role === 'agent' && !own) return refuse(makeProblem('not-allowed', { role: 'supervisor' }));
      const problem = live.recordings.ask(params.id, body.order, id);
      return problem === undefined ? done({}, 202) : refuse(problem);
    },
  });

  const hold = route({
    method: 'put',
    path: `${path}/hold`,
    summary: 'Put a recording under legal hold, or release it: while it is held nothing removes it',
    access: 'admin',
    params: idParams,
    body: recordingHoldRequest,
    responses: { 200: z.object({}) },
    problems: ['not-allowed', 'no-recording', 'ledger-not-writable'],
    async handle({ params, body, caller }) {
      const problem = await live.recordings.hold(params.id, body.held, caller.account.id);
      return problem === undefined ? done({}) : refuse(problem);
    },
  });

  const remove = route({
    method: 'delete',
    path,
    summary: 'Remove a recording for good',
    access: 'admin',
    params: idParams,
    responses: { 200: z.object({}) },
    problems: ['not-allowed', 'no-recording', 'recording-held', 'recording-not-now', 'ledger-not-writable'],
    async handle({ params, caller }) {
      const problem = await live.recordings.remove(params.id, caller.account.id);
      return problem === undefined ? done({}) : refuse(problem);
    },
  });
  return [order, hold, remove];
}
