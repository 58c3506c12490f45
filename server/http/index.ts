/** The HTTP API and the agent page. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { dirname } from 'node:path';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { makeProblem } from '../../protocol/problems/index.ts';
import type { Crm } from '../crm/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Account, Store } from '../store/index.ts';
import { Authenticator, sourceOf } from './authenticate.ts';
import { Idempotency } from './idempotency.ts';
import { Gate, LoginGuard } from './login-guard.ts';
import { Metrics } from './metrics.ts';
import { pagesOf, securityHeaders } from './pages.ts';
import type { LivePort } from './ports.ts';
import type { Route } from './route.ts';
import { bodyLimit, routerOf, sendProblem } from './router.ts';
import { callPageOf, listenPageOf } from './small-pages.ts';
import { routeTable } from './table.ts';
import { Turnstile, type TurnstileLimits } from './turnstile.ts';

export { Metrics } from './metrics.ts';
export { openApiOf } from './openapi.ts';
export type { LivePort } from './ports.ts';
export type { Access, Route } from './route.ts';

export interface HttpPorts {
  readonly ledger: Ledger;
  readonly store: Store;
  readonly crm: Crm;
  readonly live: LivePort;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface HttpOptions {
  /** Bearer token of the command line; see `adminTokenFrom`. */
  readonly adminToken: string;
  /** Folder of the softphone's build. */
  readonly softphone: string;
  /** Where the engine takes SIP over WebSocket: all that the page for callers may connect to beside this server. */
  readonly webSockets?: readonly string[];
  /** Calls from browsers that one address, and that all together, may begin a minute. */
  readonly webCalls?: TurnstileLimits;
  /** How long a login lasts. Default 12 hours. */
  readonly tokenLifetimeMs?: number;
  /** Checks every answer against its schema: for tests. */
  readonly checkAnswers?: boolean;
}

export interface Http {
  /** For `http.createServer` and `https.createServer` alike. */
  readonly listener: RequestListener;
  readonly metrics: Metrics;
  /** Every route. */
  readonly routes: readonly Route[];
  /** Whose bearer token it is: for the desk feed. */
  accountOf(token: string): Account | undefined;
  /** Lets go of the ledger; the servers are the caller's to close. */
  close(): void;
}

/** The token in a file only its owner reads; made if there is none. */
export function adminTokenFrom(file: string): string {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(file, 'utf8').trim();
}

/** One line for each answered request; the address may hold numbers, so only the route's pattern is told. */
function accessLog(logger: Logger, metrics: Metrics, clock: Clock): RequestHandler {
  return (request, response, next) => {
    const began = clock.now();
    response.locals['requestId'] = randomUUID();
    response.set('X-Request-Id', String(response.locals['requestId']));
    response.on('finish', () => {
      const elapsedMs = clock.now() - began;
      const route = String(response.locals['route'] ?? 'page');
      metrics.answered(request.method, route, response.statusCode, elapsedMs);
      const { requestId } = response.locals;
      const fields = {
        requestId: String(requestId),
        method: request.method,
        route,
        status: response.statusCode,
        elapsedMs,
      };
      logger.debug({ ...fields, pii: { address: sourceOf(request).address } }, 'answered a request');
    });
    next();
  };
}

function lastResort(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const requestId = String(response.locals['requestId']);
    if (response.headersSent) {
      next(error);
      return;
    }
    const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined;
    const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500;
    const reason = error instanceof Error ? error.message : 'unknown';
    if (type === 'entity.parse.failed') sendProblem(response, makeProblem('not-json', { reason }));
    else if (type === 'entity.too.large') sendProblem(response, makeProblem('body-too-large', { limit: bodyLimit }));
    else if (status >= 400 && status < 500) sendProblem(response, makeProblem('bad-field', { reason }));
    else {
      logger.error(
        { err: error, requestId, method: request.method, route: response.locals['route'] },
        'a request failed',
      );
      sendProblem(response, makeProblem('server-failed', { requestId }));
    }
  };
}

/** Makes the API and the page. Nothing listens yet: give `listener` to as many servers as there are addresses. */
export function createHttp(ports: HttpPorts, options: HttpOptions): Http {
  const { ledger, store, crm, live, logger, clock } = ports;
  const { adminToken, softphone, tokenLifetimeMs = 12 * 3_600_000, checkAnswers = false } = options;
  const metrics = new Metrics(ledger, live);
  const guard = new LoginGuard(clock);
  const turnstile = new Turnstile(clock, options.webCalls ?? { perMinute: 6, perMinuteOfAll: 120 });
  const passwordGate = new Gate(2, 50);
  const idempotency = new Idempotency(clock);
  const routes = routeTable({
    ledger,
    store,
    crm,
    live,
    clock,
    metrics,
    guard,
    turnstile,
    idempotency,
    passwordGate,
    tokenLifetimeMs,
  });
  const authenticator = new Authenticator(store.accounts, adminToken);
  const app: Express = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(accessLog(logger, metrics, clock), securityHeaders);
  app.use(routerOf(routes, { authenticator, idempotency, checkAnswers, caughtUp: () => ledger.caughtUp() }));
  app.use(callPageOf(softphone, options.webSockets ?? []));
  app.use(listenPageOf(softphone));
  app.use(pagesOf(softphone));
  app.use((_request, response) => sendProblem(response, makeProblem('not-found', { what: 'page' })));
  app.use(lastResort(logger));
  return {
    listener: app,
    metrics,
    routes,
    accountOf: (token) => authenticator.accountOf(token),
    close: () => metrics.close(),
  };
}
