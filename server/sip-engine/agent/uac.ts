import { randomUUID } from 'node:crypto';
import type { AppConnection } from '../control/app-connection.ts';
import type { JournalRing } from '../../../protocol/engine-journal.ts';
import { markEcho } from '../control/separation.ts';
import type { AppCommand } from '../control/command.ts';
import { dialogId, turnToFork } from '../dialog/dialog.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { isToken, readNumber } from '../parser/characters.ts';
import { headerOf, parseCseq, tagOf } from '../parser/message.ts';
import type { Header, ReadMessage, SipRequest, SipResponse } from '../parser/message.ts';
import { isRequestUri } from '../parser/uri.ts';
import { ownVia } from '../dialog/request.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import type { Flow } from '../transport/flow.ts';
import { appHeaders, appValue, ensureContact, typeBody } from './app-headers.ts';
import { cancelInvite } from './cancels.ts';
import { ClientAnswers } from './client-answers.ts';
import type { ClientCall, ClientCalls } from './client-calls.ts';
import { completeRequest } from './complete.ts';
import type { Draft } from './complete.ts';
import type { EngineContext } from './context.ts';
import type { Deliveries } from './deliveries.ts';
import type { DialogKeeper } from './dialog-keeper.ts';
import { firstOpenAck, openOffer } from './dialog-state.ts';
import { endLateFork } from './late-fork.ts';
import { nextHopInDialog, nextHopOf, withWays } from './next-hop.ts';
import { readRack, ReliableOrder } from './reliable.ts';
import { retarget, sizeOf } from './retarget.ts';
import type { DialogParts, SessionTimers } from './session-timers.ts';
import { renewOthers } from './subscription-forks.ts';
import { newBranch } from './tags.ts';
import type { Ways } from './ways.ts';

type SipCommand = Extract<AppCommand, { type: 'sip' }>;

/** Who asked, under which frame id, and how the frame is answered. */
interface Asker {
  readonly app: AppConnection;
  readonly id: string;
}

const noBody = 'Server error: a body that is not SDP needs a Content-Type';
// srf turns exactly these words into its error code ENODIALOG.
const noDialog = 'Server error: unable to find dialog for dialog id provided';

/** Requests of apps: which kind each is, and sending it. */
export class UserAgentClient {
  readonly #context: EngineContext;
  readonly #deliveries: Deliveries;
  readonly #keeper: DialogKeeper;
  readonly #sessions: SessionTimers;
  readonly #answers: ClientAnswers;
  readonly #calls: ClientCalls = new Map();

  constructor(context: EngineContext, deliveries: Deliveries, parts: DialogParts) {
    this.#context = context;
    this.#deliveries = deliveries;
    this.#keeper = parts.keeper;
    this.#sessions = parts.sessions;
    this.#answers = new ClientAnswers(context, deliveries, parts, this.#calls);
  }

  /** How many requests wait for a final answer. */
  get open(): number {
    let count = 0;
    for (const call of this.#calls.values()) if (call.transaction.open) count++;
    return count;
  }

  /** A request frame: in a dialog, a CANCEL, or a new one (in that order, as the protocol tells them apart). */
  send(app: AppConnection, command: SipCommand): void {
    const { message, id } = command;
    const { start } = message;
    if (start.type !== 'request') return;
    const { method, uri } = start;
    if (!isToken(method)) return app.reply(id, 'NOK', 'Server error: the method is not a token');
    if (command.dialogId !== '') return this.#sendInside(app, command, { method, uri });
    if (command.transactionId !== '') return this.#cancel(app, command, method);
    if (!isRequestUri(uri)) return app.reply(id, 'NOK', 'Server error: the request URI cannot be parsed');
    const callId = appValue(message, 'Call-ID');
    const dialog = callId === undefined || method === 'INVITE' ? undefined : this.#context.dialogs.byCallId(callId);
    this.#sendDraft({ app, id }, { method, uri, message, dialog }, command.nextHop);
  }

  #sendInside(app: AppConnection, command: SipCommand, start: { method: string; uri: string }): void {
    const dialog = this.#context.dialogs.get(command.dialogId);
    if (dialog === undefined) return app.reply(command.id, 'NOK', noDialog);
    // Whoever speaks in a parked dialog has claimed it.
    if (dialog.owner === undefined) this.#keeper.adopt(dialog, app);
    if (start.method === 'ACK') return this.#sendAck(app, command, dialog);
    if (start.method === 'INVITE' || start.method === 'UPDATE') {
      // A refresh of the engine's own is under way: the app goes next, it need not know.
      if (dialog.afterRefresh !== undefined) {
        dialog.afterRefresh.push(() => this.#sendInside(app, command, start));
        return;
      }
    }
    if (start.method === 'INVITE' && (dialog.ownInvite !== undefined || firstOpenAck(dialog) !== undefined)) {
      return app.reply(command.id, 'NOK', 'Server error: another INVITE is under way in this dialog');
    }
    if (start.method === 'INVITE' && dialog.peerInvite !== undefined) {
      // RFC 3261 section 14.1.
      return app.reply(command.id, 'NOK', 'Server error: an INVITE of the peer is under way in this dialog');
    }
    if (openOffer(dialog, start.method, command.message.body.length > 0)) {
      // RFC 3264 section 4, RFC 3311 section 5.1.
      return app.reply(command.id, 'NOK', 'Server error: an offer is still open in this dialog (491)');
    }
    if (start.method === 'PRACK') return this.#sendPrack(app, command, dialog, start.uri);
    if (start.method === 'BYE' && dialog.role === 'uas' && dialog.kind === 'INVITE') {
      // RFC 3261 section 15: the called side ends an early dialog by a refusal, and a confirmed one after its ACK.
      if (dialog.state === 'early') {
        return app.reply(command.id, 'NOK', 'Server error: the call is not answered yet: refuse it instead');
      }
      if (dialog.answers.size > 0) {
        dialog.afterAck.push(() => this.#sendInside(app, command, start));
        return;
      }
    }
    if (start.method === 'BYE') {
      dialog.ownInvite?.cancel();
      this.#sessions.stop(dialog);
    }
    this.#sendDraft({ app, id: command.id }, { ...start, message: command.message, dialog }, '');
  }

  /** A PRACK goes to the fork whose answer it acknowledges, and names the CSeq our INVITE really had. */
  #sendPrack(app: AppConnection, command: SipCommand, dialog: Dialog, uri: string): void {
    const rack = readRack(command.message);
    const found = dialog.pracks.find(({ rseq }) => rseq === rack?.rseq);
    if (found === undefined)
      return app.reply(command.id, 'NOK', 'Server error: no provisional answer waits for this PRACK');
    dialog.pracks = dialog.pracks.filter((one) => one !== found);
    if (dialog.state === 'early') turnToFork(dialog, found.tag, dialog.remoteTarget);
    else if (dialog.remoteTag !== found.tag) {
      return app.reply(command.id, 'NOK', 'Server error: another fork has answered since');
    }
    const headers = command.message.headers.filter(({ name }) => name !== 'RAck');
    const message = {
      ...command.message,
      headers: [...headers, { name: 'RAck', value: `${found.rseq} ${found.cseq} INVITE` }],
    };
    this.#sendDraft({ app, id: command.id }, { method: 'PRACK', uri, message, dialog }, '');
  }

  /** Keeps a NOTIFY until the SUBSCRIBE or REFER of ours that it belongs to is answered; false when there is none. */
  awaitsNotify(notify: ReadMessage<SipRequest>, then: () => void): boolean {
    if (notify.toTag === undefined) return false;
    const id = dialogId(notify.callId, notify.toTag);
    for (const call of this.#calls.values()) {
      if (call.dialogId !== id || call.inside || call.settled || call.method === 'INVITE') continue;
      call.early.push(then);
      return true;
    }
    return false;
  }

  /** The ACK to a 2xx: no transaction, the INVITE's CSeq (RFC 3261 section 13.2.2.4). */
  #sendAck(app: AppConnection, command: SipCommand, dialog: Dialog): void {
    const { id, message } = command;
    const open = firstOpenAck(dialog);
    if (open === undefined) return app.reply(id, 'NOK', 'Server error: no INVITE of this dialog waits for an ACK');
    const headers = appHeaders(message, dialog.flow.local);
    if (!typeBody(headers, message.body)) return app.reply(id, 'NOK', noBody);
    if (message.body.length > 0) dialog.localSdp = message.body;
    this.#keeper.acknowledge(dialog, open.cseq, { headers, body: message.body }, (bytes, flow) => {
      this.#deliveries.echoRequest(app, id, bytes, flow, randomUUID());
    });
    if (dialog.crossed) this.#keeper.end(dialog, 'ACK-BYE race');
  }

  /** An app's CANCEL; it may come over any of the app's connections. */
  #cancel(app: AppConnection, command: SipCommand, method: string): void {
    const call = this.#calls.get(command.transactionId);
    if (method !== 'CANCEL') return app.reply(command.id, 'NOK', 'Server error: only CANCEL may name a transaction');
    if (call === undefined || call.method !== 'INVITE' || !call.transaction.open) {
      return app.reply(command.id, 'NOK', 'Server error: unable to find transaction to cancel');
    }
    const { flow } = call.transaction;
    const first = call.cancelling === 'no' && !call.inside;
    const bytes = cancelInvite(this.#context, call, appHeaders(command.message, flow.local));
    if (first) this.#context.cdr.stop('application', 'call-canceled', bytes);
    this.#deliveries.echoRequest(app, command.id, bytes, flow, randomUUID());
  }

  #sendDraft(asker: Asker, draft: Draft, nextHop: string): void {
    const { dialog } = draft;
    const hop = dialog ? nextHopInDialog(this.#context, dialog) : nextHopOf(this.#context, draft.uri, nextHop);
    if (hop.type === 'refused') return asker.app.reply(asker.id, 'NOK', hop.reason);
    withWays(this.#context, hop, (ways) => this.#sendOver(asker, draft, ways));
    if (draft.method !== 'SUBSCRIBE' || dialog?.kind !== 'SUBSCRIBE' || dialog.role !== 'uac') return;
    const headers = appHeaders(draft.message, dialog.flow.local);
    ensureContact(headers, dialog.localContact);
    renewOthers(this.#context, dialog, headers);
  }

  /** Builds and sends; without a flow the request is built all the same and answered 503 here. */
  #sendOver({ app, id }: Asker, draft: Draft, ways: Ways): void {
    const { method, dialog } = draft;
    const flow = ways.next();
    const meant = flow ?? dialog?.flow ?? this.#nowhere();
    const branch = newBranch();
    const complete = completeRequest(draft, meant, branch);
    if (complete === undefined) return app.reply(id, 'NOK', noBody);
    const headers = [...complete.headers];
    this.#sessions.propose(method, headers, dialog);
    const whole = { ...complete, headers };
    const way = this.#forSize(whole, ways, dialog) ?? meant;
    const request = way === meant ? whole : retarget(whole, meant, way, branch);
    const transactionId = randomUUID();
    const transaction = this.#transaction(transactionId, request, branch, way);
    const fromTag = tagOf(headerOf(request, 'From') ?? '') ?? '';
    const begins = method === 'INVITE' || method === 'SUBSCRIBE' || method === 'REFER';
    const call: ClientCall = {
      transactionId,
      method,
      transaction,
      again: (retried) => this.#again(call, retried),
      retries: 0,
      settled: false,
      owner: app.open ? app : undefined,
      tag: app.tag,
      dialogId: dialog?.id ?? (begins ? dialogId(headerOf(request, 'Call-ID') ?? '', fromTag) : ''),
      fromTag,
      dialog,
      inside: dialog !== undefined,
      cancelling: 'no',
      cancelHeaders: [],
      cancelWait: () => {},
      echo: undefined,
      reliable: new ReliableOrder(),
      early: [],
      ways,
      nextWait: () => {},
    };
    this.#calls.set(transactionId, call);
    if (dialog !== undefined && method === 'INVITE') {
      dialog.ownInvite = { offers: request.body.length > 0, cancel: () => cancelInvite(this.#context, call, []) };
      dialog.offerAnswered = false;
    }
    if (dialog !== undefined && method === 'UPDATE') dialog.ownUpdate = { offers: request.body.length > 0 };
    this.#deliveries.echoRequest(app, id, transaction.bytes, way, transactionId);
    // createUAC listens from the start.
    if (dialog === undefined && method !== 'INVITE') call.echo = markEcho(app, this.#context.clock.now());
    this.#record(request, dialog);
    if (flow === undefined) transaction.unsendable();
    else this.#start(call);
  }

  /** The connection a request too large for a datagram takes (RFC 3261 section 18.1.1); not towards a peer behind a NAT. */
  #forSize(request: SipRequest, ways: Ways, dialog: Dialog | undefined): Flow | undefined {
    const { udpRequest } = this.#context.limits;
    if (udpRequest === 0 || dialog?.source !== undefined || sizeOf(request) <= udpRequest) return undefined;
    return ways.byConnection();
  }

  /** Sends it; where there is another place to try, one that says nothing at all is not waited for to the end. */
  #start(call: ClientCall): void {
    const { transaction } = call;
    const { clock, patience } = this.#context;
    transaction.start();
    call.nextWait();
    if (!call.ways.more) return;
    call.nextWait = clock.at(clock.now() + patience.nextTarget, () => {
      if (call.transaction === transaction && transaction.silent) transaction.giveUp();
    });
  }

  /** RFC 3263 section 4.3: the same request to the next place; the app hears nothing of it. False when there is none. */
  #elsewhere(transactionId: string, answer?: SipResponse): boolean {
    const call = this.#calls.get(transactionId);
    if (call === undefined || call.cancelling !== 'no' || call.settled) return false;
    const wait = readNumber(headerOf(answer ?? { headers: [] }, 'Retry-After') ?? '');
    call.ways.failed(wait === undefined ? undefined : wait * 1000);
    const flow = call.ways.next();
    if (flow === undefined) return false;
    const { request, flow: before } = call.transaction;
    if (call.dialog !== undefined && !call.inside) {
      this.#context.dialogs.remove(call.dialog);
      call.dialog = undefined;
    }
    const branch = newBranch();
    call.reliable = new ReliableOrder();
    call.transaction = this.#transaction(transactionId, retarget(request, before, flow, branch), branch, flow);
    this.#start(call);
    return true;
  }

  #record(request: SipRequest, dialog: Dialog | undefined): void {
    const { cdr } = this.#context;
    if (request.method === 'INVITE' && dialog === undefined) cdr.attempt('application', request);
    if (request.method === 'BYE' && dialog?.kind === 'INVITE') cdr.stop('application', 'normal-release', request);
  }

  #transaction(transactionId: string, request: SipRequest, branch: string, way: Flow): ClientTransaction {
    if (request.method === 'INVITE') {
      this.#context.rings?.begin(transactionId, () => ringOf(this.#calls.get(transactionId)));
    }
    const transaction: ClientTransaction = this.#context.transactions.client(branch, request, way, {
      response: (read, via) => {
        const { message } = read;
        if (message.status >= 200) this.#context.rings?.over(transactionId);
        if (message.status === 503 && this.#calls.get(transactionId)?.transaction === transaction) {
          if (this.#elsewhere(transactionId, message)) return;
        }
        this.#answers.answered(transactionId, read, via);
      },
      failed: (reason) => {
        if (!this.#elsewhere(transactionId)) this.#answers.failed(transactionId, reason);
      },
      ended: () => {
        if (this.#calls.get(transactionId)?.transaction === transaction) this.#forget(transactionId);
      },
    });
    return transaction;
  }

  /** The same request with other headers, the next CSeq and a Via of its own. */
  #again(call: ClientCall, headers: readonly Header[]): void {
    const { request, flow } = call.transaction;
    const branch = newBranch();
    const cseq = call.dialog === undefined ? cseqOf(request) + 1 : ++call.dialog.localSeq;
    const fresh = headers.map((header) => {
      if (header.name === 'Via') return { name: 'Via', value: ownVia(flow, branch) };
      return header.name === 'CSeq' ? { name: 'CSeq', value: `${cseq} ${call.method}` } : header;
    });
    call.reliable = new ReliableOrder();
    call.transaction = this.#transaction(call.transactionId, { ...request, headers: fresh }, branch, flow);
    call.transaction.start();
  }

  /** A stand-in for the path to a peer that cannot be reached, so that the request can be shown to the app. */
  #nowhere(): Flow {
    const [first] = this.#context.transport.listeners;
    const local = first?.address ?? { host: '127.0.0.1', port: 5060 };
    const remote = { host: '', port: 0 };
    return { protocol: 'udp', reliable: false, remote, local, open: false, send: () => {}, close: () => {} };
  }

  #forget(transactionId: string): void {
    this.#context.rings?.over(transactionId);
    this.#calls.get(transactionId)?.cancelWait();
    this.#calls.get(transactionId)?.nextWait();
    this.#calls.delete(transactionId);
  }

  /** An app's connection is gone: its ringing INVITEs are cancelled; answers that still come are dealt with here. */
  ownerLost(app: AppConnection): void {
    for (const call of [...this.#calls.values()]) {
      if (call.owner !== app) continue;
      call.owner = undefined;
      if (!call.inside && call.method === 'INVITE' && call.transaction.open) cancelInvite(this.#context, call, []);
    }
  }

  /** A 2xx to INVITE whose transaction is gone: its ACK goes out once more. */
  stray(read: ReadMessage<SipResponse>, flow: Flow): void {
    const dialog = this.#context.dialogs.get(dialogId(read.callId, read.fromTag));
    if (dialog !== undefined && endLateFork(this.#keeper, dialog, read, flow)) return;
    const bytes = dialog?.acks.get(read.cseq)?.bytes;
    if (dialog !== undefined && bytes !== undefined) dialog.flow.send(bytes);
    // The engine that sent this INVITE died before its ACK was out (or was heard).
    const owed = dialog?.recovered === true && !dialog.acks.has(read.cseq) && read.toTag === dialog.remoteTag;
    if (dialog !== undefined && owed) this.#keeper.acknowledge(dialog, read.cseq, { headers: [] });
  }
}

function cseqOf(request: SipRequest): number {
  return parseCseq(headerOf(request, 'CSeq') ?? '')?.number ?? 0;
}

/** What is written down of a call of ours once somebody has said that it rings. */
function ringOf(call: ClientCall | undefined): JournalRing | undefined {
  if (call === undefined || call.inside || !call.transaction.open || !call.transaction.proceeding) return undefined;
  const { transactionId: id, transaction, tag } = call;
  const { protocol, remote, local } = transaction.flow;
  return { id, side: 'out', tag, flow: { protocol, remote, local }, message: transaction.bytes.toString('latin1') };
}
