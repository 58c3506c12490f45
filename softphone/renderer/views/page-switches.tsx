import { BulbOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { chooseTongue } from '../i18n/index.ts';
import { useStore, useTongue } from '../ui/hooks.ts';
import { hotkeys } from '../ui/hotkeys.ts';
import type { PageTheme } from '../ui/theme.ts';

/** Switches to the other language. */
export function useSwitchTongue(): () => void {
  const tongue = useTongue();
  return () => void chooseTongue(tongue === 'en' ? 'zh-CN' : 'en');
}

/** Language and light or dark: on the login form and on the desk alike. */
export function PageSwitches({ theme }: { readonly theme: PageTheme }) {
  const { t } = useTranslation();
  const choice = useStore(theme.choice);
  const switchTongue = useSwitchTongue();
  const themeName = `${t('actions.theme')}: ${t(`theme.${choice}`)}`;
  return (
    <>
      <Tooltip title={`${t('actions.language')} (${hotkeys.language.label})`} mouseEnterDelay={0.6}>
        <Button
          type="text"
          onClick={switchTongue}
          data-testid="language"
          aria-keyshortcuts={hotkeys.language.label}
          lang={t('actions.switchLanguage') === 'English' ? 'en' : 'zh-CN'}
        >
          {t('actions.switchLanguage')}
        </Button>
      </Tooltip>
      <Tooltip title={themeName} mouseEnterDelay={0.6}>
        <Button
          type="text"
          icon={<BulbOutlined />}
          onClick={() => theme.cycle()}
          data-testid="theme"
          data-theme-choice={choice}
          aria-label={themeName}
        />
      </Tooltip>
    </>
  );
}
