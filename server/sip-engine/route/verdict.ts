import { readDuration } from '../control/proxy-command.ts';
import type { ProxyWishes } from '../control/proxy-command.ts';
import { hasControl } from '../parser/characters.ts';
import { readAppPlace } from './route-option.ts';
import type { AppPlace } from './route-option.ts';

/** What somebody asked by HTTP wants done with a request, section 12 of the control protocol. */
export type Verdict =
  | { readonly type: 'reject'; readonly status: number; readonly reason: string | undefined }
  | { readonly type: 'redirect'; readonly contacts: readonly string[] }
  | { readonly type: 'proxy'; readonly wishes: ProxyWishes }
  /** The app there gets it. */
  | { readonly type: 'dial'; readonly place: AppPlace }
  /** A connected app that routed the method and has the tag gets it. */
  | { readonly type: 'tag'; readonly tag: string };

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that may stand in a header. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && !hasControl(value) ? value : undefined;
}

/** A text or several; undefined when one of them is none. */
function texts(value: unknown): readonly string[] | undefined {
  const all = (Array.isArray(value) ? value : [value]).map(text);
  const good = all.filter((one) => one !== undefined);
  return good.length === 0 || good.length !== all.length ? undefined : good;
}

function duration(value: unknown): number | undefined {
  return typeof value === 'string' ? readDuration(value) : undefined;
}

/** A URI without a scheme is a SIP URI, as srf has it. */
function withScheme(uri: string): string {
  return /^(sips?|tel):/i.test(uri) ? uri : `sip:${uri}`;
}

function readReject({ status, reason }: Readonly<Record<string, unknown>>): Verdict | undefined {
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 300 || status > 699) return undefined;
  return { type: 'reject', status, reason: text(reason) };
}

function readProxy(data: Readonly<Record<string, unknown>>): Verdict | undefined {
  const destinations = texts(data['destination'])?.map(withScheme);
  if (destinations === undefined) return undefined;
  const wishes: ProxyWishes = {
    remainInDialog: data['recordRoute'] === true,
    followRedirects: data['followRedirects'] === true,
    simultaneous: data['simultaneous'] === true,
    provisionalTimeout: duration(data['provisionalTimeout']),
    finalTimeout: duration(data['finalTimeout']),
    destinations,
  };
  return { type: 'proxy', wishes };
}

function readPlaceOrTag(data: Readonly<Record<string, unknown>>): Verdict | undefined {
  const uri = text(data['uri']);
  const tag = text(data['tag']);
  if (uri === undefined) return tag === undefined ? undefined : { type: 'tag', tag };
  const place = readAppPlace(uri);
  return place === undefined ? undefined : { type: 'dial', place };
}

/** Reads the JSON of an answer; undefined when it is none, or names nothing that can be done. Never throws. */
export function readVerdict(json: string): Verdict | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isRecord(answer) || !isRecord(answer['data'])) return undefined;
  const { data } = answer;
  switch (answer['action']) {
    case 'reject':
      return readReject(data);
    case 'redirect': {
      const contacts = texts(data['contact']);
      return contacts && { type: 'redirect', contacts: contacts.map(bracketed) };
    }
    case 'proxy':
      return readProxy(data);
    case 'route':
      return readPlaceOrTag(data);
    default:
      return undefined;
  }
}

function bracketed(contact: string): string {
  return contact.includes('<') ? contact : `<${withScheme(contact)}>`;
}
