import { z } from 'zod';
import { makeProblem } from '../../../protocol/problems/index.ts';
import { loginRequest, loginResult, sipCredentials } from '../../../protocol/rest.ts';
import { type Context, done, refuse } from '../context.ts';
import { type Answer, route, type Route } from '../route.ts';

function tooMany(waitMs: number): Answer<never> {
  const retryAfterInSeconds = Math.ceil(waitMs / 1000);
  return { problem: makeProblem('too-many-attempts', { seconds: retryAfterInSeconds }), retryAfterInSeconds };
}

/** Logging in and out. */
export function sessionRoutes({ store, live, guard, passwordGate, tokenLifetimeMs }: Context): Route[] {
  const login = route({
    method: 'post',
    path: '/api/v1/login',
    secret: true,
    summary: 'Log in: a token, and credentials for the softphone',
    access: 'public',
    body: loginRequest,
    responses: { 200: loginResult },
    problems: ['wrong-credentials', 'too-many-attempts', 'demo-login-not-local', 'ledger-not-writable'],
    async handle({ body, source }) {
      const wait = guard.waitMs(source.network, body.name);
      if (wait > 0) return tooMany(wait);
      guard.attempted(source.network, body.name);
      // Before the password is looked at: from outside nothing is to be learnt about a password that is printed.
      if (!source.loopback && store.accounts.byLogin(body.name)?.demo === true)
        return refuse(makeProblem('demo-login-not-local'));
      const checked = await passwordGate.pass(async () => ({
        account: await store.accounts.check(body.name, body.password),
      }));
      if (checked === undefined) return tooMany(1_000);
      const { account } = checked;
      if (account === undefined) return refuse(makeProblem('wrong-credentials'));
      guard.succeeded(source.network, body.name);
      const sip = live.mintSipCredentials(account.id);
      if (!sip.ok) return refuse(sip.error);
      const { token, expiresAt } = await store.accounts.issueToken(account.id, tokenLifetimeMs);
      return done({
        token,
        expiresAt,
        agent: { id: account.id, name: account.name },
        deskPath: '/desk',
        sip: sip.value,
      });
    },
  });

  const mint = route({
    method: 'post',
    path: '/api/v1/sip-credentials',
    secret: true,
    summary: 'New registration credentials for the softphone of the agent who asks',
    access: 'agent',
    responses: { 200: sipCredentials },
    handle({ caller }) {
      const sip = live.mintSipCredentials(caller.account.id);
      return sip.ok ? done(sip.value) : refuse(sip.error);
    },
  });

  const logout = route({
    method: 'post',
    path: '/api/v1/logout',
    summary: 'End the token of this request',
    access: 'agent',
    responses: { 200: z.object({}) },
    problems: ['ledger-not-writable'],
    async handle({ caller }) {
      await store.accounts.revokeToken(caller.token);
      return done({});
    },
  });
  return [login, mint, logout];
}
