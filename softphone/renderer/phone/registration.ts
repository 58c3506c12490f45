import { Registerer, RegistererState, RequestPendingError } from 'sip.js';
import type { UserAgent } from 'sip.js';
import type { PhoneEvent } from './machine.ts';

/** What we ask for; the registrar decides. */
const expiresInSeconds = 300;
/** Nobody waits longer for a goodbye: the server hears of the closed socket as well. */
const unregisterMs = 2000;

/** REGISTER by SIP.js, reduced to three events. */
export class Registration {
  readonly #agent: UserAgent;
  readonly #post: (event: PhoneEvent) => void;
  #registerer: Registerer;

  constructor(agent: UserAgent, post: (event: PhoneEvent) => void) {
    this.#agent = agent;
    this.#post = post;
    this.#registerer = this.#create();
  }

  /** Sends REGISTER; `registered` or `register-refused` follows. Refreshes go on by themselves. */
  register(): void {
    const registerer = this.#registerer;
    registerer
      .register({
        requestDelegate: {
          onAccept: () => this.#heard(registerer, { type: 'registered' }),
          onReject: (response) =>
            this.#heard(registerer, { type: 'register-refused', status: response.message.statusCode ?? 0 }),
        },
      })
      .catch((cause: unknown) => this.#stuck(cause));
  }

  /**
   * Removes the binding, if there is one. Resolves with the final answer, after the challenge was answered too (whoever
   * closes the socket before leaves the server with a REGISTER nobody proved), at the latest after a moment.
   */
  async unregister(): Promise<void> {
    const registerer = this.#registerer;
    if (registerer.state !== RegistererState.Registered || !this.#agent.isConnected()) return;
    const { promise: answered, resolve } = Promise.withResolvers<undefined>();
    const limit = setTimeout(() => resolve(undefined), unregisterMs);
    const done = (): void => resolve(undefined);
    await registerer.unregister({ requestDelegate: { onAccept: done, onReject: done } }).catch(done);
    await answered;
    clearTimeout(limit);
  }

  #create(): Registerer {
    const registerer = new Registerer(this.#agent, {
      expires: expiresInSeconds,
      refreshFrequency: 75,
      logConfiguration: false,
    });
    registerer.stateChange.addListener((state) => {
      if (state === RegistererState.Unregistered) this.#heard(registerer, { type: 'registration-lost' });
    });
    return registerer;
  }

  #heard(registerer: Registerer, event: PhoneEvent): void {
    if (registerer === this.#registerer) this.#post(event);
  }

  /**
   * A REGISTER that went down with its socket keeps SIP.js waiting for up to 32 s (RFC 3261 timer F) and blocks every
   * later one; so that registerer is left alone and another one, with its own Call-ID, takes its place.
   */
  #stuck(cause: unknown): void {
    if (cause instanceof RequestPendingError) {
      this.#registerer = this.#create();
      this.register();
      return;
    }
    this.#post({ type: 'register-refused', status: 0 });
  }
}
