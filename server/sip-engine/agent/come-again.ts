import { spread } from '../../../base/spread.ts';
import type { Header } from '../parser/message.ts';

/**
 * When to try again (RFC 3261 section 20.33): in 3 to 8 s, by the Call-ID, so that the many who are turned away in one
 * moment (an engine that is up before its app) do not come back in one moment.
 */
export function comeAgain(callId: string): Header {
  return { name: 'Retry-After', value: String(spread(callId, 3, 8)) };
}
