import { isToken } from '../parser/characters.ts';
import { parseSipUri, readHostPort } from '../parser/uri.ts';
import type { Address } from '../transport/flow.ts';

/** An app that the engine connects to. Its certificate is not checked, as the control protocol has it. */
export interface AppPlace extends Address {
  readonly secure: boolean;
}

/** Where new requests of a method go, instead of to the apps that routed it. */
export type RouteTarget =
  | { readonly type: 'app'; readonly place: AppPlace }
  /** Somebody is asked by HTTP what to do; with `post` the request's text goes along. */
  | { readonly type: 'question'; readonly url: string; readonly post: boolean }
  /** Sent on to this SIP URI; the engine stays in the path of the dialog, and no app hears of it. */
  | { readonly type: 'proxy'; readonly uri: string };

/** One `--route`. */
export interface RouteOption {
  /** Upper case; `*` for all methods without a route of their own. */
  readonly method: string;
  readonly target: RouteTarget;
}

/** Reads `host:port` with an optional `;transport=tls`; undefined when it is malformed. */
export function readAppPlace(text: string): AppPlace | undefined {
  const [where = '', ...parameters] = text.split(';');
  const place = readHostPort(where.trim());
  if (place?.port === undefined) return undefined;
  const secure = parameters.some((parameter) => parameter.trim().toLowerCase() === 'transport=tls');
  return { host: place.host, port: place.port, secure };
}

function readTarget(text: string): RouteTarget | undefined {
  const post = text.startsWith('POST ');
  const rest = post ? text.slice(5).trim() : text;
  const secure = rest.startsWith('tls://');
  if (secure || rest.startsWith('tcp://')) {
    const place = post ? undefined : readAppPlace(rest.slice(6));
    return place === undefined ? undefined : { type: 'app', place: { ...place, secure } };
  }
  if (/^sips?:/i.test(rest)) return post || parseSipUri(rest) === undefined ? undefined : { type: 'proxy', uri: rest };
  if (!/^https?:\/\//.test(rest) || !URL.canParse(rest)) return undefined;
  return { type: 'question', url: rest, post };
}

/**
 * Reads `METHOD=tcp://HOST:PORT`, `METHOD=tls://HOST:PORT`, `METHOD=http(s)://...`, `METHOD=POST http(s)://...` or
 * `METHOD=sip:...`; undefined for anything else.
 */
export function readRoute(text: string): RouteOption | undefined {
  const equals = text.indexOf('=');
  const method = text.slice(0, Math.max(0, equals)).toUpperCase();
  const target = readTarget(text.slice(equals + 1));
  return isToken(method) && target !== undefined ? { method, target } : undefined;
}
