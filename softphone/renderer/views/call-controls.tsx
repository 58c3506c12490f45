import {
  CloseOutlined,
  PauseOutlined,
  PhoneFilled,
  CaretRightOutlined,
  SwapOutlined,
  TableOutlined,
} from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { assertNever } from '../../../base/assert-never.ts';
import type { DeskCall, DeskTransfer } from '../../../protocol/desk.ts';
import type { Joined } from '../join.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { RecordButton } from './record-button.tsx';
import { SupervisingControls } from './supervising-controls.tsx';
import { ConsultControls } from './consult-controls.tsx';
import { HangUp, Mute } from './talk-buttons.tsx';
import type { DeskActions } from './use-desk-actions.ts';

interface CallControlsProps {
  readonly joined: Joined;
  readonly actions: DeskActions;
  readonly keypad: { readonly shown: boolean; readonly toggle: () => void };
  readonly transfer: { readonly shown: boolean; readonly toggle: () => void };
}

/** The buttons that mean something now, and no others. */
export function CallControls({ joined, actions, keypad, transfer }: CallControlsProps) {
  const { t } = useTranslation();
  switch (joined.type) {
    case 'none':
    case 'wrap-up':
      return null;
    case 'ringing':
      return (
        <div className="controls controls-ring">
          <ActionButton
            label={t('actions.answer')}
            testId="answer"
            hotkey="answer"
            icon={<PhoneFilled />}
            kind="primary"
            large
            onPress={actions.answer}
          />
          <ActionButton
            label={t('actions.decline')}
            testId="decline"
            hotkey="decline"
            icon={<CloseOutlined />}
            kind="danger"
            large
            onPress={actions.decline}
          />
        </div>
      );
    case 'details-only':
      return (
        <div className="controls">
          <ActionButton
            label={t('actions.decline')}
            testId="decline"
            hotkey="decline"
            icon={<CloseOutlined />}
            kind="danger"
            onPress={actions.decline}
          />
        </div>
      );
    case 'answering':
    case 'dialling':
    case 'audio-lost':
      return (
        <div className="controls">
          <HangUp actions={actions} />
        </div>
      );
    case 'elsewhere':
    case 'talking':
      if (joined.details?.supervising !== undefined)
        return <SupervisingControls call={joined.details} actions={actions} />;
      if (joined.details?.consulted === true || joined.details?.host !== undefined)
        return (
          <div className="controls controls-handing">
            <Mute actions={actions} />
            <HangUp actions={actions} {...leaving(joined.details, t('actions.leave'))} />
          </div>
        );
      if (isHandedOver(joined.details) && joined.details?.transfer !== undefined)
        return (
          <Handing transfer={joined.details.transfer} actions={actions}>
            <Mute actions={actions} />
            <KeypadSwitch keypad={keypad} />
          </Handing>
        );
      return (
        <div className="controls controls-talk">
          <Mute actions={actions} />
          {joined.details === undefined ? null : <Hold held={joined.details.state === 'held'} actions={actions} />}
          {joined.details === undefined ? null : <KeypadSwitch keypad={keypad} />}
          {joined.details === undefined || joined.details.transfer?.joins === true ? null : (
            <ActionButton
              label={t(joined.details.conference === undefined ? 'actions.transfer' : 'actions.addMember')}
              testId="transfer"
              hotkey="transfer"
              icon={<SwapOutlined />}
              expanded={transfer.shown}
              onPress={transfer.toggle}
            />
          )}
          <RecordButton state={joined.details?.recording} onPress={actions.toggleRecording} />
          <HangUp actions={actions} {...leaving(joined.details, t('actions.leave'))} />
        </div>
      );
    default:
      return assertNever(joined);
  }
}

/** Whether the call rings somebody else now. */
export function isHandedOver(call: DeskCall | undefined): boolean {
  // Whoever is added joins the talk: nobody is handed over.
  return call?.transfer !== undefined && call.transfer.stage !== 'failed' && call.transfer.joins !== true;
}

/** In a conference whoever hangs up leaves the others to talk on, and the button says so. */
function leaving(call: DeskCall | undefined, label: string): { readonly label?: string } {
  return call?.conference === undefined ? {} : { label };
}

interface HandingProps {
  readonly transfer: DeskTransfer;
  readonly actions: DeskActions;
  readonly children: ReactNode;
}

function Handing({ transfer, actions, children }: HandingProps) {
  if (transfer.type === 'blind') return <HandingOver actions={actions} />;
  return (
    <ConsultControls transfer={transfer} actions={actions}>
      {children}
    </ConsultControls>
  );
}

function KeypadSwitch({ keypad }: Pick<CallControlsProps, 'keypad'>) {
  const { t } = useTranslation();
  return (
    <ActionButton
      label={t('actions.keypad')}
      testId="keypad"
      hotkey="keypad"
      icon={<TableOutlined />}
      expanded={keypad.shown}
      onPress={keypad.toggle}
    />
  );
}

/** While the target rings: take the caller back, or leave the call to itself. */
function HandingOver({ actions }: { readonly actions: DeskActions }) {
  const { t } = useTranslation();
  return (
    <div className="controls controls-handing">
      <ActionButton
        label={t('actions.cancelTransfer')}
        testId="cancel-transfer"
        hotkey="transfer"
        icon={<CaretRightOutlined />}
        kind="primary"
        onPress={actions.cancelTransfer}
      />
      <HangUp actions={actions} label={t('actions.leaveTransfer')} />
    </div>
  );
}

/** One button in one place, which changes its name: the focus stays on it, and so does Alt+H. */
function Hold({ held, actions }: { readonly held: boolean; readonly actions: DeskActions }) {
  const { t } = useTranslation();
  return (
    <ActionButton
      label={t(held ? 'actions.resume' : 'actions.hold')}
      testId={held ? 'resume' : 'hold'}
      hotkey="hold"
      icon={held ? <CaretRightOutlined /> : <PauseOutlined />}
      kind={held ? 'primary' : 'plain'}
      onPress={actions.toggleHold}
    />
  );
}
