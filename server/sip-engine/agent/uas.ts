import { readReplaces } from '../../../protocol/sip-replaces.ts';
import { randomUUID } from 'node:crypto';
import type { JournalRing } from '../../../protocol/engine-journal.ts';
import type { AppConnection } from '../control/app-connection.ts';
import { contactUri, dialogId, turnToFork } from '../dialog/dialog.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { headerOf } from '../parser/message.ts';
import type { Header, ReadMessage, SipRequest } from '../parser/message.ts';
import { writeMessage } from '../parser/write.ts';
import type { RouteTarget } from '../route/route-option.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import { isOldStyle } from '../transaction/transaction-layer.ts';
import type { Flow } from '../transport/flow.ts';
import { unknownExtensions, wrongReplacement, wrongRequest } from './admission.ts';
import { makeAnswer } from './answers.ts';
import { comeAgain } from './come-again.ts';
import type { EngineContext } from './context.ts';
import type { Deliveries } from './deliveries.ts';
import type { DialogKeeper } from './dialog-keeper.ts';
import { hasOwnOffer, hasPeerOffer } from './dialog-state.ts';
import { allow, recognised } from './methods.ts';
import { acknowledgedBy } from './reliable.ts';
import type { DialogParts, SessionTimers } from './session-timers.ts';
import type { ServerCall, ServerCalls } from './server-calls.ts';
import { newNotifier } from './subscription-forks.ts';
import { newTag } from './tags.ts';

const needDialog = new Set(['BYE', 'UPDATE', 'PRACK']);
const retryAfter: readonly Header[] = [{ name: 'Retry-After', value: '1' }];

/** What passes through this engine instead of ending here, or goes where its configuration says. */
export interface Passage {
  /** Callers of before a death of the engine. */
  readonly taken: { waitsFor(request: ReadMessage<SipRequest>): string | undefined };
  readonly relay: { transaction(transaction: ServerTransaction): boolean };
  readonly proxies: {
    holds(request: ServerTransaction): boolean;
    cancelled(invite: ServerTransaction, cancel: ServerTransaction): boolean;
  };
  readonly dispatch: {
    target(method: string): RouteTarget | undefined;
    decide(call: ServerCall, target: RouteTarget): void;
  };
}

/** Requests from the network: to which app they go, and what the engine answers by itself. */
export class UserAgentServer {
  readonly #context: EngineContext;
  readonly #deliveries: Deliveries;
  readonly #keeper: DialogKeeper;
  readonly #sessions: SessionTimers;
  readonly #awaits: DialogParts['awaitsNotify'];
  readonly #calls: ServerCalls;
  readonly #passage: Passage;

  constructor(
    context: EngineContext,
    deliveries: Deliveries,
    parts: DialogParts,
    calls: ServerCalls,
    passage: Passage,
  ) {
    this.#context = context;
    this.#deliveries = deliveries;
    this.#keeper = parts.keeper;
    this.#sessions = parts.sessions;
    this.#awaits = parts.awaitsNotify;
    this.#calls = calls;
    this.#passage = passage;
  }

  /** A request in a new transaction. */
  request(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (request.message.method === 'CANCEL') return this.#cancel(transaction);
    if (request.toTag === undefined) this.#fresh(transaction);
    else if (!this.#passage.relay.transaction(transaction)) this.#inside(transaction);
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
    if (dialog.answers.size === 0) for (const run of dialog.afterAck.splice(0)) run();
  }

  /** Answers without any app. */
  #refuse(transaction: ServerTransaction, status: number, headers: readonly Header[] = []): void {
    const { message, toTag } = transaction.request;
    const answer = makeAnswer(message, { status, toTag: toTag === undefined ? newTag() : undefined, headers });
    transaction.respond(answer);
    if (message.method === 'INVITE' && toTag === undefined) {
      this.#context.cdr.answered('application', 'uas', answer);
    }
  }

  #fresh(transaction: ServerTransaction): void {
    const { message, callId, fromTag } = transaction.request;
    const { method } = message;
    if (needDialog.has(method)) return this.#refuse(transaction, 481);
    // RFC 3261 section 8.2.2.2; what passes through a proxy may come by again (section 16.3).
    const { first } = transaction;
    if (first !== undefined && !this.#passage.proxies.holds(first)) return this.#refuse(transaction, 482);
    const wrong = wrongRequest(message);
    if (wrong !== undefined) return this.#refuse(transaction, wrong.status, wrong.headers);
    const unfit = method === 'INVITE' ? this.#unfitReplacement(message) : undefined;
    if (unfit !== undefined) return this.#refuse(transaction, unfit);
    if (method === 'INVITE') {
      this.#context.cdr.attempt('network', message);
      // RFC 3261 section 8.1.1.8; peers of RFC 2543 had no need of one.
      if (contactUri(message) === undefined && !isOldStyle(transaction.request)) return this.#refuse(transaction, 400);
      transaction.respond(makeAnswer(message, { status: 100 }));
      // Our own request came back, or the same one by two ways (RFC 3261 section 8.2.2.2).
      if (this.#context.dialogs.get(dialogId(callId, fromTag)) !== undefined) return this.#refuse(transaction, 482);
      const refusal = this.#sessions.refusal(message);
      if (refusal !== undefined) return this.#refuse(transaction, 422, refusal);
    }
    const target = this.#passage.dispatch.target(method);
    const app = target === undefined ? this.#context.apps.pick(method) : undefined;
    if (target === undefined && this.#requiresTooMuch(transaction, app)) return;
    const waiting = method === 'INVITE' ? this.#passage.taken.waitsFor(transaction.request) : undefined;
    if (target === undefined && app === undefined && waiting === undefined) {
      // RFC 6086 section 4.2.2: INFO belongs into a dialog, unless an app says that it takes it outside.
      if (method === 'INFO') return this.#refuse(transaction, 481);
      return recognised.has(method)
        ? this.#refuse(transaction, 503, [comeAgain(callId)])
        : this.#refuse(transaction, 501, [allow]);
    }
    const transactionId = randomUUID();
    const call: ServerCall = {
      transactionId,
      transaction,
      tag: app?.tag ?? waiting ?? '',
      owner: app,
      dialog: undefined,
      inside: false,
      localTag: undefined,
      held: [],
    };
    this.#calls.add(call);
    if (method === 'INVITE') this.#context.rings?.begin(transactionId, () => ringOf(call));
    if (target !== undefined) return this.#passage.dispatch.decide(call, target);
    if (app === undefined) return this.#keepWaiting(call);
    const facts = { flow: transaction.flow, transactionId, dialogId: '', receivedOn: true };
    this.#deliveries.fromNetwork(app, message, facts);
  }

  /** A caller of before a death of the engine is offered to the app when it is there again. */
  #keepWaiting(call: ServerCall): void {
    const { transactionId, transaction } = call;
    this.#context.lot.keep(call.tag, {
      deliver: (app) => {
        if (this.#calls.get(transactionId) !== call) return;
        call.owner = app;
        const facts = { flow: transaction.flow, transactionId, dialogId: '', receivedOn: true };
        this.#deliveries.fromNetwork(app, transaction.request.message, facts);
      },
      expire: () => {
        if (this.#calls.remove(call)) this.#refuse(transaction, 503, [comeAgain(transaction.request.callId)]);
      },
    });
  }

  /** RFC 3891 section 3, where the dialog is held here; of any other the app knows more. */
  #unfitReplacement(message: SipRequest): number | undefined {
    const header = headerOf(message, 'Replaces');
    const replaced = header === undefined ? undefined : readReplaces(header);
    if (replaced === undefined) return undefined;
    const dialog = this.#context.dialogs.ofTags(replaced.callId, replaced.toTag, replaced.fromTag);
    return dialog && wrongReplacement(replaced, dialog);
  }

  /** RFC 3261 section 8.2.2.3; true when it was refused. */
  #requiresTooMuch(transaction: ServerTransaction, app: AppConnection | undefined): boolean {
    const { supports } = this.#context;
    const tags = app?.tags ?? [];
    if (supports.has('*') || tags.includes('supports:*')) return false;
    const known = (option: string): boolean => supports.has(option) || tags.includes(`supports:${option}`);
    const unknown = unknownExtensions(transaction.request.message, known);
    if (unknown.length === 0) return false;
    this.#refuse(transaction, 420, [{ name: 'Unsupported', value: unknown.join(', ') }]);
    return true;
  }

  #inside(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    const { message } = request;
    const dialog = this.#context.dialogs.ofRequest(request) ?? newNotifier(this.#context, request, flow);
    if (dialog === undefined) {
      // RFC 6665 section 4.1.2.4: a NOTIFY may overtake the 200 to its SUBSCRIBE; it waits for it here.
      if (message.method === 'NOTIFY' && this.#awaits(request, () => this.#inside(transaction))) return;
      if (this.#context.latePracks.takes(request)) return this.#refuse(transaction, 200);
      return this.#unknown(transaction);
    }
    if (dialog.role === 'uac') turnToFork(dialog, request.fromTag, dialog.remoteTarget);
    // RFC 3261 section 12.2.2: a number below the last one is out of order.
    if (dialog.remoteSeq !== undefined && request.cseq < dialog.remoteSeq) return this.#refuse(transaction, 500);
    dialog.remoteSeq = request.cseq;
    dialog.flow = flow;
    const wrong = wrongRequest(message);
    if (wrong !== undefined) return this.#refuse(transaction, wrong.status, wrong.headers);
    if (this.#requiresTooMuch(transaction, dialog.owner)) return;
    if (!this.#admits(dialog, transaction)) return;
    if (dialog.owner?.open !== true && this.#refreshedAlone(dialog, transaction)) return;
    const transactionId = randomUUID();
    const { tag } = dialog;
    const call: ServerCall = {
      transactionId,
      transaction,
      tag,
      owner: undefined,
      dialog,
      inside: true,
      localTag: undefined,
      held: [],
    };
    this.#calls.add(call);
    const invite = dialog.peerInvite && this.#calls.of(dialog.peerInvite);
    if (message.method === 'BYE') {
      if (dialog.kind === 'INVITE') this.#context.cdr.stop('network', 'normal-release', message);
      this.#ended(dialog);
    }
    this.#handOver(call, dialog);
    if (message.method === 'PRACK') for (const run of invite?.held.splice(0) ?? []) run();
    if (message.method === 'NOTIFY') this.#keeper.subscribed(dialog, message);
  }

  /** A refresh that changes nothing need not wait for the owner of a parked dialog. */
  #refreshedAlone(dialog: Dialog, transaction: ServerTransaction): boolean {
    const { message } = transaction.request;
    const headers = this.#sessions.refreshed(dialog, message);
    if (headers === undefined) return false;
    dialog.peerUpdate = undefined;
    dialog.remoteTarget = contactUri(message) ?? dialog.remoteTarget;
    transaction.respond(makeAnswer(message, { status: 200, headers }));
    return true;
  }

  /** 481 ends the dialog for the peer (RFC 3261 section 12.2.1.2); who may have forgotten it asks them to come again. A BYE ends it anyway. */
  #unknown(transaction: ServerTransaction): void {
    const bye = transaction.request.message.method === 'BYE';
    if (this.#context.recovery?.unsure === true && !bye) return this.#refuse(transaction, 503, retryAfter);
    this.#refuse(transaction, 481);
  }

  /** Answers what must not go to the app now; true when it may. */
  #admits(dialog: Dialog, transaction: ServerTransaction): boolean {
    const { message } = transaction.request;
    const refusal = this.#sessions.refusal(message);
    if (refusal !== undefined) {
      this.#refuse(transaction, 422, refusal);
      return false;
    }
    if (message.method === 'INVITE') {
      transaction.respond(makeAnswer(message, { status: 100 }));
      // RFC 3261 section 14.2: 491 while ours is under way, 500 while theirs is. An UPDATE may hold an open offer as well.
      if (dialog.ownInvite !== undefined || dialog.ownUpdate?.offers === true) this.#refuse(transaction, 491);
      else if (dialog.peerInvite !== undefined || dialog.peerUpdate !== undefined) {
        this.#refuse(transaction, 500, retryAfter);
      } else {
        dialog.peerInvite = transaction;
        dialog.offerAnswered = false;
      }
    } else if (message.method === 'UPDATE') {
      // RFC 3311 section 5.2.
      const offers = message.body.length > 0;
      if (dialog.peerUpdate !== undefined) this.#refuse(transaction, 500, retryAfter);
      else if (offers && hasOwnOffer(dialog)) this.#refuse(transaction, 491);
      else if (offers && hasPeerOffer(dialog)) this.#refuse(transaction, 500, retryAfter);
      else dialog.peerUpdate = transaction;
    } else if (message.method === 'PRACK' && !acknowledgedBy(dialog, message)) this.#refuse(transaction, 481);
    return transaction.open;
  }

  /** RFC 3261 section 15.1.2: a BYE ends the dialog and with it the INVITE that still waits in it. */
  #ended(dialog: Dialog): void {
    const invite = dialog.peerInvite === undefined ? undefined : this.#calls.of(dialog.peerInvite);
    if (invite !== undefined) {
      this.#calls.remove(invite);
      const toTag = invite.inside ? undefined : invite.localTag;
      invite.transaction.respond(makeAnswer(invite.transaction.request.message, { status: 487, toTag }));
    }
    this.#context.dialogs.remove(dialog);
  }

  /** Gives a request inside a dialog to the dialog's owner, whoever that is when it is there. */
  #handOver(call: ServerCall, dialog: Dialog): void {
    const { message } = call.transaction.request;
    const facts = { flow: call.transaction.flow, transactionId: call.transactionId, dialogId: dialog.id };
    this.#keeper.toOwner(dialog, {
      deliver: (app) => {
        if (this.#calls.get(call.transactionId) === undefined) return;
        call.owner = app;
        this.#deliveries.fromNetwork(app, message, facts);
      },
      expire: () => {
        if (!this.#calls.remove(call)) return;
        const bye = message.method === 'BYE';
        // What came back from the journal is not given up before its lease is over.
        if (dialog.recovered && !bye) {
          call.transaction.respond(makeAnswer(message, { status: 503, headers: retryAfter }));
          return;
        }
        call.transaction.respond(makeAnswer(message, { status: bye ? 200 : 481 }));
        this.#context.dialogs.remove(dialog);
      },
    });
  }

  /** RFC 3261 section 9.2: 200 to the CANCEL, 487 to the INVITE; the app is told, it need not answer. */
  #cancel(transaction: ServerTransaction): void {
    const { message } = transaction.request;
    const invite = this.#context.transactions.cancelled(transaction.request);
    if (invite !== undefined && this.#passage.proxies.cancelled(invite, transaction)) return;
    const call = invite === undefined ? undefined : this.#calls.of(invite);
    if (invite === undefined || call === undefined || !invite.open) return this.#refuse(transaction, 481);
    call.localTag ??= newTag();
    const toTag = call.inside ? undefined : call.localTag;
    transaction.respond(makeAnswer(message, { status: 200, toTag }));
    invite.respond(makeAnswer(invite.request.message, { status: 487, toTag }));
    const facts = { flow: transaction.flow, transactionId: call.transactionId, dialogId: call.dialog?.id ?? '' };
    this.#calls.remove(call);
    if (call.dialog !== undefined && !call.inside) this.#context.dialogs.remove(call.dialog);
    if (!call.inside) this.#context.cdr.stop('network', 'call-canceled', message);
    if (call.owner !== undefined) this.#deliveries.fromNetwork(call.owner, message, facts);
  }

  /** An app's connection is gone: what it had not decided is refused, what is inside a dialog waits for its successor. */
  ownerLost(app: AppConnection): void {
    for (const call of this.#calls.ownedBy(app)) {
      call.owner = undefined;
      if (call.inside && call.dialog !== undefined) {
        this.#handOver(call, call.dialog);
        continue;
      }
      this.#calls.remove(call);
      if (call.dialog !== undefined) this.#context.dialogs.remove(call.dialog);
      const { message, callId } = call.transaction.request;
      const facts = { status: 503, toTag: call.localTag ?? newTag(), headers: [comeAgain(callId)] };
      const answer = makeAnswer(message, facts);
      call.transaction.respond(answer);
      if (message.method !== 'INVITE') continue;
      this.#context.cdr.stop('application', 'system-error-initiated-termination', answer);
    }
  }
}

/** What is written down of a caller who waits. */
function ringOf({ transactionId: id, transaction, tag }: ServerCall): JournalRing | undefined {
  if (!transaction.open) return undefined;
  const { protocol, remote, local } = transaction.flow;
  const message = writeMessage(transaction.request.message).toString('latin1');
  return { id, side: 'in', tag, flow: { protocol, remote, local }, message };
}
