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
  rseq: number,
  around: { readonly clock: Clock; readonly timers: TimerValues },
  repeat: () => void,
  giveUp: () => void,
): void {
  const { clock, timers } = around;
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
  dialog.reliable.set(rseq, () => cancel());
}

/** Stops the repetition a PRACK is for; false when it is for none (RFC 3262 section 3: 481). */
export function acknowledgedBy(dialog: Dialog, prack: SipRequest): boolean {
  const [first = ''] = (headerOf(prack, 'RAck') ?? '').split(' ');
  const rseq = readNumber(first);
  const stop = rseq === undefined ? undefined : dialog.reliable.get(rseq);
  if (rseq === undefined || stop === undefined) return false;
  stop();
  dialog.reliable.delete(rseq);
  return true;
}

/** True when this reliable answer was seen before: its PRACK is under way, the app must not see it again. */
export function seenBefore(seen: Set<string>, answer: SipMessage, toTag: string | undefined): boolean {
  const rseq = headerOf(answer, 'RSeq');
  if (rseq === undefined) return false;
  const key = `${toTag ?? ''} ${rseq}`;
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}
