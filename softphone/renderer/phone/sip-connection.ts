import { TransportState, Web } from 'sip.js';
import type { UserAgent } from 'sip.js';
import type { Logger } from '../../../base/logger.ts';

/** The connection under SIP.js, as far as its life is doubted: SIP.js keeps to itself what comes over it, and waits for its goodbye. */
export class SipConnection {
  readonly #agent: UserAgent;
  readonly #logger: Logger;
  readonly #heard: () => void;

  /** `heard` is called for whatever comes over the connection there is, answers to keep-alives included. */
  constructor(agent: UserAgent, logger: Logger, heard: () => void) {
    this.#agent = agent;
    this.#logger = logger;
    this.#heard = heard;
  }

  /** To be called for each connection when it is open. */
  opened(): void {
    const { transport } = this.#agent;
    if (!(transport instanceof Web.Transport)) return;
    const { ws } = transport;
    ws?.addEventListener('message', () => {
      if (transport.ws === ws) this.#heard();
    });
  }

  /** RFC 5626 section 3.5.1. A connection that cannot be written to does not answer. */
  ask(): void {
    if (this.#agent.isConnected()) this.#agent.transport.send('\r\n\r\n').catch(() => undefined);
  }

  /** Lets go of a connection, or of an attempt to make one, without waiting for its goodbye. SIP.js tells it as any other loss. */
  letGo(): void {
    const { transport } = this.#agent;
    if (transport.state !== TransportState.Connected && transport.state !== TransportState.Connecting) return;
    this.#logger.warn({}, 'the network is gone: the phone connects anew');
    // It rejects where the next attempt comes before the goodbye: that is what is wanted.
    transport.disconnect().catch(() => undefined);
  }
}
