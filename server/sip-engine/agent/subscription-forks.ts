import { contactUri, dialogId, recordRoutes, turnToFork } from '../dialog/dialog.ts';
import type { Dialog, Dialogs, Fork } from '../dialog/dialog.ts';
import { makeDialogRequest } from '../dialog/request.ts';
import { headerOf } from '../parser/message.ts';
import type { Header, ReadMessage, SipRequest } from '../parser/message.ts';
import { patience } from '../transaction/timers.ts';
import type { Flow } from '../transport/flow.ts';
import type { EngineContext } from './context.ts';
import { nextHopInDialog, withFlow } from './next-hop.ts';
import { newBranch } from './tags.ts';

/** Event packages of which a forked SUBSCRIBE may make several subscriptions: RFC 3515 2.4.6, RFC 4235 3.9, RFC 3842 3.8. */
const several: ReadonlySet<string> = new Set(['refer', 'dialog', 'message-summary']);

function packageOf(event: string | undefined): string {
  return (event ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/**
 * The subscription of ours that a NOTIFY of somebody new belongs to: its SUBSCRIBE was forked and this one took it as well
 * (RFC 6665 sections 4.1.4 and 5.4.9). From then on the dialog is with both. Undefined where the package allows one only,
 * or when it comes too late (timer N): that gets 481.
 */
export function newNotifier(
  { dialogs, clock, timers }: Pick<EngineContext, 'clock' | 'timers'> & { readonly dialogs: Dialogs },
  notify: ReadMessage<SipRequest>,
  flow: Flow,
): Dialog | undefined {
  const { message, callId, fromTag, toTag } = notify;
  const dialog = message.method === 'NOTIFY' && toTag !== undefined ? dialogs.get(dialogId(callId, toTag)) : undefined;
  if (dialog?.role !== 'uac' || dialog.kind !== 'SUBSCRIBE' || dialog.localTag !== toTag) return undefined;
  const event = packageOf(headerOf(message, 'Event'));
  if (event !== packageOf(dialog.event) || !several.has(event)) return undefined;
  if (clock.now() > dialog.since + patience(timers)) return undefined;
  turnToFork(dialog, fromTag, contactUri(message) ?? dialog.remoteTarget);
  dialog.remoteParty = headerOf(message, 'From') ?? dialog.remoteParty;
  dialog.routeSet = recordRoutes(message);
  dialog.flow = flow;
  return dialog;
}

/** The notifier heard last has ended its part: true when others are left, with one of whom the dialog is now. */
export function goesOnWithout(dialog: Dialog): boolean {
  const [next] = dialog.forks.keys();
  if (dialog.role !== 'uac' || next === undefined) return false;
  const gone = dialog.remoteTag;
  turnToFork(dialog, next, dialog.remoteTarget);
  dialog.forks.delete(gone);
  return true;
}

/** The app renews (or ends) its subscription: so it is with each of the notifiers it did not name. */
export function renewOthers(context: EngineContext, dialog: Dialog, headers: readonly Header[]): void {
  for (const fork of [...dialog.forks.values()]) renew(context, dialog, fork, headers);
}

function renew(context: EngineContext, dialog: Dialog, fork: Fork, headers: readonly Header[]): void {
  const one: Dialog = { ...dialog, ...fork };
  const cseq = ++dialog.localSeq;
  withFlow(context, nextHopInDialog(context, one), (flow) => {
    const way = flow ?? fork.flow;
    const branch = newBranch();
    const request = makeDialogRequest(one, way, { method: 'SUBSCRIBE', cseq, branch, headers });
    const over = (): void => void dialog.forks.delete(fork.remoteTag);
    context.transactions
      .client(branch, request, way, {
        response: ({ message: { status } }) => {
          if (status >= 300 && status !== 401 && status !== 407) over();
        },
        failed: over,
      })
      .start();
  });
}
