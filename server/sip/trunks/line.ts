/** One trunk at work: its targets are asked how they are, its registration is kept. */
import { randomBytes } from 'node:crypto';
import type { Cancel, Clock } from '../../../base/clock.ts';
import type { TrunkConfig } from './config.ts';
import { answerTo, parseChallenges } from './digest-client.ts';
import type { LineChange } from './facts.ts';
import {
  type Ask,
  beginRegistration,
  type Challenges,
  type RegistrationEvent,
  type RegistrationState,
  registrationStep,
  type RegistrationStep,
} from './registration.ts';
import { Targets } from './targets.ts';
import type { TrunkAnswer, TrunkTransport } from './transport.ts';
import { domainOf, transportOf, wayTo } from './uris.ts';

export interface LineOptions {
  readonly config: TrunkConfig;
  readonly clock: Clock;
  readonly transport: TrunkTransport;
  /** Undefined while nobody has stored it. */
  readonly password: () => string | undefined;
  /** A target or the registration is up, or no longer. */
  readonly changed: (change: LineChange) => void;
}

/** The challenges of a 401 or 407, and the header that answers them. */
export function challengesOf(answer: Pick<TrunkAnswer, 'status' | 'headers'>): Challenges | null {
  const proxy = answer.status === 407;
  const list = parseChallenges(answer.headers(proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate'));
  return list.length === 0 ? null : { header: proxy ? 'Proxy-Authorization' : 'Authorization', list };
}

const seconds = (text: string | undefined): number | null => {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isNaN(value) ? null : value;
};

/** What a 200 to REGISTER grants to our contact. */
function grantedIn(answer: TrunkAnswer, user: string): number | null {
  const own = answer
    .headers('Contact')
    .flatMap((line) => line.split(/,(?=\s*(?:<|"|sips?:))/))
    .find((contact) => contact.includes(`:${user}@`));
  return seconds(/;\s*expires=(\d+)/i.exec(own ?? '')?.[1]) ?? seconds(answer.headers('Expires')[0]);
}

/** What of a trunk its registration and its health checks hang on. */
function wiring({ account, registration, targets, domain, health, profile }: TrunkConfig): string {
  return JSON.stringify({ account, registration, targets, domain, health, profile });
}

export class TrunkLine {
  readonly targets: Targets;
  readonly #options: LineOptions;
  readonly #timers = new Set<Cancel>();
  /** Where registrars answered from: the carrier's calls come from there too. */
  readonly learned = new Set<string>();
  readonly #callId = `${randomBytes(12).toString('hex')}@jackfield`;
  readonly #fromTag = randomBytes(8).toString('hex');
  #cseq = 0;
  /** The nonces answered last, and how often. */
  #proved = { nonces: '', uses: 0 };
  #registration: RegistrationState | undefined;
  #closed = false;
  #config: TrunkConfig;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#config = options.config;
    this.targets = new Targets(options.config.targets, options.config.health);
  }

  get config(): TrunkConfig {
    return this.#config;
  }

  /** Takes a changed configuration if that needs no new registration and no new targets. */
  adopt(config: TrunkConfig): boolean {
    if (wiring(config) !== wiring(this.#config)) return false;
    this.#config = config;
    return true;
  }

  get registration(): RegistrationState | undefined {
    return this.#registration;
  }

  /** The user part of our contact: the carrier's calls to it are this trunk's. */
  get user(): string {
    return this.config.registration?.as.split('@')[0] ?? '';
  }

  /** Whether the password that is needed has been stored. */
  get hasPassword(): boolean {
    return this.config.account === null || this.#options.password() !== undefined;
  }

  /** Whether calls can go out over it. */
  isUp(now: number): boolean {
    const registered = this.#registration === undefined || (this.#registration.expiresAt ?? 0) > now;
    return this.hasPassword && (this.config.registration === null || registered) && this.targets.isUp(now);
  }

  start(): void {
    const { registration, targets, health } = this.config;
    if (registration !== null) {
      if (this.hasPassword) this.#take(beginRegistration(targets.length, Math.ceil(registration.expiresMs / 1000)));
      else this.#after(15_000, () => this.start());
    }
    if (health.everyMs > 0 && (registration === null || this.hasPassword))
      for (const { uri } of targets) this.#ask(uri);
  }

  /** Stops asking; says goodbye to the registrar. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    if (this.#registration !== undefined)
      this.#take(registrationStep(this.#registration, { type: 'ended' }, this.#now));
  }

  get #now(): number {
    return this.#options.clock.now();
  }

  #after(delayMs: number, run: () => void): Cancel {
    const cancel = this.#options.clock.at(this.#now + delayMs, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
    return cancel;
  }

  /** Nobody waits for it: `ping` never rejects. */
  #ask(uri: string): void {
    void this.ping(uri).then(() => {
      if (!this.#closed) this.#after(this.config.health.everyMs, () => this.#ask(uri));
    });
  }

  /** Asks a target how it is; resolves with the status of its answer and the round trip, 408 when none came in time. */
  async ping(
    uri: string,
  ): Promise<{ readonly status: number; readonly rttMs: number; readonly answer: TrunkAnswer | null }> {
    const { clock, transport, changed } = this.#options;
    const { timeoutMs } = this.config.health;
    const began = clock.now();
    const headers = { From: `<sip:ping@${this.config.domain ?? 'localhost'}>`, Accept: 'application/sdp' };
    const asked = transport.request({ method: 'OPTIONS', ...wayTo(this.config, uri, null), headers });
    const timedOut = new Promise<null>((resolve) => this.#after(timeoutMs, () => resolve(null)));
    const answer = await Promise.race([asked, timedOut]);
    const status = answer?.status ?? 408;
    const rttMs = clock.now() - began;
    // Whatever is answered was answered by somebody, but for "no" (503) and what the engine says itself.
    const alive = answer !== null && answer.source !== '' && status !== 503;
    if (this.#closed) return { status, rttMs, answer };
    if (alive && this.targets.answered(uri, clock.now(), rttMs))
      changed({ type: 'target', uri, state: 'up', reason: null });
    const reason = `OPTIONS ${status}`;
    if (!alive && this.targets.failed(uri, clock.now(), reason, false))
      changed({ type: 'target', uri, state: 'down', reason });
    return { status, rttMs, answer };
  }

  #take({ state, ask }: RegistrationStep): void {
    const before = this.#registration;
    this.#registration = state;
    if (before?.phase !== state.phase && state.phase !== 'asking')
      this.#options.changed({ type: 'registration', state: state.phase, reason: state.reason });
    if (state.due !== null && !this.#closed) this.#after(state.due - this.#now, () => this.#post({ type: 'due' }));
    if (ask !== null) void this.#register(ask);
  }

  #post(event: RegistrationEvent): void {
    if (this.#registration !== undefined) this.#take(registrationStep(this.#registration, event, this.#now));
  }

  /** Sends one REGISTER; nobody waits for it, and the transport never rejects. */
  async #register(ask: Ask): Promise<void> {
    const { config } = this;
    const target = config.targets[ask.target]?.uri;
    if (target === undefined) return;
    const way = wayTo(config, target, null);
    const record = `<sip:${this.user}@${domainOf(config, target)}>`;
    const answer = await this.#options.transport.request({
      method: 'REGISTER',
      ...way,
      headers: {
        From: `${record};tag=${this.#fromTag}`,
        To: record,
        Contact: `<sip:${this.user}@localhost${transportOf(target)}>`,
        Expires: String(ask.seconds),
        'Call-ID': this.#callId,
        CSeq: `${++this.#cseq} REGISTER`,
        Supported: 'path',
        ...this.#proof(ask, way.uri),
      },
    });
    if (answer.source !== '' && answer.status < 300) this.learned.add(answer.source);
    const status = answer.status;
    this.#post({
      ...{ type: 'answered', status, challenges: challengesOf(answer), granted: grantedIn(answer, this.user) },
      ...{ least: seconds(answer.headers('Min-Expires')[0]), retryAfter: seconds(answer.headers('Retry-After')[0]) },
    });
  }

  #proof({ challenges }: Ask, uri: string): Readonly<Record<string, string>> {
    const { account } = this.config;
    const password = this.#options.password();
    if (challenges === null || account === null || password === undefined) return {};
    const nonces = challenges.list.map(({ parameters }) => parameters['nonce'] ?? '').join(' ');
    // RFC 7616 section 3.4: nc counts the requests sent with this nonce, so a new one begins at 1.
    this.#proved = { nonces, uses: nonces === this.#proved.nonces ? this.#proved.uses + 1 : 1 };
    const cnonce = randomBytes(8).toString('hex');
    const asked = { method: 'REGISTER', uri, user: account.user, password, cnonce, count: this.#proved.uses };
    const answer = answerTo(challenges.list, asked);
    return answer === undefined ? {} : { [challenges.header]: answer };
  }
}
