import { releaseRequest, sipProtection } from '../../../protocol/sip-protection.ts';
import { type Context, done, notFound } from '../context.ts';
import { route, type Route } from '../route.ts';

/** Whom our defences hold back, and letting them go. */
export function protectionRoutes({ live }: Context): Route[] {
  const blocked = route({
    method: 'get',
    path: '/api/v1/sip/blocked',
    summary: 'Sources that are limited or shut out now, why and until when; what was dropped so far',
    access: 'supervisor',
    responses: { 200: sipProtection },
    handle: async () => done(await live.protection()),
  });

  const unblock = route({
    method: 'post',
    path: '/api/v1/sip/unblock',
    summary: 'Let a source go again: wrong passwords are forgotten, its measure is full',
    access: 'admin',
    body: releaseRequest,
    responses: { 200: sipProtection },
    problems: ['not-found'],
    async handle({ body, caller }) {
      if (!(await live.release(body.source, caller.account.id))) return notFound('source');
      return done(await live.protection());
    },
  });
  return [blocked, unblock];
}
