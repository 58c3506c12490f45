/** Tells the engine who is one of ours, so that its defences do not take them for strangers: now, and whenever it has changed. */
import type { Cancel, Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Trusted } from './engine-link.ts';

/** How soon the engine hears that a trunk has other addresses, ms. */
const everyMs = 5000;

export interface VouchingOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where trunks call from, as it is now. */
  readonly networks: () => readonly string[];
  /** Where phones are registered from. */
  readonly peers: () => Trusted['peers'];
  /** Rejects when the engine could not be told. */
  readonly tell: (trusted: Trusted) => Promise<void>;
}

export class Vouching {
  readonly #options: VouchingOptions;
  /** The networks the engine was told of. */
  #told: string | undefined;
  #stop: Cancel = () => {};

  constructor(options: VouchingOptions) {
    this.#options = options;
  }

  /** The engine is there and knows nobody: it is told everything at once, and from then on what changes. */
  begin(): void {
    this.#told = undefined;
    this.#vouch();
  }

  /** The engine is away. Idempotent. */
  stop(): void {
    this.#stop();
  }

  #vouch(): void {
    const { clock, logger, networks, peers, tell } = this.#options;
    const now = networks();
    // Phones prove themselves to the engine as they register: only a new engine has to be told of them.
    const text = now.join(' ');
    if (text !== this.#told)
      tell({ networks: now, peers: peers() }).catch((err: unknown) =>
        logger.debug({ err }, 'the engine was not told whom to trust'),
      );
    this.#told = text;
    this.#stop();
    this.#stop = clock.at(clock.now() + everyMs, () => this.#vouch());
  }
}
