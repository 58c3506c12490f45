/** The command line as a client of the server's HTTP API. Every answer is parsed by its schema. */
import { readFileSync } from 'node:fs';
import { fetch, type Response } from 'undici';
import { z } from 'zod';
import { problem } from '../protocol/problems/index.ts';
import { page } from '../protocol/rest.ts';
import { loadConfig, siteFiles } from '../server/config.ts';
import type { Config } from '../server/config.ts';
import type { Terminal } from './terminal.ts';
import { CliError, exitCodes } from './terminal.ts';
import { commonTexts } from './texts/common.ts';
import { speaker } from './texts/text.ts';

/** What the server leaves for us while it runs. */
const runFile = z.object({ url: z.string().regex(/^https?:\/\//), token: z.string().min(1) });

/** The site's configuration. Throws `CliError` with the configuration's own problem. */
export function siteConfig(terminal: Terminal): Config {
  const config = loadConfig(terminal.root);
  if (config.ok) return config.value;
  const { place = '', title, detail, titleZh, detailZh } = config.error;
  const text = terminal.language === 'zh' ? `${titleZh}${detailZh}` : `${title} ${detail}`;
  throw new CliError(exitCodes.failed, `${place}: ${text}`);
}

type Query = Readonly<Record<string, string | number | undefined>>;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const usualTimeoutMs = 15_000;
/** A long recording takes its time. */
const longTimeoutMs = 600_000;

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

function withQuery(path: string, query: Query): string {
  const stated = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  const search = new URLSearchParams(stated).toString();
  return search === '' ? path : `${path}?${search}`;
}

/** One running server. */
export class Api {
  readonly url: string;
  readonly #token: string;
  readonly #terminal: Terminal;
  readonly #say: ReturnType<typeof speaker<typeof commonTexts>>;

  constructor(url: string, token: string, terminal: Terminal) {
    this.url = url;
    this.#token = token;
    this.#terminal = terminal;
    this.#say = speaker(commonTexts, terminal.language);
  }

  /** Asks for one thing. `also` are statuses besides 2xx whose body is of that schema too. */
  async get<T>(path: string, schema: z.ZodType<T>, query: Query = {}, also: readonly number[] = []): Promise<T> {
    const answer = await this.#ask('GET', withQuery(path, query));
    return this.#read(path, answer, schema, also);
  }

  async post<T>(path: string, body: unknown, schema: z.ZodType<T>, timeoutMs = usualTimeoutMs): Promise<T> {
    return this.#read(path, await this.#ask('POST', path, body, timeoutMs), schema, []);
  }

  async put<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return this.#read(path, await this.#ask('PUT', path, body), schema, []);
  }

  /** The bytes of something that is no JSON, as they come. */
  async bytes(path: string, query: Query = {}): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#fetch('GET', withQuery(path, query), undefined, longTimeoutMs);
    if (!response.ok || response.body === null) throw this.#refusal(response.status, parseJson(await response.text()));
    return response.body;
  }

  /** Removes what a path names. */
  async remove(path: string): Promise<void> {
    this.#read(path, await this.#ask('DELETE', path), z.unknown(), []);
  }

  /** Follows a list from page to page up to `limit` items. */
  async list<T>(path: string, item: z.ZodType<T>, limit: number, query: Query = {}): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | undefined;
    do {
      const wanted = Math.min(100, limit - items.length);
      const found = await this.get(path, page(item), { ...query, limit: wanted, cursor });
      items.push(...found.items);
      cursor = found.next;
    } while (cursor !== undefined && items.length < limit);
    return items;
  }

  async #ask(method: Method, path: string, body?: unknown, timeoutMs = usualTimeoutMs): Promise<Answer> {
    const response = await this.#fetch(method, path, body, timeoutMs);
    const text = await response.text().catch((error: unknown) => {
      throw this.#unreachable(this.#say('no-answer', { url: this.url, reason: reasonOf(error) }));
    });
    return { status: response.status, body: text === '' ? undefined : parseJson(text) };
  }

  async #fetch(method: Method, path: string, body: unknown, timeoutMs: number): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token}`, accept: 'application/json', connection: 'close' };
    try {
      return await fetch(`${this.url}${path}`, {
        method,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      throw this.#unreachable(this.#say('no-answer', { url: this.url, reason: reasonOf(error) }));
    }
  }

  #unreachable(reason: string): CliError {
    return new CliError(exitCodes.unreachable, this.#say('not-running', { reason }));
  }

  #read<T>(path: string, { status, body }: Answer, schema: z.ZodType<T>, also: readonly number[]): T {
    if (status >= 300 && !also.includes(status)) throw this.#refusal(status, body);
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const reason = z.prettifyError(parsed.error).replaceAll('\n', ' ');
    throw new CliError(exitCodes.failed, this.#say('strange-answer', { path, reason }));
  }

  #refusal(status: number, body: unknown): CliError {
    const known = problem.safeParse(body);
    if (!known.success) return new CliError(exitCodes.failed, this.#say('refused', { status, title: '' }));
    const { title, detail, titleZh, detailZh, place } = known.data;
    const text = this.#terminal.language === 'zh' ? `${titleZh}${detailZh}` : `${title} ${detail}`;
    return new CliError(exitCodes.failed, place === undefined ? text : `${place}: ${text}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The reason of a failed `fetch` is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}

/** The server that runs here, by the run file it wrote. Throws `CliError` with exit code 3 when there is none. */
export function openApi(terminal: Terminal): Api {
  const say = speaker(commonTexts, terminal.language);
  const file = siteFiles(siteConfig(terminal)).runFile;
  const refuse = (reason: string): CliError => new CliError(exitCodes.unreachable, say('not-running', { reason }));
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw refuse(say('no-run-file', { file }));
  }
  const parsed = runFile.safeParse(parseJson(text));
  if (!parsed.success) throw refuse(say('bad-run-file', { file, reason: z.prettifyError(parsed.error) }));
  return new Api(parsed.data.url, parsed.data.token, terminal);
}
