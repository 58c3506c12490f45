import { makeProblem } from '../../../protocol/problems/index.ts';
import { page } from '../../../protocol/rest.ts';
import { webPass, webPassRequest, webRoute } from '../../../protocol/web-call.ts';
import { type Context, done, refuse } from '../context.ts';
import { route, type Route } from '../route.ts';

/** What the page for callers asks. Nobody signs in there. */
export function webCallRoutes({ live, turnstile }: Context): Route[] {
  const list = route({
    method: 'get',
    path: '/api/v1/web-routes',
    summary: 'What anybody may call from a browser',
    access: 'public',
    responses: { 200: page(webRoute) },
    handle: () => done({ items: [...live.webRoutes()] }),
  });

  const pass = route({
    method: 'post',
    path: '/api/v1/web-passes',
    secret: true,
    summary: 'A pass for one call from a browser: SIP credentials that last a minute',
    access: 'public',
    body: webPassRequest,
    responses: { 200: webPass },
    problems: ['web-no-route', 'web-busy', 'web-too-often', 'ledger-not-writable', 'dial-not-ready'],
    handle({ body, source }) {
      const waitMs = turnstile.pass(source.network);
      if (waitMs > 0) {
        const retryAfterInSeconds = Math.ceil(waitMs / 1000);
        return { problem: makeProblem('web-too-often', { seconds: retryAfterInSeconds }), retryAfterInSeconds };
      }
      const made = live.webPass(body);
      return made.ok ? done(made.value) : refuse(made.error);
    },
  });
  return [list, pass];
}
