import { contactUri, newDialog, recordRoutes } from '../dialog/dialog.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { headerOf } from '../parser/message.ts';
import type { ReadMessage, SipResponse } from '../parser/message.ts';
import type { Flow } from '../transport/flow.ts';
import type { DialogKeeper } from './dialog-keeper.ts';

/**
 * A second party answered an INVITE of ours when its transaction was over: a fork, or a server that had been given up for
 * its silence. Its call is taken and ended (RFC 3261 section 13.2.2.4), or it would wait for an ACK for half a minute.
 * False when the answer is the dialog's own.
 */
export function endLateFork(keeper: DialogKeeper, dialog: Dialog, read: ReadMessage<SipResponse>, flow: Flow): boolean {
  if (dialog.role !== 'uac' || dialog.state !== 'confirmed' || read.toTag === dialog.remoteTag) return false;
  const fork = newDialog({
    ...dialog,
    remoteTag: read.toTag ?? '',
    remoteParty: headerOf(read.message, 'To') ?? dialog.remoteParty,
    remoteTarget: contactUri(read.message) ?? dialog.remoteTarget,
    routeSet: recordRoutes(read.message).reverse(),
    localSeq: read.cseq,
    flow,
    source: flow.reliable ? undefined : flow.remote,
  });
  keeper.acknowledge(fork, read.cseq, { headers: [] });
  keeper.bye(fork, 'ACK-BYE race');
  return true;
}
