/** REGISTER of agents' softphones and desk phones (RFC 3261 section 10): digest, the rules, then the location service. */
import { randomBytes } from 'node:crypto';
import { assertNever } from '../../base/assert-never.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { AgentId } from '../../protocol/ids.ts';
import { flowOf } from './admission.ts';
import type { Authenticator, Proven } from './authenticator.ts';
import { type Request, type Response, severalLines } from './drachtio.ts';
import type { Locations } from './locations.ts';
import { userOf } from './numbers.ts';
import type { Binding, SipTransport } from './ports.ts';
import { type Peer, SimplePeers } from './simple-peers.ts';
import { applyRegistration, type AskedContact, type Registration, type RegistrationLimits } from './registration.ts';

export interface RegistrarOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly authenticator: Authenticator;
  readonly limits: RegistrationLimits;
}

/** What a REGISTER that names no time asks for. */
const usualInSeconds = 3600;
/** So many refusals may wait at a time; what comes beyond is refused at once. */
const mostWaiting = 1000;
/** More than this of contacts or path is no phone's. */
const longestHeader = 4096;

function textOf(req: Request, name: string): string {
  return req.has(name) ? req.get(name) : '';
}

function secondsOf(text: string): number | undefined {
  return /^\d{1,10}$/.test(text.trim()) ? Number(text) : undefined;
}

/** The transport of the topmost Via: drachtio calls a WebSocket tcp. */
export function transportOf(req: Request): SipTransport {
  const named = /^\s*SIP\s*\/\s*2\.0\s*\/\s*(\w+)/i.exec(textOf(req, 'Via'))?.[1]?.toLowerCase() ?? '';
  return (['udp', 'tcp', 'tls', 'ws', 'wss'] as const).find((transport) => transport === named) ?? 'udp';
}

function unquoted(text: unknown): string | null {
  return typeof text === 'string' && text !== '' ? text.replace(/^"(.*)"$/, '$1') : null;
}

function contactsOf(req: Request): readonly AskedContact[] {
  const fallback = secondsOf(textOf(req, 'Expires')) ?? usualInSeconds;
  if (!req.has('Contact')) return [];
  return req.getParsedHeader('Contact').map(({ uri, params }) => {
    const regId = secondsOf(String(params?.['reg-id'] ?? ''));
    return {
      uri,
      seconds: secondsOf(String(params?.['expires'] ?? '')) ?? fallback,
      instance: unquoted(params?.['+sip.instance']),
      regId: regId ?? null,
    };
  });
}

/** Path values, which contain commas only between them: every value is in brackets (RFC 3327 section 4). */
function pathOf(req: Request): readonly string[] {
  return (
    textOf(req, 'Path')
      .match(/<[^<>]*>[^,<>]*/g)
      ?.map((value) => value.trim()) ?? []
  );
}

/** The request as facts; undefined when it is malformed. */
function read(req: Request, record: string, agentId: AgentId, who: Proven): Registration | undefined {
  const contact = textOf(req, 'Contact').trim();
  if (contact.length > longestHeader || textOf(req, 'Path').length > longestHeader) return undefined;
  const all = contact === '*';
  // RFC 3261 section 10.2.2: `*` is for unbinding alone.
  if (all && secondsOf(textOf(req, 'Expires')) !== 0) return undefined;
  const contacts = all ? [] : contactsOf(req);
  if (contacts.some(({ uri }) => !/^sips?:[^\s<>"]+$/i.test(uri))) return undefined;
  return {
    agentId,
    record,
    account: who.username,
    device: who.device,
    all,
    contacts,
    callId: textOf(req, 'Call-ID'),
    cseq: Number.parseInt(textOf(req, 'CSeq'), 10),
    path: pathOf(req),
    transport: transportOf(req),
    source: `${req.source_address}:${String(req.source_port)}`,
    flow: flowOf(req),
    userAgent: textOf(req, 'User-Agent').slice(0, 100),
  };
}

export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #locations: Locations;
  readonly #simplePeers = new SimplePeers();
  #waiting = 0;

  constructor(options: RegistrarOptions, locations: Locations) {
    this.#options = options;
    this.#locations = locations;
  }

  /** Answers one REGISTER. */
  register(req: Request, res: Response): void {
    const { clock, limits } = this.#options;
    const record = userOf(req.getParsedHeader('To').uri);
    const who = this.#authorised(req, res);
    if (who === undefined) return;
    // RFC 3261 section 10.3 step 4: a device may register for its agent or under its own name, for nobody else.
    const { origin, username } = who;
    if (origin.type !== 'agent' || (record !== origin.agentId && record !== username)) return res.send(403);
    const { agentId } = origin;
    const asked = read(req, record, agentId, who);
    if (asked === undefined) return res.send(400);
    const before = this.#locations.of(agentId).filter((binding) => binding.record === record);
    const outcome = applyRegistration(before, asked, limits, clock.now(), () => randomBytes(6).toString('hex'));
    if (outcome.type === 'refused')
      return res.send(outcome.status, outcome.reason, {
        headers: outcome.status === 423 ? { 'Min-Expires': String(limits.shortestInSeconds) } : {},
      });
    if (asked.all || asked.contacts.length > 0) this.#locations.replace(agentId, record, outcome.bindings);
    this.#accept(req, res, asked, outcome.bindings);
  }

  /** The engine learns the flow from this 200: its Contact and the granted expiry. */
  #accept(req: Request, res: Response, asked: Registration, bindings: readonly Binding[]): void {
    const now = this.#options.clock.now();
    const outbound =
      asked.contacts.some(({ regId }) => regId !== null) && /\boutbound\b/i.test(textOf(req, 'Supported'));
    res.send(200, {
      headers: {
        ...(bindings.length === 0 ? {} : { Contact: bindings.map((each) => contactText(each, now)).join(', ') }),
        ...(asked.path.length === 0 ? {} : { Path: asked.path.join(', ') }),
        // RFC 5626 section 6.
        ...(outbound ? { Require: 'outbound' } : {}),
        Expires: String(grantedOf(asked, bindings, now)),
        Date: new Date(now).toUTCString(),
      },
    });
  }

  /** Who it is; undefined when the answer (a challenge) is out already. */
  #authorised(req: Request, res: Response): Proven | undefined {
    const { clock, authenticator, logger } = this.#options;
    const verdict = authenticator.judge(req, 'Authorization', clock.now());
    switch (verdict.type) {
      case 'proven':
        this.#simplePeers.answered(peerOf(req));
        return verdict.who;
      case 'shut':
        return this.#later(req, () => res.send(403));
      case 'unanswered':
        this.#simplePeers.asked(peerOf(req));
        return this.#challenge(req, res, false);
      case 'wrong':
        logger.warn({ source: req.source_address, pii: { user: verdict.username } }, 'a registration was refused');
        return this.#later(req, () => this.#challenge(req, res, false));
      case 'stale':
        return this.#challenge(req, res, true);
      default:
        return assertNever(verdict);
    }
  }

  /** A guesser waits for the answer; nobody else does. */
  #later(req: Request, answer: () => void): undefined {
    const { clock, authenticator } = this.#options;
    const now = clock.now();
    const delay = this.#waiting < mostWaiting ? authenticator.patienceWith(req.source_address, now) : 0;
    if (delay === 0) return void answer();
    this.#waiting++;
    clock.at(now + delay, () => {
      this.#waiting--;
      answer();
    });
    return undefined;
  }

  /** The challenges whoever sent that request can understand, best first. */
  challenges(req: Request, stale: boolean): string[] {
    const { authenticator, clock } = this.#options;
    const transport = transportOf(req);
    const browser = transport === 'ws' || transport === 'wss';
    const md5 = browser ? 'last' : this.#simplePeers.isSimple(peerOf(req)) ? 'only' : 'usual';
    return authenticator.challenges(req.source_address, clock.now(), { md5, stale });
  }

  #challenge(req: Request, res: Response, stale: boolean): undefined {
    res.send(401, { headers: severalLines('WWW-Authenticate', this.challenges(req, stale)) });
  }
}

function peerOf(req: Request): Peer {
  const user = userOf(req.getParsedHeader('From').uri);
  return { source: req.source_address, user, callId: textOf(req, 'Call-ID'), agent: textOf(req, 'User-Agent') };
}

function contactText({ contact, expiresAt, instance, regId }: Binding, now: number): string {
  const seconds = Math.max(0, Math.round((expiresAt - now) / 1000));
  const named = instance === null ? '' : `;+sip.instance="${instance}"`;
  return `<${contact}>;expires=${String(seconds)}${named}${regId === null ? '' : `;reg-id=${String(regId)}`}`;
}

/** What goes into Expires: the time the first contact of the request was granted. */
function grantedOf(asked: Registration, bindings: readonly Binding[], now: number): number {
  const [first] = asked.contacts;
  const bound = first === undefined ? undefined : bindings.find(({ contact }) => contact === first.uri);
  return bound === undefined ? 0 : Math.round((bound.expiresAt - now) / 1000);
}
