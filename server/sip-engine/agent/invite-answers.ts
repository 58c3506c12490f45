import { contactUri, isNatted, newDialog, recordRoutes, turnToFork } from '../dialog/dialog.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { headerOf, parseCseq } from '../parser/message.ts';
import type { ReadMessage, SipResponse } from '../parser/message.ts';
import { parseSipUri } from '../parser/uri.ts';
import type { Flow } from '../transport/flow.ts';
import { cancelInvite } from './cancels.ts';
import type { ClientCall } from './client-calls.ts';
import type { EngineContext } from './context.ts';
import type { DialogKeeper } from './dialog-keeper.ts';
import { reliableNumber } from './reliable.ts';

/** What an answer to INVITE or SUBSCRIBE means for the app: tell it, or the engine deals with it alone. */
export type AnswerVerdict = 'tell' | 'keep';

/** Answers to the requests that begin or change dialogs, RFC 3261 sections 12.1.2, 13.2.2 and 14.1. */
export class InviteAnswers {
  readonly #context: EngineContext;
  readonly #keeper: DialogKeeper;

  constructor(context: EngineContext, keeper: DialogKeeper) {
    this.#context = context;
    this.#keeper = keeper;
  }

  /** Follows an answer with status above 100. */
  follow(call: ClientCall, read: ReadMessage<SipResponse>, flow: Flow): AnswerVerdict {
    const { status } = read.message;
    if (status < 200) {
      if (!call.inside && read.toTag !== undefined) this.#early(call, read, flow);
      this.#provisional(call, read);
      return 'tell';
    }
    if (call.dialog !== undefined && call.method === 'INVITE') call.dialog.ownInvite = undefined;
    if (status < 300) return this.#accepted(call, read, flow);
    if (call.dialog !== undefined && !call.inside) {
      this.#context.dialogs.remove(call.dialog);
      call.dialog = undefined;
    }
    return 'tell';
  }

  #early(call: ClientCall, read: ReadMessage<SipResponse>, flow: Flow): void {
    call.dialog ??= this.#begin(call, read, flow);
    this.#learn(call, call.dialog, read, flow);
  }

  /** A provisional answer: its PRACK must find its fork, its description may be the answer to our offer. */
  #provisional(call: ClientCall, read: ReadMessage<SipResponse>): void {
    const rseq = reliableNumber(read.message);
    if (call.dialog === undefined) return;
    if (read.message.body.length > 0) call.dialog.offerAnswered = true;
    if (rseq !== undefined) call.dialog.pracks.push({ rseq, cseq: read.cseq, tag: read.toTag ?? '' });
  }

  #accepted(call: ClientCall, read: ReadMessage<SipResponse>, flow: Flow): AnswerVerdict {
    const cseq = read.cseq;
    const { dialog } = call;
    if (call.inside && dialog !== undefined) {
      if (this.#repeated(dialog, cseq)) return 'keep';
      dialog.remoteTarget = contactUri(read.message) ?? dialog.remoteTarget;
      dialog.flow = flow;
      this.#context.dialogs.touch(dialog);
      if (call.method === 'INVITE') this.#keeper.awaitAck(dialog, call.transaction.request, cseq, false);
      if (call.owner !== undefined) return 'tell';
      if (call.method === 'INVITE') this.#keeper.acknowledge(dialog, cseq, { headers: [] });
      return 'keep';
    }
    if (dialog?.state === 'confirmed') {
      if (dialog.remoteTag !== (read.toTag ?? '')) this.#endFork(call, read, flow);
      else this.#repeated(dialog, cseq);
      return 'keep';
    }
    call.dialog ??= this.#begin(call, read, flow);
    this.#learn(call, call.dialog, read, flow);
    call.dialog.state = 'confirmed';
    call.dialog.forks.clear();
    this.#context.dialogs.touch(call.dialog);
    if (call.method !== 'INVITE') {
      this.#keeper.accepts(call.dialog, call.method, read.message);
      return call.owner === undefined ? 'keep' : 'tell';
    }
    call.dialog.crossed = call.cancelling !== 'no';
    this.#keeper.awaitAck(call.dialog, call.transaction.request, cseq, true);
    if (call.owner !== undefined) return 'tell';
    // Nobody is there to own it: take the call, and end it politely.
    this.#keeper.acknowledge(call.dialog, cseq, { headers: [] });
    this.#keeper.end(call.dialog, 'Session owner lost');
    return 'keep';
  }

  /** A 2xx we know already: its ACK was lost, so it goes out again. */
  #repeated(dialog: Dialog, cseq: number): boolean {
    const open = dialog.acks.get(cseq);
    if (open === undefined) return false;
    if (open.bytes !== undefined) dialog.flow.send(open.bytes);
    return true;
  }

  /** RFC 3261 section 13.2.2.4: a second fork answered too; it is ACKed and ended. */
  #endFork(call: ClientCall, read: ReadMessage<SipResponse>, flow: Flow): void {
    const fork = this.#make(call, read, flow);
    this.#learn(call, fork, read, flow);
    this.#keeper.acknowledge(fork, read.cseq, { headers: [] });
    this.#keeper.bye(fork, 'ACK-BYE race');
  }

  #begin(call: ClientCall, read: ReadMessage<SipResponse>, flow: Flow): Dialog {
    const dialog = this.#make(call, read, flow);
    if (call.method === 'INVITE' && read.message.status < 200) {
      const offers = call.transaction.request.body.length > 0;
      dialog.ownInvite = { offers, cancel: () => cancelInvite(this.#context, call, []) };
    }
    if (call.method !== 'INVITE') dialog.event = headerOf(call.transaction.request, 'Event') ?? 'refer';
    this.#context.dialogs.add(dialog);
    if (call.owner === undefined) this.#keeper.park(dialog);
    return dialog;
  }

  #make(call: ClientCall, read: ReadMessage<SipResponse>, flow: Flow): Dialog {
    const { request } = call.transaction;
    return newDialog({
      id: call.dialogId,
      role: 'uac',
      kind: call.method === 'INVITE' ? 'INVITE' : 'SUBSCRIBE',
      callId: read.callId,
      localTag: call.fromTag,
      remoteTag: read.toTag ?? '',
      localParty: headerOf(request, 'From') ?? '',
      remoteParty: headerOf(read.message, 'To') ?? '',
      localSeq: parseCseq(headerOf(request, 'CSeq') ?? '')?.number ?? read.cseq,
      remoteSeq: undefined,
      remoteTarget: contactUri(read.message) ?? request.uri,
      routeSet: [],
      localContact: headerOf(request, 'Contact') ?? '',
      since: this.#context.clock.now(),
      owner: call.owner,
      tag: call.tag,
      flow,
      source: undefined,
    });
  }

  /** The newest answer decides who the peer is until a 2xx fixes it. */
  #learn(call: ClientCall, dialog: Dialog, read: ReadMessage<SipResponse>, flow: Flow): void {
    const target = contactUri(read.message);
    turnToFork(dialog, read.toTag ?? '', call.transaction.request.uri);
    dialog.remoteParty = headerOf(read.message, 'To') ?? dialog.remoteParty;
    dialog.remoteTarget = target ?? dialog.remoteTarget;
    dialog.routeSet = recordRoutes(read.message).reverse();
    dialog.flow = flow;
    const host = target === undefined ? undefined : parseSipUri(target)?.host;
    dialog.source = isNatted(host, flow, dialog.routeSet.length > 0) ? flow.remote : undefined;
  }
}
