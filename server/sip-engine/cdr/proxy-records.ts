import type { Cdr } from './cdr.ts';
import type { ReadMessage, SipRequest, SipResponse } from '../parser/message.ts';

/** The records of one proxied INVITE: both its sides, each final answer once. */
export class ProxyRecords {
  readonly #cdr: Cdr;
  readonly #ended = new Set<string>();
  #answered = false;
  #cancelled = false;

  constructor(cdr: Cdr) {
    this.#cdr = cdr;
  }

  /** A branch was tried. */
  sent(request: SipRequest): void {
    this.#cdr.attempt('application', request);
  }

  /** A branch answered. */
  came(read: ReadMessage<SipResponse>): void {
    const { message, via } = read;
    const branch = via.parameters.get('branch') ?? '';
    if (message.status < 200 || this.#ended.has(branch)) return;
    this.#ended.add(branch);
    if (message.status === 487) this.#cdr.stop('network', 'call-canceled', message);
    else this.#cdr.answered('network', 'proxy-uac', message);
  }

  /** The caller sent CANCEL. */
  cancelled(cancel: SipRequest): void {
    this.#cancelled = true;
    this.#cdr.stop('network', 'call-canceled', cancel);
  }

  /** The caller was answered. */
  answered(response: SipResponse): void {
    if (response.status < 200 || this.#answered) return;
    this.#answered = true;
    if (!this.#cancelled || response.status < 300) this.#cdr.answered('application', 'proxy-uas', response);
  }
}
