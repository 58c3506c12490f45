/** What of a call's SIP messages may be shown: numbers and digest answers are masked in place, so lengths stay true. */
import type { EngineMessage } from '../../protocol/engine-link.ts';
import type { LadderMessage } from '../../protocol/rest.ts';

/** Headers in which somebody is named; the Request-URI is treated the same. */
const naming = new Set(
  [
    'from f to t contact m p-asserted-identity p-preferred-identity remote-party-id p-called-party-id',
    'diversion history-info refer-to r referred-by b reply-to record-route route path',
    'authorization proxy-authorization www-authenticate proxy-authenticate',
  ].flatMap((names) => names.split(' ')),
);
/** Headers that are hidden whole: what they carry is a signed or keyed statement about people. */
const sealed = new Set(['identity', 'y']);

/** Digits from which on a run of them is somebody's number: ports and most extensions are shorter. */
const leastDigits = 6;
const shownBefore = 3;
const shownAfter = 2;

function maskNumbers(text: string): string {
  return text.replace(/\d{6,}/g, (digits) => {
    if (digits.length < leastDigits + 1) return '*'.repeat(digits.length);
    const hidden = digits.length - shownBefore - shownAfter;
    return digits.slice(0, shownBefore) + '*'.repeat(hidden) + digits.slice(-shownAfter);
  });
}

/** What proves a password (RFC 7616): an attacker could try passwords on it at leisure. */
function maskProofs(text: string): string {
  return text.replace(/((?:response|cnonce|nonce|opaque)=")([^"]*)/gi, (_whole, name: string, value: string) => {
    return name + '*'.repeat(value.length);
  });
}

function maskLine(line: string, previous: string): string {
  const colon = line.indexOf(':');
  const folded = line.startsWith(' ') || line.startsWith('\t');
  const name = folded ? previous : line.slice(0, Math.max(0, colon)).trim().toLowerCase();
  const at = folded ? 0 : colon + 1;
  const value = line.slice(at);
  if (sealed.has(name)) return line.slice(0, at) + value.replace(/\S/g, '*');
  if (!naming.has(name)) return line;
  return line.slice(0, at) + maskNumbers(maskProofs(value));
}

/** The message with numbers and proofs of passwords masked; its length is the same. */
export function masked(text: string): string {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  let previous = '';
  const lines = head.split('\r\n').map((line, index) => {
    if (index === 0) return line.startsWith('SIP/2.0') ? line : maskNumbers(line);
    const shown = maskLine(line, previous);
    if (!line.startsWith(' ') && !line.startsWith('\t'))
      previous = line.slice(0, line.indexOf(':')).trim().toLowerCase();
    return shown;
  });
  return lines.join('\r\n') + (end < 0 ? '' : text.slice(end));
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
