import { randomUUID } from 'node:crypto';
import type { AppConnection } from '../control/app-connection.ts';
import type { AppCommand } from '../control/command.ts';
import { dialogId } from '../dialog/dialog.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { makeDialogRequest, ownVia } from '../dialog/request.ts';
import { isToken } from '../parser/characters.ts';
import { headerOf, parseCseq, tagOf } from '../parser/message.ts';
import type { Header, ReadMessage, SipRequest, SipResponse } from '../parser/message.ts';
import { withTag } from '../parser/name-addr.ts';
import { isRequestUri } from '../parser/uri.ts';
import { writeMessage } from '../parser/write.ts';
import { patience } from '../transaction/timers.ts';
import type { Flow } from '../transport/flow.ts';
import { makeLocalAnswer } from './answers.ts';
import { appHeaders, appValue, ensureContact, ownContact, tidyParty, typeBody } from './app-headers.ts';
import type { ClientCall } from './client-call.ts';
import type { EngineContext } from './context.ts';
import type { Deliveries } from './deliveries.ts';
import type { DialogKeeper } from './dialog-keeper.ts';
import { InviteAnswers } from './invite-answers.ts';
import { nextHopInDialog, nextHopOf, withFlow } from './next-hop.ts';
import { newBranch, newCseq, newTag } from './tags.ts';

type SipCommand = Extract<AppCommand, { type: 'sip' }>;

/** What a request needs before it can be sent; the rest depends on the flow. */
interface Draft {
  readonly app: AppConnection;
  readonly command: SipCommand;
  readonly method: string;
  readonly uri: string;
  readonly dialog: Dialog | undefined;
}

const noBody = 'Server error: a body that is not SDP needs a Content-Type';
const noDialog = 'Server error: unable to find dialog for dialog id provided';

/** Requests of apps: completing and sending them, and telling their answers. */
export class UserAgentClient {
  readonly #context: EngineContext;
  readonly #deliveries: Deliveries;
  readonly #keeper: DialogKeeper;
  readonly #answers: InviteAnswers;
  readonly #calls = new Map<string, ClientCall>();

  constructor(context: EngineContext, deliveries: Deliveries, keeper: DialogKeeper) {
    this.#context = context;
    this.#deliveries = deliveries;
    this.#keeper = keeper;
    this.#answers = new InviteAnswers(context, keeper);
  }

  /** How many requests wait for a final answer. */
  get size(): number {
    return this.#calls.size;
  }

  /** A request frame: in a dialog, a CANCEL, or a new one (in that order, as the protocol tells them apart). */
  send(app: AppConnection, command: SipCommand): void {
    const { start } = command.message;
    if (start.type !== 'request') return;
    const { method, uri } = start;
    if (!isToken(method)) return app.reply(command.id, 'NOK', 'Server error: the method is not a token');
    if (command.dialogId !== '') return this.#sendInside(app, command, method, uri);
    if (command.transactionId !== '') return this.#cancelByApp(app, command, method);
    if (!isRequestUri(uri)) return app.reply(command.id, 'NOK', 'Server error: the request URI cannot be parsed');
    const callId = appValue(command.message, 'Call-ID');
    const known = callId === undefined || method === 'INVITE' ? undefined : this.#context.dialogs.byCallId(callId);
    if (known !== undefined) return this.#sendDraft({ app, command, method, uri, dialog: known });
    return this.#sendDraft({ app, command, method, uri, dialog: undefined });
  }

  #sendInside(app: AppConnection, command: SipCommand, method: string, uri: string): void {
    const dialog = this.#context.dialogs.get(command.dialogId);
    if (dialog === undefined) return app.reply(command.id, 'NOK', noDialog);
    if (method === 'ACK') return this.#sendAck(app, command, dialog);
    if (method === 'INVITE' && (dialog.inviting || [...dialog.acks.values()].some((ack) => ack.bytes === undefined))) {
      return app.reply(command.id, 'NOK', 'Server error: another INVITE is under way in this dialog');
    }
    if (method === 'BYE') this.#cancelReinvite(dialog);
    this.#sendDraft({ app, command, method, uri, dialog });
  }

  /** The ACK to a 2xx: no transaction, the INVITE's CSeq (RFC 3261 section 13.2.2.4). */
  #sendAck(app: AppConnection, command: SipCommand, dialog: Dialog): void {
    const open = [...dialog.acks.values()].find((ack) => ack.bytes === undefined);
    if (open === undefined)
      return app.reply(command.id, 'NOK', 'Server error: no INVITE of this dialog waits for an ACK');
    const { message } = command;
    const headers = appHeaders(message, dialog.flow.local);
    if (!typeBody(headers, message.body)) return app.reply(command.id, 'NOK', noBody);
    this.#keeper.acknowledge(dialog, open.invite.cseq, { headers, body: message.body }, (bytes, flow) => {
      this.#deliveries.echoRequest(app, command.id, bytes, flow, randomUUID());
    });
    const call = this.#crossed(dialog);
    if (call !== undefined) this.#keeper.end(dialog, 'ACK-BYE race');
  }

  /** The INVITE of this dialog that was cancelled too late. */
  #crossed(dialog: Dialog): ClientCall | undefined {
    for (const call of this.#calls.values()) {
      if (call.dialog === dialog && !call.inside && call.cancelling !== 'no') return call;
    }
    return undefined;
  }

  #cancelReinvite(dialog: Dialog): void {
    for (const call of this.#calls.values()) {
      if (call.dialog === dialog && call.method === 'INVITE' && call.transaction.open) this.#cancel(call, []);
    }
  }

  #sendDraft(draft: Draft): void {
    const hop = draft.dialog
      ? nextHopInDialog(this.#context, draft.dialog)
      : nextHopOf(this.#context, draft.uri, draft.command.nextHop);
    if (hop.type === 'refused') return draft.app.reply(draft.command.id, 'NOK', hop.reason);
    withFlow(this.#context, hop, (flow) => this.#sendOver(draft, flow));
  }

  /** Builds and sends; without a flow the request is built all the same and answered 503 here. */
  #sendOver(draft: Draft, flow: Flow | undefined): void {
    const { app, command, dialog } = draft;
    const way = flow ?? dialog?.flow ?? this.#nowhere();
    const branch = newBranch();
    const request = this.#complete(draft, way, branch);
    if (request === undefined) return app.reply(command.id, 'NOK', noBody);
    const transactionId = randomUUID();
    const user = {
      response: (read: ReadMessage<SipResponse>, via: Flow) => this.#answered(transactionId, read, via),
      failed: (reason: 'timeout' | 'transport') => this.#failed(transactionId, reason),
      ended: () => this.#forget(transactionId),
    };
    const transaction = this.#context.transactions.client(branch, request, way, user);
    const fromTag = tagOf(headerOf(request, 'From') ?? '') ?? '';
    const callId = headerOf(request, 'Call-ID') ?? '';
    const begins = draft.method === 'INVITE' || draft.method === 'SUBSCRIBE';
    const { clock, patience: waits } = this.#context;
    this.#calls.set(transactionId, {
      transactionId,
      method: draft.method,
      transaction,
      owner: app.open ? app : undefined,
      tag: app.tag,
      dialogId: dialog?.id ?? (begins ? dialogId(callId, fromTag) : ''),
      fromTag,
      dialog,
      inside: dialog !== undefined,
      cancelling: 'no',
      cancelHeaders: [],
      cancelWait: () => {},
      holdUntil: dialog === undefined && !begins ? clock.now() + waits.echoLead : 0,
    });
    if (dialog !== undefined && draft.method === 'INVITE') dialog.inviting = true;
    this.#deliveries.echoRequest(app, command.id, transaction.bytes, way, transactionId);
    if (flow === undefined) transaction.unsendable();
    else transaction.start();
  }

  /** A stand-in for the path to a peer that cannot be reached, so that the request can be shown to the app. */
  #nowhere(): Flow {
    const [first] = this.#context.transport.listeners;
    const local = first?.address ?? { host: '127.0.0.1', port: 5060 };
    const remote = { host: '', port: 0 };
    return { protocol: 'udp', reliable: false, remote, local, open: false, send: () => {}, close: () => {} };
  }

  #complete(draft: Draft, flow: Flow, branch: string): SipRequest | undefined {
    const { command, method, dialog } = draft;
    const { message } = command;
    const headers = appHeaders(message, flow.local);
    if (!typeBody(headers, message.body)) return undefined;
    if (dialog === undefined) return this.#completeNew(draft, headers, flow, branch);
    if (method === 'INVITE' || method === 'SUBSCRIBE' || method === 'REFER')
      ensureContact(headers, dialog.localContact);
    const cseq = ++dialog.localSeq;
    const placeholder = draft.uri.includes('placeholder') || method === 'PRACK';
    const uri = placeholder ? undefined : draft.uri;
    return makeDialogRequest(dialog, flow, { method, cseq, branch, uri, headers, body: message.body });
  }

  #completeNew(draft: Draft, headers: Header[], flow: Flow, branch: string): SipRequest {
    const { method, uri } = draft;
    const { message } = draft.command;
    const contact = ownContact(flow.local, flow.protocol);
    if (method === 'INVITE' || method === 'SUBSCRIBE') ensureContact(headers, contact);
    const from = tidyParty(appValue(message, 'From') ?? contact, flow.local);
    const cseq = parseCseq(appValue(message, 'CSeq') ?? '')?.number ?? newCseq();
    const given = headers.filter((header) => header.name !== 'Max-Forwards');
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
        ...given,
      ],
      body: message.body,
    };
  }

  #cancelByApp(app: AppConnection, command: SipCommand, method: string): void {
    const call = this.#calls.get(command.transactionId);
    if (method !== 'CANCEL') return app.reply(command.id, 'NOK', 'Server error: only CANCEL may name a transaction');
    if (call === undefined || call.method !== 'INVITE' || !call.transaction.open) {
      return app.reply(command.id, 'NOK', 'Server error: unable to find transaction to cancel');
    }
    const headers = appHeaders(command.message, call.transaction.flow.local).filter(
      (header) => header.name !== 'Contact' && header.name !== 'P-Asserted-Identity',
    );
    const bytes = this.#cancel(call, headers);
    this.#deliveries.echoRequest(app, command.id, bytes, call.transaction.flow, randomUUID());
  }

  /** Sends CANCEL now, or once a provisional answer came. Returns its bytes. */
  #cancel(call: ClientCall, headers: readonly Header[]): Buffer {
    const { transaction } = call;
    const request = makeCancel(transaction.request, headers);
    const branch = transaction.key.split(' ')[0] ?? '';
    call.cancelHeaders = headers;
    if (call.cancelling === 'sent' || !transaction.proceeding) {
      if (call.cancelling === 'no') call.cancelling = 'held';
      return writeMessage(request);
    }
    call.cancelling = 'sent';
    const { clock, timers } = this.#context;
    // RFC 3261 section 9.1: no final answer within 64 T1 of the CANCEL means there will be none.
    call.cancelWait = clock.at(clock.now() + patience(timers), () => transaction.abandon());
    const nobody = { response: () => {}, failed: () => {} };
    const cancel = this.#context.transactions.client(branch, request, transaction.flow, nobody);
    cancel.start();
    return cancel.bytes;
  }

  #answered(transactionId: string, read: ReadMessage<SipResponse>, flow: Flow): void {
    const call = this.#calls.get(transactionId);
    if (call === undefined) return;
    const { status } = read.message;
    if (call.cancelling === 'held' && status < 200) this.#cancel(call, call.cancelHeaders);
    if (status === 100) return;
    if (status >= 200) call.cancelWait();
    const follows = call.method === 'INVITE' || call.method === 'SUBSCRIBE';
    const verdict = follows ? this.#answers.follow(call, read, flow) : 'tell';
    if (status >= 200 && call.method === 'BYE' && call.dialog !== undefined && status !== 401 && status !== 407) {
      this.#context.dialogs.remove(call.dialog);
    }
    if (verdict === 'tell') this.#tell(call, () => this.#deliver(call, read.message, flow));
  }

  #deliver(call: ClientCall, message: SipResponse, flow: Flow): void {
    if (call.owner === undefined) return;
    const { transactionId, dialogId: id } = call;
    this.#deliveries.fromNetwork(call.owner, message, { flow, transactionId, dialogId: id });
  }

  /** Rule 4 of the protocol: the echo must have been read before the first answer of a request outside of dialogs. */
  #tell(call: ClientCall, run: () => void): void {
    const { clock } = this.#context;
    if (call.holdUntil <= clock.now()) run();
    else clock.at(call.holdUntil, run);
  }

  #failed(transactionId: string, reason: 'timeout' | 'transport'): void {
    const call = this.#calls.get(transactionId);
    if (call === undefined) return;
    const status = reason === 'timeout' ? 408 : 503;
    const { request } = call.transaction;
    const tag = tagOf(headerOf(request, 'To') ?? '') === undefined ? newTag() : undefined;
    const answer = makeLocalAnswer(request, status, tag);
    if (call.dialog !== undefined) {
      if (call.method === 'INVITE') call.dialog.inviting = false;
      if (!call.inside || call.method === 'BYE') this.#context.dialogs.remove(call.dialog);
    }
    this.#tell(call, () => {
      if (call.owner !== undefined) this.#deliveries.madeHere(call.owner, answer, transactionId, call.dialogId);
    });
  }

  #forget(transactionId: string): void {
    const call = this.#calls.get(transactionId);
    call?.cancelWait();
    this.#calls.delete(transactionId);
  }

  /** An app's connection is gone: its ringing INVITEs are cancelled, a 2xx nobody acknowledged is ended. */
  ownerLost(app: AppConnection): void {
    for (const call of [...this.#calls.values()]) {
      if (call.owner !== app) continue;
      call.owner = undefined;
      if (call.inside || call.method !== 'INVITE') continue;
      if (call.transaction.open) this.#cancel(call, []);
    }
  }

  /** A 2xx to INVITE whose transaction is gone. */
  stray(read: ReadMessage<SipResponse>): void {
    const dialog = this.#context.dialogs.get(dialogId(read.callId, read.fromTag));
    const bytes = dialog?.acks.get(read.cseq)?.bytes;
    if (dialog !== undefined && bytes !== undefined) dialog.flow.send(bytes);
  }
}

/** The CANCEL of a request, RFC 3261 section 9.1. */
function makeCancel(request: SipRequest, extra: readonly Header[]): SipRequest {
  const keep = new Set(['Via', 'Route', 'Max-Forwards', 'From', 'To', 'Call-ID']);
  const cseq = (headerOf(request, 'CSeq') ?? '').split(' ')[0] ?? '';
  const headers = request.headers.filter((header) => keep.has(header.name));
  const own = [...headers, { name: 'CSeq', value: `${cseq} CANCEL` }];
  const more = extra.filter((header) => !keep.has(header.name) && !header.name.startsWith('Content-'));
  return { type: 'request', method: 'CANCEL', uri: request.uri, headers: [...own, ...more], body: Buffer.alloc(0) };
}
