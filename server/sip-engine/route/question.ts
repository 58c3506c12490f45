import { fetch } from 'undici';
import { headerOf } from '../parser/message.ts';
import type { ReadMessage, SipRequest } from '../parser/message.ts';
import { parseNameAddr } from '../parser/name-addr.ts';
import { parseSipUri } from '../parser/uri.ts';
import { writeMessage } from '../parser/write.ts';
import { metaProtocol } from '../transport/flow.ts';
import type { Flow } from '../transport/flow.ts';

/** An answer longer than this is a mistake. */
const longestAnswer = 65_536;

function userOf(value: string | undefined): string {
  return parseSipUri(parseNameAddr(value ?? '')?.uri ?? '')?.user ?? '';
}

/** The URL that is asked: what is known of the request as query, after what the configured URL brings along. */
export function questionUrl(base: string, { message }: ReadMessage<SipRequest>, flow: Flow): URL {
  const url = new URL(base);
  const uri = parseSipUri(message.uri);
  const facts: Readonly<Record<string, string>> = {
    method: message.method,
    domain: uri?.host ?? '',
    protocol: metaProtocol(flow.protocol),
    source_address: flow.remote.host,
    fromUser: userOf(headerOf(message, 'From')),
    toUser: userOf(headerOf(message, 'To')),
    uriUser: uri?.user ?? '',
    contentType: headerOf(message, 'Content-Type') ?? '',
    uri: message.uri,
  };
  for (const [name, value] of Object.entries(facts)) url.searchParams.set(name, value);
  for (const [name, value] of uri?.parameters ?? []) if (!(name in facts)) url.searchParams.set(name, value);
  return url;
}

/** Asks; the JSON text, or undefined when there was no good answer before `signal`. Never rejects. */
export async function ask(url: URL, post: SipRequest | undefined, signal: AbortSignal): Promise<string | undefined> {
  try {
    const init = post === undefined ? { signal } : { signal, method: 'POST', body: new Uint8Array(writeMessage(post)) };
    const response = await fetch(url, {
      ...init,
      headers: { 'content-type': 'message/sip', accept: 'application/json' },
    });
    if (!response.ok || response.body === null) return undefined;
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body) {
      size += part.length;
      if (size > longestAnswer) return undefined;
      parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
  } catch {
    return undefined;
  }
}
