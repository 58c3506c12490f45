/** From the route table to Express: parse, admit, handle, answer. */
import express, { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express';
import type { z } from 'zod';
import { makeProblem, type Problem } from '../../protocol/problems/index.ts';
import { LedgerError } from '../ledger/index.ts';
import { type Authenticator, sourceOf } from './authenticate.ts';
import type { Idempotency, SentAnswer } from './idempotency.ts';
import { Download, sendDownload } from './download.ts';
import type { Answer, Route } from './route.ts';

/** The largest body taken: a contact with long notes is a tenth of it. */
export const bodyLimit = 65_536;

export interface RouterParts {
  readonly authenticator: Authenticator;
  readonly idempotency: Idempotency;
  /** Resolves when what happened before can be read. */
  readonly caughtUp: () => Promise<void>;
  /** Checks answers against their schemas; for tests, since a wrong one is our own mistake. */
  readonly checkAnswers: boolean;
}

/** Sends a problem as RFC 9457 says. */
export function sendProblem(response: Response, problem: Problem, retryAfterInSeconds?: number): void {
  if (problem.status === 401) response.set('WWW-Authenticate', 'Bearer');
  if (retryAfterInSeconds !== undefined) response.set('Retry-After', String(retryAfterInSeconds));
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** What a failure inside a handler is for the one who asked; undefined when it is our own mistake. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof LedgerError && error.retryable)
    return makeProblem('ledger-not-writable', { reason: error.code });
  return undefined;
}

function parse<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> | Refusal {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = [where, ...(issue?.path ?? [])].join('.');
  return new Refusal(makeProblem('bad-field', { reason: issue?.message ?? 'not understood' }, place));
}

class Refusal {
  readonly problem: Problem;
  constructor(problem: Problem) {
    this.problem = problem;
  }
}

async function answer(route: Route, request: Request, parts: RouterParts): Promise<Answer<unknown>> {
  const source = sourceOf(request);
  const caller = parts.authenticator.admit(request, route.access, source);
  if ('code' in caller) return { problem: caller };
  const params = parse(route.params, request.params, 'path');
  if (params instanceof Refusal) return params;
  const query = parse(route.query, request.query, 'query');
  if (query instanceof Refusal) return query;
  const body = parse(route.body, request.body ?? {}, 'body');
  if (body instanceof Refusal) return body;
  const handle = async (): Promise<Answer<unknown>> => route.handle({ params, query, body, caller, source });
  // Who saw a call end on a page, and asks for its story then, finds the end in it.
  if (route.method === 'get') await parts.caughtUp();
  const key = request.get('idempotency-key');
  if (route.method !== 'post' || route.secret === true || key === undefined) return handle();
  if (key.length > 128) return { problem: makeProblem('bad-field', { reason: 'too long' }, 'Idempotency-Key') };
  const once = parts.idempotency.once(
    key,
    { account: caller.account.id || source.address, path: request.path, body },
    async () => sent(await handle()),
  );
  return once === 'mismatch' ? { problem: makeProblem('idempotency-mismatch') } : again(await once);
}

function sent(given: Answer<unknown>): SentAnswer {
  return 'problem' in given ? { status: given.problem.status, body: given } : given;
}

function again({ status, body }: SentAnswer): Answer<unknown> {
  return typeof body === 'object' && body !== null && 'problem' in body ? (body as Answer<unknown>) : { status, body };
}

function send(route: Route, given: Answer<unknown>, response: Response, check: boolean): void {
  if ('problem' in given) {
    sendProblem(response, given.problem, given.retryAfterInSeconds);
    return;
  }
  if (check) {
    const schema = route.responses[given.status];
    if (schema === undefined) throw new Error(`${route.path} does not promise status ${given.status}`);
    schema.parse(given.body);
  }
  if (given.body instanceof Download) return;
  response.set('Cache-Control', 'no-store').status(given.status);
  if (typeof given.body === 'string') response.type('text/plain').send(given.body);
  else response.json(given.body);
}

function handlerOf(route: Route, parts: RouterParts): RequestHandler {
  return async (request: Request, response: Response, next: NextFunction) => {
    response.locals['route'] = route.path;
    try {
      const given = await answer(route, request, parts);
      send(route, given, response, parts.checkAnswers);
      if ('body' in given && given.body instanceof Download) await sendDownload(given.body, request, response);
    } catch (error) {
      const problem = problemOf(error);
      if (problem === undefined) next(error);
      else sendProblem(response, problem, 5);
    }
  };
}

/** Express's way of writing a path of the table. */
function expressPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

/** The router of all routes. A known path with another method answers 405, an unknown one under /api 404. */
export function routerOf(table: readonly Route[], parts: RouterParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const json = express.json({ limit: bodyLimit, type: () => true });
  for (const route of table) router[route.method](expressPath(route.path), json, handlerOf(route, parts));
  for (const [path, routes] of Map.groupBy(table, (route) => route.path)) {
    const allowed = routes.map((route) => route.method.toUpperCase()).join(', ');
    router.all(expressPath(path), (request, response) => {
      response.set('Allow', allowed);
      sendProblem(response, makeProblem('wrong-method', { method: request.method, allowed }));
    });
  }
  router.use('/api', (_request, response) => sendProblem(response, makeProblem('not-found', { what: 'address' })));
  return router;
}
