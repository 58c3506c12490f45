import { randomUUID } from 'node:crypto';
import type { AppConnection } from '../control/app-connection.ts';
import type { AppMessage } from '../control/command.ts';
import { contactUri, dialogId, isNatted, newDialog, recordRoutes } from '../dialog/dialog.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { headerOf, parseCseq, tagOf } from '../parser/message.ts';
import type { Header, SipResponse } from '../parser/message.ts';
import { parseNameAddr, withTag } from '../parser/name-addr.ts';
import { parseSipUri } from '../parser/uri.ts';
import { appHeaders, appValue, ensureContact, ownContact, typeBody } from './app-headers.ts';
import { acceptOutbound } from './outbound.ts';
import { makeAnswer } from './answers.ts';
import { writeMessage } from '../parser/write.ts';
import { makeCancel } from './complete.ts';
import type { EngineContext } from './context.ts';
import type { Deliveries } from './deliveries.ts';
import type { DialogKeeper } from './dialog-keeper.ts';
import { learnAllow } from './dialog-state.ts';
import { asksReliable, names100rel, nextRseq, repeatReliable } from './reliable.ts';
import { sdpOf } from './session-timers.ts';
import type { DialogParts, SessionTimers } from './session-timers.ts';
import type { ServerCall, ServerCalls } from './server-calls.ts';
import { newTag } from './tags.ts';

const begins = new Set(['INVITE', 'SUBSCRIBE', 'REFER']);

/** Answers of apps to requests from the network: completing and sending them, and what they do to dialogs. */
export class AppAnswers {
  readonly #context: EngineContext;
  readonly #deliveries: Deliveries;
  readonly #keeper: DialogKeeper;
  readonly #sessions: SessionTimers;
  readonly #calls: ServerCalls;

  constructor(context: EngineContext, deliveries: Deliveries, parts: DialogParts, calls: ServerCalls) {
    this.#context = context;
    this.#deliveries = deliveries;
    this.#keeper = parts.keeper;
    this.#sessions = parts.sessions;
    this.#calls = calls;
  }

  /** Sends an app's answer and echoes it; `NOK` when its request is not there any more. */
  respond(app: AppConnection, id: string, transactionId: string, message: AppMessage): void {
    const call = this.#find(transactionId, message);
    if (call === undefined || message.start.type !== 'response') {
      return app.reply(id, 'NOK', 'Response not sent due to unknown transaction');
    }
    const { transaction } = call;
    const request = transaction.request.message;
    const { status, reason } = message.start;
    if (this.#mustWait(call, message)) {
      call.held.push(() => this.respond(app, id, transactionId, message));
      return;
    }
    const headers = appHeaders(message, transaction.flow.local);
    typeBody(headers, message.body);
    const provisional = request.method === 'INVITE' && status > 100 && status < 200;
    // RFC 3262 section 3: a caller that requires 100rel gets every provisional answer reliably.
    if (provisional && names100rel(request, 'Require') && !asksReliable(headers)) {
      headers.push({ name: 'Require', value: '100rel' });
    }
    const reliable = provisional && asksReliable(headers);
    if (reliable && !names100rel(request, 'Supported') && !names100rel(request, 'Require')) {
      return app.reply(id, 'NOK', 'Response not sent: the caller does not support 100rel');
    }
    if (status > 100 && !call.inside) call.localTag ??= tagOf(appValue(message, 'To') ?? '') ?? newTag();
    const contact = this.#contact(call, headers, reliable || (status >= 200 && status < 300));
    const accepts = status >= 200 && status < 300;
    const session = accepts ? this.#sessions.answer(request, message, headers, call.dialog) : undefined;
    const known = this.#follow(call, status, contact);
    const rseq = reliable && known !== undefined ? (known.lastRseq = nextRseq(known.lastRseq)) : undefined;
    if (rseq !== undefined) headers.push({ name: 'RSeq', value: String(rseq) });
    const toTag = call.inside ? undefined : call.localTag;
    const words = reason === '' ? {} : { reason };
    const registers = request.method === 'REGISTER' && accepts;
    const { bindings, patience, transport } = this.#context;
    if (registers && acceptOutbound(request, transaction.flow, headers, patience.flowTimer)) {
      transport.watch.promised(transaction.flow);
    }
    const answer = makeAnswer(request, { status, ...words, toTag, headers, body: message.body });
    if (registers) bindings.learn(request, answer, transaction.flow);
    this.#send(app, id, call, answer);
    // Many answer in an unreliable 183 and take it for given; who asks us for reliability gets it, the others are believed.
    if (provisional && known !== undefined && answer.body.length > 0) known.offerAnswered = true;
    if (known !== undefined && (accepts || reliable)) {
      known.localSdp = sdpOf(answer) ?? known.localSdp;
      learnAllow(known, request);
      this.#sessions.answered(known, session);
      if (accepts) this.#keeper.accepts(known, request.method, answer);
    }
    if (rseq !== undefined && known !== undefined) this.#untilPrack(call, known, rseq, answer);
  }

  /**
   * RFC 3262 section 3: a reliable provisional answer waits for the PRACK of the one before, a 2xx for those that bear a
   * session description. Refusals go out at once.
   */
  #mustWait(call: ServerCall, message: AppMessage): boolean {
    if (message.start.type !== 'response' || call.transaction.request.message.method !== 'INVITE') return false;
    const { status } = message.start;
    const open = [...(call.dialog?.reliable.values() ?? [])];
    if (status <= 100 || status >= 300 || open.length === 0) return false;
    if (call.held.length > 0) return true;
    if (status >= 200) return open.some(({ sdp }) => sdp);
    return asksReliable(message.headers) || names100rel(call.transaction.request.message, 'Require');
  }

  #send(app: AppConnection, id: string, call: ServerCall, answer: SipResponse): void {
    const { transaction, transactionId, dialog } = call;
    const { message, cseq } = transaction.request;
    const { method } = message;
    const bytes = transaction.respond(answer);
    if (answer.status >= 200) this.#calls.remove(call);
    if (method === 'INVITE' && !call.inside && answer.status >= 200) {
      this.#context.cdr.answered('application', 'uas', answer);
    }
    const shown = method === 'BYE' ? '' : (dialog?.id ?? '');
    this.#deliveries.echoResponse(app, id, bytes, { flow: transaction.flow, transactionId, dialogId: shown });
    if (dialog !== undefined) this.#context.dialogs.touch(dialog);
    if (method !== 'INVITE' || answer.status < 200 || answer.status > 299 || dialog === undefined) return;
    const ack = { transactionId: call.inside ? randomUUID() : transactionId, cseq, bytes };
    const offers = message.body.length === 0 && answer.body.length > 0 && !dialog.offerAnswered;
    this.#keeper.awaitPeerAck(dialog, transaction.flow, { ...ack, offers });
  }

  #untilPrack(call: ServerCall, dialog: Dialog, rseq: number, answer: SipResponse): void {
    const { transaction } = call;
    const { cseq } = transaction.request;
    const bytes = writeMessage(answer);
    const giveUp = (): void => {
      // RFC 3262 section 3: no PRACK in 64 T1 means the caller is gone; the request is refused with a 5xx.
      if (!transaction.open) return;
      this.#tellPrackTimeout(call, dialog);
      this.#calls.remove(call);
      this.#context.dialogs.remove(dialog);
      transaction.respond(makeAnswer(transaction.request.message, { status: 504, toTag: call.localTag }));
    };
    const facts = { rseq, cseq, sdp: answer.body.length > 0 };
    const repeat = (): void => {
      if (transaction.open) transaction.flow.send(bytes);
    };
    repeatReliable(dialog, facts, this.#context, repeat, giveUp);
  }

  /** The caller is gone: for the app that is a CANCEL. */
  #tellPrackTimeout(call: ServerCall, dialog: Dialog): void {
    const { flow, request } = call.transaction;
    const cancel = makeCancel(request.message, [{ name: 'Reason', value: 'SIP;cause=504;text="PRACK timeout"' }]);
    const facts = { flow, transactionId: call.transactionId, dialogId: dialog.id };
    if (call.owner?.open === true) this.#deliveries.fromNetwork(call.owner, cancel, facts);
  }

  /** An early UPDATE may come under its INVITE's id; the CSeq of the answer tells which one is meant. */
  #find(transactionId: string, message: AppMessage): ServerCall | undefined {
    const method = parseCseq(appValue(message, 'CSeq') ?? '')?.method;
    const call = this.#calls.get(transactionId);
    if (method === undefined || call === undefined) return call;
    return call.transaction.request.message.method === method ? call : undefined;
  }

  /** The Contact of this dialog; written into the answer where one is needed and the app gave none. */
  #contact(call: ServerCall, headers: Header[], needed: boolean): string {
    const { flow, request } = call.transaction;
    const own = call.dialog?.localContact ?? ownContact(flow.local, flow.protocol, request.message.uri);
    const { method } = request.message;
    return needed && (begins.has(method) || method === 'UPDATE') ? ensureContact(headers, own) : own;
  }

  /** What an answer does to the dialog: begins it, confirms it, ends it, or gives it a new remote target. */
  #follow(call: ServerCall, status: number, contact: string): Dialog | undefined {
    const { method } = call.transaction.request.message;
    if (status === 100) return call.dialog;
    if (call.inside) {
      // RFC 3261 section 12.2.2, RFC 3311: a target refresh counts once it was accepted.
      const refreshes = (method === 'INVITE' || method === 'UPDATE') && status >= 200 && status < 300;
      const target = refreshes ? contactUri(call.transaction.request.message) : undefined;
      if (call.dialog !== undefined && target !== undefined) call.dialog.remoteTarget = target;
      return call.dialog;
    }
    if (!begins.has(method)) return undefined;
    if (status >= 300) {
      if (call.dialog !== undefined) this.#context.dialogs.remove(call.dialog);
      call.dialog = undefined;
      return undefined;
    }
    call.dialog ??= this.#begin(call, contact);
    if (status >= 200) {
      call.dialog.state = 'confirmed';
      call.dialog.localContact = contact;
    }
    return call.dialog;
  }

  #begin(call: ServerCall, contact: string): Dialog {
    const { transaction } = call;
    const { request, flow } = transaction;
    const { message, callId, fromTag } = request;
    // A peer of RFC 2543 may give no Contact; it is then reached where its From says.
    const target = contactUri(message) ?? parseNameAddr(headerOf(message, 'From') ?? '')?.uri ?? message.uri;
    const routeSet = recordRoutes(message);
    const localTag = call.localTag ?? '';
    const natted = isNatted(parseSipUri(target)?.host, flow, routeSet.length > 0);
    const dialog = newDialog({
      id: dialogId(callId, fromTag),
      role: 'uas',
      kind: message.method === 'INVITE' ? 'INVITE' : 'SUBSCRIBE',
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
      since: this.#context.clock.now(),
      owner: call.owner,
      tag: call.tag,
      flow,
      source: natted ? flow.remote : undefined,
    });
    if (message.method === 'INVITE') dialog.peerInvite = transaction;
    else dialog.event = headerOf(message, 'Event') ?? 'refer';
    this.#context.dialogs.add(dialog);
    return dialog;
  }
}
