import { separate } from '../control/separation.ts';
import { headerOf, tagOf } from '../parser/message.ts';
import type { ReadMessage, SipResponse } from '../parser/message.ts';
import type { Flow } from '../transport/flow.ts';
import { makeLocalAnswer } from './answers.ts';
import { cancelInvite } from './cancels.ts';
import type { ClientCall, ClientCalls } from './client-calls.ts';
import type { EngineContext } from './context.ts';
import type { Deliveries } from './deliveries.ts';
import type { DialogKeeper } from './dialog-keeper.ts';
import { InviteAnswers } from './invite-answers.ts';
import { reliableNumber } from './reliable.ts';
import { sdpOf } from './session-timers.ts';
import type { DialogParts, SessionTimers } from './session-timers.ts';
import { newTag } from './tags.ts';

/** Requests outside of a dialog that begin one. */
const begins = new Set(['SUBSCRIBE', 'REFER']);
/** Requests whose 481 says that the whole dialog is gone, not a transaction or a subscription in it (RFC 5057). */
const ofDialog = new Set(['INVITE', 'UPDATE', 'INFO', 'MESSAGE', 'OPTIONS']);
/** RFC 6665 section 4.1.2.2: answers that end a subscription. */
const subscriptionOver = new Set([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

/** Each proxy on the way may want a longer interval than the one before. */
const mostRetries = 4;

/** Answers to apps' requests, from the network or made here when there are none. */
export class ClientAnswers {
  readonly #context: EngineContext;
  readonly #deliveries: Deliveries;
  readonly #invites: InviteAnswers;
  readonly #sessions: SessionTimers;
  readonly #keeper: DialogKeeper;
  readonly #calls: ClientCalls;

  constructor(context: EngineContext, deliveries: Deliveries, parts: DialogParts, calls: ClientCalls) {
    this.#context = context;
    this.#deliveries = deliveries;
    this.#invites = new InviteAnswers(context, parts.keeper);
    this.#sessions = parts.sessions;
    this.#keeper = parts.keeper;
    this.#calls = calls;
  }

  /** An answer came. 100 is not told, nor are repetitions. */
  answered(transactionId: string, read: ReadMessage<SipResponse>, flow: Flow): void {
    const call = this.#calls.get(transactionId);
    if (call === undefined) return;
    const { status } = read.message;
    if (call.cancelling === 'held' && status < 200) cancelInvite(this.#context, call, call.cancelHeaders);
    if (status === 100) return;
    if (status >= 200) call.cancelWait();
    const rseq = status < 200 ? reliableNumber(read.message) : undefined;
    // RFC 3262 section 4: what came before or comes out of order is neither told nor acknowledged.
    if (rseq !== undefined && !call.reliable.takes(read.toTag ?? '', rseq)) return;
    const follows = call.method === 'INVITE' || (!call.inside && begins.has(call.method));
    if (status === 422 && this.#longer(call, read.message)) return;
    const verdict = follows ? this.#invites.follow(call, read, flow) : 'tell';
    if (status >= 200 && !call.settled) this.#settle(call, read.message);
    if (verdict === 'tell') this.#deliver(call, read.message, flow);
    if (status >= 200) this.#after(call, status);
  }

  /** What comes after the app heard a final answer. */
  #after(call: ClientCall, status: number): void {
    for (const run of call.early.splice(0)) run();
    const { dialog, method, inside } = call;
    if (dialog === undefined || !inside || dialog.kind !== 'INVITE' || dialog.state !== 'confirmed') return;
    // RFC 3261 section 12.2.1.2: the peer does not know the dialog, or does not answer at all. A lost INFO proves nothing.
    const gone = status === 481 ? ofDialog.has(method) : status === 408 && (method === 'INVITE' || method === 'UPDATE');
    if (gone && this.#context.dialogs.peek(dialog.id) === dialog) this.#keeper.end(dialog, 'Peer lost the dialog');
  }

  /** No answer came: 408, or 503 when the peer could not be reached. */
  failed(transactionId: string, reason: 'timeout' | 'transport'): void {
    const call = this.#calls.get(transactionId);
    if (call === undefined) return;
    const status = reason === 'timeout' ? 408 : 503;
    const { request } = call.transaction;
    const tag = tagOf(headerOf(request, 'To') ?? '') === undefined ? newTag() : undefined;
    const answer = makeLocalAnswer(request, status, tag);
    if (call.dialog !== undefined) {
      if (call.method === 'INVITE') call.dialog.ownInvite = undefined;
      if (!call.inside) this.#context.dialogs.remove(call.dialog);
      call.dialog.ownUpdate = call.method === 'UPDATE' ? undefined : call.dialog.ownUpdate;
      this.#ends(call, status);
    }
    if (call.method === 'INVITE' && !call.inside && call.cancelling === 'no') {
      this.#context.cdr.stop('application', 'system-error-initiated-termination', answer);
    }
    if (call.owner !== undefined) {
      this.#separate(call);
      this.#deliveries.madeHere(call.owner, answer, transactionId, call.dialogId);
    }
    this.#after(call, status);
  }

  /** RFC 4028 section 7.3: too short an interval is asked for again as the 422 wants it; the app hears nothing of it. */
  #longer(call: ClientCall, answer: SipResponse): boolean {
    const headers = this.#sessions.longer(call.transaction.request, answer);
    if (headers === undefined || call.retries >= mostRetries || call.cancelling !== 'no') return false;
    if (call.dialog !== undefined && !call.inside) {
      this.#context.dialogs.remove(call.dialog);
      call.dialog = undefined;
    }
    call.retries++;
    call.again(headers);
    return true;
  }

  /** A final answer: what it does to the dialog beside confirming it. */
  #settle(call: ClientCall, answer: SipResponse): void {
    const { dialog, method } = call;
    const { request } = call.transaction;
    call.settled = true;
    if (method === 'INVITE' && !call.inside && (call.cancelling === 'no' || answer.status < 300)) {
      this.#context.cdr.answered('network', 'uac', answer);
    }
    if (dialog !== undefined && method === 'UPDATE') dialog.ownUpdate = undefined;
    if (dialog !== undefined && answer.status < 300) {
      if (method === 'INVITE' || method === 'UPDATE' || method === 'PRACK') {
        dialog.localSdp = sdpOf(request) ?? dialog.localSdp;
      }
      this.#sessions.accepted(dialog, request, answer);
      if (call.inside) this.#keeper.accepts(dialog, method, answer);
    }
    this.#ends(call, answer.status);
  }

  /** Final answers that end a dialog: any to BYE but a challenge, and to the last NOTIFY of a subscription. */
  #ends(call: ClientCall, status: number): void {
    const { dialog, method } = call;
    if (dialog === undefined || status === 401 || status === 407) return;
    if (method === 'BYE') this.#context.dialogs.remove(dialog);
    if (method === 'NOTIFY') this.#keeper.subscribed(dialog, call.transaction.request);
    const over = subscriptionOver.has(status) && call.inside;
    if (dialog.kind === 'SUBSCRIBE' && over && (method === 'SUBSCRIBE' || method === 'NOTIFY')) {
      this.#context.dialogs.remove(dialog);
    }
  }

  #deliver(call: ClientCall, message: SipResponse, flow: Flow): void {
    if (call.owner === undefined) return;
    const { transactionId, dialogId } = call;
    this.#separate(call);
    this.#deliveries.fromNetwork(call.owner, message, { flow, transactionId, dialogId });
  }

  #separate(call: ClientCall): void {
    if (call.echo?.app === call.owner && call.echo !== undefined) separate(call.echo, this.#context.clock.now());
  }
}
