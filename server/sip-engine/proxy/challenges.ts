import type { Header, SipResponse } from '../parser/message.ts';

const names = new Set(['WWW-Authenticate', 'Proxy-Authenticate']);

function challengesOf(response: SipResponse): Header[] {
  if (response.status !== 401 && response.status !== 407) return [];
  return response.headers.filter(({ name }) => names.has(name));
}

/** A 401 or 407 with the challenges of the other branches' 401 and 407 added, RFC 3261 section 16.7 step 7. */
export function withChallenges(best: SipResponse, others: readonly SipResponse[]): SipResponse {
  if (best.status !== 401 && best.status !== 407) return best;
  const known = new Set(challengesOf(best).map(({ value }) => value));
  const more = others.flatMap(challengesOf).filter(({ value }) => !known.has(value));
  return more.length === 0 ? best : { ...best, headers: [...best.headers, ...more] };
}

/** Which nonces a challenge names. */
export function noncesOf(response: SipResponse): string[] {
  return challengesOf(response).flatMap(({ value }) => nonceIn(value));
}

/** Which nonces a request answers to. */
export function answeredNonces(headers: readonly Header[]): string[] {
  return headers
    .filter(({ name }) => name === 'Authorization' || name === 'Proxy-Authorization')
    .flatMap(({ value }) => nonceIn(value));
}

function nonceIn(value: string): string[] {
  const found = /(?:^|[\s,])nonce="([^"]*)"/i.exec(value)?.[1];
  return found === undefined ? [] : [found];
}
