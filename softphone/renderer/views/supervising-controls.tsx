import { SwapOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../../protocol/desk.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { HangUp, Mute } from './talk-buttons.tsx';
import type { DeskActions } from './use-desk-actions.ts';

interface SupervisingControlsProps {
  readonly call: DeskCall;
  readonly actions: DeskActions;
}

/** What a supervisor can do beside changing how they listen, which stands at the talk: take over, be silent, leave. */
export function SupervisingControls({ call, actions }: SupervisingControlsProps) {
  const { t } = useTranslation();
  const ringing = call.supervising?.ringing === true;
  return (
    <div className="controls">
      <ActionButton
        label={t('actions.takeOver')}
        testId="take-over"
        hotkey="takeOver"
        icon={<SwapOutlined />}
        disabled={ringing}
        onPress={actions.takeOver}
      />
      <Mute actions={actions} />
      <HangUp actions={actions} label={t('actions.stopSupervising')} />
    </div>
  );
}

/** Whose talk it is and who hears the supervisor; and to an agent, who listens to theirs. */
export function SupervisionNote({ call }: { readonly call: DeskCall }) {
  const { t } = useTranslation();
  const { supervising, supervisors = [] } = call;
  if (supervising !== undefined) {
    const agent = supervising.agent?.name ?? supervising.agent?.id ?? '–';
    return (
      <p className="remark" role="status" data-testid="supervising" data-mode={supervising.mode}>
        {t(supervising.ringing ? 'team.ringing' : `team.now.${supervising.mode}`, { agent })}
      </p>
    );
  }
  if (supervisors.length === 0) return null;
  return (
    <div role="status" data-testid="supervised">
      {supervisors.map(({ id, name, mode }) => (
        <p className="remark" key={id} data-mode={mode}>
          {t(`team.told.${mode}`, { name: name ?? id })}
        </p>
      ))}
    </div>
  );
}
