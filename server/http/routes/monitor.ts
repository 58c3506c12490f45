import { z } from 'zod';
import { makeProblem, type Problem } from '../../../protocol/problems/index.ts';
import { monitorRequest, monitorStepRequest } from '../../../protocol/rest.ts';
import type { Account } from '../../store/index.ts';
import { type Context, done, refuse } from '../context.ts';
import { idParams, route, type Route } from '../route.ts';

const path = '/api/v1/calls/{id}/monitor';
const problems = ['not-allowed', 'no-such-call', 'not-now'] as const;
const outcome = (problem: Problem | undefined) => (problem === undefined ? done({}, 202) : refuse(problem));

/** Listening to a talk, at the phone of a supervisor. What becomes of it is told by the ledger and at the desks. */
export function monitorRoutes({ live }: Context): Route[] {
  /** A supervisor listens on their own phone; an administrator may ask for somebody else. */
  const withWhom = (account: Account, supervisor: string | undefined, act: (agentId: string) => Problem | undefined) =>
    account.role !== 'admin' && supervisor !== undefined && supervisor !== account.id
      ? refuse(makeProblem('not-allowed', { role: 'admin' }))
      : outcome(act(supervisor ?? account.id));

  const monitor = route({
    method: 'post',
    path,
    summary: 'Listen to a talk, whisper to its agent, or barge in; asked again, change how',
    access: 'supervisor',
    params: idParams,
    body: monitorRequest,
    responses: { 202: z.object({}) },
    problems: [
      ...problems,
      ...([
        'supervise-away',
        'supervise-not-allowed',
        'supervise-no-phone',
        'supervise-busy',
        'supervise-own',
      ] as const),
    ],
    handle: ({ params, body, caller }) =>
      withWhom(caller.account, body.supervisor, (id) => live.supervision.begin(params.id, id, body.mode)),
  });
  const proceed = (what: 'stop' | 'take-over', summary: string) =>
    route({
      method: 'post',
      path: `${path}/${what}`,
      summary,
      access: 'supervisor',
      params: idParams,
      body: monitorStepRequest,
      responses: { 202: z.object({}) },
      problems: [...problems],
      handle: ({ params, body, caller }) =>
        withWhom(caller.account, body.supervisor, (id) =>
          what === 'stop' ? live.supervision.stop(params.id, id) : live.supervision.takeOver(params.id, id),
        ),
    });
  return [
    monitor,
    proceed('stop', 'Listen no longer'),
    proceed('take-over', 'Become the agent of a caller whose talk one supervises'),
  ];
}
