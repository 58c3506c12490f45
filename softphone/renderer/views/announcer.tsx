import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../../protocol/desk.ts';
import type { Joined } from '../join.ts';
import type { Line } from '../phone/machine.ts';
import { labelText } from '../i18n/index.ts';
import { hotkeys } from '../ui/hotkeys.ts';
import { useTongue } from '../ui/hooks.ts';
import { deskPhone } from './call-card.tsx';
import { newestOpenAlert } from './use-desk-actions.ts';
import { who } from './who.ts';

interface AnnouncerProps {
  readonly joined: Joined;
  readonly line: Line;
}

/**
 * What a screen reader says of its own accord: the ring and alerts at once, the state of the call and the caller's
 * finished sentences in their turn. Partial text would never let it finish, so it is not announced.
 */
export function Announcer({ joined, line }: AnnouncerProps) {
  const { t } = useTranslation();
  const tongue = useTongue();
  const details = joined.type === 'none' ? undefined : joined.details;
  const ringing =
    joined.type === 'ringing'
      ? t('live.ringing', { who: who(joined, line, t('call.unknownCaller')), key: hotkeys.answer.label })
      : joined.type === 'details-only' && deskPhone(joined.details.rings) !== undefined
        ? t('live.ringingOn', { who: who(joined, line, t('call.unknownCaller')) })
        : '';
  const alert = newestOpenAlert(details?.alerts ?? []);
  const said = details?.transcript.findLast((each) => each.final && each.speaker === 'caller');
  const state = stateKey(joined);
  return (
    <div className="sr-only">
      <div aria-live="assertive" data-testid="announce-ring">
        {ringing}
      </div>
      <div aria-live="assertive" data-testid="announce-alert">
        {alert === undefined
          ? ''
          : t('alerts.announce', {
              severity: t(`alerts.severity.${alert.severity}`),
              title: labelText(alert.title, tongue),
              advice: labelText(alert.advice, tongue),
            })}
      </div>
      <div aria-live="polite" data-testid="announce-state">
        {transferText(details, t) ?? (state === undefined ? dialText(joined, t) : t(`live.${state}`))}
      </div>
      <div aria-live="polite" data-testid="announce-line">
        {said === undefined
          ? ''
          : t('live.line', {
              speaker: t(details?.direction === 'outbound' ? 'transcript.callee' : 'transcript.caller'),
              text: said.text,
            })}
      </div>
    </div>
  );
}

/** How far a call out has come, once per stage; a failure is an alert of its own. */
function dialText(joined: Joined, t: ReturnType<typeof useTranslation>['t']): string {
  const stage = joined.type === 'dialling' ? joined.details?.dial?.stage : undefined;
  if (stage === undefined || stage === 'failed' || stage === 'connected') return '';
  return t(`dial.stage.${stage}`);
}

/** How far handing the call over has come, once per stage. */
function transferText(call: DeskCall | undefined, t: ReturnType<typeof useTranslation>['t']): string | undefined {
  const { transfer } = call ?? {};
  if (transfer === undefined) return undefined;
  const to = transfer.name ?? transfer.to;
  const { stage } = transfer;
  if (stage === 'failed') return t('transfer.stage.failed', { to });
  if (transfer.type === 'blind') return stage === 'talking' ? undefined : t(`transfer.stage.${stage}`, { to });
  if (transfer.callerLeft === true) return t('consult.callerLeft');
  if (stage !== 'talking') return t(`consult.stage.${stage}`, { to });
  return t(transfer.with === 'caller' ? 'consult.stage.caller' : 'consult.stage.target', { to });
}

function stateKey(joined: Joined): 'connected' | 'held' | 'ended' | undefined {
  if (joined.type === 'wrap-up') return 'ended';
  if (joined.type !== 'talking' && joined.type !== 'elsewhere') return undefined;
  return joined.details?.state === 'held' ? 'held' : 'connected';
}
