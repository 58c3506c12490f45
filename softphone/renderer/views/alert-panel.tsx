import { CheckOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Alert, DeskCall } from '../../../protocol/desk.ts';
import { labelText } from '../i18n/index.ts';
import type { AgentSession } from '../session/agent-session.ts';
import { useTongue } from '../ui/hooks.ts';
import { hotkeys } from '../ui/hotkeys.ts';
import { newestOpenAlert } from './use-desk-actions.ts';

interface AlertPanelProps {
  readonly call: DeskCall | null;
  readonly session: AgentSession;
}

/** The rules that fired on this call, newest first, with what to do about each. */
export function AlertPanel({ call, session }: AlertPanelProps) {
  const { t } = useTranslation();
  const alerts = call?.alerts ?? [];
  const next = newestOpenAlert(alerts);
  const acknowledge = (alert: Alert): void =>
    void session.command({ type: 'acknowledge-alert', callId: alert.callId, alertId: alert.alertId });
  return (
    <section className="panel" aria-labelledby="alerts-title" data-testid="alerts">
      <h2 id="alerts-title">{t('alerts.title')}</h2>
      {alerts.length === 0 ? <p className="quiet">{t('alerts.empty')}</p> : null}
      <ul className="alerts">
        {alerts.toReversed().map((alert) => (
          <AlertItem
            key={alert.alertId}
            alert={alert}
            hasKey={alert.alertId === next?.alertId}
            acknowledge={() => acknowledge(alert)}
          />
        ))}
      </ul>
    </section>
  );
}

interface AlertItemProps {
  readonly alert: Alert;
  readonly hasKey: boolean;
  readonly acknowledge: () => void;
}

function AlertItem({ alert, hasKey, acknowledge }: AlertItemProps) {
  const { t } = useTranslation();
  const tongue = useTongue();
  const key = hasKey ? hotkeys.acknowledge.label : undefined;
  return (
    <li
      className={`alert alert-${alert.severity}${alert.acknowledged ? ' alert-done' : ''}`}
      data-testid="alert"
      data-rule={alert.ruleId}
      data-severity={alert.severity}
      data-acknowledged={alert.acknowledged}
    >
      <div className="alert-head">
        <span className="alert-severity">{t(`alerts.severity.${alert.severity}`)}</span>
        <strong className="alert-title">{labelText(alert.title, tongue)}</strong>
      </div>
      <p className="alert-advice">{labelText(alert.advice, tongue)}</p>
      <p className="alert-evidence">{t('alerts.heard', { words: alert.evidence })}</p>
      {alert.acknowledged ? (
        <span className="quiet">
          <CheckOutlined aria-hidden="true" /> {t('alerts.acknowledged')}
        </span>
      ) : (
        <Button
          size="small"
          onClick={acknowledge}
          autoInsertSpace={false}
          data-testid="alert-acknowledge"
          aria-keyshortcuts={key}
        >
          {t('actions.acknowledge')}
          {key === undefined ? null : (
            <kbd className="key" aria-hidden="true">
              {key}
            </kbd>
          )}
        </Button>
      )}
    </li>
  );
}
