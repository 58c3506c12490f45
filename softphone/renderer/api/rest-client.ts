import { fail, ok } from '../../../base/result.ts';
import type { Result } from '../../../base/result.ts';
import { makeProblem, problem } from '../../../protocol/problems/index.ts';
import type { Problem } from '../../../protocol/problems/index.ts';
import { agentSummary, contact, loginResult, page, sipCredentials } from '../../../protocol/rest.ts';
import type { AgentSummary, Contact, LoginResult, SipCredentials } from '../../../protocol/rest.ts';

/** The part of `fetch` that is used, so that a test may stand in for it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A wire schema, as far as it is used here. */
interface Schema<T> {
  safeParse(body: unknown): { readonly success: true; readonly data: T } | { readonly success: false };
}

/** The few requests of the softphone; everything else travels on the desk feed. */
export class RestClient {
  readonly #origin: string;
  readonly #fetch: Fetch;

  /** `origin`: where the server is, such as `https://desk.example`, without a slash at the end. */
  constructor(origin: string, fetchLike: Fetch = (url, init) => fetch(url, init)) {
    this.#origin = origin;
    this.#fetch = fetchLike;
  }

  /** `POST /api/v1/login`. */
  login(name: string, password: string): Promise<Result<LoginResult, Problem>> {
    return this.#post('/api/v1/login', { name, password }, loginResult);
  }

  /** `POST /api/v1/sip-credentials`: new digest credentials for the same agent. */
  renewSipCredentials(token: string): Promise<Result<SipCredentials, Problem>> {
    return this.#post('/api/v1/sip-credentials', {}, sipCredentials, token);
  }

  /** `GET /api/v1/contacts?search=`: contacts whose name or number holds the text. */
  async searchContacts(token: string, text: string): Promise<Result<readonly Contact[], Problem>> {
    const path = `/api/v1/contacts?limit=6&search=${encodeURIComponent(text)}`;
    const found = await this.#ask('GET', path, undefined, page(contact), token);
    return found.ok ? ok(found.value.items) : found;
  }

  /** `GET /api/v1/agents`: who there is, and what they are doing. */
  async listAgents(token: string): Promise<Result<readonly AgentSummary[], Problem>> {
    const found = await this.#ask('GET', '/api/v1/agents', undefined, page(agentSummary), token);
    return found.ok ? ok(found.value.items) : found;
  }

  #post<T>(path: string, body: unknown, schema: Schema<T>, token?: string): Promise<Result<T, Problem>> {
    return this.#ask('POST', path, JSON.stringify(body), schema, token);
  }

  async #ask<T>(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    schema: Schema<T>,
    token?: string,
  ): Promise<Result<T, Problem>> {
    let answer: { readonly ok: boolean; readonly body: unknown };
    try {
      const response = await this.#fetch(`${this.#origin}${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.timeout(15_000),
      });
      answer = { ok: response.ok, body: await response.json().catch(() => undefined) };
    } catch {
      return fail(makeProblem('server-unreachable', { server: this.#origin }, path));
    }
    return answer.ok ? parsed(schema, answer.body, path) : fail(asProblem(answer.body, path));
  }
}

function parsed<T>(schema: Schema<T>, body: unknown, path: string): Result<T, Problem> {
  const result = schema.safeParse(body);
  return result.success ? ok(result.data) : fail(makeProblem('unexpected-answer', {}, path));
}

/** The RFC 9457 body of a refusal, or our own problem if it is none (a proxy's error page, say). */
function asProblem(body: unknown, path: string): Problem {
  const result = problem.safeParse(body);
  return result.success ? result.data : makeProblem('unexpected-answer', {}, path);
}
