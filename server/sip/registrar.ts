/** REGISTER of agents' softphones: digest, then the location service. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { flowOf } from './admission.ts';
import { type DigestGuard, parseAuthorization } from './digest.ts';
import type { Request, Response } from './drachtio.ts';
import type { Locations } from './locations.ts';
import { userOf } from './numbers.ts';
import type { Credentials } from './credentials.ts';

export interface RegistrarOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whose user names are valid; the address of record must be the agent's own. */
  readonly credentials: Credentials;
  readonly guard: DigestGuard;
  readonly longestInSeconds: number;
}

const shortestInSeconds = 10;

/** What a REGISTER asks for each of its contacts. RFC 3261 section 10.3. */
function requested(req: Request): { readonly all: boolean; readonly contacts: { uri: string; seconds: number }[] } {
  const header = req.has('Contact') ? req.get('Contact') : '';
  const general = Number.parseInt(req.has('Expires') ? req.get('Expires') : '3600', 10);
  const fallback = Number.isNaN(general) ? 3600 : general;
  if (header.trim() === '*') return { all: fallback === 0, contacts: [] };
  if (header === '') return { all: false, contacts: [] };
  const contacts = req.getParsedHeader('Contact').map((contact) => {
    const own = Number.parseInt(String(contact.params?.['expires'] ?? ''), 10);
    return { uri: contact.uri, seconds: Number.isNaN(own) ? fallback : own };
  });
  return { all: false, contacts };
}

export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #locations: Locations;

  constructor(options: RegistrarOptions, locations: Locations) {
    this.#options = options;
    this.#locations = locations;
  }

  /** Answers one REGISTER. */
  register(req: Request, res: Response): void {
    const agentId = userOf(req.getParsedHeader('To').uri);
    if (!this.#authorised(req, res, agentId)) return;
    const { all, contacts } = requested(req);
    const now = this.#options.clock.now();
    if (all) this.#locations.unbindAll(agentId);
    for (const contact of contacts) {
      const seconds = contact.seconds === 0 ? 0 : this.#granted(contact.seconds);
      this.#locations.bind({ agentId, contact: contact.uri, expiresAt: now + seconds * 1000, flow: flowOf(req) });
    }
    this.#accept(res, agentId, contacts, now);
  }

  #accept(res: Response, agentId: string, contacts: readonly { uri: string; seconds: number }[], now: number): void {
    // The engine learns the flow from this 200: its Contact and the granted expiry.
    const bound = this.#locations
      .of(agentId)
      .map((each) => `<${each.contact}>;expires=${Math.round((each.expiresAt - now) / 1000)}`);
    const first = contacts[0];
    const expires = first === undefined ? 0 : first.seconds === 0 ? 0 : this.#granted(first.seconds);
    res.send(200, {
      headers: {
        ...(bound.length > 0 ? { Contact: bound.join(', ') } : {}),
        Expires: String(expires),
        Date: new Date(now).toUTCString(),
      },
    });
  }

  #granted(seconds: number): number {
    return Math.max(shortestInSeconds, Math.min(seconds, this.#options.longestInSeconds));
  }

  /** Sends the challenge itself when the request is not authorised. The user must be the agent of the address of record. */
  #authorised(req: Request, res: Response, agentId: string): boolean {
    const { clock, guard, logger, credentials } = this.#options;
    const now = clock.now();
    const answer = req.has('Authorization') ? parseAuthorization(req.get('Authorization')) : undefined;
    if (answer !== undefined) {
      const claim = credentials.claimOf(answer['username'] ?? '', now);
      const password = claim?.agentId === agentId ? claim.password : undefined;
      const verdict = guard.judge(answer, 'REGISTER', password, now);
      if (verdict === 'right') return true;
      if (verdict === 'wrong')
        logger.warn({ source: req.source_address, pii: { agentId } }, 'a registration was refused');
      res.send(401, { headers: { 'WWW-Authenticate': guard.challenge(now, verdict === 'stale') } });
      return false;
    }
    res.send(401, { headers: { 'WWW-Authenticate': guard.challenge(now) } });
    return false;
  }
}
