import { CheckOutlined, PhoneOutlined, RollbackOutlined, RetweetOutlined, TeamOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskTransfer } from '../../../protocol/desk.ts';
import { ActionButton } from '../ui/action-button.tsx';
import type { DeskActions } from './use-desk-actions.ts';

interface ConsultControlsProps {
  readonly transfer: DeskTransfer;
  readonly actions: DeskActions;
  /** Mute and keypad, which mean the same as ever. */
  readonly children: ReactNode;
}

/** What an agent can do while they consult: change between the two, hand over, or take the caller back. */
export function ConsultControls({ transfer, actions, children }: ConsultControlsProps) {
  const { t } = useTranslation();
  const { stage, callerLeft = false, with: heard } = transfer;
  const talks = stage === 'talking';
  if (callerLeft)
    return (
      <div className="controls">
        {children}
        <ActionButton
          label={t('actions.hangUp')}
          testId="hang-up"
          hotkey="hangUp"
          icon={<PhoneOutlined rotate={225} />}
          kind="danger"
          onPress={actions.hangUp}
        />
      </div>
    );
  return (
    <div className="controls controls-consult">
      <ActionButton
        label={t(talks ? 'actions.completeTransfer' : 'actions.leaveTransfer')}
        testId="complete-transfer"
        hotkey="completeTransfer"
        icon={<CheckOutlined />}
        kind={talks ? 'primary' : 'plain'}
        onPress={actions.completeTransfer}
      />
      {talks && heard !== undefined ? (
        <ActionButton
          label={t(heard === 'target' ? 'actions.swapToCaller' : 'actions.swapToTarget')}
          testId="swap"
          hotkey="swap"
          icon={<RetweetOutlined />}
          onPress={actions.swap}
        />
      ) : null}
      {talks && heard !== undefined ? (
        <ActionButton
          label={t('actions.merge')}
          testId="merge"
          hotkey="merge"
          icon={<TeamOutlined />}
          onPress={actions.merge}
        />
      ) : null}
      <ActionButton
        label={t('actions.cancelTransfer')}
        testId="cancel-transfer"
        hotkey="transfer"
        icon={<RollbackOutlined />}
        kind={talks ? 'plain' : 'primary'}
        onPress={actions.cancelTransfer}
      />
      {talks ? <div className="controls-more">{children}</div> : null}
    </div>
  );
}
