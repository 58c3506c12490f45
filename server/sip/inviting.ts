/** One leg's INVITE on its way out: its attempts, their forks and their failures, until there is a dialog or there will be none. */
import type { Logger } from '../../base/logger.ts';
import type { LegId } from '../../protocol/ids.ts';
import { reasonPhrase } from '../../protocol/sip-statuses.ts';
import {
  answerIn,
  authenticate,
  cancelRequest,
  contactsOf,
  type Dialog,
  hasConnection,
  isLateOffer,
  type LateOffer,
  type Request,
  type Response,
  sentOf,
  type Srf,
} from './drachtio.ts';
import { withReplaces } from './replaces.ts';
import type { DeviceName } from './ports.ts';
import type { AttemptFailure } from './trunks/index.ts';

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
  readonly toDevice?: DeviceName;
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

/** Why an INVITE came to nothing. */
export interface Failure {
  readonly status: number;
  readonly reason: string;
  readonly contacts?: readonly string[];
}

/** SIP failures carry a status; anything else (no connection, bad URI) counts as 503. The words are ours, not the far side's. */
export function failureOf(err: unknown): Failure {
  if (err instanceof Error && 'status' in err && typeof err.status === 'number') {
    const contacts = contactsOf(err);
    return { status: err.status, reason: reasonPhrase(err.status), ...(contacts.length === 0 ? {} : { contacts }) };
  }
  return { status: 503, reason: reasonPhrase(503) };
}

/** RFC 3326 section 2: a phone that is told so counts no missed call. */
export const completedElsewhere = 'Call completed elsewhere';

/** Who wants the INVITE, and what they are told of it. After `answered`, `offered` or `failed` nothing more is told. */
export interface InvitingLeg {
  /** Is the leg still wanted, so that a failed attempt may be followed by another? */
  wanted(): boolean;
  /** A provisional answer from 180 on. */
  ringing(res: Response): void;
  answered(dialog: Dialog): void;
  /** The 200 made an offer and waits for our ACK. */
  offered(offer: LateOffer): void;
  failed(err: unknown): void;
}

/** One INVITE, as sent to one place. */
interface Attempt {
  readonly invite: OutgoingInvite;
  request?: Request;
  /** The leg is not wanted any more; `elsewhere`: because another device of the same agent was quicker. */
  cancelled?: { readonly elsewhere: boolean };
  /** Given up for another attempt: whatever still comes of it is sent home. */
  abandoned: boolean;
  progressed: boolean;
  patience?: NodeJS.Timeout;
}

/** A 200 that nobody wants any more: acknowledged, then ended (RFC 3261 section 13.2.2.4). */
export function sendHome(legId: LegId, unwanted: Dialog | LateOffer, logger: Logger): void {
  const end = unwanted.destroy as () => Promise<unknown>;
  end.call(unwanted).catch((err: unknown) => logger.debug({ legId, err }, 'an unwanted answer could not be ended'));
}

/** See the head of the file. */
export class Inviting {
  readonly #srf: Srf;
  readonly #leg: InvitingLeg;
  readonly #logger: Logger;
  #attempt: Attempt;

  constructor(srf: Srf, invite: OutgoingInvite, leg: InvitingLeg, logger: Logger) {
    this.#srf = srf;
    this.#leg = leg;
    this.#logger = logger;
    this.#attempt = { invite, abandoned: false, progressed: false };
  }

  /** Sends the INVITE. Once. */
  start(): void {
    this.#send(this.#attempt);
  }

  /** It is not wanted any more; a 200 that crosses the CANCEL is still told as an answer. */
  cancel(elsewhere: boolean): void {
    this.#attempt.cancelled = { elsewhere };
    const { request } = this.#attempt;
    if (request !== undefined) this.#sendCancel(request, elsewhere);
  }

  /** It is not given up for its silence any more. */
  stopWaiting(): void {
    clearTimeout(this.#attempt.patience);
  }

  #send(attempt: Attempt): void {
    const { uri, proxy, sdp, from, headers, trials } = attempt.invite;
    if (trials !== undefined) attempt.patience = setTimeout(() => this.#giveUp(attempt), trials.answerWithinMs);
    const options = {
      ...(sdp === null ? { noAck: true } : { localSdp: sdp }),
      ...{ callingNumber: from, headers: { ...headers, ...withReplaces(headers['Supported']) } },
      ...(proxy === undefined ? {} : { proxy }),
    };
    const progress = {
      cbRequest: (first: unknown, second?: unknown) => {
        // srf calls it with (err, req), its types say (req).
        const request = (second ?? first) as Request | undefined;
        if (request === undefined || typeof request.cancel !== 'function') return;
        attempt.request = request;
        const { cancelled, abandoned } = attempt;
        if (cancelled !== undefined || abandoned) this.#sendCancel(request, cancelled?.elsewhere === true);
      },
      cbProvisional: (res: Response) => {
        if (res.status < 180 || attempt.abandoned) return;
        this.#progressed(attempt);
        this.#leg.ringing(res);
      },
    };
    this.#srf.createUAC(uri, options, progress).then(
      (answered: unknown) => this.#answered(attempt, answered),
      (err: unknown) => this.#failed(attempt, err),
    );
  }

  #progressed(attempt: Attempt): void {
    clearTimeout(attempt.patience);
    if (!attempt.progressed) attempt.invite.trials?.progressed();
    attempt.progressed = true;
  }

  #answered(attempt: Attempt, answered: unknown): void {
    if (!attempt.abandoned) this.#progressed(attempt);
    const { legId, auth } = attempt.invite;
    const answer = isLateOffer(answered) ? answered : (answered as Dialog);
    if (!isLateOffer(answer) && auth !== undefined) authenticate(answer, auth);
    if (attempt.abandoned) return sendHome(legId, answer, this.#logger);
    if (isLateOffer(answer)) this.#leg.offered(answer);
    else this.#leg.answered(answer);
  }

  /** The next attempt, if there is one and the leg is still wanted. */
  #failed(attempt: Attempt, err: unknown): void {
    clearTimeout(attempt.patience);
    if (attempt.abandoned) return;
    const sent = attempt.request === undefined ? null : sentOf(attempt.request);
    const failure = { ...failureOf(err), progressed: attempt.progressed, answer: answerIn(err), sent };
    const next = this.#leg.wanted() ? attempt.invite.trials?.next(failure) : undefined;
    if (next === undefined) return this.#leg.failed(err);
    this.#attempt = { invite: { ...attempt.invite, ...next }, abandoned: false, progressed: false };
    this.#send(this.#attempt);
  }

  /** Nothing came from the far side: as if it had been 408. */
  #giveUp(attempt: Attempt): void {
    const silence = Object.assign(new Error('no answer'), { status: 408, reason: 'no answer' });
    this.#failed(attempt, silence);
    attempt.abandoned = true;
    if (attempt.request !== undefined) this.#sendCancel(attempt.request, false);
  }

  #sendCancel(request: Request, elsewhere: boolean): void {
    if (!hasConnection(this.#srf)) return;
    const headers = elsewhere ? { Reason: `SIP;cause=200;text="${completedElsewhere}"` } : {};
    cancelRequest(request, headers, (err) => this.#logger.debug({ err }, 'a CANCEL came too late'));
  }
}
