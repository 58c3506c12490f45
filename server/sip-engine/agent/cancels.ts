import type { Header } from '../parser/message.ts';
import { writeMessage } from '../parser/write.ts';
import { patience } from '../transaction/timers.ts';
import type { ClientCall } from './client-calls.ts';
import { makeCancel } from './complete.ts';
import type { EngineContext } from './context.ts';

const nobody = { response: () => {}, failed: () => {} };

/** Cancels an INVITE now, or once a provisional answer came (RFC 3261 section 9.1). Returns the CANCEL's bytes. */
export function cancelInvite(context: EngineContext, call: ClientCall, headers: readonly Header[]): Buffer {
  const { transaction } = call;
  const request = makeCancel(transaction.request, headers);
  call.cancelHeaders = headers;
  if (call.cancelling === 'sent') return writeMessage(request);
  if (!transaction.proceeding) {
    call.cancelling = 'held';
    return writeMessage(request);
  }
  call.cancelling = 'sent';
  const { clock, timers, transactions } = context;
  // No final answer within 64 T1 of the CANCEL means there will be none.
  call.cancelWait = clock.at(clock.now() + patience(timers), () => transaction.abandon());
  const cancel = transactions.client(transaction.branch, request, transaction.flow, nobody);
  cancel.start();
  return cancel.bytes;
}
