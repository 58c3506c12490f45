/** ICE of a SIP leg, as a lite agent (RFC 8445 section 2.5): it answers checks, and never sends one. Pure. */
import { samePlace, type Place, type Proven } from './source-lock.ts';
import { bindingErrorTo, bindingSuccessTo, readBindingRequest, type BindingRequest } from './stun.ts';

/** One generation of credentials: an ICE restart makes another. */
export interface IceSession {
  readonly usernameFragment: string;
  readonly password: string;
  /** The far side's, once its description came: who asks under another name is another branch of a forked call. */
  readonly remoteFragment?: string | undefined;
}

/** 1 is RTP, and RTCP where they share a port; 2 is RTCP. */
export type Component = 1 | 2;

/** What comes of a packet. `proven` is there where that has changed. */
export interface IceOutcome {
  readonly reply?: Buffer;
  readonly proven?: Proven;
}

interface Pair {
  readonly place: Place;
  readonly remoteFragment: string;
  /** Of the candidate the check came from, as the far side ranks it. */
  priority: number;
  nominated: boolean;
}

/** Places of a component; a phone has a few addresses of each family. Only who knows the password makes one. */
const mostPairs = 16;
/**
 * Requests remembered by name: a copy of one that was seen on its way comes from another place, and is what an attacker can
 * send. RFC 7675 has a check every 5 s, so this is a day; after it a new place needs an ICE restart.
 */
const mostTransactions = 20_000;

const nothing: IceOutcome = {};

/** What was checked under one generation of credentials. */
class Generation {
  session: IceSession;
  readonly #pairs: Readonly<Record<Component, Pair[]>> = { 1: [], 2: [] };
  readonly #transactions = new Map<string, Place>();

  constructor(session: IceSession) {
    this.session = session;
  }

  /** Is it a copy of a request that came from elsewhere? */
  isReplayed({ transaction }: BindingRequest, from: Place): boolean {
    const before = this.#transactions.get(transaction);
    if (before !== undefined) return !samePlace(before, from);
    if (this.#transactions.size >= mostTransactions)
      return ![...this.#pairs[1], ...this.#pairs[2]].some(({ place }) => samePlace(place, from));
    this.#transactions.set(transaction, from);
    return false;
  }

  /** Notes a check that was right. True if that changes what is proven. */
  checked({ priority, useCandidate }: BindingRequest, remoteFragment: string, from: Place, of: Component): boolean {
    const pairs = this.#pairs[of];
    const known = pairs.find((pair) => samePlace(pair.place, from) && pair.remoteFragment === remoteFragment);
    if (known === undefined) {
      if (pairs.length >= mostPairs)
        pairs.splice(
          Math.max(
            0,
            pairs.findIndex(({ nominated }) => !nominated),
          ),
          1,
        );
      pairs.push({ place: from, remoteFragment, priority, nominated: useCandidate });
      return true;
    }
    // A later check of an aggressive peer repeats its nomination; none takes one back (RFC 8445 section 8.1.1).
    const changed = (useCandidate && !known.nominated) || known.priority !== priority;
    known.nominated ||= useCandidate;
    known.priority = priority;
    return changed;
  }

  /** RFC 5245 section 8.1.1.2: of several that were nominated the highest counts; before, what can be reached at all. */
  proven(of: Component): Proven {
    return { places: this.#own(of).map(({ place }) => place), selected: this.best(of)?.place };
  }

  /** The pair that counts. */
  best(of: Component): Pair | undefined {
    const pairs = this.#own(of);
    const nominated = pairs.filter((pair) => pair.nominated);
    const [best] = (nominated.length > 0 ? nominated : pairs).toSorted((a, b) => b.priority - a.priority);
    return best;
  }

  #own(of: Component): Pair[] {
    const { remoteFragment } = this.session;
    return this.#pairs[of].filter((pair) => remoteFragment === undefined || pair.remoteFragment === remoteFragment);
  }
}

/** Answers the checks of one far side, and knows from where it may be heard. */
export class IceLite {
  #current: Generation | undefined;
  /** Before an ICE restart: goes on being answered, and heard, until the new one has proven something (RFC 8445 section 9). */
  #former: Generation | undefined;

  /** The credentials in force; undefined: no ICE (any more). Returns false where nothing has changed. */
  configure(session: IceSession | undefined): boolean {
    const before = this.#current?.session;
    if (session === undefined) {
      this.#current = this.#former = undefined;
      return before !== undefined;
    }
    if (this.#current !== undefined && before?.usernameFragment === session.usernameFragment) {
      this.#current.session = session;
      return before.remoteFragment !== session.remoteFragment;
    }
    this.#former = this.#current;
    this.#current = new Generation(session);
    return true;
  }

  /** Is there ICE at all? */
  get runs(): boolean {
    return this.#current !== undefined;
  }

  /** What is proven of a component. */
  proven(of: Component): Proven {
    const current = this.#current?.proven(of);
    if (current !== undefined && current.places.length > 0) return current;
    return this.#former?.proven(of) ?? { places: [], selected: undefined };
  }

  /** Has the far side chosen the pair that counts? */
  nominated(of: Component): boolean {
    return (this.#current?.best(of) ?? this.#former?.best(of))?.nominated === true;
  }

  /** Takes what looks like STUN. What is not a right check changes nothing, and no answer is larger than its request. */
  take(packet: Buffer, from: Place, of: Component): IceOutcome {
    const request = this.#current === undefined ? undefined : readBindingRequest(packet);
    if (request === undefined) return nothing;
    const { reply, ...outcome } = this.#judge(request, { address: from.address, port: from.port }, of);
    return reply === undefined || reply.length > request.bytes ? outcome : { reply, ...outcome };
  }

  #judge(request: BindingRequest, from: Place, of: Component): IceOutcome {
    // RFC 8489 section 9.1.3: without credentials, or under a name that is not ours.
    if (request.username === undefined || !request.hasIntegrity) return { reply: bindingErrorTo(request, 400) };
    const cut = request.username.indexOf(':');
    const generation = this.#named(request.username.slice(0, Math.max(0, cut)));
    if (generation === undefined) return { reply: bindingErrorTo(request, 401) };
    const { password } = generation.session;
    if (!request.isSignedWith(password)) return { reply: bindingErrorTo(request, 401) };
    if (generation.isReplayed(request, from)) return nothing;
    if (request.unknown.length > 0) return { reply: bindingErrorTo(request, 420, password) };
    // RFC 8445 section 7.3.1.1: a lite agent is controlled, so whoever else is has to change.
    if (request.role === 'controlled') return { reply: bindingErrorTo(request, 487, password) };
    const reply = bindingSuccessTo(request, from, password);
    const changed = this.#checked(generation, request, request.username.slice(cut + 1), from, of);
    return changed ? { reply, proven: this.proven(of) } : { reply };
  }

  #checked(generation: Generation, request: BindingRequest, remote: string, from: Place, of: Component): boolean {
    // Consent of before the restart is answered; nothing new comes of it.
    if (generation !== this.#current) return false;
    return generation.checked(request, remote, from, of);
  }

  #named(fragment: string): Generation | undefined {
    return [this.#current, this.#former].find((each) => each?.session.usernameFragment === fragment);
  }
}
