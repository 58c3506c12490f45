import { LogoutOutlined, PhoneOutlined, QuestionCircleOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { FeedState } from '../desk/feed-machine.ts';
import type { PhoneState } from '../phone/machine.ts';
import { ActionButton } from '../ui/action-button.tsx';
import type { PageTheme } from '../ui/theme.ts';
import { Brand } from './brand.tsx';
import { PageSwitches } from './page-switches.tsx';
import { PauseMenu } from './pause-menu.tsx';
import { PresenceBadge } from './presence-badge.tsx';
import { StatusLight } from './status-light.tsx';
import type { DeskActions } from './use-desk-actions.ts';

interface TopBarProps {
  readonly theme: PageTheme;
  readonly feed: FeedState;
  readonly phone: PhoneState;
  readonly name: string;
  readonly actions: DeskActions;
  readonly pauseOpen: boolean;
  readonly setPauseOpen: (open: boolean) => void;
  readonly openHelp: () => void;
}

/** Who I am, what state I am in, and whether phone and desk are connected. */
export function TopBar({ theme, feed, phone, name, actions, pauseOpen, setPauseOpen, openHelp }: TopBarProps) {
  const { t } = useTranslation();
  const { link } = phone;
  const agent = feed.desk?.agent;
  const live = feed.link === 'live';
  const refusedWith = link.type === 'waiting' ? link.status : undefined;
  const phoneText =
    refusedWith === undefined || refusedWith === 0
      ? t(`phone.${link.type}`)
      : t('phone.refused', { status: refusedWith });
  return (
    <header className="topbar">
      <Brand />
      <PresenceBadge agent={agent} name={name} reasons={feed.desk?.pauseReasons ?? []} offsetMs={feed.offsetMs} />
      <div className="topbar-actions" role="group" aria-label={t('presence.label')}>
        <ActionButton
          label={t('actions.goAvailable')}
          testId="go-available"
          hotkey="goAvailable"
          icon={<PhoneOutlined />}
          kind={agent?.presence === 'available' ? 'plain' : 'primary'}
          pressed={agent?.presence === 'available'}
          disabled={!live}
          onPress={actions.goAvailable}
        />
        <PauseMenu
          reasons={feed.desk?.pauseReasons ?? []}
          open={pauseOpen}
          setOpen={setPauseOpen}
          disabled={!live}
          choose={actions.pause}
        />
        <ActionButton
          label={t('actions.signOut')}
          testId="sign-out"
          hotkey="signOut"
          icon={<LogoutOutlined />}
          kind="plain"
          onPress={actions.signOut}
        />
      </div>
      <div className="topbar-status">
        <StatusLight
          testId="phone-state"
          state={link.type}
          good={link.type === 'registered'}
          label={t('phone.label')}
          text={phoneText}
        />
        <StatusLight
          testId="feed-state"
          state={feed.link}
          good={live}
          label={t('feed.label')}
          text={t(`feed.${feed.link}`)}
          terse
        />
      </div>
      <div className="topbar-page">
        <PageSwitches theme={theme} />
        <Tooltip title={`${t('actions.help')} (?)`} mouseEnterDelay={0.6}>
          <Button
            type="text"
            icon={<QuestionCircleOutlined />}
            onClick={openHelp}
            data-testid="help-open"
            aria-label={t('actions.help')}
            aria-keyshortcuts="?"
          />
        </Tooltip>
      </div>
    </header>
  );
}
