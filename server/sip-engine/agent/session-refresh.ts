import type { Dialog } from '../dialog/dialog.ts';
import { makeDialogRequest } from '../dialog/request.ts';
import { headRequest, readMinSe } from '../dialog/session-negotiation.ts';
import { glareWait } from '../dialog/session-timer.ts';
import { contactUri } from '../dialog/dialog.ts';
import { readNumber } from '../parser/characters.ts';
import { headerOf } from '../parser/message.ts';
import type { Header, ReadMessage, SipRequest, SipResponse } from '../parser/message.ts';
import type { Flow } from '../transport/flow.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import { patience } from '../transaction/timers.ts';
import { makeCancel } from './complete.ts';
import type { EngineContext } from './context.ts';
import type { DialogKeeper } from './dialog-keeper.ts';
import { nextHopInDialog, withFlow } from './next-hop.ts';
import { newBranch } from './tags.ts';

/** How a refresh went: `silent` when the peer is gone, `refused` when it lives and may be asked again. */
export type RefreshOutcome =
  | { readonly type: 'accepted'; readonly request: SipRequest; readonly answer: SipResponse }
  /** `challenged` by this method: only the app knows passwords. */
  | { readonly type: 'refused'; readonly wait: number; readonly challenged?: 'INVITE' | 'UPDATE' }
  | { readonly type: 'silent' };

interface Refresh {
  readonly context: EngineContext;
  readonly keeper: DialogKeeper;
  readonly dialog: Dialog;
  /** Only ask whether the peer lives. */
  readonly alone: boolean;
  readonly seconds: number;
}

const noUpdate = new Set([405, 420, 501]);

/**
 * Refreshes the session (RFC 4028 section 7.4): by UPDATE without SDP where the peer takes it, else by re-INVITE with the
 * description in force; a peer that knows no timers is asked OPTIONS. Tells `done` once.
 */
export function sendRefresh(refresh: Refresh, done: (outcome: RefreshOutcome) => void): void {
  const { context, dialog, alone } = refresh;
  const method = alone ? 'OPTIONS' : dialog.peerUpdates || dialog.localSdp === undefined ? 'UPDATE' : 'INVITE';
  if (!alone) dialog.afterRefresh ??= [];
  withFlow(context, nextHopInDialog(context, dialog), (flow) => {
    const way = flow ?? dialog.flow;
    const branch = newBranch();
    const request = makeDialogRequest(dialog, way, {
      method,
      cseq: ++dialog.localSeq,
      branch,
      headers: headersFor(refresh, method),
      body: method === 'INVITE' ? dialog.localSdp : undefined,
    });
    const transaction = context.transactions.client(branch, request, way, {
      response: (read, via) => answered(refresh, transaction, read, via, done),
      failed: () => finish(dialog, method, () => done({ type: 'silent' })),
    });
    if (method === 'INVITE') dialog.ownInvite = { offers: true, cancel: () => cancel(context, transaction) };
    if (method === 'UPDATE') dialog.ownUpdate = { offers: false };
    if (flow === undefined) transaction.unsendable();
    else transaction.start();
  });
}

function headersFor({ context, dialog, seconds }: Refresh, method: string): Header[] {
  if (method === 'OPTIONS') return [{ name: 'Accept', value: 'application/sdp' }];
  const headers: Header[] = [{ name: 'Contact', value: dialog.localContact }];
  headRequest(headers, { seconds, refresher: 'uac' }, context.session);
  if (method === 'INVITE') headers.push({ name: 'Content-Type', value: 'application/sdp' });
  return headers;
}

/** BYE was sent while our re-INVITE is open. */
function cancel(context: EngineContext, invite: ClientTransaction): void {
  if (!invite.proceeding) return;
  const nobody = { response: () => {}, failed: () => {} };
  const { clock, timers } = context;
  clock.at(clock.now() + patience(timers), () => invite.abandon());
  context.transactions.client(invite.branch, makeCancel(invite.request, []), invite.flow, nobody).start();
}

function answered(
  refresh: Refresh,
  { request }: ClientTransaction,
  read: ReadMessage<SipResponse>,
  flow: Flow,
  done: (outcome: RefreshOutcome) => void,
): void {
  const { dialog, keeper } = refresh;
  const { message } = read;
  const { status } = message;
  if (status < 200) return;
  if (status < 300) {
    if (request.method === 'INVITE') {
      const open = dialog.acks.get(read.cseq);
      if (open?.bytes !== undefined) return dialog.flow.send(open.bytes);
      keeper.awaitAck(dialog, request, read.cseq, false);
      keeper.acknowledge(dialog, read.cseq, { headers: [] });
    }
    if (request.method !== 'OPTIONS') dialog.remoteTarget = contactUri(message) ?? dialog.remoteTarget;
    dialog.flow = flow;
    const outcome = refresh.alone ? ({ type: 'refused', wait: 0 } as const) : undefined;
    return finish(dialog, request.method, () => done(outcome ?? { type: 'accepted', request, answer: message }));
  }
  finish(dialog, request.method, () => refused(refresh, request.method, message, done));
}

function refused(
  refresh: Refresh,
  method: string,
  message: SipResponse,
  done: (outcome: RefreshOutcome) => void,
): void {
  const { context, dialog, alone, seconds } = refresh;
  const { status } = message;
  if (status === 408 || status === 481) return done({ type: 'silent' });
  if (!alone && method === 'UPDATE' && noUpdate.has(status) && dialog.localSdp !== undefined) {
    dialog.peerUpdates = false;
    return sendRefresh(refresh, done);
  }
  const least = status === 422 ? (readMinSe(message) ?? 0) : 0;
  if (least > seconds) return sendRefresh({ ...refresh, seconds: least }, done);
  const wait = waitAfter(context, dialog, message);
  const challenged = !alone && (status === 401 || status === 407);
  done({ type: 'refused', wait, ...(challenged ? { challenged: method === 'INVITE' ? 'INVITE' : 'UPDATE' } : {}) });
}

/** When to ask again: as the answer says, else at half of what is left. */
function waitAfter({ clock, timers }: EngineContext, dialog: Dialog, message: SipResponse): number {
  if (message.status === 491) return glareWait(dialog.role === 'uac', Math.random(), timers.t1);
  const seconds = readNumber((headerOf(message, 'Retry-After') ?? '').split(/[;( ]/)[0] ?? '');
  if (seconds !== undefined) return seconds * 1000;
  const left = dialog.session.type === 'refreshing' ? dialog.session.endAt - clock.now() : 0;
  return Math.max(left / 2, 4 * timers.t1);
}

function isRefreshing(dialog: Dialog): boolean {
  return dialog.afterRefresh !== undefined;
}

/** The request is settled: what waited for it goes out, after what its answer means. */
function finish(dialog: Dialog, method: string, then: () => void): void {
  if (method === 'INVITE') dialog.ownInvite = undefined;
  if (method === 'UPDATE') dialog.ownUpdate = undefined;
  const waiting = dialog.afterRefresh ?? [];
  dialog.afterRefresh = undefined;
  then();
  // Asked again at once, with a longer interval or another method: they wait for that one as well.
  if (isRefreshing(dialog)) dialog.afterRefresh = waiting;
  else for (const send of waiting) send();
}
