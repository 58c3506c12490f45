import type { EngineContext } from '../agent/context.ts';
import type { AppConnection } from '../control/app-connection.ts';
import { writeMeta } from '../control/meta.ts';
import type { SipResponse } from '../parser/message.ts';
import { writeMessage } from '../parser/write.ts';
import type { Flow } from '../transport/flow.ts';

/** What the app that asked for `proxy` hears: each final answer, then `done`, all under the id of its frame. */
export class AppReport {
  readonly #context: EngineContext;
  readonly #app: AppConnection;
  readonly #id: string;

  constructor(context: EngineContext, app: AppConnection, id: string) {
    this.#context = context;
    this.#app = app;
    this.#id = id;
  }

  /** A final answer; without a flow it was made here and has no address. Costs one serialisation a call. */
  response(response: SipResponse, flow: Flow | undefined): void {
    if (!this.#app.open) return;
    const sip = writeMessage(response);
    const meta = writeMeta({
      source: 'network',
      bytes: sip.length,
      protocol: flow?.protocol ?? 'udp',
      address: flow?.remote ?? { host: '', port: 0 },
      at: this.#context.clock.now(),
      transactionId: '',
    });
    this.#app.reply(this.#id, 'OK', `${meta}||continue`, sip);
  }

  /** It was not proxied at all. */
  refused({ status, reason }: SipResponse): void {
    this.#app.reply(this.#id, 'NOK', `Server error: not proxied, answered ${String(status)} ${reason}`);
  }

  /** The last word. */
  done(ok: boolean): void {
    if (ok) this.#app.reply(this.#id, 'OK', 'done');
    else this.#app.reply(this.#id, 'NOK', 'Server error: no destination can be reached, answered 500');
  }
}
