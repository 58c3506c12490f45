import { randomInt } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { readNumber } from '../parser/characters.ts';
import { headerOf, headersOf } from '../parser/message.ts';
import type { Header, SipMessage, SipRequest } from '../parser/message.ts';
import { patience } from '../transaction/timers.ts';
import type { TimerValues } from '../transaction/timers.ts';

/** True when a Supported or Require header names `100rel`. */
export function names100rel(message: SipMessage, header: 'Supported' | 'Require'): boolean {
  return listsTag(headersOf(message, header));
}

/** The same of an app's headers. */
export function asksReliable(headers: readonly Header[]): boolean {
  return listsTag(headers.filter((header) => header.name === 'Require').map((header) => header.value));
}

function listsTag(values: readonly string[]): boolean {
  return values.some((value) => value.split(',').some((tag) => tag.trim().toLowerCase() === '100rel'));
}

/**
 * Repeats a reliable provisional answer until its PRACK comes (RFC 3262 section 3): at T1, doubling, for 64 T1. `giveUp`
 * is called once when none came.
 */
export function repeatReliable(
  dialog: Dialog,
  facts: { readonly rseq: number; readonly cseq: number; readonly sdp: boolean },
  around: { readonly clock: Clock; readonly timers: TimerValues },
  repeat: () => void,
  giveUp: () => void,
): void {
  const { clock, timers } = around;
  const { rseq, cseq, sdp } = facts;
  let elapsed = 0;
  let interval = timers.t1;
  let cancel = (): void => {};
  const arm = (): void => {
    cancel = clock.at(clock.now() + interval, () => {
      elapsed += interval;
      interval = Math.min(interval * 2, Math.max(1, patience(timers) - elapsed));
      if (elapsed >= patience(timers)) {
        dialog.reliable.delete(rseq);
        giveUp();
        return;
      }
      repeat();
      arm();
    });
  };
  arm();
  dialog.reliable.set(rseq, { cseq, sdp, stop: () => cancel() });
}

/** The RSeq after `last`; the first is drawn from the whole range, so that nobody outside can guess it (RFC 3262 section 3). */
export function nextRseq(last: number | undefined): number {
  return last === undefined ? 1 + randomInt(2 ** 31 - 2 ** 20) : last + 1;
}

/** Reads `RAck: 776656 1 INVITE`; undefined when malformed or for another method. */
export function readRack(message: {
  readonly headers: readonly Header[];
}): { readonly rseq: number; readonly cseq: number } | undefined {
  const [first = '', second = '', method] = (headerOf(message, 'RAck') ?? '').split(' ').filter((part) => part !== '');
  const [rseq, cseq] = [readNumber(first), readNumber(second)];
  return rseq === undefined || cseq === undefined || method !== 'INVITE' ? undefined : { rseq, cseq };
}

/** Stops the repetition a PRACK is for; false when it is for none (RFC 3262 section 3: 481). */
export function acknowledgedBy(dialog: Dialog, prack: SipRequest): boolean {
  const rack = readRack(prack);
  const open = rack === undefined ? undefined : dialog.reliable.get(rack.rseq);
  if (rack === undefined || open === undefined || open.cseq !== rack.cseq) return false;
  open.stop();
  dialog.reliable.delete(rack.rseq);
  return true;
}

/** The reliable provisional answers of one INVITE in the order of RFC 3262 section 4, each fork by itself. */
export class ReliableOrder {
  readonly #last = new Map<string, number>();

  /** True for the first one of a fork and for each next; false for one that came before or comes too early. */
  takes(tag: string, rseq: number): boolean {
    const last = this.#last.get(tag);
    if (last !== undefined && rseq !== last + 1) return false;
    this.#last.set(tag, rseq);
    return true;
  }
}

/** The RSeq of a provisional answer that has to be acknowledged; undefined when it has not. */
export function reliableNumber(answer: SipMessage): number | undefined {
  return names100rel(answer, 'Require') ? readNumber(headerOf(answer, 'RSeq') ?? '') : undefined;
}
