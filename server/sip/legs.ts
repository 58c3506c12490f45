/** The dialogs of our calls: asks go in by leg, what happens comes out as leg events. */
import type { Logger } from '../../base/logger.ts';
import type { LegId } from '../../protocol/ids.ts';
import { callMark, comeBack } from './call-mark.ts';
import {
  answererOf,
  type Dialog,
  forgetDialog,
  type LateOffer,
  onLiveConnection,
  refreshSession,
  type Request,
  type Response,
  restoreDialog,
  sdpOf,
  sourceOf,
  type Srf,
  storedDialog,
} from './drachtio.ts';
import type { DeviceName, SipListener, StoredDialog } from './ports.ts';
import { reanswered, reinvite } from './reinvites.ts';
import { takeInfo } from './info-digits.ts';
import {
  completedElsewhere,
  failureOf,
  Inviting,
  type InvitingLeg,
  type OutgoingInvite,
  sendHome,
} from './inviting.ts';
import { Refers } from './refers.ts';
import type { Replaced } from '../../protocol/sip-replaces.ts';
import { withReplaces } from './replaces.ts';

interface Pending {
  readonly req: Request;
  readonly res: Response;
}

interface Leg {
  /** At its other end is an agent's own device. */
  readonly device: DeviceName | undefined;
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
  take(legId: LegId, req: Request, res: Response, device: DeviceName | undefined): void {
    const pending = { req, res };
    const leg: Leg = { device, source: sourceOf(req), pending, reinvites: new Map(), refers: new Refers() };
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
  endOf(legId: LegId): { readonly device: DeviceName | undefined; readonly sdp: string } | undefined {
    const leg = this.#legs.get(legId);
    return leg && { device: leg.device, sdp: leg.dialog?.remote.sdp ?? '' };
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
    const { legId } = invite;
    const leg: Leg = { device: invite.toDevice, reinvites: new Map(), refers: new Refers() };
    leg.inviting = new Inviting(this.#srf, invite, this.#invitingLeg(legId, leg), this.#logger);
    this.#legs.set(legId, leg);
    leg.inviting.start();
  }

  #invitingLeg(legId: LegId, leg: Leg): InvitingLeg {
    return {
      wanted: () => leg.ending === undefined && this.#legs.get(legId) === leg,
      ringing: (res) => {
        leg.source = sourceOf(res) ?? leg.source;
        this.#listener.legEvent({ type: 'leg-ringing', legId });
        this.#listener.legEvent({ type: 'leg-progress', legId, status: res.status, sdp: sdpOf(res) });
      },
      answered: (dialog) => {
        leg.inviting = undefined;
        leg.source = answererOf(dialog) ?? leg.source;
        this.#confirmed(legId, leg, dialog);
        if (leg.ending === undefined) this.#listener.legEvent({ type: 'leg-answered', legId, sdp: dialog.remote.sdp });
      },
      offered: (offer) => {
        leg.inviting = undefined;
        this.#offered(legId, leg, offer);
      },
      failed: (err) => this.#failed(legId, err),
    };
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
    sendHome(legId, offer, this.#logger);
  }

  cancel(legId: LegId, elsewhere: boolean): void {
    const leg = this.#legs.get(legId);
    if (leg?.inviting === undefined) return this.bye(legId, 'cancelled');
    leg.ending = elsewhere ? completedElsewhere : 'cancelled';
    leg.inviting.cancel(elsewhere);
  }

  bye(legId: LegId, cause: string): void {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    leg.ending = cause;
    if (leg.offered !== undefined) {
      this.#legs.delete(legId);
      return sendHome(legId, leg.offered, this.#logger);
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
      if (leg !== undefined) this.#changed(legId, leg);
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
    this.#changed(legId, leg);
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
    const leg: Leg = { device: stored.device, reinvites: new Map(), refers: new Refers() };
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
    for (const { inviting } of this.#legs.values()) inviting?.stopWaiting();
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
    this.#changed(legId, leg);
    if (leg.ending !== undefined) this.bye(legId, leg.ending);
  }

  #changed(legId: LegId, { dialog, device }: Leg): void {
    if (dialog === undefined) return;
    this.#listener.dialogChanged(legId, { ...storedDialog(dialog), ...(device === undefined ? {} : { device }) });
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
    dialog.on('info', (req, res) => takeInfo(req, res, (informed) => this.#listener.legEvent({ legId, ...informed })));
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
}
