import { useLayoutEffect, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const names: Readonly<Record<string, string>> = { '*': 'star', '#': 'hash' };

interface KeypadProps {
  readonly press: (digit: string) => void;
  readonly close: () => void;
}

/** Digits for the far side. Typed ones work as long as the keypad has the focus; Escape closes it. */
export function Keypad({ press, close }: KeypadProps) {
  const { t } = useTranslation();
  const pad = useRef<HTMLDivElement>(null);
  const [sent, setSent] = useState('');

  useLayoutEffect(() => {
    pad.current?.focus();
  }, []);

  const send = (digit: string): void => {
    press(digit);
    setSent((before) => (before + digit).slice(-24));
  };
  const typed = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Escape') close();
    else if (keys.includes(event.key)) send(event.key);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={pad}
      className="keypad"
      role="group"
      tabIndex={-1}
      aria-label={t('keypad.title')}
      onKeyDown={typed}
      data-testid="keypad-panel"
    >
      <p className="keypad-hint quiet">{t('keypad.hint')}</p>
      <div className="keypad-keys">
        {keys.map((digit) => (
          <button key={digit} type="button" onClick={() => send(digit)} data-testid={`keypad-${names[digit] ?? digit}`}>
            {digit}
          </button>
        ))}
      </div>
      <output className="keypad-sent" data-testid="keypad-sent">
        {sent === '' ? '' : t('keypad.sent', { digits: sent })}
      </output>
    </div>
  );
}
