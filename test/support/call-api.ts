/** The HTTP API with one call behind it, three people who are logged in, and what was put to that call. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SimulatedClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import type { CallEvent, Calls, CallState } from '../../server/calls/index.ts';
import { Crm } from '../../server/crm/index.ts';
import { createHttp } from '../../server/http/index.ts';
import { openStore } from '../../server/store/index.ts';
import { Transfers, type TransfersOptions } from '../../server/transfers.ts';
import { fakeLive, type FakeLiveParts, idle } from './fake-live.ts';
import { LedgerBench } from './ledger-bench.ts';

/** alice has the call, bob is another agent, sue a supervisor. */
const roles = { alice: 'agent', bob: 'agent', sue: 'supervisor' } as const;
type Person = keyof typeof roles;

/** The token of the command line. */
export const adminToken = 'a'.repeat(32);

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

/** A server of its own for each test. */
export class CallApi {
  /** The state of the one call there is; set it before asking. */
  call: CallState | undefined;
  /** What the call was told. */
  readonly posted: CallEvent[] = [];
  readonly calls: Calls;
  readonly transfers: Transfers;
  readonly #bench = new LedgerBench();
  #origin = '';
  #tokens: Partial<Record<Person, string>> = {};

  private constructor() {
    this.calls = {
      get: (id: string) => (id === this.call?.callId ? this.call : undefined),
      post: (_id: string, event: CallEvent) => this.posted.push(event),
    } as unknown as Calls;
    // Of what transfers want to know, going on with one needs the calls alone.
    this.transfers = new Transfers({ calls: () => this.calls } as unknown as TransfersOptions);
  }

  /** Listens; `parts` answers what is asked beyond the call itself. */
  static async open(
    parts: (api: CallApi) => Pick<FakeLiveParts, 'transfers' | 'conferences' | 'supervision'>,
  ): Promise<CallApi> {
    const api = new CallApi();
    await api.#listen(parts(api));
    return api;
  }

  token(person: Person): string {
    return this.#tokens[person] ?? '';
  }

  async ask(path: string, token?: string, body: unknown = {}, method = 'POST'): Promise<Answer> {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { connection: 'close', 'content-type': 'application/json', ...authorization };
    const response = await fetch(`${this.#origin}${path}`, {
      ...{ method, headers },
      ...(method === 'POST' || method === 'PUT' ? { body: JSON.stringify(body) } : {}),
    });
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, body: await response.json() };
  }

  close(): Promise<void> {
    return this.#bench.scope.close();
  }

  async #listen(parts: Partial<FakeLiveParts>): Promise<void> {
    const { scope } = this.#bench;
    const clock = new SimulatedClock(1);
    const ledger = await this.#bench.open();
    const store = openStore(ledger, clock, { passwordCost: 8 });
    const crm = new Crm({ contacts: store.contacts, normalise: (number) => number });
    const live = fakeLive({
      ...{ clock, ready: () => ({ ready: true, parts: {} }), hungUp: [] },
      agents: () => [{ ...idle, callId: '01CALL' }],
      ...parts,
    });
    const http = createHttp(
      { ledger, store, crm, live, logger: silentLogger, clock },
      { adminToken, softphone: '/nowhere', checkAnswers: true },
    );
    scope.defer('http', () => http.close());
    const server = createServer(http.listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scope.defer('server', () => new Promise<void>((resolve) => server.close(() => resolve())));
    this.#origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const people = Object.entries(roles) as [Person, (typeof roles)[Person]][];
    const logins = people.map(async ([id, role]) => {
      await store.accounts.put({ id, login: id, name: id, role, demo: false }, 'secret');
      const { body } = await this.ask('/api/v1/login', undefined, { name: id, password: 'secret' });
      return [id, (body as { token: string }).token] as const;
    });
    this.#tokens = Object.fromEntries(await Promise.all(logins));
  }
}
