/**
 * One outgoing call on its way over trunks: which trunk, which target, and what is tried when one fails. All attempts are
 * one leg. Pure but for its own state.
 */
import { randomBytes } from 'node:crypto';
import { asUser, type Home } from '../numbers.ts';
import { identityHeaders, type Shown, shownNumber } from './caller.ts';
import type { OutboundRule, TrunkConfig, TrunkPlan } from './config.ts';
import { answerTo } from './digest-client.ts';
import type { NotPlaced } from './facts.ts';
import { challengesOf, type TrunkLine } from './line.ts';
import { policyOf } from './media-policy.ts';
import { homeOf, mayCall, toTrunk } from './numbers.ts';
import { shaped } from './offer-shape.ts';
import type { TrunkAnswer } from './transport.ts';
import { domainOf, wayTo } from './uris.ts';

/** An INVITE to send. */
export interface Attempt {
  readonly trunk: string;
  readonly target: string;
  readonly uri: string;
  readonly proxy?: string;
  readonly sdp: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Given up when nothing but 100 came by then. */
  readonly answerWithinMs: number;
  /** For challenges inside the dialog. */
  readonly auth?: { readonly username: string; readonly password: string };
}

/** How an attempt failed. `answer` is null when nobody answered at all. */
export interface AttemptFailure {
  readonly status: number;
  /** Something between 180 and 199 had come: the far side is at work, another target would ring twice. */
  readonly progressed: boolean;
  readonly answer: TrunkAnswer | null;
  /** Call-ID, CSeq number and From as they were sent. */
  readonly sent: { readonly callId: string; readonly cseq: number; readonly from: string } | null;
}

/** The rules of the longest prefix a number begins with. */
export function rulesFor(number: string, rules: readonly OutboundRule[]): readonly OutboundRule[] {
  const first = rules.find(({ prefix }) => number.startsWith(prefix));
  return first === undefined ? [] : rules.filter(({ prefix }) => prefix === first.prefix);
}

/** What a call asks of the trunks that are there. */
export interface OutgoingPorts {
  readonly plan: TrunkPlan;
  readonly site: Home;
  readonly line: (trunk: string) => TrunkLine | undefined;
  readonly password: (config: TrunkConfig) => string | undefined;
  /** Takes a channel; null: it has one. */
  readonly take: (config: TrunkConfig) => NotPlaced | null;
  readonly release: () => void;
  readonly now: () => number;
  readonly draw: () => number;
}

interface Candidate {
  readonly trunk: string;
  readonly from: string | null;
}

/** RFC 3263 section 4.3: these say that another server may do. */
const tryElsewhere: ReadonlySet<number> = new Set([408, 503]);

export class OutgoingCall {
  readonly to: string;
  readonly #from: string;
  readonly #sdp: string | null;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #ports: OutgoingPorts;
  readonly #candidates: Candidate[];
  readonly #isOneTrunk: boolean;
  #targets: string[] = [];
  #line: TrunkLine | undefined;
  #shown: Exclude<Shown, { type: 'refused' }> | undefined;
  #current: Attempt | undefined;
  #challenged = 0;
  #why: NotPlaced | undefined;

  constructor(
    call: {
      readonly to: string;
      readonly from: string;
      readonly sdp: string | null;
      readonly headers: Readonly<Record<string, string>>;
      /** This trunk and no other. */
      readonly trunk?: string;
    },
    ports: OutgoingPorts,
  ) {
    this.to = call.to;
    this.#from = call.from;
    this.#sdp = call.sdp;
    this.#headers = call.headers;
    this.#ports = ports;
    this.#isOneTrunk = call.trunk !== undefined;
    this.#candidates =
      call.trunk === undefined
        ? rulesFor(call.to, ports.plan.outbound).flatMap(({ trunks, from }) => trunks.map((trunk) => ({ trunk, from })))
        : [{ trunk: call.trunk, from: null }];
  }

  /** The trunk it is on, or was on last. */
  get trunk(): TrunkConfig | undefined {
    return this.#line?.config;
  }

  /** The first INVITE, or why there is none. */
  begin(): Attempt | NotPlaced {
    return this.#nextTrunk() ?? this.#why ?? 'no-trunk';
  }

  /** Something other than a failure came: the target is there. */
  progressed(): void {
    if (this.#current !== undefined) this.#line?.targets.answered(this.#current.target, this.#ports.now());
  }

  /** The INVITE to send after a failure; undefined when the failure is what the call comes to. */
  afterFailure(failure: AttemptFailure): Attempt | undefined {
    const { status, progressed } = failure;
    const current = this.#current;
    if (current === undefined || this.#line === undefined) return undefined;
    if (status === 401 || status === 407) return this.#proving(current, failure);
    if (progressed || !tryElsewhere.has(status)) {
      this.progressed();
      return undefined;
    }
    this.#line.targets.failed(current.target, this.#ports.now(), `INVITE ${status}`, true);
    return this.#nextTarget() ?? this.#nextTrunk();
  }

  #nextTrunk(): Attempt | undefined {
    for (;;) {
      const candidate = this.#candidates.shift();
      if (candidate === undefined) return undefined;
      this.#ports.release();
      const why = this.#enter(candidate);
      if (why === null) return this.#nextTarget();
      this.#why ??= why;
    }
  }

  /** Takes a channel on a trunk if it may carry this call. */
  #enter(candidate: Candidate): NotPlaced | null {
    const { line: lineOf, site, now, take, draw } = this.#ports;
    const line = lineOf(candidate.trunk);
    if (line === undefined || line.config.calls === 'in') return 'no-trunk';
    const { config } = line;
    const isTest = this.#isOneTrunk && this.to === config.testNumber;
    if (!isTest && !mayCall(this.to, config.destinations, homeOf(config.numbers, site))) return 'not-permitted';
    if (this.#sdp !== null && shaped(this.#sdp, policyOf(config)) === undefined) return 'needs-srtp';
    const shown = shownNumber(candidate.from ?? this.#from, config.callerId);
    if (shown.type === 'refused') return 'caller-not-allowed';
    if (!line.isUp(now()) && (config.registration !== null || !line.hasPassword)) return 'trunk-down';
    const refused = take(config);
    if (refused !== null) return refused;
    this.#line = line;
    this.#shown = shown;
    this.#targets = line.targets.toTry(now(), draw).map(({ uri }) => uri);
    return null;
  }

  #nextTarget(): Attempt | undefined {
    const target = this.#targets.shift();
    this.#challenged = 0;
    this.#current = target === undefined ? undefined : this.#attempt(target);
    return this.#current;
  }

  #attempt(target: string): Attempt | undefined {
    const { site, password } = this.#ports;
    const config = this.#line?.config;
    const shown = this.#shown;
    if (config === undefined || shown === undefined) return undefined;
    const write = (number: string): string => asUser(toTrunk(number, config.numbers, site));
    const secret = password(config);
    // A target whose address is IPv6 is told ours of that family.
    const six = /\[([^\]]+)\]/.exec(target)?.[1];
    const sdp = this.#sdp === null ? null : shaped(this.#sdp, policyOf(config), six);
    if (sdp === undefined) return undefined;
    return {
      ...{ trunk: config.id, target, answerWithinMs: config.answerWithinMs },
      ...wayTo(config, target, write(this.to)),
      sdp,
      headers: {
        ...this.#headers,
        ...identityHeaders(shown, config.callerId, write, config.domain ?? domainForIdentity(config, target)),
        Contact: contactOf(config, target, shown.type === 'hidden' ? 'anonymous' : write(shown.number)),
        ...(config.reliable ? { Supported: '100rel' } : {}),
      },
      ...(config.account === null || secret === undefined
        ? {}
        : { auth: { username: config.account.user, password: secret } }),
    };
  }

  /** The same INVITE with our answer to its challenge (RFC 3261 section 22.2): same Call-ID and From, the next CSeq. */
  #proving(current: Attempt, { status, answer, sent }: AttemptFailure): Attempt | undefined {
    const challenges = answer === null ? null : challengesOf({ status, headers: (name) => answer.headers(name) });
    if (challenges === null || current.auth === undefined || sent === null || ++this.#challenged > 2) return undefined;
    const { username, password } = current.auth;
    const cnonce = randomBytes(8).toString('hex');
    const proof = answerTo(challenges.list, {
      method: 'INVITE',
      uri: current.uri,
      user: username,
      password,
      cnonce,
      count: 1,
    });
    if (proof === undefined) return undefined;
    const again = {
      'Call-ID': sent.callId,
      From: sent.from,
      CSeq: `${sent.cseq + 1} INVITE`,
      [challenges.header]: proof,
    };
    return { ...current, headers: { ...current.headers, ...again } };
  }
}

/** `localhost` becomes our own address on the way out. */
function domainForIdentity(config: TrunkConfig, target: string): string {
  return config.callerId.identity === 'preferred' ? domainOf(config, target) : 'localhost';
}

function contactOf(config: TrunkConfig, target: string, shown: string): string {
  const user = config.registration?.as.split('@')[0] ?? shown;
  const transport = /;transport=\w+/i.exec(target)?.[0] ?? '';
  return `<sip:${user}@localhost${transport}>`;
}
