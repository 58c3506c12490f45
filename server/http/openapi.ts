/** The OpenAPI 3.1 document, made from the route table. */
import { z } from 'zod';
import { catalogue, problem } from '../../protocol/problems/index.ts';
import type { Route } from './route.ts';

type Json = Record<string, unknown>;

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return rest;
}

function parameters(schema: z.ZodType, where: 'path' | 'query'): Json[] {
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, each]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: each,
  }));
}

function content(type: string, schema: Json): Json {
  return { content: { [type]: { schema } } };
}

/** Bytes are no JSON: what is neither JSON nor text is a recording. */
function typeOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodCustom) return 'audio/*';
  return schema instanceof z.ZodString ? 'text/plain' : 'application/json';
}

function responses(route: Route): Json {
  const good = Object.entries(route.responses).map(([status, schema]) => [
    status,
    {
      description: 'done',
      ...content(typeOf(schema), schemaOf(schema, 'output')),
    },
  ]);
  const byStatus = Map.groupBy(route.problems, (code) => String(catalogue[code].status));
  const bad = [...byStatus].map(([status, codes]) => [
    status,
    {
      description: codes.map((code) => `\`${code}\`: ${catalogue[code].what.en}`).join('\n\n'),
      ...content('application/problem+json', { $ref: '#/components/schemas/Problem' }),
    },
  ]);
  return Object.fromEntries([...good, ...bad]) as Json;
}

function hasFields(schema: z.ZodType): boolean {
  return !(schema instanceof z.ZodObject && Object.keys(schema.shape).length === 0);
}

function operation(route: Route): Json {
  const header = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    schema: { type: 'string', maxLength: 128 },
    description:
      'A repeated request with the same key gets the first answer for 24 hours. Kept in memory: after a restart of the server the request is done again.',
  };
  return {
    operationId: `${route.method}${route.path.replace(/^\/api\/v1/, '').replace(/[^A-Za-z]+(\w)?/g, (_, next?: string) => next?.toUpperCase() ?? '')}`,
    summary: route.summary,
    security: route.access === 'public' ? [] : [{ bearer: [] }],
    parameters: [
      ...parameters(route.params, 'path'),
      ...parameters(route.query, 'query'),
      ...(route.method === 'post' && route.secret !== true ? [header] : []),
    ],
    ...(hasFields(route.body)
      ? { requestBody: { required: true, ...content('application/json', schemaOf(route.body, 'input')) } }
      : {}),
    responses: responses(route),
  };
}

/** The whole document. */
export function openApiOf(routes: readonly Route[]): Json {
  const byPath = Map.groupBy(routes, (route) => route.path);
  const paths = [...byPath].map(([path, entries]) => [
    path,
    Object.fromEntries(entries.map((entry) => [entry.method, operation(entry)])),
  ]);
  return {
    openapi: '3.1.0',
    info: { title: 'Jackfield', version: 'v1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths: Object.fromEntries(paths) as Json,
    components: {
      schemas: { Problem: schemaOf(problem, 'output') },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
}
