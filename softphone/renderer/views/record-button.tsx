import { BorderOutlined, CaretRightOutlined, PlayCircleOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../../protocol/desk.ts';
import { ActionButton } from '../ui/action-button.tsx';

/** What the button asks for in each state of the recording; nothing where it cannot be written. */
export const recordOrders = { waiting: 'start', on: 'pause', paused: 'resume', masked: 'unmask' } as const;

interface RecordButtonProps {
  readonly state: DeskCall['recording'];
  readonly onPress: () => void;
}

/** One button in one place: begins, pauses and resumes the recording; says so when it has failed. */
export function RecordButton({ state, onPress }: RecordButtonProps) {
  const { t } = useTranslation();
  if (state === undefined) return null;
  if (state === 'failed')
    return (
      <span className="note note-warn" role="status" data-testid="recording-failed">
        {t('recording.failed')}
      </span>
    );
  const icons = { waiting: <PlayCircleOutlined />, on: <BorderOutlined />, paused: <CaretRightOutlined /> };
  return (
    <ActionButton
      label={t(`recording.${recordOrders[state]}`)}
      testId="record"
      hotkey="record"
      icon={icons[state === 'masked' ? 'paused' : state]}
      pressed={state === 'on'}
      onPress={onPress}
    />
  );
}
