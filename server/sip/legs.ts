/** The dialogs of our calls: asks go in by leg, what happens comes out as leg events. */
import type { Logger } from '../../base/logger.ts';
import type { LegId } from '../../protocol/ids.ts';
import { callMark, comeBack } from './call-mark.ts';
import {
  answererOf,
  answerIn,
  authenticate,
  cancelRequest,
  contactsOf,
  type Dialog,
  forgetDialog,
  hasConnection,
  isLateOffer,
  type LateOffer,
  onLiveConnection,
  refreshSession,
  type Request,
  type Response,
  restoreDialog,
  sdpOf,
  sourceOf,
  sentOf,
  type Srf,
  storedDialog,
} from './drachtio.ts';
import type { SipListener, StoredDialog } from './ports.ts';
import { reanswered, reinvite } from './reinvites.ts';
import { takeInfo } from './info-digits.ts';
import { Refers } from './refers.ts';
import type { Replaced } from '../../protocol/sip-replaces.ts';
import { withReplaces } from './replaces.ts';
import type { AttemptFailure } from './trunks/index.ts';
import { reasonPhrase } from '../../protocol/sip-statuses.ts';

/** An INVITE we have sent. */
export interface OutgoingInvite {
  readonly legId: LegId;
  readonly uri: string;
  /** The next hop, where that is not what `uri` says. */
  readonly proxy?: string;
  /** Null: an INVITE without an offer (RFC 3261 section 13.2.1). */
  readonly sdp: string | null;
  /** User part of From; a From among the headers goes before it. */
  readonly from: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For challenges inside the dialog. */
  readonly auth?: { readonly username: string; readonly password: string };
  readonly trials?: Trials;
  /** It goes to an agent's own device. */
  readonly toDevice?: true;
}

/** An INVITE that may be sent again, elsewhere or with credentials, as the same leg. */
export interface Trials {
  /** Given up when nothing from 180 on came by then, ms. */
  readonly answerWithinMs: number;
  /** The far side is at work. */
  progressed(): void;
  /** What to send after a failure; undefined: the failure is told. */
  next(failure: AttemptFailure): Partial<OutgoingInvite> | undefined;
}

/** RFC 3326 section 2: a phone that is told so counts no missed call. */
const completedElsewhere = 'Call completed elsewhere';

interface Pending {
  readonly req: Request;
  readonly res: Response;
}

interface Leg {
  /** At its other end is an agent's own device. */
  readonly isDevice: boolean;
  /** The address its last description came from. */
  source?: string | undefined;
  /** An incoming INVITE that has no final answer yet. */
  pending?: Pending | undefined;
  /** Our INVITE that has no final answer yet. */
  inviting?: Inviting | undefined;
  /** The far side's 200 made an offer and waits for our ACK. */
  offered?: LateOffer | undefined;
  dialog?: Dialog | undefined;
  /** Asked to end while its dialog was still coming. */
  ending?: string | undefined;
  readonly reinvites: Map<number, Response>;
  readonly refers: Refers;
}

interface Inviting {
  request?: Request;
  cancelled: boolean;
  /** Cancelled because another device of the same agent was quicker. */
  elsewhere?: boolean;
  /** Given up for another attempt: whatever still comes of it is sent home. */
  abandoned: boolean;
  progressed: boolean;
  patience?: NodeJS.Timeout;
}

interface Failure {
  readonly status: number;
  readonly reason: string;
  readonly contacts?: readonly string[];
}

/** SIP failures carry a status; anything else (no connection, bad URI) counts as 503. The words are ours, not the far side's. */
function failureOf(err: unknown): Failure {
  if (err instanceof Error && 'status' in err && typeof err.status === 'number') {
    const contacts = contactsOf(err);
    return { status: err.status, reason: reasonPhrase(err.status), ...(contacts.length === 0 ? {} : { contacts }) };
  }
  return { status: 503, reason: reasonPhrase(503) };
}

export class Legs {
  readonly #srf: Srf;
  readonly #listener: SipListener;
  readonly #logger: Logger;
  readonly #legs = new Map<LegId, Leg>();
  #tokens = 0;

  constructor(srf: Srf, listener: SipListener, logger: Logger) {
    this.#srf = srf;
    this.#listener = listener;
    this.#logger = logger;
  }

  /** Takes in an INVITE; from now on the leg answers to `legId`. */
  take(legId: LegId, req: Request, res: Response, isDevice: boolean): void {
    const pending = { req, res };
    const leg: Leg = { isDevice, source: sourceOf(req), pending, reinvites: new Map(), refers: new Refers() };
    this.#legs.set(legId, leg);
    req.on('cancel', () => {
      leg.pending = undefined;
      this.#legs.delete(legId);
      this.#listener.legEvent({ type: 'leg-cancelled', legId });
    });
  }

  /** Whether the leg is an INVITE that waits for our answer. */
  isPending(legId: LegId): boolean {
    return this.#legs.get(legId)?.pending !== undefined;
  }

  /** The address a leg's last description came from; undefined if that is not known (any more). */
  sourceOf(legId: LegId): string | undefined {
    return this.#legs.get(legId)?.source;
  }

  /** What is at the other end of a leg, and what it described last; undefined: there is no such leg (yet). */
  endOf(legId: LegId): { readonly isDevice: boolean; readonly sdp: string } | undefined {
    const leg = this.#legs.get(legId);
    return leg && { isDevice: leg.isDevice, sdp: leg.dialog?.remote.sdp ?? '' };
  }

  forget(legId: LegId): void {
    this.#legs.delete(legId);
  }

  answer(legId: LegId, sdp: string): void {
    const leg = this.#legs.get(legId);
    if (leg?.pending === undefined) return;
    const { req, res } = leg.pending;
    leg.pending = undefined;
    this.#srf.createUAS(req, res, { localSdp: sdp, headers: { ...callMark(legId), ...withReplaces() } }).then(
      (dialog) => {
        this.#confirmed(legId, leg, dialog as Dialog);
        if (leg.ending === undefined) this.#listener.legEvent({ type: 'leg-confirmed', legId });
      },
      (err: unknown) => this.#failed(legId, err),
    );
  }

  /** A provisional answer to an incoming INVITE, with our SDP for early media. */
  progress(legId: LegId, status: number, sdp: string | null): void {
    const res = this.#legs.get(legId)?.pending?.res;
    if (sdp === null) res?.send(status, { headers: callMark(legId) });
    else res?.send(status, { body: sdp, headers: { ...callMark(legId), 'Content-Type': 'application/sdp' } });
  }

  reject(legId: LegId, status: number, reason: string): void {
    const leg = this.#legs.get(legId);
    this.#legs.delete(legId);
    leg?.pending?.res.send(status, reason, { headers: { ...callMark(legId), ...comeBack(legId, status) } });
  }

  invite(invite: OutgoingInvite): void {
    const leg: Leg = { isDevice: invite.toDevice === true, reinvites: new Map(), refers: new Refers() };
    this.#legs.set(invite.legId, leg);
    this.#attempt(leg, invite);
  }

  #attempt(leg: Leg, invite: OutgoingInvite): void {
    const { legId, uri, proxy, sdp, from, headers, trials } = invite;
    const inviting: Inviting = { cancelled: false, abandoned: false, progressed: false };
    leg.inviting = inviting;
    if (trials !== undefined)
      inviting.patience = setTimeout(() => this.#giveUp(leg, invite, inviting), trials.answerWithinMs);
    const options = {
      ...(sdp === null ? { noAck: true } : { localSdp: sdp }),
      ...{ callingNumber: from, headers: { ...headers, ...withReplaces(headers['Supported']) } },
      ...(proxy === undefined ? {} : { proxy }),
    };
    const progressed = (): void => {
      clearTimeout(inviting.patience);
      if (!inviting.progressed) trials?.progressed();
      inviting.progressed = true;
    };
    const progress = {
      cbRequest: (first: unknown, second?: unknown) => {
        // srf calls it with (err, req), its types say (req).
        const request = (second ?? first) as Request | undefined;
        if (request === undefined || typeof request.cancel !== 'function') return;
        inviting.request = request;
        if (inviting.cancelled || inviting.abandoned) this.#sendCancel(request, inviting.elsewhere === true);
      },
      cbProvisional: (res: Response) => {
        if (res.status < 180 || inviting.abandoned) return;
        progressed();
        leg.source = sourceOf(res) ?? leg.source;
        this.#listener.legEvent({ type: 'leg-ringing', legId });
        this.#listener.legEvent({ type: 'leg-progress', legId, status: res.status, sdp: sdpOf(res) });
      },
    };
    this.#srf.createUAC(uri, options, progress).then(
      (answered: unknown) => {
        if (!inviting.abandoned) progressed();
        this.#answered(leg, invite, inviting, answered);
      },
      (err: unknown) => this.#attemptFailed(leg, invite, inviting, err),
    );
  }

  #answered(leg: Leg, { legId, auth }: OutgoingInvite, inviting: Inviting, answered: unknown): void {
    if (isLateOffer(answered)) {
      if (inviting.abandoned) return this.#abandon(legId, answered);
      leg.inviting = undefined;
      return this.#offered(legId, leg, answered);
    }
    const dialog = answered as Dialog;
    if (auth !== undefined) authenticate(dialog, auth);
    if (inviting.abandoned) return this.#sendHome(dialog);
    leg.inviting = undefined;
    leg.source = answererOf(dialog) ?? leg.source;
    this.#confirmed(legId, leg, dialog);
    if (leg.ending === undefined) this.#listener.legEvent({ type: 'leg-answered', legId, sdp: dialog.remote.sdp });
  }

  /** The next attempt, if there is one and the leg is still wanted. */
  #attemptFailed(leg: Leg, invite: OutgoingInvite, inviting: Inviting, err: unknown): void {
    clearTimeout(inviting.patience);
    if (inviting.abandoned) return;
    const wanted = leg.ending === undefined && this.#legs.get(invite.legId) === leg;
    const sent = inviting.request === undefined ? null : sentOf(inviting.request);
    const failure = { ...failureOf(err), progressed: inviting.progressed, answer: answerIn(err), sent };
    const next = wanted ? invite.trials?.next(failure) : undefined;
    if (next === undefined) return this.#failed(invite.legId, err);
    this.#attempt(leg, { ...invite, ...next });
  }

  /** Nothing came from the far side: as if it had been 408. */
  #giveUp(leg: Leg, invite: OutgoingInvite, inviting: Inviting): void {
    const silence = Object.assign(new Error('no answer'), { status: 408, reason: 'no answer' });
    this.#attemptFailed(leg, invite, inviting, silence);
    inviting.abandoned = true;
    if (inviting.request !== undefined) this.#sendCancel(inviting.request, false);
  }

  /** A 200 that came after we had gone elsewhere. */
  #sendHome(dialog: Dialog): void {
    const end = dialog.destroy as () => Promise<unknown>;
    end.call(dialog).catch((err: unknown) => this.#logger.debug({ err }, 'a late answer could not be ended'));
  }

  /** ACK with our answer to the offer of a 200; the dialog is confirmed by it. */
  acknowledge(legId: LegId, sdp: string): void {
    const leg = this.#legs.get(legId);
    const offer = leg?.offered;
    if (leg === undefined || offer === undefined) return;
    leg.offered = undefined;
    offer.ack(sdp).then(
      (dialog) => {
        this.#confirmed(legId, leg, dialog);
        if (leg.ending === undefined) this.#listener.legEvent({ type: 'leg-confirmed', legId });
      },
      (err: unknown) => this.#failed(legId, err),
    );
  }

  #offered(legId: LegId, leg: Leg, offer: LateOffer): void {
    if (leg.ending === undefined) {
      leg.offered = offer;
      return this.#listener.legEvent({ type: 'leg-offered', legId, sdp: offer.sdp });
    }
    this.#legs.delete(legId);
    this.#abandon(legId, offer);
  }

  /** A 200 that nobody wants any more: acknowledged, then ended (RFC 3261 section 13.2.2.4). */
  #abandon(legId: LegId, offer: LateOffer): void {
    offer.destroy().catch((err: unknown) => this.#logger.debug({ legId, err }, 'a late offer could not be ended'));
  }

  cancel(legId: LegId, elsewhere: boolean): void {
    const leg = this.#legs.get(legId);
    if (leg?.inviting === undefined) return this.bye(legId, 'cancelled');
    leg.inviting.cancelled = true;
    leg.inviting.elsewhere = elsewhere;
    leg.ending = elsewhere ? completedElsewhere : 'cancelled';
    if (leg.inviting.request !== undefined) this.#sendCancel(leg.inviting.request, elsewhere);
  }

  bye(legId: LegId, cause: string): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    leg.ending = cause;
    if (leg.offered !== undefined) {
      this.#legs.delete(legId);
      return this.#abandon(legId, leg.offered);
    }
    if (leg.dialog === undefined) return;
    const { dialog } = leg;
    this.#gone(legId);
    const end = dialog.destroy as (options: unknown) => Promise<unknown>;
    end
      .call(dialog, { headers: { Reason: `SIP;cause=200;text="${cause.replace(/[^A-Za-z0-9 -]/g, '')}"` } })
      .catch((err: unknown) => this.#logger.warn({ legId, err }, 'a BYE could not be sent'));
  }

  /** A new offer of ours inside the dialog; what became of it is told as an event. */
  reinvite(legId: LegId, sdp: string): void {
    const leg = this.#legs.get(legId);
    reinvite(leg?.dialog, sdp, (outcome) => {
      if (this.#legs.get(legId) !== leg || leg?.ending !== undefined) return;
      if (leg?.dialog !== undefined) this.#listener.dialogChanged(legId, storedDialog(leg.dialog));
      this.#listener.legEvent(reanswered(legId, leg, outcome));
    });
  }

  answerReinvite(legId: LegId, token: number, sdp: string | null): void {
    const leg = this.#legs.get(legId);
    const res = leg?.reinvites.get(token);
    if (leg === undefined || res === undefined) return;
    leg.reinvites.delete(token);
    if (sdp === null) return res.send(488);
    if (leg.dialog !== undefined) leg.dialog.local.sdp = sdp;
    res.send(200, { body: sdp, headers: { 'Content-Type': 'application/sdp' } });
    if (leg.dialog !== undefined) this.#listener.dialogChanged(legId, storedDialog(leg.dialog));
  }

  /** The final answer to a REFER. */
  answerRefer(legId: LegId, token: number, status: number): void {
    this.#legs.get(legId)?.refers.answer(token, status);
  }

  /** Tells the phone that sent a REFER how far it is. */
  notifyRefer(legId: LegId, status: number, reason: string, last: boolean): void {
    const leg = this.#legs.get(legId);
    if (leg?.dialog !== undefined) leg.refers.notify(leg.dialog, { status, reason, last }, this.#logger);
  }

  /** The dialog of a leg, while there is one. */
  dialogOf(legId: LegId): Dialog | undefined {
    return this.#legs.get(legId)?.dialog;
  }

  /** Makes the dialog of a leg again, from what was stored before a restart or a lost connection. */
  restore(legId: LegId, stored: StoredDialog): void {
    const leg: Leg = { isDevice: false, reinvites: new Map(), refers: new Refers() };
    this.#legs.set(legId, leg);
    this.#watch(legId, leg, restoreDialog(this.#srf, stored));
  }

  /** Of the dialogs in doubt, those the engine no longer holds are gone: their legs are told. Returns what was kept of them. */
  dropMissing(doubtful: ReadonlySet<string>, held: ReadonlySet<string>): StoredDialog[] {
    return [...this.#legs].flatMap(([legId, leg]) => {
      if (leg.dialog === undefined || !doubtful.has(leg.dialog.id) || held.has(leg.dialog.id)) return [];
      const stored = storedDialog(leg.dialog);
      forgetDialog(this.#srf, leg.dialog);
      this.#gone(legId);
      this.#listener.legEvent({ type: 'leg-ended', legId, cause: 'signalling-lost' });
      return [stored];
    });
  }

  /** Nobody is at the other end of these dialogs any more: their legs are told, and the engine forgets them. */
  lose(dialogIds: ReadonlySet<string>): void {
    for (const [legId, leg] of [...this.#legs]) {
      if (leg.dialog === undefined || !dialogIds.has(leg.dialog.id)) continue;
      this.bye(legId, 'signalling lost');
      this.#listener.legEvent({ type: 'leg-ended', legId, cause: 'signalling-lost' });
    }
  }

  /** Refreshes the session of a dialog (RFC 4028) where the far side wants a password, which srf has and the engine has not. */
  refresh(dialogId: string, method: 'INVITE' | 'UPDATE'): void {
    for (const { dialog } of this.#legs.values()) {
      if (dialog === undefined || dialog.id !== dialogId) continue;
      refreshSession(dialog, method).catch((err: unknown) => this.#logger.warn({ err }, 'a session was not refreshed'));
    }
  }

  /** The engine is gone and with it every INVITE that was under way. */
  failPending(): void {
    this.stopWaiting();
    for (const [legId, leg] of [...this.#legs]) {
      if (leg.dialog !== undefined) continue;
      this.#failed(legId, new Error('the SIP engine went away'));
    }
  }

  /** No INVITE is given up for its silence any more. */
  stopWaiting(): void {
    for (const { inviting } of this.#legs.values()) clearTimeout(inviting?.patience);
  }

  /** The leg whose confirmed dialog Replaces names (RFC 3891 section 3): our tag is its to-tag. */
  legOf({ callId, toTag, fromTag }: Replaced): LegId | undefined {
    for (const [legId, { dialog }] of this.#legs)
      if (dialog?.sip.callId === callId && dialog.sip.localTag === toTag && dialog.sip.remoteTag === fromTag)
        return legId;
    return undefined;
  }

  /** Ids of the dialogs there are. */
  dialogIds(): Set<string> {
    return new Set([...this.#legs.values()].flatMap((leg) => (leg.dialog === undefined ? [] : [leg.dialog.id])));
  }

  #confirmed(legId: LegId, leg: Leg, dialog: Dialog): void {
    this.#watch(legId, leg, onLiveConnection(this.#srf, dialog));
    this.#listener.dialogChanged(legId, storedDialog(dialog));
    if (leg.ending !== undefined) this.bye(legId, leg.ending);
  }

  #watch(legId: LegId, leg: Leg, dialog: Dialog): void {
    leg.dialog = dialog;
    dialog.on('destroy', (...args: unknown[]) => {
      this.#gone(legId);
      if (leg.ending !== undefined) return;
      const lost = args[1] !== 'normal release' && typeof args[1] === 'string';
      this.#listener.legEvent({ type: 'leg-ended', legId, cause: lost ? 'signalling-lost' : 'hangup' });
    });
    const reinvited = (req: Request, res: Response): void => {
      const token = ++this.#tokens;
      leg.reinvites.set(token, res);
      leg.source = sourceOf(req) ?? leg.source;
      this.#listener.legEvent({ type: 'leg-reinvited', legId, token, sdp: req.body });
    };
    dialog.on('modify', reinvited);
    // RFC 3311: an offer in UPDATE wants an answer of its own, like a re-INVITE's; left alone, srf repeats our last one.
    dialog.on('update', (req, res) => {
      if (req.body === '') return void res.send(200);
      dialog.remote.sdp = req.body;
      reinvited(req, res);
    });
    dialog.on('refer', (req, res) => {
      const token = ++this.#tokens;
      const event = leg.refers.take(legId, token, { req, res }, (replaced) => this.legOf(replaced));
      if (event !== undefined) this.#listener.legEvent(event);
    });
    dialog.on('info', (req, res) =>
      takeInfo(req, res, (digit) => this.#listener.legEvent({ type: 'leg-digit', legId, ...digit })),
    );
    dialog.on('ack', (req) => {
      if (req.body !== '') this.#listener.legEvent({ type: 'leg-acknowledged', legId, sdp: req.body });
    });
  }

  #failed(legId: LegId, err: unknown): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    this.#legs.delete(legId);
    if (leg.ending !== undefined) return;
    this.#listener.legEvent({ type: 'leg-failed', legId, ...failureOf(err) });
  }

  #gone(legId: LegId): void {
    this.#legs.delete(legId);
    this.#listener.dialogChanged(legId, null);
  }

  #sendCancel(request: Request, elsewhere: boolean): void {
    if (!hasConnection(this.#srf)) return;
    const headers = elsewhere ? { Reason: `SIP;cause=200;text="${completedElsewhere}"` } : {};
    cancelRequest(request, headers, (err) => this.#logger.debug({ err }, 'a CANCEL came too late'));
  }
}
