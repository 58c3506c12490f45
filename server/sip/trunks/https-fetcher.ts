/** Fetches what a caller's Identity header names: only over HTTPS, only from public addresses, little and soon. */
import { lookup } from 'node:dns';
import { request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** The longest that is read, bytes. */
const largest = 65_536;
/** ATIS-1000080 has certificates served from these. */
const ports: ReadonlySet<string> = new Set(['', '8443']);

export interface FetchRules {
  /** Hosts certificates may come from, with all below them; any public one if empty. */
  readonly hosts?: readonly string[];
  /** Whether an address may be asked. For tests; public ones by default. */
  readonly mayAsk?: (address: string) => boolean;
  /** For tests: how names are resolved, and further options of the request (an authority of their own). */
  readonly resolve?: typeof lookup;
  readonly options?: Pick<RequestOptions, 'ca' | 'port'>;
}

/** Looks a name up and finds only what may be asked: the very address that is connected to, so that no second answer fools us. */
function guardedLookup({ mayAsk = isPublicAddress, resolve = lookup }: FetchRules): LookupFunction {
  return (host, options, found) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      const allowed = error === null ? addresses.filter(({ address }) => mayAsk(address)) : [];
      const [first] = allowed;
      if (error !== null) found(error, '', 0);
      else if (first === undefined) found(new Error(`${host} is no public address`), '', 0);
      else if (options.all === true) found(null, allowed);
      else found(null, first.address, first.family);
    });
  };
}

/** Why a URL is not fetched; undefined when it may be. */
export function refusalOf(url: URL, { hosts = [], mayAsk = isPublicAddress }: FetchRules = {}): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (url.protocol !== 'https:') return 'not https';
  if (url.username !== '' || url.password !== '') return 'has a user';
  if (!ports.has(url.port)) return 'a port that serves no certificates';
  const named = hosts.map((each) => each.toLowerCase());
  if (named.length > 0 && !named.some((each) => host === each || host.endsWith(`.${each}`))) return 'not a host we ask';
  // An address is not looked up, so it has to be judged here.
  return isIP(host) !== 0 && !mayAsk(host) ? 'no public address' : undefined;
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > largest) throw new Error(`more than ${String(largest)} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** A fetcher by these rules. It follows no redirection, and rejects for anything but 200 with at most 64 kB. */
export function httpsFetcher(rules: FetchRules = {}): (url: string, signal: AbortSignal) => Promise<string> {
  return async (text, signal) => {
    const url = new URL(text);
    const refusal = refusalOf(url, rules);
    if (refusal !== undefined) throw new Error(refusal);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // An agent of its own: a kept connection would not ask the lookup again.
      const options = { signal, agent: false, lookup: guardedLookup(rules), maxHeaderSize: 16_384, ...rules.options };
      request(url, options, resolve).once('error', reject).end();
    });
    if (response.statusCode === 200) return bodyOf(response);
    response.destroy();
    throw new Error(`status ${String(response.statusCode)}`);
  };
}
