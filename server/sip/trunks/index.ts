/** All trunks: whose a call is, what it may do, which way it goes out, and what all of it comes to. */
import type { Cancel, Clock } from '../../../base/clock.ts';
import type { LegPolicy } from '../../../protocol/media-policy.ts';
import { AddressBook, networksOf } from '../addresses.ts';
import type { Home } from '../numbers.ts';

import { attestationOf, type CertificatePort } from './attest.ts';
import type { HeaderOf } from './caller.ts';
import { Capacity, type NoRoom } from './capacity.ts';
import type { SecretRef, TrunkConfig, TrunkPlan } from './config.ts';
import type { Attestation, DayUse, NotPlaced, TrunkEvent, TrunkLeg } from './facts.ts';
import { incomingFacts, type IncomingFacts } from './incoming.ts';
import { TrunkLine } from './line.ts';
import { policyOf } from './media-policy.ts';
import { Meter, priceOf } from './meter.ts';
import { type Attempt, OutgoingCall } from './outgoing.ts';
import { cannotKeep, privacyWish } from './privacy.ts';
import type { TrunkTransport } from './transport.ts';
import { type TrunkView, viewOf } from './view.ts';

export type { TrunkConfig, TrunkPlan } from './config.ts';
export type { DayUse, NotPlaced, TrunkEvent, TrunkLeg } from './facts.ts';
export { statusOfNotPlaced } from './facts.ts';
export type { TrunkView } from './view.ts';
export type { IncomingFacts } from './incoming.ts';
export { type Attempt, type AttemptFailure, OutgoingCall } from './outgoing.ts';

export interface TrunkOptions {
  readonly site: Home;
  readonly clock: Clock;
  readonly transport: TrunkTransport;
  /** Undefined when it is not there. */
  readonly secretOf: (ref: SecretRef) => string | undefined;
  readonly dayOf: (now: number) => string;
  readonly kept: ReadonlyMap<string, DayUse>;
  readonly certificates: CertificatePort;
  readonly told: (event: TrunkEvent) => void;
  /** Numbers in [0, 1), for the weights of targets. */
  readonly draw?: () => number;
}

const settleMs = 15_000;
const tellEveryMs = 1000;

/** How an incoming call is refused, most often for want of room (RFC 3261 section 21.5.4 and 21.4.18). */
export interface TrunkRefusal {
  readonly cause: NoRoom | 'out-only' | 'no-privacy';
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
}

const refusals: Readonly<Record<TrunkRefusal['cause'], Omit<TrunkRefusal, 'cause'>>> = {
  'channels-full': {
    ...{ status: 480, reason: 'Temporarily Unavailable' },
    headers: { Reason: 'Q.850;cause=34;text="every channel of the trunk is taken"' },
  },
  'too-fast': {
    ...{ status: 503, reason: 'Service Unavailable' },
    headers: { 'Retry-After': '1', Reason: 'SIP;cause=503;text="too many calls a second"' },
  },
  'out-only': { status: 403, reason: 'Forbidden', headers: {} },
  // RFC 3323 section 5.
  'no-privacy': { status: 500, reason: 'Requested privacy cannot be given', headers: {} },
};

export class Trunks {
  readonly #options: TrunkOptions;
  readonly #capacity = new Capacity();
  readonly #meter: Meter;
  readonly #lines = new Map<string, TrunkLine>();
  /** Legs that cost something once they are answered. */
  readonly #prices = new Map<string, TrunkLeg>();
  readonly #alarmed = new Map<string, string>();
  readonly #lastTold = new Map<string, { at: number; untold: number }>();
  #plan: TrunkPlan = { trunks: new Map(), outbound: [] };
  #book = new AddressBook<string>([]);
  #settling: Cancel = () => {};
  #started = false;

  constructor(options: TrunkOptions) {
    this.#options = options;
    this.#meter = new Meter(options.dayOf, options.kept);
  }

  /** Takes the trunks of a plan. One that did not change goes on undisturbed. */
  configure(plan: TrunkPlan): void {
    this.#plan = plan;
    this.#book = new AddressBook([...plan.trunks.values()].map(({ id, addresses }) => ({ owner: id, addresses })));
    for (const [id, line] of this.#lines) {
      const config = plan.trunks.get(id);
      if (config !== undefined && line.adopt(config)) continue;
      line.close();
      this.#lines.delete(id);
    }
    for (const [id, config] of plan.trunks) if (!this.#lines.has(id)) this.#open(config);
  }

  /** The engine is there: OPTIONS and REGISTER begin. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    for (const line of this.#lines.values()) line.start();
    this.#settleLater();
  }

  close(): void {
    this.#settling();
    this.#settle();
    for (const line of this.#lines.values()) line.close();
    this.#lines.clear();
  }

  /** Where trunks call from: addresses and networks, those of this machine as they are now. */
  get addresses(): readonly string[] {
    const learned = [...this.#lines.values()].flatMap((line) => [...line.learned]);
    return networksOf([...[...this.#plan.trunks.values()].flatMap(({ addresses }) => addresses), ...learned]);
  }

  /** Whose a call from this address is; `called` is the user part of its request. */
  trunkAt(address: string, called: string): string | undefined {
    const registered = [...this.#lines.values()].filter((line) => line.learned.has(address));
    const meant =
      registered.find((line) => line.user === called) ?? (registered.length === 1 ? registered[0] : undefined);
    return meant?.config.id ?? this.#book.ownerOf(address);
  }

  /** The trunk that proves itself by this user name. */
  loginOf(username: string): { readonly trunk: string; readonly password: string } | undefined {
    for (const { id, login } of this.#plan.trunks.values()) {
      const password = login?.user === username ? this.#options.secretOf(login.password) : undefined;
      if (password !== undefined) return { trunk: id, password };
    }
    return undefined;
  }

  /** Takes in an INVITE, or refuses it. */
  incoming(
    trunk: string,
    call: { readonly legId: string; readonly uri: string; readonly header: HeaderOf },
  ):
    | { readonly type: 'taken'; readonly facts: IncomingFacts; readonly config: TrunkConfig }
    | ({ readonly type: 'refused' } & TrunkRefusal) {
    const config = this.#plan.trunks.get(trunk);
    const { clock, site } = this.#options;
    const why =
      config === undefined || config.calls === 'out'
        ? 'out-only'
        : cannotKeep(privacyWish(call.header('Privacy')), config.callerId.privacy)
          ? 'no-privacy'
          : this.#capacity.take(trunk, 'in', call.legId, config.limits, clock.now());
    if (config !== undefined && why === null)
      return { type: 'taken', facts: incomingFacts(call, config, site), config };
    const cause = why ?? 'out-only';
    const facts = config === undefined ? undefined : incomingFacts(call, config, site);
    const told = { from: facts?.from ?? 'anonymous', to: facts?.to ?? '' };
    this.#refused({ trunk, direction: 'in', cause, status: refusals[cause].status, legId: call.legId, ...told });
    return { type: 'refused', cause, ...refusals[cause] };
  }

  /** How the caller's number is attested. Never rejects. */
  attestation(
    config: TrunkConfig,
    facts: IncomingFacts,
    identity: string | undefined,
  ): Promise<Attestation> | Attestation {
    if (identity === undefined || !config.verifyIdentity) return 'absent';
    const { certificates, clock } = this.#options;
    return attestationOf({ identity, ...facts.signed }, certificates, clock.now());
  }

  /** An outgoing call: its first INVITE and what comes after a failure, or why there is none. */
  outgoing(
    legId: string,
    call: {
      readonly to: string;
      readonly from: string;
      readonly sdp: string | null;
      readonly headers: Readonly<Record<string, string>>;
      readonly trunk?: string;
    },
  ): { readonly call: OutgoingCall; readonly first: Attempt } | NotPlaced {
    const { clock, site, secretOf, draw = Math.random } = this.#options;
    const outgoing = new OutgoingCall(call, {
      plan: this.#plan,
      site,
      line: (trunk) => this.#lines.get(trunk),
      password: ({ account }) => (account === null ? undefined : secretOf(account.password)),
      take: (config) => this.#takeOut(config, legId, call.to),
      release: () => this.over(legId),
      now: () => clock.now(),
      draw,
    });
    const first = outgoing.begin();
    if (typeof first !== 'string') return { call: outgoing, first };
    const trunk = outgoing.trunk?.id ?? null;
    this.#refused({ trunk, direction: 'out', cause: first, status: 0, legId, from: call.from, to: call.to });
    return first;
  }

  /** An INVITE went out. */
  tried(legId: string, { trunk, target }: Attempt, attempt: number): void {
    this.#options.told({ type: 'tried', trunk, target, attempt, legId });
  }

  /** The far side of an outgoing leg answered: the meter runs. */
  answered(legId: string): void {
    const leg = this.#prices.get(legId);
    if (leg?.direction === 'out') this.#meter.begin(legId, leg.trunk, leg.price, this.#options.clock.now());
  }

  /** What is to be kept beside the dialog of a leg. */
  noteOf(legId: string): TrunkLeg | undefined {
    const known = this.#prices.get(legId);
    const trunk = this.#capacity.trunkOf(legId);
    return known ?? (trunk === undefined ? undefined : { trunk, direction: 'in', price: 0 });
  }

  /** What the trunk of a leg wants of its audio; undefined for a leg that is on none (yet). */
  policyOf(legId: string): LegPolicy | undefined {
    const config = this.#plan.trunks.get(this.noteOf(legId)?.trunk ?? '');
    return config === undefined ? undefined : policyOf(config);
  }

  /** Does a trunk that takes calls want SRTP offered? */
  get wantsKeys(): boolean {
    return [...this.#plan.trunks.values()].some(
      ({ calls, srtp }) => calls !== 'in' && (srtp === 'optional' || srtp === 'required'),
    );
  }

  /** Does one of them want ICE offered? */
  get wantsIce(): boolean {
    return [...this.#plan.trunks.values()].some(({ calls, ice }) => calls !== 'in' && ice === 'offered');
  }

  /** A leg from before a restart goes on. */
  restored(legId: string, leg: TrunkLeg): void {
    this.#capacity.hold(leg.trunk, leg.direction, legId);
    if (leg.direction === 'in') return;
    this.#prices.set(legId, leg);
    this.answered(legId);
  }

  /** The leg is over, however. Idempotent. */
  over(legId: string): void {
    this.#capacity.release(legId);
    this.#prices.delete(legId);
    const now = this.#options.clock.now();
    const trunk = this.#meter.end(legId, now);
    if (trunk !== undefined) this.#keep(trunk, this.#meter.useOf(trunk, now));
  }

  /** Every trunk, in the order of the files. */
  views(): TrunkView[] {
    const now = this.#options.clock.now();
    return [...this.#plan.trunks.keys()].flatMap((id) => {
      const line = this.#lines.get(id);
      const calls = { in: this.#capacity.count(id, 'in'), out: this.#capacity.count(id, 'out') };
      return line === undefined ? [] : [viewOf(line, calls, this.#meter.useOf(id, now), now)];
    });
  }

  line(trunk: string): TrunkLine | undefined {
    return this.#lines.get(trunk);
  }

  #open(config: TrunkConfig): void {
    const { clock, transport, secretOf, told } = this.#options;
    const line = new TrunkLine({
      config,
      clock,
      transport,
      password: () => (config.account === null ? undefined : secretOf(config.account.password)),
      changed: (change) => told({ trunk: config.id, ...change }),
    });
    this.#lines.set(config.id, line);
    if (this.#started) line.start();
  }

  #takeOut(config: TrunkConfig, legId: string, to: string): NotPlaced | null {
    const now = this.#options.clock.now();
    const reached = this.#meter.reached(config.id, config.daily, now);
    if (reached !== null) return reached;
    const full = this.#capacity.take(config.id, 'out', legId, config.limits, now);
    if (full === null)
      this.#prices.set(legId, { trunk: config.id, direction: 'out', price: priceOf(to, config.daily) });
    return full;
  }

  /** One a second for each trunk and cause: a flood is a number, not a flood of rows. */
  #refused(refusal: Omit<Extract<TrunkEvent, { type: 'refused' }>, 'type' | 'untold'>): void {
    const key = `${refusal.trunk ?? ''} ${refusal.direction} ${refusal.cause}`;
    const now = this.#options.clock.now();
    const last = this.#lastTold.get(key);
    if (last !== undefined && now - last.at < tellEveryMs) {
      last.untold++;
      return;
    }
    this.#lastTold.set(key, { at: now, untold: 0 });
    this.#options.told({ type: 'refused', ...refusal, untold: last?.untold ?? 0 });
  }

  #settleLater(): void {
    const { clock } = this.#options;
    this.#settling = clock.at(clock.now() + settleMs, () => {
      this.#settle();
      this.#settleLater();
    });
  }

  #settle(): void {
    for (const [trunk, use] of this.#meter.settle(this.#options.clock.now())) this.#keep(trunk, use);
  }

  /** Keeps what was used, and says so once a day when a cap is near and once when it is reached. */
  #keep(trunk: string, use: DayUse): void {
    const { told, clock } = this.#options;
    told({ type: 'use', trunk, use });
    const share = this.#meter.share(trunk, this.#plan.trunks.get(trunk)?.daily ?? null, clock.now());
    const cap = share >= 1 ? 'reached' : share >= 0.8 ? 'near' : null;
    if (cap === null || this.#alarmed.get(trunk) === `${use.day} ${cap}`) return;
    this.#alarmed.set(trunk, `${use.day} ${cap}`);
    told({ type: 'alarm', trunk, cap, use });
  }
}
