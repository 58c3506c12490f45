import { z } from 'zod';
import { makeProblem } from '../../../protocol/problems/index.ts';
import { transferRequest } from '../../../protocol/rest.ts';
import { type Context, done, refuse } from '../context.ts';
import { idParams, route, type Route } from '../route.ts';

/** Handing a call over. What becomes of it is told by the ledger and at the desks. */
export function transferRoutes({ live }: Context): Route[] {
  const transfer = route({
    method: 'post',
    path: '/api/v1/calls/{id}/transfer',
    summary: 'Hand a call over: one’s own, or as a supervisor any',
    access: 'agent',
    params: idParams,
    body: transferRequest,
    responses: { 202: z.object({}) },
    problems: [
      ...(['not-allowed', 'no-such-call', 'not-now', 'dial-wrong-form', 'transfer-to-self'] as const),
      ...(['transfer-no-such-target', 'transfer-agent-away', 'transfer-agent-busy'] as const),
    ],
    handle({ params, body, caller }) {
      const { id, role } = caller.account;
      const own = live.agent(id)?.callId === params.id;
      if (role === 'agent' && !own) return refuse(makeProblem('not-allowed', { role: 'supervisor' }));
      const asked = live.transfer(params.id, body, id);
      return asked.ok ? done({}, 202) : refuse(asked.error);
    },
  });
  return [transfer];
}
