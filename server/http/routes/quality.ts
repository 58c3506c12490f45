import { callQuality } from '../../../protocol/quality.ts';
import { callStory as storyOf } from '../../ledger/index.ts';
import { type Context, done, notFound } from '../context.ts';
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
    problems: ['not-found'],
    handle({ params }) {
      if (storyOf(ledger, params.id) === undefined) return notFound('call');
      return done({ legs: [...live.quality(params.id)] });
    },
  });
}
