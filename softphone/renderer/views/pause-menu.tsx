import { PauseCircleOutlined } from '@ant-design/icons';
import { useLayoutEffect, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskState } from '../../../protocol/desk.ts';
import { labelText } from '../i18n/index.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { useTongue } from '../ui/hooks.ts';

interface PauseMenuProps {
  readonly reasons: DeskState['pauseReasons'];
  readonly open: boolean;
  readonly setOpen: (open: boolean) => void;
  readonly disabled: boolean;
  readonly choose: (reason: string) => void;
}

/** The pause button and its menu of reasons: arrows move, Enter or a digit chooses, Escape closes. */
export function PauseMenu({ reasons, open, setOpen, disabled, choose }: PauseMenuProps) {
  const { t } = useTranslation();
  const button = useRef<HTMLButtonElement>(null);
  const shown = open && !disabled;
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const chosen = (reason: string): void => {
    choose(reason);
    close();
  };
  return (
    <div className="menu-anchor">
      <ActionButton
        label={t('actions.pause')}
        testId="pause"
        hotkey="pause"
        icon={<PauseCircleOutlined />}
        disabled={disabled}
        expanded={shown}
        buttonRef={button}
        onPress={() => setOpen(!open)}
      />
      {shown ? <Reasons reasons={reasons} choose={chosen} close={close} /> : null}
    </div>
  );
}

interface ReasonsProps {
  readonly reasons: DeskState['pauseReasons'];
  readonly choose: (reason: string) => void;
  readonly close: () => void;
}

function Reasons({ reasons, choose, close }: ReasonsProps) {
  const { t } = useTranslation();
  const tongue = useTongue();
  const menu = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    menu.current?.querySelector('button')?.focus();
  }, []);

  const moved = (event: KeyboardEvent<HTMLDivElement>): void => {
    const items = [...event.currentTarget.querySelectorAll('button')];
    const at = items.findIndex((item) => item === document.activeElement);
    const digit = event.altKey ? undefined : reasons[Number.parseInt(event.key, 10) - 1];
    if (event.key === 'Escape') close();
    else if (event.key === 'ArrowDown') items[(at + 1) % items.length]?.focus();
    else if (event.key === 'ArrowUp') items[(at - 1 + items.length) % items.length]?.focus();
    else if (digit !== undefined) choose(digit.code);
    else return;
    event.preventDefault();
  };
  return (
    <div ref={menu} className="menu" role="menu" tabIndex={-1} aria-label={t('actions.pauseReason')} onKeyDown={moved}>
      {reasons.map(({ code, label }, index) => (
        <button
          key={code}
          type="button"
          role="menuitem"
          onClick={() => choose(code)}
          data-testid={`pause-reason-${code}`}
        >
          <span>{labelText(label, tongue)}</span>
          {index < 9 ? (
            <kbd className="key" aria-hidden="true">
              {index + 1}
            </kbd>
          ) : null}
        </button>
      ))}
    </div>
  );
}
