import { z } from 'zod';
import { makeProblem } from '../../../protocol/problems/index.ts';
import {
  callLadder,
  callStory,
  callSummary,
  dialRequest,
  dialResult,
  page,
  type CallSummary,
} from '../../../protocol/rest.ts';
import { callStory as storyOf, listCalls, storyForAgents } from '../../ledger/index.ts';
import { readsOnlyOwn, unreadable } from '../call-access.ts';
import { type Context, done, notFound, refuse } from '../context.ts';
import { qualityRoute } from './quality.ts';
import { idParams, paging, route, type Route } from '../route.ts';

const filters = paging.extend({
  state: z.enum(['active', 'ended']).optional(),
  agent: z.string().min(1).max(64).optional(),
  queue: z.string().min(1).max(64).optional(),
  number: z.string().min(2).max(40).optional().describe('The party outside, in any form.'),
  since: z.coerce.number().int().nonnegative().optional().describe('Started then or later, ms.'),
  until: z.coerce.number().int().nonnegative().optional().describe('Started before then, ms.'),
});

/** Calls: views of the ledger, and the few things one can do to a call from outside. */
export function callRoutes({ ledger, crm, live }: Context): Route[] {
  const named = <C extends CallSummary>(call: C): C => {
    const outbound = call.direction === 'outbound';
    const party = outbound ? call.to : call.from;
    const name = party === '' ? undefined : crm.find(party)?.name;
    return name === undefined ? call : { ...call, ...(outbound ? { toName: name } : { fromName: name }) };
  };

  const list = route({
    method: 'get',
    path: '/api/v1/calls',
    summary: 'Calls, newest first; to agents, those they took part in',
    access: 'agent',
    query: filters,
    responses: { 200: page(callSummary) },
    handle({ query, caller: { account } }) {
      const { cursor, number, ...rest } = query;
      const caller = number === undefined ? undefined : crm.normalise(number);
      const takenPartBy = readsOnlyOwn(account) ? account.id : undefined;
      const found = listCalls(ledger, { ...rest, before: cursor, number: caller, takenPartBy });
      return done({ ...found, items: found.items.map(named) });
    },
  });

  const show = route({
    method: 'get',
    path: '/api/v1/calls/{id}',
    summary: 'One call with its whole story; to agents, of a call they took part in',
    access: 'agent',
    params: idParams,
    responses: { 200: callStory },
    problems: ['not-found', 'call-of-others'],
    handle({ params, caller: { account } }) {
      const problem = unreadable(ledger, account, params.id);
      if (problem !== undefined) return refuse(problem);
      const found = storyOf(ledger, params.id);
      if (found === undefined) return notFound('call');
      return done(named(readsOnlyOwn(account) ? { ...found, story: storyForAgents(found.story) } : found));
    },
  });

  const ladder = route({
    method: 'get',
    path: '/api/v1/calls/{id}/ladder',
    summary: 'The SIP messages of a recent call; numbers and digest answers are masked unless an admin asks otherwise',
    access: 'supervisor',
    params: idParams,
    query: z.object({ unmasked: z.enum(['true', 'false']).default('false') }),
    responses: { 200: callLadder },
    problems: ['not-found', 'not-allowed', 'no-ladder'],
    async handle({ params, query, caller }) {
      const unmasked = query.unmasked === 'true';
      if (unmasked && caller.account.role !== 'admin') return refuse(makeProblem('not-allowed', { role: 'admin' }));
      if (storyOf(ledger, params.id) === undefined) return notFound('call');
      const found = await live.ladder(params.id, unmasked, caller.account.id);
      return found.ok ? done(found.value) : refuse(found.error);
    },
  });

  const hangUp = route({
    method: 'post',
    path: '/api/v1/calls/{id}/hangup',
    summary: 'End a call: one’s own, or as a supervisor any',
    access: 'agent',
    params: idParams,
    responses: { 202: z.object({}) },
    problems: ['not-found', 'not-allowed'],
    handle({ params, caller }) {
      const { id, role } = caller.account;
      const own = live.agent(id)?.callId === params.id;
      if (role === 'agent' && !own) return refuse(makeProblem('not-allowed', { role: 'supervisor' }));
      const ended = live.hangUp(params.id, id);
      return ended.ok ? done({}, 202) : refuse(ended.error);
    },
  });

  const dial = route({
    method: 'post',
    path: '/api/v1/calls',
    summary: 'Let an agent call somebody: oneself, or as a supervisor any',
    access: 'agent',
    body: dialRequest,
    responses: { 202: dialResult },
    problems: ['not-allowed', 'not-found', 'dial-wrong-form', 'dial-not-now', 'dial-offline', 'dial-no-phone'],
    handle({ body, caller }) {
      const { id, role } = caller.account;
      if (role === 'agent' && body.agentId !== id) return refuse(makeProblem('not-allowed', { role: 'supervisor' }));
      const dialled = live.dial(body, id);
      return dialled.ok ? done({ id: dialled.value }, 202) : refuse(dialled.error);
    },
  });
  return [list, show, qualityRoute({ ledger, live }), ladder, dial, hangUp];
}
