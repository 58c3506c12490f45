import type { Clock } from '../../../base/clock.ts';
import { dialogId } from '../dialog/dialog.ts';
import type { Dialog } from '../dialog/dialog.ts';
import type { ReadMessage, SipRequest } from '../parser/message.ts';
import { patience } from '../transaction/timers.ts';
import type { TimerValues } from '../transaction/timers.ts';
import { readRack } from './reliable.ts';

/** What of a refused call still waits: the CSeq of its INVITE by RSeq. */
interface Refused {
  readonly localTag: string;
  readonly open: Map<number, number>;
}

/**
 * Reliable provisional answers of calls that were refused, or cancelled, before their PRACK came. They are not repeated
 * any more, but a PRACK that is on its way is taken (RFC 3262 section 3), for as long as they would have been repeated.
 */
export class LatePracks {
  readonly #clock: Clock;
  readonly #timers: TimerValues;
  readonly #refused = new Map<string, Refused>();

  constructor(clock: Clock, timers: TimerValues) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** The call of this dialog is over before it began. */
  keep({ id, role, state, localTag, reliable }: Dialog): void {
    if (role !== 'uas' || state !== 'early' || reliable.size === 0) return;
    const refused = { localTag, open: new Map([...reliable].map(([rseq, { cseq }]) => [rseq, cseq])) };
    this.#refused.set(id, refused);
    this.#clock.at(this.#clock.now() + patience(this.#timers), () => {
      if (this.#refused.get(id) === refused) this.#refused.delete(id);
    });
  }

  /** True, once for each answer, when this PRACK is for one of them: it gets 200. */
  takes({ callId, fromTag, toTag, message }: ReadMessage<SipRequest>): boolean {
    const rack = message.method === 'PRACK' ? readRack(message) : undefined;
    const refused = this.#refused.get(dialogId(callId, fromTag));
    if (rack === undefined || refused?.localTag !== toTag || refused?.open.get(rack.rseq) !== rack.cseq) return false;
    refused.open.delete(rack.rseq);
    return true;
  }
}
