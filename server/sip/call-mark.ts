/** Headers of our own in what we answer to an INVITE. */
import { spread } from '../../base/spread.ts';
import { callHeader, type LegId } from '../../protocol/ids.ts';

/** Names the call in what we answer, so that its messages are found among all others. */
export function callMark(legId: LegId): Record<string, string> {
  return { [callHeader]: legId.split('.')[0] ?? '' };
}

/** When to try again (RFC 3261 section 20.33); it differs from call to call, so that not all come back in one moment. */
export function comeBack(legId: LegId, status: number): Record<string, string> {
  return status === 503 ? { 'Retry-After': String(spread(legId, 3, 8)) } : {};
}
