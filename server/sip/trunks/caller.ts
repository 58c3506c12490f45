/** Who calls, who asserts it, and whom the call was meant for before: what the headers of an INVITE say. Pure. */
import { userOf } from '../numbers.ts';
import type { Diversion } from './facts.ts';
import type { TrunkCallerId } from './config.ts';
import { type NameAddr, parseNameAddrs } from './name-addrs.ts';
import { privacyWish } from './privacy.ts';

/** A header by name; undefined when it is not there. */
export type HeaderOf = (name: string) => string | undefined;

export interface IncomingCaller {
  /** As it came; empty for nobody. */
  readonly number: string;
  /** What the carrier asserts (RFC 3325), believed or not shown. */
  readonly asserted: string | null;
  /** The caller asked not to be shown (RFC 3323), and is not. */
  readonly isPrivate: boolean;
  readonly diversions: readonly Diversion[];
}

/** A redirecting party who asked to stay unknown. */
function isHidden({ parameters }: NameAddr): boolean {
  return ['full', 'uri'].includes(parameters.get('privacy') ?? 'off');
}

/** RFC 5806: the newest first. */
function diversionsIn(header: string): Diversion[] {
  return parseNameAddrs(header).map((value) => ({
    number: isHidden(value) ? 'anonymous' : userOf(value.uri),
    reason: value.parameters.get('reason')?.toLowerCase() ?? 'unknown',
  }));
}

/** RFC 4458 and RFC 7044: the status that sent a call on, as Diversion names it. */
const reasons: Readonly<Record<string, string>> = {
  302: 'unconditional',
  404: 'unknown',
  408: 'no-answer',
  480: 'deflection',
  486: 'user-busy',
  487: 'deflection',
  503: 'unavailable',
};

function causeOf(uri: string): string {
  const parameter = /[;?&]cause=(\d{3})/i.exec(uri)?.[1];
  const reason = /[?&]Reason=([^&>]+)/i.exec(uri)?.[1];
  const embedded = reason === undefined ? undefined : /cause(?:=|%3D)(\d{3})/i.exec(reason)?.[1];
  return reasons[parameter ?? embedded ?? ''] ?? 'unknown';
}

/** RFC 7044: entries in the order of the retargetings; the last one is who is called now. Newest first here. */
function historyIn(header: string): Diversion[] {
  const entries = parseNameAddrs(header);
  return entries
    .slice(0, -1)
    .map(({ uri }, at) => {
      const own = causeOf(uri);
      const reason = own === 'unknown' ? causeOf(entries[at + 1]?.uri ?? '') : own;
      const hidden = /[?&]Privacy=history/i.test(uri);
      return { number: hidden ? 'anonymous' : userOf(uri), reason };
    })
    .reverse();
}

/** What the headers say, as far as the trunk is believed. */
export function callerOf(header: HeaderOf, policy: Pick<TrunkCallerId, 'trust' | 'privacy'>): IncomingCaller {
  const from = userOf(parseNameAddrs(header('From') ?? '')[0]?.uri ?? '');
  const shown = from.toLowerCase() === 'anonymous' ? '' : from;
  const wish = privacyWish(header('Privacy'));
  const isPrivate = policy.privacy === 'honour' && wish.caller;
  if (!policy.trust) return { number: isPrivate ? '' : shown, asserted: null, isPrivate, diversions: [] };
  const asserted =
    parseNameAddrs(header('P-Asserted-Identity') ?? '')
      .map(({ uri }) => userOf(uri))
      .find((user) => user !== '') ?? null;
  const diversion = header('Diversion');
  const history = header('History-Info');
  const diversions =
    diversion !== undefined ? diversionsIn(diversion) : history === undefined ? [] : historyIn(history);
  const hidden = policy.privacy === 'honour' && wish.history;
  return {
    number: isPrivate ? '' : (asserted ?? shown),
    asserted,
    isPrivate,
    diversions: hidden ? diversions.map(({ reason }) => ({ number: 'anonymous', reason })) : diversions,
  };
}

/** How our own number goes out. */
export type Shown =
  | { readonly type: 'shown'; readonly number: string; readonly replaced: boolean }
  /** RFC 3323; `number` is what the carrier is told in confidence, null when we have none. */
  | { readonly type: 'hidden'; readonly number: string | null }
  | { readonly type: 'refused' };

/** Which number a call shows by the rules of its trunk. `wanted` in E.164, or `anonymous`. */
export function shownNumber(wanted: string, rules: TrunkCallerId): Shown {
  if (wanted === '' || wanted === 'anonymous') {
    if (rules.anonymous) return { type: 'hidden', number: rules.default };
    return rules.default === null ? { type: 'refused' } : { type: 'shown', number: rules.default, replaced: true };
  }
  if (rules.mayShow(wanted)) return { type: 'shown', number: wanted, replaced: false };
  if (rules.otherwise === 'refuse' || rules.default === null) return { type: 'refused' };
  return { type: 'shown', number: rules.default, replaced: true };
}

/** From, identity and privacy headers of an outgoing call; numbers as the trunk writes them. */
export function identityHeaders(
  shown: Exclude<Shown, { type: 'refused' }>,
  rules: Pick<TrunkCallerId, 'identity'>,
  write: (number: string) => string,
  domain: string,
): Readonly<Record<string, string>> {
  const name = { asserted: 'P-Asserted-Identity', preferred: 'P-Preferred-Identity', none: null }[rules.identity];
  const uri = shown.number === null ? null : `<sip:${write(shown.number)}@${domain}>`;
  const identity = name === null || uri === null ? {} : { [name]: uri };
  if (shown.type === 'shown') return { From: uri ?? '', ...identity };
  return { From: '"Anonymous" <sip:anonymous@anonymous.invalid>', Privacy: 'id', ...identity };
}
