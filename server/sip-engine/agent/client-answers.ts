import { headerOf, tagOf } from '../parser/message.ts';
import type { ReadMessage, SipResponse } from '../parser/message.ts';
import type { Flow } from '../transport/flow.ts';
import { makeLocalAnswer } from './answers.ts';
import { cancelInvite } from './cancels.ts';
import type { ClientCall, ClientCalls } from './client-calls.ts';
import type { EngineContext } from './context.ts';
import type { Deliveries } from './deliveries.ts';
import { InviteAnswers } from './invite-answers.ts';
import { seenBefore } from './reliable.ts';
import { sdpOf } from './session-timers.ts';
import type { DialogParts, SessionTimers } from './session-timers.ts';
import { newTag } from './tags.ts';

/** Each proxy on the way may want a longer interval than the one before. */
const mostRetries = 4;

/** Answers to apps' requests, from the network or made here when there are none. */
export class ClientAnswers {
  readonly #context: EngineContext;
  readonly #deliveries: Deliveries;
  readonly #invites: InviteAnswers;
  readonly #sessions: SessionTimers;
  readonly #calls: ClientCalls;

  constructor(context: EngineContext, deliveries: Deliveries, parts: DialogParts, calls: ClientCalls) {
    this.#context = context;
    this.#deliveries = deliveries;
    this.#invites = new InviteAnswers(context, parts.keeper);
    this.#sessions = parts.sessions;
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
    if (status < 200 && seenBefore(call.seenReliable, read.message, read.toTag)) return;
    const follows = call.method === 'INVITE' || call.method === 'SUBSCRIBE';
    if (status === 422 && this.#longer(call, read.message)) return;
    const verdict = follows ? this.#invites.follow(call, read, flow) : 'tell';
    if (status >= 200 && !call.settled) this.#settle(call, read.message);
    if (verdict === 'tell') this.#tell(call, () => this.#deliver(call, read.message, flow));
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
    this.#tell(call, () => {
      if (call.owner !== undefined) this.#deliveries.madeHere(call.owner, answer, transactionId, call.dialogId);
    });
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
    }
    this.#ends(call, answer.status);
  }

  /** Final answers that end a dialog: any to BYE but a challenge, and to the last NOTIFY of a subscription. */
  #ends(call: ClientCall, status: number): void {
    const { dialog, method } = call;
    if (dialog === undefined || status === 401 || status === 407) return;
    const state = headerOf(call.transaction.request, 'Subscription-State') ?? '';
    const last = method === 'NOTIFY' && dialog.kind === 'SUBSCRIBE' && state.toLowerCase().startsWith('terminated');
    if (method === 'BYE' || last) this.#context.dialogs.remove(dialog);
  }

  #deliver(call: ClientCall, message: SipResponse, flow: Flow): void {
    if (call.owner === undefined) return;
    const { transactionId, dialogId } = call;
    this.#deliveries.fromNetwork(call.owner, message, { flow, transactionId, dialogId });
  }

  /** Rule 4 of the protocol: the echo must have been read before the first answer of a request outside of dialogs. */
  #tell(call: ClientCall, run: () => void): void {
    const { clock } = this.#context;
    if (call.holdUntil <= clock.now()) run();
    else clock.at(call.holdUntil, run);
  }
}
