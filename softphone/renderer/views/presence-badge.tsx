import { useTranslation } from 'react-i18next';
import type { DeskAgent, DeskState } from '../../../protocol/desk.ts';
import { labelText } from '../i18n/index.ts';
import type { Tongue } from '../i18n/index.ts';
import { clockText, useNow, useTongue } from '../ui/hooks.ts';

interface PresenceBadgeProps {
  readonly agent: DeskAgent | undefined;
  readonly name: string;
  readonly reasons: DeskState['pauseReasons'];
  readonly offsetMs: number;
}

/** The agent's own state: presence and reason, what the voice channel does, and since when. */
export function PresenceBadge({ agent, name, reasons, offsetMs }: PresenceBadgeProps) {
  const { t } = useTranslation();
  const tongue = useTongue();
  const now = useNow(offsetMs);
  const presence = agent?.presence ?? 'offline';
  const activity = agent?.activity ?? 'idle';
  const reason = agent?.pauseReason;
  const own = reason === 'missed' || reason === 'signed-in' ? reason : undefined;
  return (
    <div
      className={`presence presence-${presence}`}
      data-testid="presence"
      data-presence={presence}
      data-activity={activity}
      data-reason={reason}
      data-pending={agent?.pendingPause}
      role="status"
    >
      <span className="presence-name">{name}</span>
      <span className="presence-state">
        <span className="presence-dot" aria-hidden="true" />
        {own === undefined ? t(`presence.${presence}`) : t(`presence.${own}`)}
        {presence === 'paused' && reason !== undefined && own === undefined
          ? ` · ${reasonText(reasons, reason, tongue)}`
          : null}
        {activity === 'idle' ? null : ` · ${t(`activity.${activity}`)}`}
      </span>
      {agent === undefined ? null : (
        <span className="presence-since" role="timer" aria-live="off">
          {clockText(now - agent.since)}
        </span>
      )}
      {agent?.pendingPause === undefined ? null : (
        <span className="presence-pending" data-testid="pending-pause">
          {t('presence.pending', { reason: reasonText(reasons, agent.pendingPause, tongue) })}
        </span>
      )}
    </div>
  );
}

function reasonText(reasons: DeskState['pauseReasons'], code: string, tongue: Tongue): string {
  const label = reasons.find((each) => each.code === code)?.label;
  return label === undefined ? code : labelText(label, tongue);
}
