import { readNumber, readParameters } from '../parser/characters.ts';
import { headerOf } from '../parser/message.ts';
import type { Header, SipMessage, SipRequest } from '../parser/message.ts';
import { writeMessage } from '../parser/write.ts';
import type { CdrReason } from '../cdr/cdr.ts';
import type { AppConnection } from '../control/app-connection.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { makeDialogRequest } from '../dialog/request.ts';
import { runOpenAnswer } from '../dialog/open-answer.ts';
import { patience } from '../transaction/timers.ts';
import type { Flow } from '../transport/flow.ts';
import type { EngineContext } from './context.ts';
import type { Deliveries } from './deliveries.ts';
import { nextHopInDialog, withFlow } from './next-hop.ts';
import type { ParkedItem } from './parking-lot.ts';
import { goesOnWithout } from './subscription-forks.ts';
import { newBranch } from './tags.ts';

/** Reasons the engine gives in the BYE it sends by itself. */
export type EndReason =
  'ACK timeout' | 'ACK-BYE race' | 'Session owner lost' | 'Session timer expired' | 'Peer lost the dialog';

/** How long a subscription lives that says nothing of it, in seconds. */
const longest = 3600;

/** What call detail records call them. */
const recorded: Readonly<Record<EndReason, CdrReason>> = {
  'ACK timeout': 'system-error-initiated-termination',
  'ACK-BYE race': 'system-initiated-termination',
  'Session owner lost': 'system-error-initiated-termination',
  'Session timer expired': 'session-expired',
  'Peer lost the dialog': 'system-error-initiated-termination',
};

/** What the engine does with dialogs of its own accord: ACK, BYE, hand-over to owners, parking. */
export class DialogKeeper {
  readonly #context: EngineContext;
  readonly #deliveries: Deliveries;

  constructor(context: EngineContext, deliveries: Deliveries) {
    this.#context = context;
    this.#deliveries = deliveries;
  }

  /** Gives `item` to the dialog's owner, or keeps it until the next connection with that tag. */
  toOwner(dialog: Dialog, item: ParkedItem): void {
    if (dialog.owner?.open === true) item.deliver(dialog.owner);
    else this.#context.lot.keep(dialog.tag, item);
  }

  /** Sends BYE, tells the owner, forgets the dialog. */
  end(dialog: Dialog, reason: EndReason): void {
    if (dialog.kind === 'SUBSCRIBE') return this.#unsubscribe(dialog);
    dialog.ownInvite?.cancel();
    this.bye(dialog, reason, (bytes, flow) => {
      if (dialog.kind === 'INVITE') this.#context.cdr.stop('application', recorded[reason], bytes);
      this.toOwner(dialog, {
        deliver: (app) => this.#deliveries.unsolicited(app, bytes, flow, dialog),
        expire: () => {},
      });
    });
    this.#context.dialogs.remove(dialog);
  }

  /**
   * Nobody looks after this subscription any more: the subscriber is told that it may ask anew, the notifier that nothing is
   * wanted (RFC 6665 sections 4.1.2.3 and 4.2.2). A BYE would mean nothing to either.
   */
  #unsubscribe(dialog: Dialog): void {
    const event = dialog.event ?? 'refer';
    const notifies = dialog.role === 'uas';
    const headers: Header[] = [
      { name: 'Event', value: event },
      { name: 'Contact', value: dialog.localContact },
      notifies
        ? { name: 'Subscription-State', value: 'terminated;reason=deactivated' }
        : { name: 'Expires', value: '0' },
    ];
    const refers = notifies && /^refer\b/i.test(event);
    if (refers) headers.push({ name: 'Content-Type', value: 'message/sipfrag' });
    const body = refers ? Buffer.from('SIP/2.0 503 Service Unavailable\r\n') : undefined;
    this.#send(dialog, { method: notifies ? 'NOTIFY' : 'SUBSCRIBE', headers, body }, () => {});
    this.#context.dialogs.remove(dialog);
  }

  /** Sends BYE and no more; `sent` gets its bytes. */
  bye(dialog: Dialog, reason: EndReason, sent: (bytes: Buffer, flow: Flow) => void = () => {}): void {
    const headers: Header[] = [{ name: 'Reason', value: `SIP;cause=200;text="${reason}"` }];
    this.#send(dialog, { method: 'BYE', headers, body: undefined }, sent);
  }

  /** Sends a request whose answer nobody waits for. */
  #send(
    dialog: Dialog,
    facts: { readonly method: string; readonly headers: readonly Header[]; readonly body: Buffer | undefined },
    sent: (bytes: Buffer, flow: Flow) => void,
  ): void {
    const cseq = ++dialog.localSeq;
    withFlow(this.#context, nextHopInDialog(this.#context, dialog), (flow) => {
      const via = flow ?? dialog.flow;
      const branch = newBranch();
      const request = makeDialogRequest(dialog, via, { ...facts, cseq, branch });
      const nobody = { response: () => {}, failed: () => {} };
      const transaction = this.#context.transactions.client(branch, request, via, nobody);
      transaction.start();
      sent(transaction.bytes, via);
    });
  }

  /** Sends an ACK for a 2xx (RFC 3261 section 13.2.2.4) and remembers it for repetitions. */
  acknowledge(
    dialog: Dialog,
    cseq: number,
    extra: { headers: readonly Header[]; body?: Buffer },
    sent: (bytes: Buffer, flow: Flow) => void = () => {},
  ): void {
    const open = dialog.acks.get(cseq);
    open?.cancelWait();
    const headers = [...(open?.credentials ?? []), ...extra.headers];
    withFlow(this.#context, nextHopInDialog(this.#context, dialog), (flow) => {
      const via = flow ?? dialog.flow;
      const facts = { method: 'ACK', cseq, branch: newBranch(), headers, body: extra.body };
      const request: SipRequest = makeDialogRequest(dialog, via, facts);
      const bytes = writeMessage(request);
      if (open !== undefined) open.bytes = bytes;
      via.send(bytes);
      sent(bytes, via);
    });
  }

  /** Waits for the app's ACK to the 2xx of our INVITE `cseq`; acknowledges and ends the dialog when none comes. */
  awaitAck(dialog: Dialog, invite: SipRequest, cseq: number, initial: boolean): void {
    const credentials = invite.headers.filter(
      (header) => header.name === 'Authorization' || header.name === 'Proxy-Authorization',
    );
    const { clock, timers } = this.#context;
    const cancelWait = clock.at(clock.now() + patience(timers), () => {
      this.acknowledge(dialog, cseq, { headers: [] });
      this.end(dialog, 'ACK timeout');
    });
    for (const [old, open] of dialog.acks) if (open.bytes !== undefined) dialog.acks.delete(old);
    dialog.acks.set(cseq, { cseq, initial, credentials, bytes: undefined, cancelWait });
  }

  /** Repeats our 2xx until its ACK comes; ends the dialog when none does. */
  awaitPeerAck(
    dialog: Dialog,
    flow: Flow,
    answer: {
      readonly cseq: number;
      readonly transactionId: string;
      readonly bytes: Buffer;
      readonly offers: boolean;
    },
  ): void {
    const { cseq, transactionId, bytes, offers } = answer;
    const { clock, timers } = this.#context;
    const stop = runOpenAnswer(
      clock,
      timers,
      () => flow.send(bytes),
      () => {
        dialog.answers.delete(cseq);
        this.end(dialog, 'ACK timeout');
      },
    );
    dialog.answers.set(cseq, { transactionId, offers, stop });
  }

  /**
   * A NOTIFY of a subscription went either way (RFC 6665 section 4.1.2.4): it ends the dialog, or says how long it lives.
   * The dialog of an INVITE is none of its business, so a REFER inside of one leaves nothing behind.
   */
  subscribed(dialog: Dialog, notify: SipMessage): void {
    if (dialog.kind !== 'SUBSCRIBE') return;
    const [state = '', ...parameters] = (headerOf(notify, 'Subscription-State') ?? '').split(';');
    if (state.trim().toLowerCase() === 'terminated') {
      if (!goesOnWithout(dialog)) this.#context.dialogs.remove(dialog);
      return;
    }
    const expires = readNumber(readParameters(parameters.join(';')).get('expires') ?? '');
    if (expires !== undefined) this.lives(dialog, expires);
  }

  /** A SUBSCRIBE or REFER was accepted, by either side; without subscription (RFC 4488) there is no dialog. */
  accepts(dialog: Dialog, method: string, answer: SipMessage): void {
    if (method === 'REFER' && headerOf(answer, 'Refer-Sub')?.trim().toLowerCase() === 'false') {
      if (dialog.kind === 'SUBSCRIBE') this.#context.dialogs.remove(dialog);
      return;
    }
    if (method === 'SUBSCRIBE' || method === 'REFER') {
      this.lives(dialog, readNumber(headerOf(answer, 'Expires') ?? '') ?? longest);
    }
  }

  /** Forgets a subscription that was not renewed, once a last NOTIFY had its time (RFC 6665 section 4.1.2, timer N). */
  lives(dialog: Dialog, seconds: number): void {
    if (dialog.kind !== 'SUBSCRIBE') return;
    const { clock, timers, dialogs } = this.#context;
    dialog.until = clock.now() + seconds * 1000 + patience(timers);
    this.expires(dialog);
    dialogs.touch(dialog);
  }

  /** Arms what `until` says; again after a death of the engine. */
  expires(dialog: Dialog): void {
    const { clock, dialogs } = this.#context;
    dialog.cancelExpiry();
    if (dialog.until !== undefined) dialog.cancelExpiry = clock.at(dialog.until, () => dialogs.remove(dialog));
  }

  /** The dialog's owner went away: it is parked under its tag and lives on for the lease. */
  park(dialog: Dialog): void {
    const { clock, patience: waits } = this.#context;
    dialog.owner = undefined;
    dialog.cancelLease();
    dialog.cancelLease = clock.at(clock.now() + waits.parkingLease, () => this.end(dialog, 'Session owner lost'));
    // A 2xx its owner did not live to acknowledge: a new call is ended, a re-INVITE settled.
    for (const open of dialog.acks.values()) {
      if (open.bytes !== undefined) continue;
      this.acknowledge(dialog, open.cseq, { headers: [] });
      if (open.initial) this.end(dialog, 'Session owner lost');
    }
  }

  /** A connection with the dialog's tag is there. */
  adopt(dialog: Dialog, app: AppConnection): void {
    dialog.cancelLease();
    dialog.owner = app;
  }
}
