import type { Header, SipRequest } from '../parser/message.ts';
import { parseNameAddr } from '../parser/name-addr.ts';
import { writeHost } from '../parser/uri.ts';
import type { Flow } from '../transport/flow.ts';
import type { Dialog } from './dialog.ts';

/** What is to be said inside a dialog. */
export interface DialogRequestFacts {
  readonly method: string;
  readonly cseq: number;
  readonly branch: string;
  /** The Request-URI where it is not the remote target. */
  readonly uri?: string | undefined;
  /** Whatever the engine does not fill in itself. */
  readonly headers: readonly Header[];
  readonly body?: Buffer | undefined;
}

/** Our Via for a request over `flow`. */
export function ownVia(flow: Flow, branch: string): string {
  const place = `${writeHost(flow.local.host)}:${flow.local.port}`;
  return `SIP/2.0/${flow.protocol.toUpperCase()} ${place};branch=${branch};rport`;
}

/** A request inside a dialog, RFC 3261 section 12.2.1.1, with loose and strict routes. */
export function makeDialogRequest(dialog: Dialog, flow: Flow, facts: DialogRequestFacts): SipRequest {
  const [first, ...rest] = dialog.routeSet;
  const target = facts.uri ?? dialog.remoteTarget;
  const parsed = first === undefined ? undefined : parseNameAddr(first);
  const strict = parsed !== undefined && !parsed.uri.toLowerCase().includes(';lr');
  const routes = strict ? [...rest, `<${target}>`] : dialog.routeSet;
  const maxForwards = facts.headers.find((header) => header.name === 'Max-Forwards')?.value ?? '70';
  return {
    type: 'request',
    method: facts.method,
    uri: strict ? parsed.uri : target,
    headers: [
      { name: 'Via', value: ownVia(flow, facts.branch) },
      ...routes.map((value) => ({ name: 'Route', value })),
      { name: 'Max-Forwards', value: maxForwards },
      { name: 'From', value: dialog.localParty },
      { name: 'To', value: dialog.remoteParty },
      { name: 'Call-ID', value: dialog.callId },
      { name: 'CSeq', value: `${facts.cseq} ${facts.method}` },
      ...facts.headers.filter((header) => header.name !== 'Max-Forwards'),
    ],
    body: facts.body ?? Buffer.alloc(0),
  };
}
