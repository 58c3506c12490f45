import { randomUUID } from 'node:crypto';
import type { AppMessage } from '../control/command.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { makeDialogRequest, ownVia } from '../dialog/request.ts';
import { headerOf, parseCseq, tagOf } from '../parser/message.ts';
import type { Header, SipRequest } from '../parser/message.ts';
import { withTag } from '../parser/name-addr.ts';
import type { Flow } from '../transport/flow.ts';
import { appHeaders, appValue, ensureContact, ownContact, tidyParty, typeBody } from './app-headers.ts';
import { newCseq, newTag } from './tags.ts';

/** An app's request with the path it will take. */
export interface Draft {
  readonly method: string;
  readonly uri: string;
  readonly message: AppMessage;
  readonly dialog: Dialog | undefined;
}

/** Requests inside a dialog in which Contact is mandatory: RFC 3261, 3311, 3515 and 6665. */
const needContact = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']);

/** Makes an app's incomplete request a whole one (the table of the control protocol); undefined when its body has no type. */
export function completeRequest(draft: Draft, flow: Flow, branch: string): SipRequest | undefined {
  const { method, message, dialog } = draft;
  const headers = appHeaders(message, flow.local);
  if (!typeBody(headers, message.body)) return undefined;
  if (dialog === undefined) return completeNew(draft, headers, flow, branch);
  if (needContact.has(method)) ensureContact(headers, dialog.localContact);
  const cseq = ++dialog.localSeq;
  const placeholder = draft.uri.includes('placeholder') || method === 'PRACK';
  const uri = placeholder ? undefined : draft.uri;
  return makeDialogRequest(dialog, flow, { method, cseq, branch, uri, headers, body: message.body });
}

function completeNew(draft: Draft, headers: Header[], flow: Flow, branch: string): SipRequest {
  const { method, uri, message } = draft;
  const contact = ownContact(flow.local, flow.protocol, uri);
  if (method === 'INVITE' || method === 'SUBSCRIBE') ensureContact(headers, contact);
  const from = tidyParty(appValue(message, 'From') ?? contact, flow.local);
  const cseq = parseCseq(appValue(message, 'CSeq') ?? '')?.number ?? newCseq();
  const maxForwards = headers.find((header) => header.name === 'Max-Forwards')?.value ?? '70';
  return {
    type: 'request',
    method,
    uri,
    headers: [
      { name: 'Via', value: ownVia(flow, branch) },
      { name: 'Max-Forwards', value: maxForwards },
      { name: 'From', value: tagOf(from) === undefined ? withTag(from, newTag()) : from },
      { name: 'To', value: tidyParty(appValue(message, 'To') ?? `<${uri}>`, flow.local) },
      { name: 'Call-ID', value: appValue(message, 'Call-ID') ?? randomUUID() },
      { name: 'CSeq', value: `${cseq} ${method}` },
      // A route the app preloads (RFC 3261 section 8.1.2), such as the Path of a registration; `nextHop` is its first hop.
      ...message.headers.filter((header) => header.name === 'Route'),
      ...headers.filter((header) => header.name !== 'Max-Forwards'),
    ],
    body: message.body,
  };
}

/** The CANCEL of a request, RFC 3261 section 9.1; the app may add headers but not change what it copies. */
export function makeCancel(request: SipRequest, extra: readonly Header[]): SipRequest {
  const copied = new Set(['Via', 'Route', 'Max-Forwards', 'From', 'To', 'Call-ID']);
  const cseq = (headerOf(request, 'CSeq') ?? '').split(' ')[0] ?? '';
  // Of a proxied request's Vias only the topmost, which is ours (RFC 3261 section 9.1).
  const via = request.headers.find((header) => header.name === 'Via');
  const headers = request.headers.filter(
    (header) => copied.has(header.name) && (header.name !== 'Via' || header === via),
  );
  const refused = new Set([...copied, 'Contact', 'P-Asserted-Identity', 'Content-Type']);
  const more = extra.filter((header) => !refused.has(header.name));
  return {
    type: 'request',
    method: 'CANCEL',
    uri: request.uri,
    headers: [...headers, { name: 'CSeq', value: `${cseq} CANCEL` }, ...more],
    body: Buffer.alloc(0),
  };
}
