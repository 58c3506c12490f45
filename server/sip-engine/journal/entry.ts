import { cseqJump } from '../../../protocol/engine-journal.ts';
import type { JournalDialog } from '../../../protocol/engine-journal.ts';
import { newDialog } from '../dialog/dialog.ts';
import type { Dialog } from '../dialog/dialog.ts';
import type { Flow } from '../transport/flow.ts';

/** What of a dialog is written down. */
export function entryOf(dialog: Dialog): JournalDialog {
  const { flow } = dialog;
  return {
    id: dialog.id,
    role: dialog.role,
    ...(dialog.kind === 'INVITE' ? {} : { kind: dialog.kind }),
    callId: dialog.callId,
    localTag: dialog.localTag,
    remoteTag: dialog.remoteTag,
    localParty: dialog.localParty,
    remoteParty: dialog.remoteParty,
    localSeq: dialog.localSeq,
    remoteSeq: dialog.remoteSeq ?? null,
    remoteTarget: dialog.remoteTarget,
    routeSet: [...dialog.routeSet],
    localContact: dialog.localContact,
    since: dialog.since,
    tag: dialog.tag,
    flow: { protocol: flow.protocol, remote: flow.remote, local: flow.local },
    source: dialog.source ?? null,
    localSdp: dialog.localSdp?.toString() ?? null,
    peerUpdates: dialog.peerUpdates,
    session: dialog.session,
    ...(dialog.event === undefined ? {} : { event: dialog.event }),
    ...(dialog.until === undefined ? {} : { until: dialog.until }),
  };
}

/** Fields that change in a dialog's life; the others are fixed by its confirmation. */
const changing = [
  'remoteSeq',
  'remoteTarget',
  'routeSet',
  'localContact',
  'flow',
  'source',
  'localSdp',
  'peerUpdates',
  'session',
  'until',
] as const satisfies readonly (keyof JournalDialog)[];

function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object') return false;
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * What must be written of the way from one entry to the next; undefined when nothing. Our CSeq alone is written only
 * now and then: the jump at recovery is twice as long.
 */
export function changesOf(before: JournalDialog, now: JournalDialog): Partial<JournalDialog> | undefined {
  const to: Record<string, unknown> = {};
  for (const field of changing) if (!same(before[field], now[field])) to[field] = now[field];
  if (now.localSeq - before.localSeq >= cseqJump / 2) to['localSeq'] = now.localSeq;
  return Object.keys(to).length === 0 ? undefined : to;
}

/** A path that is no more: what was sent on it comes back as failed. */
export function closedFlow(was: JournalDialog['flow']): Flow {
  return {
    ...was,
    reliable: was.protocol !== 'udp',
    open: false,
    send: (_bytes, failed) => {
      if (failed !== undefined) queueMicrotask(() => failed('connection is closed'));
    },
    close: () => {},
  };
}

/** The dialog again: confirmed, nobody's yet, its path closed, its CSeq beyond any that was used. */
export function dialogOf(entry: JournalDialog): Dialog {
  const { flow, source, localSdp, remoteSeq, peerUpdates, session, event, until, kind, ...facts } = entry;
  const dialog = newDialog({
    ...facts,
    kind: kind ?? 'INVITE',
    localSeq: entry.localSeq + cseqJump,
    remoteSeq: remoteSeq ?? undefined,
    owner: undefined,
    flow: closedFlow(flow),
    source: source ?? undefined,
  });
  dialog.state = 'confirmed';
  dialog.recovered = true;
  dialog.localSdp = localSdp === null ? undefined : Buffer.from(localSdp);
  dialog.peerUpdates = peerUpdates;
  dialog.session = session;
  dialog.event = event;
  dialog.until = until;
  return dialog;
}
