/** What this page asks of the server. Answers are looked at by hand: a schema library would double the page. */
import { fail, ok } from '../../../base/result.ts';
import type { Result } from '../../../base/result.ts';
import type { Problem } from '../../../protocol/problems/index.ts';
import type { WebPass, WebPassRequest, WebRoute } from '../../../protocol/web-call.ts';
import { guestProblem } from './problems.ts';

type Body = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null;
}

function hasTexts(value: unknown, ...names: readonly string[]): value is Body {
  return isObject(value) && names.every((name) => typeof value[name] === 'string');
}

function isRoute(value: unknown): value is WebRoute {
  return (
    hasTexts(value, 'id', 'language') && hasTexts(value['name'], 'en', 'zh') && typeof value['video'] === 'boolean'
  );
}

function isPass(value: unknown): value is WebPass {
  if (!hasTexts(value, 'target') || typeof value['video'] !== 'boolean') return false;
  return hasTexts(value['sip'], 'aor', 'username', 'password', 'realm', 'webSocketUrl');
}

function isProblem(value: unknown): value is Problem {
  return hasTexts(value, 'code', 'title', 'detail', 'titleZh', 'detailZh');
}

/** The part of `fetch` that is used, so that a test may stand in for it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export class CallServer {
  readonly #origin: string;
  readonly #fetch: Fetch;

  constructor(origin: string, fetchLike: Fetch = (url, init) => fetch(url, init)) {
    this.#origin = origin;
    this.#fetch = fetchLike;
  }

  /** What can be called. */
  async routes(): Promise<Result<readonly WebRoute[], Problem>> {
    const answer = await this.#ask('/api/v1/web-routes', { method: 'GET' });
    if (!answer.ok) return answer;
    const items = isObject(answer.value) ? answer.value['items'] : undefined;
    return Array.isArray(items) && items.every(isRoute) ? ok(items) : fail(guestProblem('unexpected-answer'));
  }

  /** A pass for one call. */
  async pass(wanted: WebPassRequest): Promise<Result<WebPass, Problem>> {
    const headers = { 'content-type': 'application/json' };
    const answer = await this.#ask('/api/v1/web-passes', { method: 'POST', headers, body: JSON.stringify(wanted) });
    if (!answer.ok) return answer;
    return isPass(answer.value) ? ok(answer.value) : fail(guestProblem('unexpected-answer'));
  }

  async #ask(path: string, init: RequestInit): Promise<Result<unknown, Problem>> {
    try {
      const response = await this.#fetch(`${this.#origin}${path}`, { ...init, credentials: 'omit', cache: 'no-store' });
      const body: unknown = await response.json();
      if (response.ok) return ok(body);
      return fail(isProblem(body) ? body : guestProblem('unexpected-answer'));
    } catch {
      return fail(guestProblem('web-unreachable', { server: this.#origin }));
    }
  }
}
