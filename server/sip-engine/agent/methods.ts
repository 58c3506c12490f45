import { headersOf } from '../parser/message.ts';
import type { Header, SipRequest } from '../parser/message.ts';

const methods = 'INVITE ACK CANCEL BYE OPTIONS REGISTER PRACK UPDATE INFO MESSAGE SUBSCRIBE NOTIFY PUBLISH REFER';

/** Methods of RFC 3261 and its extensions that apps may be offered; others are 501 unless an app routed them. */
export const recognised: ReadonlySet<string> = new Set(methods.split(' '));

/** What goes with a 501 or 405 (RFC 3261 sections 20.5 and 8.2.1). */
export const allow: Header = { name: 'Allow', value: methods.replaceAll(' ', ', ') };

/** The option tags IANA has registered: an app may understand any of them. */
const registered: ReadonlySet<string> = new Set(
  (
    '100rel 199 answermode early-session eventlist explicitsub from-change geolocation-http geolocation-sip gin gruu ' +
    'histinfo ice join multiple-refer norefersub nosub outbound path policy precondition pref privacy ' +
    'recipient-list-invite recipient-list-message recipient-list-subscribe record-aware replaces resource-priority ' +
    'sdp-anat sec-agree siprec tdialog timer trickle-ice uui'
  ).split(' '),
);

/**
 * The option tags a request requires that nobody can support, for a 420 and its Unsupported (RFC 3261 section 8.2.2.3).
 * What is registered is left to the app.
 */
export function unsupported(request: SipRequest): string[] {
  const required = headersOf(request, 'Require').flatMap((value) => value.split(',').map((tag) => tag.trim()));
  return required.filter((tag) => tag !== '' && !registered.has(tag.toLowerCase()));
}
