/** An offer of the media node as one carrier or phone gets it: its codecs, its keys, its way of digits, its ICE. Pure. */
import type { LegPolicy } from '../../../protocol/media-policy.ts';

/** Static payload types of RFC 3551; others have a name beside them. */
const staticNames: Readonly<Record<string, string>> = { '0': 'PCMU', '8': 'PCMA', '9': 'G722' };
const laws: readonly string[] = ['PCMU', 'PCMA'];

/** What is said of one far side's audio. */
export type OfferShape = Pick<LegPolicy, 'codecs' | 'dtmf' | 'srtp' | 'ice'>;

function namesOf(sdp: string): Map<string, string> {
  const names = new Map(Object.entries(staticNames));
  for (const [, type = '', name = ''] of sdp.matchAll(/^a=rtpmap:(\d+) ([\w-]+)\//gm)) names.set(type, name);
  return names;
}

/**
 * The policy's order, but what stands first in the offer stays first: the other leg of the call speaks it, and nobody has to
 * decode. Between the two laws of G.711, which cost nothing to turn into each other, the policy decides (RFC 3264 section 5.1:
 * the first is preferred).
 */
function ordered(offered: readonly string[], wanted: readonly string[], nameOf: (type: string) => string): string[] {
  const order = wanted.flatMap((name) => (name === 'G711' ? laws : [name]));
  const kept = order.flatMap((name) => offered.filter((type) => nameOf(type) === name));
  const first = offered[0] === undefined ? '' : nameOf(offered[0]);
  const goesFirst = (type: string): boolean =>
    nameOf(type) === first || (laws.includes(first) && laws.includes(nameOf(type)));
  return [...kept.filter(goesFirst), ...kept.filter((type) => !goesFirst(type))];
}

/**
 * An offer that names an address of either family (`a=altc`, RFC 6947) as somebody at `peer` gets it: the one of its own family in
 * `c=`. Phones that know `altc` are few: it goes.
 */
function inFamilyOf(peer: string | undefined, sdp: string): string {
  const type = peer === undefined ? undefined : peer.includes(':') ? 'IP6' : 'IP4';
  const own = new RegExp(`^a=altc:\\d+ ${type ?? 'none'} (\\S+) \\d+\\r?$`, 'm').exec(sdp)?.[1];
  const plain = sdp.replace(/^a=altc:.*\r\n/gm, '');
  return own === undefined || type === undefined ? plain : plain.replace(/^c=IN IP[46] \S+/gm, `c=IN ${type} ${own}`);
}

/**
 * The offer as that policy wants it: nothing is added, what may not be said is taken away. Undefined where it wants keys and the
 * offer has none. Where it has none of the codecs, it stays as it was: the far side may find one.
 */
export function shaped(offer: string, { codecs, dtmf, srtp, ice }: OfferShape, peer?: string): string | undefined {
  const sdp = inFamilyOf(peer, offer);
  const hasKeys = /^a=crypto:/m.test(sdp);
  if (srtp === 'required' && !hasKeys) return undefined;
  const names = namesOf(sdp);
  const nameOf = (type: string): string => names.get(type) ?? '';
  let gone: readonly string[] = [];
  const listed = sdp.replace(
    /^(m=audio \d+ )([A-Z/]+) ([\d ]+)$/gm,
    (_line, head: string, profile: string, list: string) => {
      const all = list.trim().split(/\s+/);
      const isEvent = (type: string): boolean => nameOf(type) === 'telephone-event';
      const voices = all.filter((type) => !isEvent(type));
      const allowed = codecs === undefined || codecs.length === 0 ? voices : ordered(voices, codecs, nameOf);
      const kept = allowed.length === 0 ? voices : allowed;
      // RFC 7587 section 6.1: events at 48 kHz go with Opus only.
      const wide = new RegExp(`^a=rtpmap:(\\d+) telephone-event/48000\\r?$`, 'm').exec(sdp)?.[1];
      const opus = kept.some((type) => nameOf(type) === 'opus');
      const events = dtmf === 'tone' || dtmf === 'info' ? [] : all.filter(isEvent);
      const stays = [...kept, ...events.filter((type) => opus || type !== wide)];
      gone = all.filter((type) => !stays.includes(type));
      return `${head}${srtp === 'required' ? profile.replace('RTP/AVP', 'RTP/SAVP') : profile} ${stays.join(' ')}`;
    },
  );
  const without = (line: string): boolean =>
    gone.some((type) => line.startsWith(`a=rtpmap:${type} `) || line.startsWith(`a=fmtp:${type} `)) ||
    (line.startsWith('a=crypto:') && srtp !== 'optional' && srtp !== 'required') ||
    (/^a=(ice-|candidate:)/.test(line) && ice !== 'offered');
  return listed
    .split('\r\n')
    .filter((line) => !without(line))
    .join('\r\n');
}
