/** What of a call's SIP messages may be shown: numbers, keys and digest answers are masked in place, so lengths stay true. */
import type { EngineMessage } from '../../protocol/engine-link.ts';
import type { LadderMessage } from '../../protocol/rest.ts';

/** Headers that name nobody and whose digits somebody reads. Any other may hold a number: carriers have many of their own. */
const nameless = new Set(
  [
    'via v call-id i cseq max-forwards content-length l content-type c expires session-expires x min-se min-expires',
    'user-agent server date timestamp rseq rack retry-after allow supported k require proxy-require unsupported',
    'accept allow-events u event o subscription-state',
  ].flatMap((names) => names.split(' ')),
);
/** Headers that are hidden whole: what they carry is a signed or keyed statement about people. */
const sealed = new Set(['identity', 'y']);

/** Digits from which on a run of them is somebody's number: ports and most extensions are shorter. */
const leastDigits = 6;
const shownBefore = 3;
const shownAfter = 2;

/** A number may be written with visual separators (RFC 3966 section 5.1.1); the dot is left out, which addresses have. */
const numbers = /\d(?:[-()]*\d){5,}/g;

function maskNumbers(text: string): string {
  return text.replace(numbers, (number) => {
    const count = number.replace(/\D/g, '').length;
    let at = 0;
    return number.replace(/\d/g, (digit) => {
      at++;
      return count > leastDigits && (at <= shownBefore || at > count - shownAfter) ? digit : '*';
    });
  });
}

const blacken = (text: string): string => text.replace(/[^\r\n]/g, '*');

/**
 * Keys in a session description (RFC 4568, RFC 8839): with them whoever has the packets hears the call. Its numbers are
 * addresses, ports and session ids.
 */
const keys = /^(a=(?:crypto:\d+ \S+ inline:|ice-pwd:))(.*)$/gim;

/** Bodies may be keys the caller pressed (INFO), what they wrote (MESSAGE) or lists of people; only SDP is known not to be. */
function maskBody(body: string, type: string): string {
  if (!/^application\/sdp\b/i.test(type)) return blacken(body);
  return body.replace(keys, (_whole, before: string, key: string) => before + blacken(key));
}

/** What proves a password (RFC 7616): an attacker could try passwords on it at leisure. */
function maskProofs(text: string): string {
  return text.replace(
    /((?:response|rspauth|cnonce|nextnonce|nonce|opaque)="?)([^",\s]*)/gi,
    (_whole, name: string, value: string) => {
      return name + '*'.repeat(value.length);
    },
  );
}

function maskLine(line: string, previous: string): string {
  const colon = line.indexOf(':');
  const folded = line.startsWith(' ') || line.startsWith('\t');
  const name = folded ? previous : line.slice(0, Math.max(0, colon)).trim().toLowerCase();
  const at = folded ? 0 : colon + 1;
  const value = line.slice(at);
  if (sealed.has(name)) return line.slice(0, at) + value.replace(/\S/g, '*');
  if (nameless.has(name)) return line;
  return line.slice(0, at) + maskNumbers(maskProofs(value));
}

/** The message with numbers, bodies other than SDP, keys and proofs of passwords masked; its length is the same. */
export function masked(text: string): string {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  let previous = '';
  let type = '';
  const lines = head.split('\r\n').map((line, index) => {
    if (index === 0) return line.startsWith('SIP/2.0') ? line : maskNumbers(line);
    const shown = maskLine(line, previous);
    if (!line.startsWith(' ') && !line.startsWith('\t'))
      previous = line
        .slice(0, Math.max(0, line.indexOf(':')))
        .trim()
        .toLowerCase();
    if (previous === 'content-type' || previous === 'c') type = line.slice(line.indexOf(':') + 1).trim();
    return shown;
  });
  return lines.join('\r\n') + (end < 0 ? '' : `\r\n\r\n${maskBody(text.slice(end + 4), type)}`);
}

function place({ host, port }: EngineMessage['remote']): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

/** A message as it is shown. */
export function shownMessage(message: EngineMessage, unmasked: boolean): LadderMessage {
  const text = Buffer.from(message.bytes, 'base64').toString('utf8');
  const { at, direction, transport, remote, local } = message;
  return { at, direction, transport, remote: place(remote), local: place(local), text: unmasked ? text : masked(text) };
}
