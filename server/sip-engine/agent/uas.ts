import { randomUUID } from 'node:crypto';
import type { AppConnection } from '../control/app-connection.ts';
import type { AppMessage } from '../control/command.ts';
import { contactUri, dialogId, isNatted, recordRoutes } from '../dialog/dialog.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { headerOf, parseCseq, tagOf } from '../parser/message.ts';
import type { Header, ReadMessage, SipRequest, SipResponse } from '../parser/message.ts';
import { withTag } from '../parser/name-addr.ts';
import { parseSipUri } from '../parser/uri.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { Flow } from '../transport/flow.ts';
import { appHeaders, appValue, ensureContact, ownContact, typeBody } from './app-headers.ts';
import { makeAnswer } from './answers.ts';
import type { EngineContext } from './context.ts';
import type { Deliveries } from './deliveries.ts';
import type { DialogKeeper } from './dialog-keeper.ts';
import { newTag } from './tags.ts';

/** A request from the network that an app has to answer. */
interface ServerCall {
  readonly transactionId: string;
  readonly transaction: ServerTransaction;
  readonly tag: string;
  /** The connection that has it; undefined while it waits in the lot. */
  owner: AppConnection | undefined;
  /** The dialog it came in, or the one it began. */
  dialog: Dialog | undefined;
  /** True when it came inside a dialog. */
  readonly inside: boolean;
  /** The To tag of every answer but 100; fixed by the first. */
  localTag: string | undefined;
}

const begins = new Set(['INVITE', 'SUBSCRIBE']);
const recognised = new Set(
  'INVITE REGISTER MESSAGE OPTIONS INFO NOTIFY SUBSCRIBE PUBLISH REFER UPDATE PRACK BYE CANCEL'.split(' '),
);
const needDialog = new Set(['BYE', 'UPDATE', 'PRACK']);

/** Requests from the network: to which app they go, and what becomes of its answers. */
export class UserAgentServer {
  readonly #context: EngineContext;
  readonly #deliveries: Deliveries;
  readonly #keeper: DialogKeeper;
  readonly #calls = new Map<string, ServerCall>();

  constructor(context: EngineContext, deliveries: Deliveries, keeper: DialogKeeper) {
    this.#context = context;
    this.#deliveries = deliveries;
    this.#keeper = keeper;
  }

  /** How many requests wait for an app's answer. */
  get size(): number {
    return this.#calls.size;
  }

  /** A request in a new transaction. */
  request(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (request.message.method === 'CANCEL') this.#cancel(transaction);
    else if (request.toTag === undefined) this.#fresh(transaction);
    else this.#inside(transaction);
  }

  /** An ACK to a 2xx. Repetitions and strays are dropped. */
  ack(read: ReadMessage<SipRequest>, flow: Flow): void {
    const dialog = this.#context.dialogs.ofRequest(read);
    const answer = dialog?.answers.get(read.cseq);
    if (dialog === undefined || answer === undefined) return;
    answer.stop();
    dialog.answers.delete(read.cseq);
    const facts = { flow, transactionId: answer.transactionId, dialogId: dialog.id };
    this.#keeper.toOwner(dialog, {
      deliver: (app) => this.#deliveries.fromNetwork(app, read.message, facts),
      expire: () => {},
    });
  }

  /** Answers without any app. */
  refuse(transaction: ServerTransaction, status: number, headers: readonly Header[] = []): void {
    const toTag = transaction.request.toTag === undefined ? newTag() : undefined;
    transaction.respond(makeAnswer(transaction.request.message, { status, toTag, headers }));
  }

  #fresh(transaction: ServerTransaction): void {
    const { message, callId, fromTag } = transaction.request;
    const { method } = message;
    if (needDialog.has(method)) return this.refuse(transaction, 481);
    if (method === 'INVITE') {
      if (contactUri(message) === undefined) return this.refuse(transaction, 400);
      transaction.respond(makeAnswer(message, { status: 100 }));
      // Our own request came back, or the same one by two ways (RFC 3261 section 8.2.2.2).
      if (this.#context.dialogs.get(dialogId(callId, fromTag)) !== undefined) return this.refuse(transaction, 482);
    }
    const app = this.#context.apps.pick(method);
    if (app === undefined) return this.refuse(transaction, recognised.has(method) ? 503 : 501);
    const call: ServerCall = {
      transactionId: randomUUID(),
      transaction,
      tag: app.tag,
      owner: app,
      dialog: undefined,
      inside: false,
      localTag: undefined,
    };
    this.#calls.set(call.transactionId, call);
    const facts = { flow: transaction.flow, transactionId: call.transactionId, dialogId: '', receivedOn: true };
    this.#deliveries.fromNetwork(app, message, facts);
  }

  #inside(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    const { message } = request;
    const dialog = this.#context.dialogs.ofRequest(request);
    if (dialog === undefined) return this.refuse(transaction, 481);
    // RFC 3261 section 12.2.2: a number below the last one is out of order.
    if (dialog.remoteSeq !== undefined && request.cseq < dialog.remoteSeq) return this.refuse(transaction, 500);
    if (message.method === 'INVITE') {
      transaction.respond(makeAnswer(message, { status: 100 }));
      // RFC 3261 section 14.2: ours is under way; theirs is under way.
      if (dialog.inviting) return this.refuse(transaction, 491);
      if (this.#inviteOf(dialog) !== undefined) {
        return this.refuse(transaction, 500, [{ name: 'Retry-After', value: '1' }]);
      }
    }
    dialog.remoteSeq = request.cseq;
    dialog.flow = flow;
    const call: ServerCall = {
      transactionId: randomUUID(),
      transaction,
      tag: dialog.tag,
      owner: undefined,
      dialog,
      inside: true,
      localTag: undefined,
    };
    this.#calls.set(call.transactionId, call);
    if (message.method === 'BYE') this.#ended(dialog);
    this.#handOver(call, dialog);
  }

  /** RFC 3261 section 15.1.2: a BYE ends the dialog and with it the INVITE that still waits in it. */
  #ended(dialog: Dialog): void {
    const invite = this.#inviteOf(dialog);
    if (invite !== undefined) {
      this.#calls.delete(invite.transactionId);
      invite.transaction.respond(makeAnswer(invite.transaction.request.message, { status: 487 }));
    }
    this.#context.dialogs.remove(dialog);
  }

  /** Gives a request inside a dialog to the dialog's owner, whoever that is when it is there. */
  #handOver(call: ServerCall, dialog: Dialog): void {
    const { message } = call.transaction.request;
    const facts = { flow: call.transaction.flow, transactionId: call.transactionId, dialogId: dialog.id };
    this.#keeper.toOwner(dialog, {
      deliver: (app) => {
        if (!this.#calls.has(call.transactionId)) return;
        call.owner = app;
        this.#deliveries.fromNetwork(app, message, facts);
      },
      expire: () => {
        if (!this.#calls.delete(call.transactionId)) return;
        const status = message.method === 'BYE' ? 200 : 481;
        call.transaction.respond(makeAnswer(message, { status }));
        this.#context.dialogs.remove(dialog);
      },
    });
  }

  #inviteOf(dialog: Dialog): ServerCall | undefined {
    for (const call of this.#calls.values()) {
      if (call.dialog === dialog && call.transaction.request.message.method === 'INVITE') return call;
    }
    return undefined;
  }

  /** RFC 3261 section 9.2. */
  #cancel(transaction: ServerTransaction): void {
    const { message } = transaction.request;
    const invite = this.#context.transactions.cancelled(transaction.request);
    const call = invite === undefined ? undefined : this.#callOf(invite);
    if (invite === undefined || call === undefined || !invite.open) return this.refuse(transaction, 481);
    call.localTag ??= newTag();
    const toTag = call.inside ? undefined : call.localTag;
    transaction.respond(makeAnswer(message, { status: 200, toTag }));
    invite.respond(makeAnswer(invite.request.message, { status: 487, toTag }));
    this.#calls.delete(call.transactionId);
    const id = call.dialog?.id ?? '';
    if (call.dialog !== undefined && !call.inside) this.#context.dialogs.remove(call.dialog);
    if (call.owner === undefined) return;
    const facts = { flow: transaction.flow, transactionId: call.transactionId, dialogId: id };
    this.#deliveries.fromNetwork(call.owner, message, facts);
  }

  #callOf(transaction: ServerTransaction): ServerCall | undefined {
    for (const call of this.#calls.values()) if (call.transaction === transaction) return call;
    return undefined;
  }

  /** An app's answer. */
  respond(app: AppConnection, id: string, transactionId: string, message: AppMessage): void {
    const call = this.#find(transactionId, message);
    if (call === undefined || message.start.type !== 'response') {
      app.reply(id, 'NOK', 'Response not sent due to unknown transaction');
      return;
    }
    const { transaction } = call;
    const request = transaction.request.message;
    const { status, reason } = message.start;
    const { headers, contact } = this.#answerHeaders(call, message, status);
    if (status > 100 && !call.inside) call.localTag ??= tagOf(appValue(message, 'To') ?? '') ?? newTag();
    const toTag = call.inside ? undefined : call.localTag;
    const answer = makeAnswer(request, {
      status,
      ...(reason === '' ? {} : { reason }),
      toTag,
      headers,
      body: message.body,
    });
    if (status > 100) this.#follow(call, answer, contact);
    const bytes = transaction.respond(answer);
    if (status >= 200) this.#calls.delete(call.transactionId);
    const shown = request.method === 'BYE' ? '' : (call.dialog?.id ?? '');
    this.#deliveries.echoResponse(app, id, bytes, { flow: transaction.flow, transactionId, dialogId: shown });
    if (request.method === 'INVITE' && status >= 200 && status < 300 && call.dialog !== undefined) {
      this.#keeper.awaitPeerAck(call.dialog, transaction, call.inside ? randomUUID() : transactionId, bytes);
    }
  }

  /** An early UPDATE shares its INVITE's id; the CSeq of the answer tells which one is meant. */
  #find(transactionId: string, message: AppMessage): ServerCall | undefined {
    const method = parseCseq(appValue(message, 'CSeq') ?? '')?.method;
    const call = this.#calls.get(transactionId);
    if (method === undefined || call === undefined) return call;
    return call.transaction.request.message.method === method ? call : undefined;
  }

  #answerHeaders(call: ServerCall, message: AppMessage, status: number): { headers: Header[]; contact: string } {
    const { flow, request } = call.transaction;
    const headers = appHeaders(message, flow.local);
    typeBody(headers, message.body);
    const own = call.dialog?.localContact ?? ownContact(flow.local, flow.protocol);
    const fixed = begins.has(request.message.method) && status >= 200 && status < 300;
    return { headers, contact: fixed ? ensureContact(headers, own) : own };
  }

  /** What an answer does to the dialog: begins it, confirms it, ends it, or gives it a new remote target. */
  #follow(call: ServerCall, answer: SipResponse, contact: string): void {
    const { request, flow } = call.transaction;
    const { status } = answer;
    if (request.message.method === 'REGISTER' && status >= 200 && status < 300) {
      this.#context.bindings.learn(request.message, answer, flow);
    }
    if (call.inside) {
      const target = contactUri(request.message);
      const refreshes = request.message.method === 'INVITE' || request.message.method === 'UPDATE';
      if (call.dialog !== undefined && refreshes && status >= 200 && status < 300) {
        call.dialog.remoteTarget = target ?? call.dialog.remoteTarget;
      }
      return;
    }
    if (!begins.has(request.message.method)) return;
    if (status >= 300) {
      if (call.dialog !== undefined) this.#context.dialogs.remove(call.dialog);
      call.dialog = undefined;
      return;
    }
    call.dialog ??= this.#begin(call, contact);
    if (status >= 200) {
      call.dialog.state = 'confirmed';
      call.dialog.localContact = contact;
    }
  }

  #begin(call: ServerCall, contact: string): Dialog {
    const { request, flow } = call.transaction;
    const { message, callId, fromTag } = request;
    const target = contactUri(message) ?? message.uri;
    const routeSet = recordRoutes(message);
    const localTag = call.localTag ?? '';
    const dialog: Dialog = {
      id: dialogId(callId, fromTag),
      role: 'uas',
      kind: message.method === 'SUBSCRIBE' ? 'SUBSCRIBE' : 'INVITE',
      callId,
      localTag,
      remoteTag: fromTag,
      localParty: withTag(headerOf(message, 'To') ?? '', localTag),
      remoteParty: headerOf(message, 'From') ?? '',
      localSeq: 0,
      remoteSeq: request.cseq,
      remoteTarget: target,
      routeSet,
      localContact: contact,
      state: 'early',
      since: this.#context.clock.now(),
      owner: call.owner,
      tag: call.tag,
      flow,
      source: isNatted(parseSipUri(target)?.host, flow, routeSet.length > 0) ? flow.remote : undefined,
      acks: new Map(),
      answers: new Map(),
      inviting: false,
      cancelLease: () => {},
    };
    this.#context.dialogs.add(dialog);
    return dialog;
  }

  /** An app's connection is gone: what it had not decided is refused, what is inside a dialog waits for its successor. */
  ownerLost(app: AppConnection): void {
    for (const call of [...this.#calls.values()]) {
      if (call.owner !== app) continue;
      call.owner = undefined;
      if (call.inside && call.dialog !== undefined) {
        this.#handOver(call, call.dialog);
        continue;
      }
      this.#calls.delete(call.transactionId);
      if (call.dialog !== undefined) this.#context.dialogs.remove(call.dialog);
      const facts = { status: 503, toTag: call.localTag ?? newTag() };
      call.transaction.respond(makeAnswer(call.transaction.request.message, facts));
    }
  }
}
