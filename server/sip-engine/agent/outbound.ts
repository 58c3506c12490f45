import { headersOf } from '../parser/message.ts';
import type { Header, SipRequest } from '../parser/message.ts';
import { splitOutside } from '../parser/characters.ts';
import { parseNameAddrs } from '../parser/name-addr.ts';
import type { Flow } from '../transport/flow.ts';

function lists(message: { readonly headers: readonly Header[] }, name: string, tag: string): boolean {
  return headersOf(message, name).some((value) =>
    splitOutside(value, ',').some((each) => each.trim().toLowerCase() === tag),
  );
}

/** True for a REGISTER of a client that numbers its flows and came here directly (RFC 5626 sections 4.2 and 6). */
function asksForOutbound(request: SipRequest): boolean {
  const direct = headersOf(request, 'Via').flatMap((value) => splitOutside(value, ',')).length === 1;
  if (!direct || !(lists(request, 'Supported', 'outbound') || lists(request, 'Require', 'outbound'))) return false;
  return parseNameAddrs(headersOf(request, 'Contact')).some(
    ({ parameters }) =>
      parameters.has('reg-id') && parameters.has('+sip.instance') && parameters.get('expires') !== '0',
  );
}

/**
 * Adds to the 2xx of a REGISTER that its flow is used, and how often the client must be heard of: `Require: outbound` and
 * `Flow-Timer` (RFC 5626 sections 5.4 and 6). True when the client has thereby promised to send keep-alives.
 */
export function acceptOutbound(request: SipRequest, flow: Flow, headers: Header[], flowTimer: number): boolean {
  if (!flow.reliable || !asksForOutbound(request)) return false;
  if (!lists({ headers }, 'Require', 'outbound')) headers.push({ name: 'Require', value: 'outbound' });
  if (!headers.some(({ name }) => name.toLowerCase() === 'flow-timer')) {
    headers.push({ name: 'Flow-Timer', value: String(Math.max(1, Math.round(flowTimer / 1000))) });
  }
  return true;
}
