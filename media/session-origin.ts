import { createHash } from 'node:crypto';

/**
 * The session id in the o= line of an endpoint's descriptions (RFC 8866 section 5.2). The same for the same endpoint, also
 * in a media node that takes it up after the death of another: RFC 3264 section 8 lets only the version change in a dialog.
 */
export function sessionIdOf(endpointId: string): string {
  return String(createHash('sha256').update(endpointId).digest().readUIntBE(0, 6) % 2 ** 47);
}

/** What the versions of a new endpoint begin after: a time, as RFC 8866 suggests, so that they grow over deaths too. */
export function versionNow(): number {
  return Math.floor(Date.now() / 1000);
}
