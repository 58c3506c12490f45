import { assertNever } from '../../../base/assert-never.ts';
import type { Alert, DeskSupervisionMode, RingChoice } from '../../../protocol/desk.ts';
import type { Joined } from '../join.ts';
import type { Line } from '../phone/machine.ts';
import type { AgentSession } from '../session/agent-session.ts';
import type { AppModel } from '../session/app-model.ts';
import type { HotkeyActions } from '../ui/hotkeys.ts';
import { recordOrders } from './record-button.tsx';
import type { SearchContacts } from './callable.ts';
import type { ListColleagues } from './colleagues.ts';

interface DeskActionParts {
  readonly model: AppModel;
  readonly session: AgentSession;
  readonly joined: Joined;
  readonly line: Line;
}

/** Everything an agent can do, as plain functions; the same for buttons and keys. */
export interface DeskActions {
  readonly goAvailable: () => void;
  readonly pause: (reason: string) => void;
  readonly signOut: () => void;
  readonly dial: (number: string) => void;
  readonly searchContacts: SearchContacts;
  readonly colleagues: ListColleagues;
  readonly chooseRing: (ring: RingChoice) => void;
  readonly answer: () => void;
  readonly decline: () => void;
  readonly hangUp: () => void;
  readonly toggleMute: () => void;
  readonly toggleHold: () => void;
  /** Begins, pauses or resumes the recording, whichever means something now. */
  readonly toggleRecording: () => void;
  readonly keypad: (digits: string) => void;
  /** Hands the caller over; `cancelTransfer` takes them back while nobody has answered. */
  readonly transfer: (to: string) => void;
  readonly cancelTransfer: () => void;
  /** Talks to them first; then changes between the two, and hands over. */
  readonly consult: (to: string) => void;
  readonly swap: () => void;
  readonly completeTransfer: () => void;
  /** Adds somebody to the talk, or takes the one who is consulted into it. */
  readonly add: (to: string) => void;
  readonly merge: () => void;
  readonly muteMember: (member: string, muted: boolean) => void;
  readonly dropMember: (member: string) => void;
  /** A supervisor listens to the talk of somebody else, or changes how; and becomes the caller's agent. */
  readonly supervise: (callId: string, mode: DeskSupervisionMode) => void;
  readonly takeOver: () => void;
  readonly muted: boolean;
  /** The keys that mean something in the present state of the call. */
  readonly callKeys: HotkeyActions;
}

/** True if either side of the desk has cut the microphone. */
export function isMuted(joined: Joined, line: Line): boolean {
  const atDesk = (joined.type === 'talking' || joined.type === 'elsewhere') && joined.details?.muted === true;
  return atDesk || (line.type === 'talking' && line.muted);
}

/** The alert that the acknowledge key means: the newest one that nobody has acknowledged. */
export function newestOpenAlert(alerts: readonly Alert[]): Alert | undefined {
  return alerts.findLast((each) => !each.acknowledged);
}

export function useDeskActions({ model, session, joined, line }: DeskActionParts): DeskActions {
  const call = joined.type === 'none' ? undefined : joined.details;
  const muted = isMuted(joined, line);
  const actions: Omit<DeskActions, 'callKeys'> = {
    muted,
    goAvailable: () => {
      model.ringTone.unlock();
      askForNotifications();
      void session.goAvailable();
    },
    pause: (reason) => void session.command({ type: 'pause', reason }),
    signOut: () => void signOut(model, session),
    dial: (number) => {
      model.ringTone.unlock();
      void session.dial(number);
    },
    searchContacts: session.searchContacts,
    colleagues: session.colleagues,
    chooseRing: (ring) => void session.command({ type: 'ring', ring }),
    answer: () => session.answer(),
    decline: () => void session.decline(),
    hangUp: () => void session.hangUp(),
    toggleMute: () => void session.setMuted(!muted),
    toggleHold: () => void session.toggleHold(),
    toggleRecording: () => {
      const recording = call?.recording;
      if (call === undefined || recording === undefined || recording === 'failed') return;
      void session.command({ type: 'record', callId: call.callId, order: recordOrders[recording] });
    },
    keypad: (digits) => {
      if (call !== undefined) void session.command({ type: 'keypad', callId: call.callId, digits });
    },
    transfer: (to) => {
      if (call !== undefined) void session.command({ type: 'transfer', callId: call.callId, to });
    },
    consult: (to) => {
      if (call !== undefined) void session.command({ type: 'consult', callId: call.callId, to });
    },
    swap: () => {
      if (call !== undefined) void session.command({ type: 'swap', callId: call.callId });
    },
    completeTransfer: () => {
      if (call !== undefined) void session.command({ type: 'complete-transfer', callId: call.callId });
    },
    add: (to) => {
      if (call !== undefined) void session.command({ type: 'add', callId: call.callId, to });
    },
    merge: () => {
      if (call !== undefined) void session.command({ type: 'merge', callId: call.callId });
    },
    muteMember: (member, silent) => {
      if (call !== undefined) void session.command({ type: 'mute-member', callId: call.callId, member, muted: silent });
    },
    dropMember: (member) => {
      if (call !== undefined) void session.command({ type: 'drop-member', callId: call.callId, member });
    },
    supervise: (callId, mode) => {
      model.ringTone.unlock();
      void session.command({ type: 'supervise', callId, mode });
    },
    takeOver: () => {
      if (call !== undefined) void session.command({ type: 'take-over', callId: call.callId });
    },
    cancelTransfer: () => {
      if (call !== undefined) void session.command({ type: 'cancel-transfer', callId: call.callId });
    },
  };
  const acknowledge = (): void => {
    const alert = newestOpenAlert(call?.alerts ?? []);
    if (alert !== undefined)
      void session.command({ type: 'acknowledge-alert', callId: alert.callId, alertId: alert.alertId });
  };
  return { ...actions, callKeys: { ...keysOf(joined, actions), acknowledge } };
}

function keysOf(joined: Joined, actions: Omit<DeskActions, 'callKeys'>): HotkeyActions {
  const { answer, decline, hangUp, toggleMute, toggleHold, toggleRecording, swap, completeTransfer, merge, takeOver } =
    actions;
  switch (joined.type) {
    case 'none':
    case 'wrap-up':
      return {};
    case 'ringing':
      return { answer, decline };
    case 'details-only':
      return { decline };
    case 'answering':
    case 'dialling':
    case 'audio-lost':
      return { hangUp };
    case 'elsewhere':
    case 'talking': {
      const { transfer, consulted, host, supervising } = joined.details ?? {};
      if (supervising !== undefined) return { hangUp, mute: toggleMute, takeOver };
      if (consulted === true || host !== undefined) return { hangUp, mute: toggleMute };
      if (transfer?.type !== 'attended' || transfer.stage === 'failed' || transfer.joins === true)
        return { hangUp, mute: toggleMute, hold: toggleHold, record: toggleRecording };
      // Hanging up is handing over then, and has a key that says so.
      if (transfer.callerLeft === true) return { hangUp, mute: toggleMute };
      return { completeTransfer, mute: toggleMute, ...(transfer.with === undefined ? {} : { swap, merge }) };
    }
    default:
      return assertNever(joined);
  }
}

async function signOut(model: AppModel, session: AgentSession): Promise<void> {
  if (await session.signOut()) await model.leave();
}

/** Asked for when the agent does something, as browsers want; the answer changes nothing else. */
function askForNotifications(): void {
  if (!('Notification' in window) || Notification.permission !== 'default') return;
  Notification.requestPermission().catch(() => undefined);
}
