import { z } from 'zod';
import { id as anyId } from '../../../protocol/ids.ts';
import { makeProblem, type Problem } from '../../../protocol/problems/index.ts';
import { conferenceRequest, memberList, memberRequest } from '../../../protocol/rest.ts';
import { type Context, done, refuse } from '../context.ts';
import { idParams, route, type Route } from '../route.ts';

const path = '/api/v1/calls/{id}/conference';
const memberParams = idParams.extend({ member: anyId.describe('The id of a member, as the list gives it.') });
const denied = () => refuse(makeProblem('not-allowed', { role: 'supervisor' }));
const outcome = (problem: Problem | undefined) => (problem === undefined ? done({}, 202) : refuse(problem));

/** Adding people to a talk, and sending them away. What becomes of it is told by the ledger and at the desks. */
export function conferenceRoutes({ live }: Context): Route[] {
  const { conferences } = live;
  const may = ({ id, role }: { readonly id: string; readonly role: string }, callId: string): boolean =>
    role !== 'agent' || live.agent(id)?.callId === callId;

  const list = route({
    method: 'get',
    path,
    summary: 'Who was added to a talk',
    access: 'agent',
    params: idParams,
    responses: { 200: memberList },
    problems: ['no-such-call', 'not-allowed'],
    handle({ params, caller }) {
      if (!may(caller.account, params.id)) return denied();
      const members = conferences.members(params.id);
      return members.ok ? done({ items: [...members.value] }) : refuse(members.error);
    },
  });

  const add = route({
    method: 'post',
    path,
    summary: 'Add a colleague or a number to a talk, or whoever is consulted: one’s own, or as a supervisor any',
    access: 'agent',
    params: idParams,
    body: conferenceRequest,
    responses: { 202: z.object({}) },
    problems: [
      ...([
        'not-allowed',
        'no-such-call',
        'not-now',
        'dial-wrong-form',
        'transfer-to-self',
        'conference-full',
      ] as const),
      ...(['transfer-no-such-target', 'transfer-agent-away', 'transfer-agent-busy', 'consult-whom'] as const),
    ],
    handle({ params, body, caller }) {
      if (!may(caller.account, params.id)) return denied();
      const { to } = body;
      return outcome(to === undefined ? conferences.merge(params.id) : conferences.add(params.id, to, 'api'));
    },
  });

  const set = route({
    method: 'put',
    path: `${path}/{member}`,
    summary: 'Make a member silent, or louder for the others',
    access: 'agent',
    params: memberParams,
    body: memberRequest,
    responses: { 202: z.object({}) },
    problems: ['not-allowed', 'no-such-call', 'no-such-member'],
    handle({ params, body, caller }) {
      const { id } = caller.account;
      return may(caller.account, params.id) ? outcome(conferences.set(params.id, params.member, body, id)) : denied();
    },
  });

  const drop = route({
    method: 'delete',
    path: `${path}/{member}`,
    summary: 'Send a member away; the others talk on',
    access: 'agent',
    params: memberParams,
    responses: { 202: z.object({}) },
    problems: ['not-allowed', 'no-such-call', 'no-such-member'],
    handle({ params, caller }) {
      const { id } = caller.account;
      return may(caller.account, params.id) ? outcome(conferences.drop(params.id, params.member, id)) : denied();
    },
  });
  return [list, add, set, drop];
}
