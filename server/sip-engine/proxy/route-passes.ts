import { hash, scryptSync } from 'node:crypto';
import { parseNameAddr } from '../parser/name-addr.ts';
import { parseSipUri } from '../parser/uri.ts';

const parameter = 'pass';

/**
 * What our Record-Route bears so that only the two ends of a call can have its requests passed on (RFC 3261 section
 * 16.4 would let anybody who names us in a Route send through us, from an address that carriers trust). Made of the
 * Call-ID under a key that every run of this engine has, so a restart cuts nobody off.
 */
export class RoutePasses {
  readonly #key: string;

  /** `secret`: that of the admin port. It is stretched, because passes are shown to peers. */
  constructor(secret: string) {
    this.#key = scryptSync(secret, 'jackfield record-route', 32, { N: 1024 }).toString('hex');
  }

  /** The URI parameter for our Record-Route in a call, with its semicolon. */
  parameterFor(callId: string): string {
    return `;${parameter}=${this.#of(callId)}`;
  }

  /** Whether a Route value of ours came from a Record-Route of that call. */
  fits(route: string, callId: string): boolean {
    // A strict router puts it into the start line, without brackets: parameters are the URI's there all the same.
    const uri = parseSipUri((route.includes('<') ? parseNameAddr(route)?.uri : undefined) ?? route);
    return uri?.parameters.get(parameter) === this.#of(callId);
  }

  /**
   * A key of fixed length in front and 80 of 256 bits shown: nobody can lengthen what was hashed, so HMAC is not needed,
   * which takes Node 30 times as long.
   */
  #of(callId: string): string {
    return hash('sha256', this.#key + callId, 'hex').slice(0, 20);
  }
}
