import { z } from 'zod';
import { makeProblem } from '../../../protocol/problems/index.ts';
import { transferRequest } from '../../../protocol/rest.ts';
import { type Context, done, refuse } from '../context.ts';
import { idParams, route, type Route } from '../route.ts';

/** Handing a call over. What becomes of it is told by the ledger and at the desks. */
export function transferRoutes({ live }: Context): Route[] {
  const mayHandOver = ({ id, role }: { readonly id: string; readonly role: string }, callId: string): boolean =>
    role !== 'agent' || live.agent(id)?.callId === callId;
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
      ...(['transfer-no-such-target', 'transfer-agent-away', 'transfer-agent-busy', 'consult-whom'] as const),
    ],
    handle({ params, body, caller }) {
      const { id } = caller.account;
      if (!mayHandOver(caller.account, params.id)) return refuse(makeProblem('not-allowed', { role: 'supervisor' }));
      const asked = live.transfer(params.id, body, id);
      return asked.ok ? done({}, 202) : refuse(asked.error);
    },
  });
  const proceed = (what: 'swap' | 'complete' | 'cancel', summary: string) =>
    route({
      method: 'post',
      path: `/api/v1/calls/{id}/transfer/${what}`,
      summary,
      access: 'agent',
      params: idParams,
      responses: { 202: z.object({}) },
      problems: ['not-allowed', 'no-such-call', 'not-now'],
      handle({ params, caller }) {
        if (!mayHandOver(caller.account, params.id)) return refuse(makeProblem('not-allowed', { role: 'supervisor' }));
        const asked = live.proceedTransfer(params.id, what);
        return asked.ok ? done({}, 202) : refuse(asked.error);
      },
    });
  return [
    transfer,
    proceed('swap', 'Change between the caller and the one who is consulted'),
    proceed('complete', 'Hand the caller over to the one who is consulted or rung'),
    proceed('cancel', 'Take the caller back'),
  ];
}
