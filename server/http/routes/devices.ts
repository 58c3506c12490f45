import { z } from 'zod';
import { makeProblem, type Problem } from '../../../protocol/problems/index.ts';
import {
  agentSummary,
  deviceAccount,
  deviceCredentials,
  deviceRequest,
  page,
  ringRequest,
} from '../../../protocol/rest.ts';
import type { Account } from '../../store/index.ts';
import { type Context, done, refuse } from '../context.ts';
import { idParams, route, type Route } from '../route.ts';

/** An agent may do it for themselves, a supervisor for anybody. */
function notTheirs(account: Account, agentId: string): Problem | undefined {
  return account.role === 'agent' && account.id !== agentId
    ? makeProblem('not-allowed', { role: 'supervisor' })
    : undefined;
}

/** Desk phones of agents, and which phones are rung. */
export function deviceRoutes({ live }: Context): Route[] {
  const nobodyBy = (id: string): Problem | undefined =>
    live.agent(id) === undefined ? makeProblem('not-found', { what: 'agent' }) : undefined;

  const list = route({
    method: 'get',
    path: '/api/v1/agents/{id}/devices',
    summary: 'SIP accounts of an agent’s desk phones, and what is registered with each',
    access: 'agent',
    params: idParams,
    responses: { 200: page(deviceAccount) },
    problems: ['not-found', 'not-allowed'],
    handle({ params, caller }) {
      const problem = notTheirs(caller.account, params.id) ?? nobodyBy(params.id);
      return problem === undefined ? done({ items: [...live.devices(params.id)] }) : refuse(problem);
    },
  });

  const add = route({
    method: 'post',
    path: '/api/v1/agents/{id}/devices',
    secret: true,
    summary: 'Make a SIP account for a desk phone; its password is told this once',
    access: 'admin',
    params: idParams,
    body: deviceRequest,
    responses: { 201: deviceCredentials },
    problems: ['not-found', 'device-exists', 'ledger-not-writable'],
    async handle({ params, body }) {
      const made = await live.addDevice(params.id, body.name);
      return made.ok ? done(made.value, 201) : refuse(made.error);
    },
  });

  const remove = route({
    method: 'delete',
    path: '/api/v1/agents/{id}/devices/{device}',
    summary: 'Remove the account of a desk phone, by its name or user name',
    access: 'admin',
    params: idParams.extend({ device: z.string().min(1).max(64) }),
    responses: { 200: z.object({}) },
    problems: ['not-found', 'ledger-not-writable'],
    async handle({ params }) {
      const problem = nobodyBy(params.id);
      if (problem !== undefined) return refuse(problem);
      const removed = await live.removeDevice(params.id, params.device);
      return removed.ok ? done({}) : refuse(removed.error);
    },
  });

  const ring = route({
    method: 'post',
    path: '/api/v1/agents/{id}/ring',
    summary: 'Which of one’s own phones a call rings, or as a supervisor anybody’s',
    access: 'agent',
    params: idParams,
    body: ringRequest,
    responses: { 200: agentSummary },
    problems: ['not-found', 'not-allowed'],
    handle({ params, body, caller }) {
      const problem = notTheirs(caller.account, params.id);
      if (problem !== undefined) return refuse(problem);
      const changed = live.setRing(params.id, body.ring);
      return changed.ok ? done(changed.value) : refuse(changed.error);
    },
  });
  return [list, add, remove, ring];
}
