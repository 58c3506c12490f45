/** Runs one call: feeds its machine from a mailbox, keeps its timers, performs its effects through the ports. */
import { assertNever } from '../../base/assert-never.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { Mailbox } from '../../base/mailbox.ts';
import type { CallEffect, CallEvent } from './events.ts';
import type { CallRow, MediaPort, PlanPort, RoutingPort, SipPort } from './ports.ts';
import { type CallState, timerNames, type TimerName } from './state.ts';
import type { Step } from './step.ts';
import { transition } from './transition.ts';
import { offerOf } from './arriving.ts';

/** The ledger: the rows of one transition and the call's snapshot (null: forget it), in one transaction. */
export interface LedgerPort {
  /** Resolves when written (it then survives the death of this process); rejects when the disk refuses. */
  append(callId: string, rows: readonly CallRow[], snapshot: CallState | null): Promise<void>;
}

/** Everything a call runs on. */
export interface CallPorts {
  readonly media: MediaPort;
  readonly sip: SipPort;
  readonly plan: PlanPort;
  readonly routing: RoutingPort;
  readonly ledger: LedgerPort;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What the owner of a runner hears of it. */
export interface CallWatcher {
  changed(state: CallState): void;
  retired(state: CallState): void;
}

type PlanEffect = Extract<CallEffect, { type: 'begin-plan' | 'advance-plan' }>;

function isPlanEffect(effect: CallEffect): effect is PlanEffect {
  return effect.type === 'begin-plan' || effect.type === 'advance-plan';
}

export class CallRunner {
  readonly #ports: CallPorts;
  readonly #watcher: CallWatcher;
  /** The SDP of the caller's INVITE; needed once, so it is not part of the snapshot. */
  readonly #inviteSdp: string;
  readonly #mailbox: Mailbox<CallEvent>;
  readonly #timers = new Map<TimerName, Cancel>();
  #state: CallState;
  /** Effects run one after the other, each after its rows are written. */
  #tail: Promise<void> = Promise.resolve();

  constructor(ports: CallPorts, watcher: CallWatcher, state: CallState, inviteSdp: string) {
    this.#ports = ports;
    this.#watcher = watcher;
    this.#state = state;
    this.#inviteSdp = inviteSdp;
    this.#mailbox = new Mailbox((event) => this.#read(event));
  }

  get state(): CallState {
    return this.#state;
  }

  /** Begins a new call with the step `admit` made. */
  begin(first: Step): void {
    this.#take(first);
  }

  /** Takes up a call from its snapshot: its deadlines are armed again. */
  resume(): void {
    for (const timer of timerNames) {
      const at = this.#state.timers[timer];
      if (at !== undefined) this.#arm(timer, at);
    }
  }

  post(event: CallEvent): void {
    this.#mailbox.post(event);
  }

  /** Posts what the media node said, unless this call has taken it in before a restart. */
  postMedia(event: CallEvent, seen: { readonly bootId: string; readonly seq: number }): void {
    const before = this.#state.mediaSeen;
    if (before !== null && before.bootId === seen.bootId && before.seq >= seen.seq) return;
    this.#state = { ...this.#state, mediaSeen: seen };
    this.#mailbox.post(event);
  }

  /** Resolves when every effect asked for so far was performed. */
  settled(): Promise<void> {
    return this.#tail;
  }

  /** Stops the timers; the call itself is left as it is, for a later recovery. */
  close(): void {
    this.#mailbox.close();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #read(event: CallEvent): void {
    const step = transition(this.#state, event, this.#ports.clock.now());
    if (step.state === this.#state && step.effects.length === 0) return;
    this.#take(step);
  }

  /** Lets the plan answer at once (it is pure), then writes all rows in one go and performs what is left. */
  #take(first: Step): void {
    const { clock, ledger, logger } = this.#ports;
    const before = this.#state;
    const effects: CallEffect[] = [];
    const todo = [...first.effects];
    let state = first.state;
    for (let effect = todo.shift(); effect !== undefined; effect = todo.shift()) {
      if (!isPlanEffect(effect)) {
        effects.push(effect);
        continue;
      }
      const next = transition(state, { type: 'plan-moved', move: this.#askPlan(state, effect) }, clock.now());
      state = next.state;
      todo.push(...next.effects);
    }
    this.#state = state;
    const rows = effects.flatMap((effect) => (effect.type === 'record' ? [effect.row] : []));
    const written = this.#write(ledger, rows, before, state);
    this.#tail = this.#tail.then(async () => {
      await written;
      for (const effect of effects) this.#perform(effect);
    });
    this.#tail.catch((err: unknown) => logger.error({ callId: state.callId, err }, 'a call effect failed'));
    this.#watcher.changed(state);
  }

  /** A call in progress goes on when the disk refuses: the ledger keeps its rows and says so in its health. */
  async #write(ledger: LedgerPort, rows: readonly CallRow[], before: CallState, state: CallState): Promise<void> {
    if (rows.length === 0 && before === state) return;
    try {
      await ledger.append(state.callId, rows, state.phase === 'over' ? null : state);
    } catch (err) {
      this.#ports.logger.error({ callId: state.callId, err }, 'call rows could not be written');
    }
  }

  #askPlan(state: CallState, effect: PlanEffect) {
    const now = this.#ports.clock.now();
    if (effect.type === 'begin-plan')
      return this.#ports.plan.begin({
        ...state.signals,
        ...{ called: effect.called ?? state.to, caller: state.from, now },
        route: effect.called === undefined ? state.signals?.web?.route : undefined,
      });
    if (state.position === null) return { type: 'plan-gone' } as const;
    return this.#ports.plan.advance(state.position, effect.input, now);
  }

  #arm(timer: TimerName, at: number): void {
    this.#timers.get(timer)?.();
    this.#timers.set(
      timer,
      this.#ports.clock.at(at, () => this.post({ type: 'timer', timer })),
    );
  }

  #perform(effect: CallEffect): void {
    const { sip, routing } = this.#ports;
    const { callId } = this.#state;
    switch (effect.type) {
      case 'record':
      case 'begin-plan':
      case 'advance-plan':
        return;
      case 'open-endpoint':
      case 'restart-ice':
      case 'answer-endpoint':
      case 'close-endpoint':
      case 'apply-graph':
      case 'close-media':
        return this.#performMedia(effect);
      case 'answer-leg':
        return sip.answer(effect.legId, effect.sdp);
      case 'reject-leg':
        return sip.reject(effect.legId, effect.status, effect.reason);
      case 'invite-leg':
      case 'progress-leg':
      case 'acknowledge-leg':
      case 'answer-refer':
      case 'notify-referrer':
        return this.#performLeg(effect);
      case 'cancel-leg':
        return sip.cancel(effect.legId, effect.answeredElsewhere);
      case 'end-leg':
        return sip.bye(effect.legId, effect.cause);
      case 'want-picture':
        return sip.wantPicture(effect.legId);
      case 'refresh-picture':
        return this.#ignore(this.#ports.media.refreshPicture(effect.legId));
      case 'tell-video':
        return sip.tellVideo(effect.legId, effect.paused);
      case 'answer-reinvite':
        return sip.answerReinvite(effect.legId, effect.token, effect.sdp);
      case 'reinvite-leg':
        return sip.reinvite(effect.legId, effect.sdp);
      case 'queue-ticket': {
        const { type: _type, ...ticket } = effect;
        return routing.queueTicket({ ...ticket, callId });
      }
      case 'withdraw-ticket':
        return routing.withdrawTicket(effect.ticketId);
      case 'offer-answered':
        return routing.offerAnswered(effect.offerId);
      case 'offer-failed':
        return routing.offerFailed(effect.offerId, effect.cause);
      case 'free-agent':
        return routing.callEnded(effect.agentId, callId, effect.wrapUp);
      case 'dial-connected':
        return routing.dialConnected(effect.agentId, callId);
      case 'recall-agent':
        return routing.recall(effect.agentId, callId);
      case 'find-agent':
        return routing.find(effect.agentId, callId);
      case 'arm':
        return this.#arm(effect.timer, effect.at);
      case 'disarm':
        this.#timers.get(effect.timer)?.();
        this.#timers.delete(effect.timer);
        return;
      case 'retire':
        this.#watcher.retired(this.#state);
        return;
      default:
        return assertNever(effect);
    }
  }

  #performLeg(
    effect: Extract<
      CallEffect,
      { type: 'invite-leg' | 'progress-leg' | 'acknowledge-leg' | 'answer-refer' | 'notify-referrer' }
    >,
  ): void {
    const { sip } = this.#ports;
    switch (effect.type) {
      case 'invite-leg': {
        const { type: _type, ...leg } = effect;
        return sip.invite({ ...leg, callId: this.#state.callId });
      }
      case 'progress-leg':
        return sip.progress(effect.legId, effect.status, effect.sdp);
      case 'acknowledge-leg':
        return sip.acknowledge(effect.legId, effect.sdp);
      case 'answer-refer':
        return sip.answerRefer(effect.legId, effect.token, effect.status);
      case 'notify-referrer':
        return sip.notifyRefer(effect.legId, effect.status, effect.reason, effect.last);
      default:
        return assertNever(effect);
    }
  }

  #performMedia(
    effect: Extract<
      CallEffect,
      { type: 'open-endpoint' | 'restart-ice' | 'answer-endpoint' | 'close-endpoint' | 'apply-graph' | 'close-media' }
    >,
  ): void {
    const { media } = this.#ports;
    const { callId } = this.#state;
    switch (effect.type) {
      case 'open-endpoint':
        return this.#open(effect);
      case 'answer-endpoint':
        media.answer(effect.legId, effect.sdp).then(
          ({ picture }) => this.post({ type: 'endpoint-answered', legId: effect.legId, picture }),
          (err: unknown) => this.#endpointFailed(effect.legId, null, err),
        );
        return;
      case 'restart-ice': {
        const { legId } = effect;
        const opened = { type: 'endpoint-opened', legId, token: null, remoteDirection: 'sendrecv' } as const;
        media.restartIce(legId).then(
          (localSdp) => this.post({ ...opened, localSdp }),
          (err: unknown) => this.#endpointFailed(legId, null, err),
        );
        return;
      }
      case 'close-endpoint':
        return this.#ignore(media.close(effect.legId));
      case 'apply-graph':
        return this.#ignore(media.apply(callId, effect.revision, effect.graph));
      case 'close-media':
        return this.#ignore(media.closeCall(callId));
      default:
        return assertNever(effect);
    }
  }

  #open(effect: Extract<CallEffect, { type: 'open-endpoint' }>): void {
    const { legId, kind, token } = effect;
    const remoteSdp = effect.remoteSdp === 'invite' ? this.#inviteSdp : effect.remoteSdp;
    const offer = offerOf(this.#state, legId);
    const request = {
      ...{ endpointId: legId, callId: this.#state.callId, kind },
      ...(offer === undefined ? {} : { offer }),
      ...(effect.again === true ? { again: true } : {}),
    };
    this.#ports.media.open(remoteSdp === null || remoteSdp === '' ? request : { ...request, remoteSdp }).then(
      (opened) => this.post({ type: 'endpoint-opened', legId, token, ...opened }),
      (err: unknown) => this.#endpointFailed(legId, token, err),
    );
  }

  #endpointFailed(legId: string, token: number | null, err: unknown): void {
    const code = err instanceof Error && 'code' in err && typeof err.code === 'string' ? err.code : 'internal';
    this.#ports.logger.warn({ callId: this.#state.callId, legId, err }, 'the media node refused an endpoint');
    this.post({ type: 'endpoint-failed', legId, token, code });
  }

  /** The media node's silence needs no answer here: a dead node is told by `endpoint-lost`, a stale close by inventory. */
  #ignore(outcome: Promise<void>): void {
    const { callId } = this.#state;
    outcome.catch((err: unknown) => this.#ports.logger.warn({ callId, err }, 'the media node refused a change'));
  }
}
