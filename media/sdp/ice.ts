/** ICE in descriptions of SIP legs (RFC 8839). Pure. */
import type { MediaDescription, SessionDescription } from 'sdp-transform';
import { isIP } from './address.ts';

/** What a SIP peer says of ICE. */
export interface PeerIce {
  readonly usernameFragment: string;
  readonly password: string;
  /** It sends no checks either: where it is stands in its description, as without ICE. */
  readonly lite: boolean;
  /** Addresses of its candidates over UDP. */
  readonly addresses: readonly string[];
}

/** What we say of it. `mismatch`: theirs cannot be used (RFC 8839 section 5.6). */
export type OwnIce = { readonly usernameFragment: string; readonly password: string } | 'mismatch';

/** RFC 8839 section 5.4: ice-char, 4 to 256 of them in a fragment and 22 to 256 in a password. */
const fragmentText = /^[A-Za-z0-9+/]{4,256}$/;
const passwordText = /^[A-Za-z0-9+/]{22,256}$/;

/** RFC 8839 section 4.2.5: what is written where candidates are still to come (RFC 8840 section 4.1.1). */
const discardPort = 9;

interface Destination {
  readonly address: string | undefined;
  readonly port: number;
}

type Candidate = NonNullable<MediaDescription['candidates']>[number];

function sameAddress(a: string, b: string): boolean {
  const plain = (text: string): string => (text.includes(':') ? new URL(`http://[${text}]`).hostname : text);
  return a === b || (isIP(a) && isIP(b) && plain(a) === plain(b));
}

/**
 * RFC 8839 section 5.6: ICE goes on only if the default destination of each component is a candidate; if not, somebody on
 * the way has rewritten the one and not the other. A name, or no address yet, says nothing.
 */
function isDefault(all: readonly Candidate[], component: number, { address, port }: Destination): boolean {
  if (address === undefined || port === discardPort) return true;
  const of = all.filter((each) => each.component === component);
  return of.length === 0 || of.some(({ ip, port: at }) => at === port && sameAddress(ip, address));
}

/**
 * What an m-line says of ICE: undefined where it says nothing (usable), `mismatch` where it cannot be meant as it came.
 * `rtp` and `rtcp` are its default destinations, `rtcp` absent where RTCP shares the port of RTP.
 */
export function iceOf(
  line: MediaDescription,
  session: SessionDescription,
  rtp: Destination,
  rtcp: Destination | undefined,
): PeerIce | 'mismatch' | undefined {
  const usernameFragment = String(line.iceUfrag ?? session.iceUfrag ?? '');
  const password = String(line.icePwd ?? session.icePwd ?? '');
  if (!fragmentText.test(usernameFragment) || !passwordText.test(password)) return undefined;
  const udp = (line.candidates ?? []).filter(({ transport }) => transport.toLowerCase() === 'udp');
  const matches =
    (udp.length === 0 || udp.some(({ component }) => component === 1)) &&
    isDefault(udp, 1, rtp) &&
    (rtcp === undefined || isDefault(udp, 2, rtcp));
  if (!matches) return 'mismatch';
  const addresses = udp.filter(({ component, ip }) => component === 1 && isIP(ip)).map(({ ip }) => ip);
  return { usernameFragment, password, lite: session.icelite !== undefined, addresses };
}

/** Session lines of a lite agent (RFC 8839 sections 5.3 and 5.10). */
export function iceSessionLines(ice: OwnIce | undefined): string[] {
  return ice === undefined || ice === 'mismatch' ? [] : ['a=ice-lite', 'a=ice-options:ice2'];
}

/** RFC 8445 section 5.1.2.1: host candidates, the first address before the others. */
function priorityOf(component: number, at: number): number {
  return 126 * 2 ** 24 + (65_535 - at) * 2 ** 8 + (256 - component);
}

/** Credentials and host candidates of an m-line; RTCP is on the port above unless it shares that of RTP. */
export function iceMediaLines(
  ice: OwnIce | undefined,
  { addresses, port, mux }: { readonly addresses: readonly string[]; readonly port: number; readonly mux: boolean },
): string[] {
  if (ice === undefined) return [];
  if (ice === 'mismatch') return ['a=ice-mismatch'];
  const candidates = addresses.flatMap((address, at) =>
    (mux ? [1] : [1, 2]).map(
      (component) =>
        `a=candidate:${at + 1} ${component} UDP ${priorityOf(component, at)} ${address} ${port + component - 1} typ host`,
    ),
  );
  return [`a=ice-ufrag:${ice.usernameFragment}`, `a=ice-pwd:${ice.password}`, ...candidates];
}
