import { z } from 'zod';
import { readiness } from '../../../protocol/rest.ts';
import { type Context, done } from '../context.ts';
import { openApiOf } from '../openapi.ts';
import { route, type Route } from '../route.ts';

/** What machines ask: whether it lives, whether it is ready, what it counts, what it can do. */
export function operationRoutes({ live, metrics }: Context, table: () => readonly Route[]): Route[] {
  const health = route({
    method: 'get',
    path: '/healthz',
    summary: 'Answers as long as the process lives',
    access: 'public',
    responses: { 200: z.object({ status: z.literal('ok') }) },
    handle: () => done({ status: 'ok' as const }),
  });

  const ready = route({
    method: 'get',
    path: '/readyz',
    summary: 'Whether calls can be taken: 200 or 503, with every part',
    access: 'public',
    responses: { 200: readiness, 503: readiness },
    handle() {
      const state = live.readiness();
      return done(state, state.ready ? 200 : 503);
    },
  });

  const measure = route({
    method: 'get',
    path: '/metrics',
    summary: 'Prometheus metrics',
    access: 'public',
    responses: { 200: z.string() },
    handle: async () => done(await metrics.registry.metrics()),
  });

  const document = route({
    method: 'get',
    path: '/api/openapi.json',
    summary: 'This document',
    access: 'public',
    responses: { 200: z.record(z.string(), z.unknown()) },
    handle: () => done(openApiOf(table())),
  });
  return [health, ready, measure, document];
}
