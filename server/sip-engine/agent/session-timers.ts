import { Emitter } from '../../../base/emitter.ts';
import type { Dialog } from '../dialog/dialog.ts';
import {
  answerSession,
  headAnswer,
  headRequest,
  proposeSession,
  readMinSe,
  readSessionExpires,
  tooShort,
} from '../dialog/session-negotiation.ts';
import type { SessionAnswer, SessionNow } from '../dialog/session-negotiation.ts';
import { resumeSession, stepSession } from '../dialog/session-timer.ts';
import type { SessionEvent } from '../dialog/session-timer.ts';
import { assertNever } from '../../../base/assert-never.ts';
import type { Header, ReadMessage, SipMessage, SipRequest, SipResponse } from '../parser/message.ts';
import type { EngineContext } from './context.ts';
import type { DialogKeeper } from './dialog-keeper.ts';
import { nextHopInDialog } from './next-hop.ts';
import { isIdle, learnAllow } from './dialog-state.ts';
import { sendRefresh } from './session-refresh.ts';

const refreshing = new Set(['INVITE', 'UPDATE']);

/** What looks after dialogs, for those who send and receive in them. */
export interface DialogParts {
  readonly keeper: DialogKeeper;
  readonly sessions: SessionTimers;
  /** Keeps a NOTIFY until the SUBSCRIBE it answers is settled, then runs `then`; false when it answers none. */
  awaitsNotify(notify: ReadMessage<SipRequest>, then: () => void): boolean;
}

/** What a 2xx of ours has agreed on, to be put in force once it is out. */
export type SessionOutcome = SessionAnswer | { readonly alone: number } | undefined;

/** What the app may send by itself: re-INVITE or UPDATE in this dialog. */
export interface ChallengedRefresh {
  readonly dialog: string;
  readonly method: 'INVITE' | 'UPDATE';
}

/** Runs the session timers of all dialogs (RFC 4028): headers in and out, refreshes, the BYE at the end. */
export class SessionTimers {
  /** A refresh was answered 401 or 407: the app, which has the password, may refresh by itself before the session ends. */
  readonly challenged = new Emitter<ChallengedRefresh>();
  readonly #context: EngineContext;
  readonly #keeper: DialogKeeper;

  constructor(context: EngineContext, keeper: DialogKeeper) {
    this.#context = context;
    this.#keeper = keeper;
  }

  /** The headers of the 422 a request has to get; undefined when its interval will do. */
  refusal(request: SipRequest): Header[] | undefined {
    const { session } = this.#context;
    if (!refreshing.has(request.method) || !tooShort(request, session)) return undefined;
    return [{ name: 'Min-SE', value: String(session.min) }];
  }

  /** Completes the headers of an INVITE or UPDATE of ours, in place. */
  propose(method: string, headers: Header[], dialog: Dialog | undefined): void {
    const { session } = this.#context;
    if (!refreshing.has(method) || dialog?.state === 'early') return;
    const proposal = proposeSession({ headers }, session, now(dialog), dialog !== undefined);
    if (proposal !== undefined) headRequest(headers, proposal, session);
  }

  /** The request of ours again, with the interval a 422 asks for; undefined when that would not help. */
  longer(request: SipRequest, refusal: SipResponse): Header[] | undefined {
    const [asked, least] = [readSessionExpires(request), readMinSe(refusal)];
    if (asked === undefined || least === undefined || least <= asked.seconds) return undefined;
    const headers = request.headers.filter(({ name }) => name !== 'Min-SE');
    headRequest(headers, { ...asked, seconds: least }, { ...this.#context.session, min: least });
    return headers;
  }

  /** Our INVITE or UPDATE was accepted. */
  accepted(dialog: Dialog, request: SipRequest, answer: SipResponse): void {
    if (!refreshing.has(request.method) || dialog.kind !== 'INVITE') return;
    learnAllow(dialog, answer);
    const [asked, agreed] = [readSessionExpires(request), readSessionExpires(answer)];
    if (agreed !== undefined) this.#agree(dialog, agreed.seconds, agreed.refresher === 'uas' ? 'peer' : 'us');
    // The peer knows no timers; we look after the dialog alone.
    else if (asked !== undefined) this.#agree(dialog, asked.seconds, 'us-alone');
  }

  /** Completes the headers of a 2xx of ours, in place; give the result to `answered` once it is out. */
  answer(
    request: SipRequest,
    message: { readonly headers: readonly Header[] },
    headers: Header[],
    dialog: Dialog | undefined,
  ): SessionOutcome {
    if (!refreshing.has(request.method) || (request.method === 'UPDATE' && dialog?.state !== 'confirmed'))
      return undefined;
    const wish = readSessionExpires(message);
    const inside = dialog?.state === 'confirmed';
    const outcome = answerSession(request, wish, this.#context.session, now(dialog), inside);
    if (outcome !== undefined && !('alone' in outcome)) headAnswer(headers, outcome);
    return outcome;
  }

  /** Our 2xx is out. */
  answered(dialog: Dialog, outcome: SessionOutcome): void {
    if (outcome === undefined) return;
    if ('alone' in outcome) this.#agree(dialog, outcome.alone, 'us-alone');
    else this.#agree(dialog, outcome.seconds, outcome.refresher === 'uac' ? 'peer' : 'us');
  }

  /** The headers of our 200 to an UPDATE that only refreshes the session; undefined when it is not that. */
  refreshed(dialog: Dialog, request: SipRequest): Header[] | undefined {
    if (request.method !== 'UPDATE' || request.body.length > 0 || readSessionExpires(request) === undefined) {
      return undefined;
    }
    const headers: Header[] = [{ name: 'Contact', value: dialog.localContact }];
    this.answered(dialog, this.answer(request, { headers: [] }, headers, dialog));
    return headers;
  }

  /** The dialog is about to end: no refresh any more. */
  stop(dialog: Dialog): void {
    this.#step(dialog, { type: 'switched-off' });
  }

  /** Takes up the timer of a dialog that was written down. */
  resume(dialog: Dialog): void {
    const { state, at } = resumeSession(dialog.session, this.#context.clock.now());
    dialog.session = state;
    if (at !== undefined) this.#arm(dialog, at);
  }

  #agree(dialog: Dialog, seconds: number, refresher: 'us' | 'peer' | 'us-alone'): void {
    if (dialog.kind !== 'INVITE') return;
    this.#step(dialog, { type: 'agreed', now: this.#context.clock.now(), interval: seconds * 1000, refresher });
  }

  #arm(dialog: Dialog, at: number): void {
    dialog.cancelSession();
    const { clock, dialogs, timers } = this.#context;
    dialog.cancelSession = clock.at(at, () => {
      if (dialogs.get(dialog.id) !== dialog) return;
      // A browser on its way back cannot be asked yet; its silence would mean nothing.
      const busy = !isIdle(dialog) || nextHopInDialog(this.#context, dialog).type === 'unreachable';
      this.#step(dialog, { type: 'time', now: clock.now(), busy, recheck: 2 * timers.t1 });
    });
  }

  #step(dialog: Dialog, event: SessionEvent): void {
    if (this.#context.dialogs.get(dialog.id) !== dialog) return;
    const step = stepSession(dialog.session, event);
    dialog.session = step.state;
    for (const effect of step.effects) {
      switch (effect.type) {
        case 'arm':
          this.#arm(dialog, effect.at);
          break;
        case 'disarm':
          dialog.cancelSession();
          break;
        case 'refresh':
          this.#refresh(dialog, effect.interval / 1000, effect.alone);
          break;
        case 'end':
          this.#context.log.info({ callId: dialog.callId }, 'session timer expired');
          this.#keeper.end(dialog, 'Session timer expired');
          break;
        default:
          assertNever(effect, 'session timer effect');
      }
    }
  }

  #refresh(dialog: Dialog, seconds: number, alone: boolean): void {
    sendRefresh({ context: this.#context, keeper: this.#keeper, dialog, alone, seconds }, (outcome) => {
      if (outcome.type === 'refused' && outcome.challenged !== undefined) {
        this.challenged.emit({ dialog: dialog.id, method: outcome.challenged });
      }
      if (outcome.type === 'accepted') this.accepted(dialog, outcome.request, outcome.answer);
      else this.#step(dialog, outcome.type === 'silent' ? outcome : { ...outcome, now: this.#context.clock.now() });
    });
  }
}

function now(dialog: Dialog | undefined): SessionNow | undefined {
  const session = dialog?.session;
  if (session === undefined) return undefined;
  if (session.type === 'watching') return { seconds: session.interval / 1000, refresher: 'peer' };
  if ((session.type !== 'keeping' && session.type !== 'refreshing') || session.alone) return undefined;
  return { seconds: session.interval / 1000, refresher: 'us' };
}

/** The session description a message carries; undefined when it has none or something around it. */
export function sdpOf(message: SipMessage): Buffer | undefined {
  if (message.body.length === 0) return undefined;
  const type = message.headers.find(({ name }) => name === 'Content-Type')?.value ?? '';
  return type.split(';')[0]?.trim().toLowerCase() === 'application/sdp' ? message.body : undefined;
}
