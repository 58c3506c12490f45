import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { makeProblem } from '../../../protocol/problems/index.ts';
import {
  agentStateRequest,
  agentSummary,
  type AgentSummary,
  alertSummary,
  dialplanStatus,
  erasureRequest,
  erasureResult,
  page,
  passwordRequest,
  passwordResult,
  queueSummary,
} from '../../../protocol/rest.ts';
import { listAlerts } from '../../ledger/index.ts';
import { readsOnlyOwn } from '../call-access.ts';
import { type Context, done, notFound, refuse } from '../context.ts';
import { idParams, paging, route, type Route } from '../route.ts';

function agentRoutes({ live, store }: Context): Route[] {
  const list = route({
    method: 'get',
    path: '/api/v1/agents',
    summary: 'Agents and what they are doing; whose call it is, only supervisors and the agent are told',
    access: 'agent',
    responses: { 200: page(agentSummary) },
    handle({ caller: { account } }) {
      const withoutCall = ({ callId: _, ...agent }: AgentSummary): AgentSummary => agent;
      const told = (agent: AgentSummary) =>
        readsOnlyOwn(account) && agent.id !== account.id ? withoutCall(agent) : agent;
      return done({ items: live.agents().map(told) });
    },
  });

  const state = route({
    method: 'post',
    path: '/api/v1/agents/{id}/state',
    summary: 'Change one’s own presence, or as a supervisor anybody’s',
    access: 'agent',
    params: idParams,
    body: agentStateRequest,
    responses: { 200: agentSummary },
    problems: ['not-found', 'not-allowed', 'not-now', 'no-such-choice'],
    handle({ params, body, caller }) {
      const { id, role } = caller.account;
      if (role === 'agent' && params.id !== id) return refuse(makeProblem('not-allowed', { role: 'supervisor' }));
      const changed = live.setAgentState(params.id, body, id);
      return changed.ok ? done(changed.value) : refuse(changed.error);
    },
  });

  const password = route({
    method: 'post',
    path: '/api/v1/agents/{id}/password',
    secret: true,
    summary: 'Give an agent a password of their own, good from other machines too',
    access: 'admin',
    params: idParams,
    body: passwordRequest,
    responses: { 200: passwordResult },
    problems: ['not-found', 'ledger-not-writable'],
    async handle({ params, body }) {
      const agent = live.agent(params.id);
      if (agent === undefined) return notFound('agent');
      const made = body.password ?? randomBytes(12).toString('base64url');
      const { id, name } = agent;
      const role = store.accounts.byId(id)?.role ?? 'agent';
      await store.accounts.put({ id, login: id, name, role, demo: false }, made);
      return done({ agent: id, login: id, password: made });
    },
  });
  return [list, state, password];
}

/** Agents, queues, the dialplan, alerts, erasures. */
export function siteRoutes(context: Context): Route[] {
  const { ledger, crm, live, idempotency } = context;
  const queues = route({
    method: 'get',
    path: '/api/v1/queues',
    summary: 'Queues and who waits in them',
    access: 'agent',
    responses: { 200: page(queueSummary) },
    handle: () => done({ items: [...live.queues()] }),
  });

  const dialplans = route({
    method: 'get',
    path: '/api/v1/dialplans',
    summary: 'The plan in force, and why a later one was refused',
    access: 'agent',
    responses: { 200: dialplanStatus },
    handle: () => done(live.dialplan()),
  });

  const alerts = route({
    method: 'get',
    path: '/api/v1/alerts',
    summary: 'Alerts, newest first; to agents, of calls they took part in',
    access: 'agent',
    query: paging.extend({ call: z.string().min(1).max(64).optional() }),
    responses: { 200: page(alertSummary) },
    handle({ query: { call, cursor, limit }, caller: { account } }) {
      const takenPartBy = readsOnlyOwn(account) ? account.id : undefined;
      return done(listAlerts(ledger, { callId: call, before: cursor, limit, takenPartBy }));
    },
  });

  const erase = route({
    method: 'post',
    path: '/api/v1/erasures',
    summary: 'Erase a person: their keys are destroyed, so nothing of them can be read again',
    access: 'admin',
    body: erasureRequest,
    responses: { 200: erasureResult },
    problems: ['not-allowed', 'ledger-not-writable'],
    async handle({ body }) {
      const isSubject = /^[sk]-/.test(body.subject);
      const who = isSubject ? body.subject : crm.normalise(body.subject);
      // Before their keys are gone: afterwards nothing tells whose calls these were.
      const recordings = await live.recordings.erase(ledger.callsOf(who));
      const erasure = await ledger.erase(who);
      await live.forget(isSubject ? '' : crm.normalise(body.subject));
      idempotency.clear();
      return done({ ...erasure, recordings });
    },
  });
  return [...agentRoutes(context), queues, dialplans, alerts, erase];
}
