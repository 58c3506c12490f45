import { useTranslation } from 'react-i18next';
import type { EarsState } from '../../../protocol/media.ts';

/** One line per language that is not transcribed as it should be, with the command that helps. */
export function EarsNotice({ ears }: { readonly ears: readonly EarsState[] }) {
  const { t } = useTranslation();
  return ears
    .filter((each) => each.state !== 'ready')
    .map((each) => (
      <p key={each.language} className="note note-quiet" data-testid="ears-notice" data-language={each.language}>
        <span>
          {t(each.state === 'absent' ? 'ears.absent' : 'ears.degraded', { language: t(`ears.${each.language}`) })}
        </span>
        {each.state !== 'absent' || each.hint === undefined ? null : (
          <span className="ears-hint">
            {t('ears.install')} <code>{each.hint}</code>
          </span>
        )}
      </p>
    ));
}
