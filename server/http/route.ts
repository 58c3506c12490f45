/** One entry of the route table: everything the router, the checks and the OpenAPI document need to know of it. */
import { z } from 'zod';
import type { Problem, ProblemCode } from '../../protocol/problems/index.ts';
import type { Account } from '../store/index.ts';

/** Who may call a route. Each includes those after it: what an agent may do, a supervisor may. */
export type Access = 'public' | 'agent' | 'supervisor' | 'admin';

export type Method = 'get' | 'post' | 'put' | 'delete';

/** Who asks. */
export interface Caller {
  readonly account: Account;
  /** The bearer token itself, for logging out. */
  readonly token: string;
}

/** The caller of a public route. */
export const nobody: Caller = {
  account: { id: '', login: '', name: '', role: 'agent', demo: false },
  token: '',
};

/** Where a request comes from. */
export interface Source {
  readonly address: string;
  /** Who counts as one where attempts are counted: the address, or the /64 of an IPv6 one. */
  readonly network: string;
  /** From this machine. */
  readonly loopback: boolean;
}

export type Answer<B> =
  { readonly status: number; readonly body: B } | { readonly problem: Problem; readonly retryAfterInSeconds?: number };

type Schema = z.ZodType;

/** A parsed request. */
export interface Parsed<P extends Schema, Q extends Schema, B extends Schema> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly caller: Caller;
  readonly source: Source;
}

export interface Route<P extends Schema = Schema, Q extends Schema = Schema, B extends Schema = Schema, R = unknown> {
  readonly method: Method;
  /** OpenAPI's way of writing it: `/api/v1/calls/{id}`. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Statuses of success and what they carry. */
  readonly responses: Readonly<Record<number, z.ZodType<R>>>;
  readonly problems: readonly ProblemCode[];
  /** The answer (or the request) holds a password or token: it is not remembered under an `Idempotency-Key`. */
  readonly secret?: boolean;
  readonly handle: (request: Parsed<P, Q, B>) => Promise<Answer<R>> | Answer<R>;
}

const nothing = z.object({});

type Given<P extends Schema, Q extends Schema, B extends Schema, R> = Omit<
  Route<P, Q, B, R>,
  'params' | 'query' | 'body' | 'problems'
> & { readonly params?: P; readonly query?: Q; readonly body?: B; readonly problems?: readonly ProblemCode[] };

/** Makes an entry, with types of its own inside and the common type outside. */
export function route<
  R,
  P extends Schema = typeof nothing,
  Q extends Schema = typeof nothing,
  B extends Schema = typeof nothing,
>(given: Given<P, Q, B, R>): Route {
  return { params: nothing, query: nothing, body: nothing, problems: [], ...given };
}

/** The query of every list: how many, and after which one. */
export const paging = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('How many at most.'),
  cursor: z.string().min(1).max(64).optional().describe('`next` of the page before.'),
});

/** The id in a path. */
export const idParams = z.object({ id: z.string().min(1).max(64) });
