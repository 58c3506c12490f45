import { useTranslation } from 'react-i18next';

/** The name of the house beside its sign: two jacks and the cord between them. */
export function Brand() {
  const { t } = useTranslation();
  return (
    <div className="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#0b5c63" />
        <g fill="none" stroke="#fff" strokeWidth="2.4" strokeLinecap="round">
          <circle cx="10" cy="10.5" r="3.6" />
          <circle cx="22" cy="10.5" r="3.6" />
          <path d="M10 14v4.5a6 6 0 0 0 12 0V14" />
        </g>
        <circle cx="10" cy="10.5" r="1.3" fill="#f5b544" />
        <circle cx="22" cy="10.5" r="1.3" fill="#f5b544" />
      </svg>
      <span className="brand-name">{t('app.name')}</span>
      <span className="brand-tagline">{t('app.tagline')}</span>
    </div>
  );
}
