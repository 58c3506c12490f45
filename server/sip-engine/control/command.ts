import { parseHead } from '../parser/parse.ts';
import type { StartAndHeaders } from '../parser/parse.ts';
import { sentHeaderName } from '../parser/header-names.ts';
import { readProxyFields } from './proxy-command.ts';
import type { ProxyWishes } from './proxy-command.ts';

/** A SIP message as an app writes it: incomplete, header names in any case (made canonical here). */
export interface AppMessage extends StartAndHeaders {
  readonly body: Buffer;
}

/** The `proxy` frame of an app. */
export interface ProxyCommand {
  readonly type: 'proxy';
  readonly id: string;
  readonly transactionId: string;
  readonly wishes: ProxyWishes;
  /** Its headers go into the request that is forwarded. */
  readonly message: AppMessage;
}

/** What an app asks, one frame each. `id` names the frame in the answer. */
export type AppCommand =
  | { readonly type: 'authenticate'; readonly id: string; readonly secret: string; readonly tags: readonly string[] }
  | { readonly type: 'ping'; readonly id: string }
  | { readonly type: 'route'; readonly id: string; readonly verb: string }
  | { readonly type: 'remove-route'; readonly id: string; readonly verb: string }
  | {
      readonly type: 'sip';
      readonly id: string;
      readonly transactionId: string;
      readonly dialogId: string;
      readonly nextHop: string;
      readonly message: AppMessage;
    }
  | ProxyCommand
  /** Cannot be obeyed, but the connection may stay. */
  | { readonly type: 'bad-message'; readonly id: string; readonly reason: string }
  /** Misuse of the protocol: answered `NO`, then closed. */
  | { readonly type: 'misuse'; readonly id: string; readonly reason: string };

/** Reads the SIP text of a frame. Body length is what is left in the frame: srf's Content-Length is wrong for non-ASCII. */
function readAppMessage(bytes: Buffer): AppMessage | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  const text = bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
  const head = parseHead(text.endsWith('\r\n') ? text.slice(0, -2) : text, {
    named: sentHeaderName,
    dropBadLines: true,
  });
  if (!head.ok) return undefined;
  return { ...head.value, body: end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 4) };
}

/** Reads one frame's payload. */
export function readCommand(payload: Buffer): AppCommand {
  const end = payload.indexOf('\r\n');
  const fields = payload.toString('utf8', 0, end < 0 ? payload.length : end).split('|');
  const [id = '', verb = '', first = '', second = '', third = ''] = fields;
  switch (verb) {
    case 'authenticate':
      return { type: 'authenticate', id, secret: first, tags: second.split(',').filter((tag) => tag !== '') };
    case 'ping':
      return { type: 'ping', id };
    case 'route':
    case 'remove_route':
      if (first === '') return { type: 'misuse', id, reason: `${verb} names no method` };
      return { type: verb === 'route' ? 'route' : 'remove-route', id, verb: first.toLowerCase() };
    case 'sip': {
      const message = end < 0 ? undefined : readAppMessage(payload.subarray(end + 2));
      if (message === undefined) return { type: 'bad-message', id, reason: 'the SIP text cannot be read' };
      if (message.start.type === 'response' && first === '') {
        return { type: 'misuse', id, reason: 'a response names no transaction' };
      }
      return { type: 'sip', id, transactionId: first, dialogId: second, nextHop: third, message };
    }
    case 'proxy': {
      const message = end < 0 ? undefined : readAppMessage(payload.subarray(end + 2));
      if (message === undefined) return { type: 'bad-message', id, reason: 'the SIP text cannot be read' };
      return { type: 'proxy', id, ...readProxyFields(fields.slice(2)), message };
    }
    default:
      return { type: 'misuse', id, reason: 'unknown verb' };
  }
}
