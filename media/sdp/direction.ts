import { assertNever } from '../../base/assert-never.ts';

/** What the writer of a description wants to do with a media stream (RFC 4566 section 6). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** The same stream seen from the other side: what an answer says to an offer (RFC 3264 section 6.1). */
export function reverse(direction: Direction): Direction {
  switch (direction) {
    case 'sendrecv':
      return 'sendrecv';
    case 'sendonly':
      return 'recvonly';
    case 'recvonly':
      return 'sendonly';
    case 'inactive':
      return 'inactive';
    default:
      return assertNever(direction, 'direction');
  }
}

/** May we send to a peer that wrote `direction`? */
export function peerListens(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

/** Did a peer that wrote `direction` put us on hold? What it sends then is not its voice. */
export function peerHolds(direction: Direction): boolean {
  return direction === 'sendonly' || direction === 'inactive';
}
