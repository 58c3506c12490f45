import type { JournalRing } from '../../../protocol/engine-journal.ts';
import { contactUri, dialogId, newDialog, recordRoutes } from '../dialog/dialog.ts';
import { closedFlow } from '../journal/entry.ts';
import { limits, parseDatagram } from '../parser/parse.ts';
import { headerOf } from '../parser/message.ts';
import type { ReadMessage, SipRequest, SipResponse } from '../parser/message.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import { patience } from '../transaction/timers.ts';
import type { Flow } from '../transport/flow.ts';
import { makeCancel } from './complete.ts';
import type { EngineContext } from './context.ts';
import type { DialogKeeper } from './dialog-keeper.ts';

const why = { name: 'Reason', value: 'SIP;cause=503;text="Signalling lost"' };

/**
 * INVITEs that had no final answer when the engine before this one died. A caller is offered to the app again, as a new
 * call; the ringing of somebody an app called is ended by CANCEL, for the app has forgotten it.
 */
export class TakenRings {
  readonly #context: EngineContext;
  readonly #keeper: DialogKeeper;
  /** The tags of the apps that callers wait for, by dialog id. */
  readonly #waiting = new Map<string, string>();

  constructor(context: EngineContext, keeper: DialogKeeper) {
    this.#context = context;
    this.#keeper = keeper;
  }

  /** Once ports are bound. What became a call before the death is one of the dialogs. */
  takeUp(rings: readonly JournalRing[]): void {
    for (const ring of rings) {
      const read = parseDatagram(Buffer.from(ring.message, 'latin1'), limits.stream);
      if (!read.ok || read.value.message.type !== 'request') continue;
      const request: ReadMessage<SipRequest> = { ...read.value, message: read.value.message };
      if (this.#context.dialogs.peek(dialogId(request.callId, request.fromTag)) !== undefined) continue;
      if (ring.side === 'in') this.#offer(ring, request);
      else this.#cancel(ring, request);
    }
  }

  /** The tag of the app that this request waits for; undefined when it is a new one. Told once. */
  waitsFor({ callId, fromTag }: ReadMessage<SipRequest>): string | undefined {
    const id = dialogId(callId, fromTag);
    const tag = this.#waiting.get(id);
    this.#waiting.delete(id);
    return tag;
  }

  #flow({ flow: { protocol, remote, ...rest } }: JournalRing): Flow | undefined {
    const found = protocol === 'udp' ? this.#context.transport.flowTo({ protocol, ...remote }) : undefined;
    // Answers find their own way where a connection is gone (RFC 3261 section 18.2.2).
    return found ?? closedFlow({ protocol, remote, ...rest });
  }

  /** As if it came just now: its transaction is there for a CANCEL and for repetitions. */
  #offer(ring: JournalRing, request: ReadMessage<SipRequest>): void {
    const flow = this.#flow(ring);
    if (flow === undefined) return;
    this.#waiting.set(dialogId(request.callId, request.fromTag), ring.tag);
    this.#context.transactions.receiveRequest(request, flow);
  }

  #cancel({ flow: was }: JournalRing, { message, via }: ReadMessage<SipRequest>): void {
    const { bindings, clock, timers, transactions, transport } = this.#context;
    const flow = bindings.find(message.uri) ?? transport.flowTo({ protocol: was.protocol, ...was.remote });
    const branch = via.parameters.get('branch');
    if (flow === undefined || branch === undefined) return;
    const invite: ClientTransaction = transactions.client(branch, message, flow, {
      response: (read, path) => this.#answered(invite, read, path),
      failed: () => {},
    });
    invite.takeUp();
    clock.at(clock.now() + patience(timers), () => invite.abandon());
    const nobody = { response: () => {}, failed: () => {} };
    transactions.client(branch, makeCancel(message, [why]), flow, nobody).start();
  }

  /** A 2xx crossed the CANCEL: the call is taken and ended (RFC 3261 section 13.2.2.4). */
  #answered({ request }: ClientTransaction, read: ReadMessage<SipResponse>, flow: Flow): void {
    const { status } = read.message;
    if (status < 200 || status > 299) return;
    const dialog = newDialog({
      ...{ id: dialogId(read.callId, read.fromTag), role: 'uac', kind: 'INVITE', callId: read.callId },
      ...{ localTag: read.fromTag, remoteTag: read.toTag ?? '' },
      localParty: headerOf(request, 'From') ?? '',
      remoteParty: headerOf(read.message, 'To') ?? '',
      ...{ localSeq: read.cseq, remoteSeq: undefined },
      remoteTarget: contactUri(read.message) ?? request.uri,
      routeSet: recordRoutes(read.message).reverse(),
      localContact: headerOf(request, 'Contact') ?? '',
      since: this.#context.clock.now(),
      ...{ owner: undefined, tag: '', flow, source: flow.reliable ? undefined : flow.remote },
    });
    this.#keeper.acknowledge(dialog, read.cseq, { headers: [] });
    this.#keeper.bye(dialog, 'Session owner lost');
  }
}
