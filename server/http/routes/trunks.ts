import { page } from '../../../protocol/rest.ts';
import { trunkCard, trunkSummary, trunkTestRequest } from '../../../protocol/trunks.ts';
import { type Context, done, notFound } from '../context.ts';
import { idParams, route, type Route } from '../route.ts';

/** Trunks: their state, and a test of one. What they are is written in trunks.yaml. */
export function trunkRoutes({ live }: Context): Route[] {
  const list = route({
    method: 'get',
    path: '/api/v1/trunks',
    summary: 'Trunks with their state, in the order of the files',
    access: 'supervisor',
    responses: { 200: page(trunkSummary) },
    handle: () => done({ items: [...live.trunks()] }),
  });

  const show = route({
    method: 'get',
    path: '/api/v1/trunks/{id}',
    summary: 'One trunk',
    access: 'supervisor',
    params: idParams,
    responses: { 200: trunkSummary },
    problems: ['not-found'],
    handle({ params }) {
      const found = live.trunks().find(({ id }) => id === params.id);
      return found === undefined ? notFound('trunk') : done(found);
    },
  });

  const test = route({
    method: 'post',
    path: '/api/v1/trunks/{id}/test',
    summary: 'Ask every target by OPTIONS and call a number that echoes; takes some seconds',
    access: 'admin',
    params: idParams,
    body: trunkTestRequest,
    responses: { 200: trunkCard },
    problems: ['not-found'],
    async handle({ params, body }) {
      const card = await live.testTrunk(params.id, body.number);
      return card === undefined ? notFound('trunk') : done(card);
    },
  });
  return [list, show, test];
}
