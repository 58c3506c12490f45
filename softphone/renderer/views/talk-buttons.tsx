import { AudioMutedOutlined, AudioOutlined, PhoneOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { ActionButton } from '../ui/action-button.tsx';
import type { DeskActions } from './use-desk-actions.ts';

/** Silences the agent's own microphone, towards everybody. */
export function Mute({ actions }: { readonly actions: DeskActions }) {
  const { t } = useTranslation();
  const { muted } = actions;
  return (
    <ActionButton
      label={t(muted ? 'actions.unmute' : 'actions.mute')}
      testId="mute"
      hotkey="mute"
      icon={muted ? <AudioMutedOutlined /> : <AudioOutlined />}
      pressed={muted}
      onPress={actions.toggleMute}
    />
  );
}

/** Ends the agent's part of the talk; `label` where that means something else than hanging up. */
export function HangUp({ actions, label }: { readonly actions: DeskActions; readonly label?: string }) {
  const { t } = useTranslation();
  return (
    <ActionButton
      label={label ?? t('actions.hangUp')}
      testId="hang-up"
      hotkey="hangUp"
      icon={<PhoneOutlined rotate={225} />}
      kind="danger"
      onPress={actions.hangUp}
    />
  );
}
