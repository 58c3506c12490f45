import { PhoneOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { problemTexts } from '../i18n/index.ts';
import type { LastCall } from '../party.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { useTongue } from '../ui/hooks.ts';

interface LastCallProps {
  readonly last: LastCall;
  readonly call: ((number: string) => void) | undefined;
}

/** The last call in a line, and a button that calls there again. */
export function LastCallLine({ last, call }: LastCallProps) {
  const { t } = useTranslation();
  const tongue = useTongue();
  const { number, name, failure } = last;
  return (
    <div className="last-call" data-testid="last-call" data-failure={failure?.code}>
      <div>
        <p className="quiet">{t('dial.last')}</p>
        <p className="last-call-who">{name === undefined ? number : `${name} · ${number}`}</p>
        {failure === undefined ? null : <p className="remark-bad">{problemTexts(failure, tongue).title}</p>}
      </div>
      <ActionButton
        label={t('actions.callAgain')}
        testId="redial"
        icon={<PhoneOutlined />}
        disabled={call === undefined}
        onPress={() => call?.(number)}
      />
    </div>
  );
}
