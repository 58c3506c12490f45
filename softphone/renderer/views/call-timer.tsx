import { useTranslation } from 'react-i18next';
import type { Joined } from '../join.ts';
import type { Line } from '../phone/machine.ts';
import { clockText, useNow } from '../ui/hooks.ts';

interface CallTimerProps {
  readonly joined: Joined;
  readonly line: Line;
  readonly offsetMs: number;
}

/** Time left to answer while it rings; talk time during and after the call. */
export function CallTimer({ joined, line, offsetMs }: CallTimerProps) {
  const { t } = useTranslation();
  const now = useNow(offsetMs);
  if (joined.type === 'none') return null;
  const { details } = joined;
  if (joined.type === 'ringing' || joined.type === 'details-only') {
    if (details?.offerUntil === undefined) return null;
    return (
      <span className="call-timer" role="timer" aria-live="off" data-testid="offer-left">
        {t('call.offerLeft', { time: clockText(details.offerUntil - now) })}
      </span>
    );
  }
  if (joined.type === 'dialling' && details !== undefined)
    return (
      <span className="call-timer" role="timer" aria-live="off" data-testid="dial-timer">
        {clockText(now - details.offeredAt)}
      </span>
    );
  const since = details?.answeredAt ?? (line.type === 'talking' ? line.since + offsetMs : undefined);
  if (since === undefined) return null;
  return (
    <span className="call-timer" role="timer" aria-live="off" data-testid="call-timer" title={t('call.talked')}>
      {clockText((details?.endedAt ?? now) - since)}
    </span>
  );
}
