import { callQuality } from '../../../protocol/quality.ts';
import { type Context, done, refuse } from '../context.ts';
import { legsFor, unreadable } from '../call-access.ts';
import { idParams, route, type Route } from '../route.ts';

/** How a call sounds, or sounded. */
export function qualityRoute({ ledger, live }: Pick<Context, 'ledger' | 'live'>): Route {
  return route({
    method: 'get',
    path: '/api/v1/calls/{id}/quality',
    summary: 'How the legs of a call sound: loss, jitter, round trip, MOS, and the cause where it is bad',
    access: 'agent',
    params: idParams,
    responses: { 200: callQuality },
    problems: ['not-found', 'call-of-others'],
    handle({ params, caller }) {
      const problem = unreadable(ledger, caller.account, params.id);
      return problem === undefined ? done({ legs: legsFor(caller.account, live.quality(params.id)) }) : refuse(problem);
    },
  });
}
