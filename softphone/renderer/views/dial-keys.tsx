import { useLayoutEffect, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#', '+'];
const names: Readonly<Record<string, string>> = { '*': 'star', '#': 'hash', '+': 'plus' };

interface DialKeysProps {
  readonly press: (key: string) => void;
  readonly close: () => void;
}

/** Keys for a number to be dialled, for those who point. Typed ones work as well; Escape closes. */
export function DialKeys({ press, close }: DialKeysProps) {
  const { t } = useTranslation();
  const pad = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    pad.current?.focus();
  }, []);
  const typed = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Escape') close();
    else if (keys.includes(event.key)) press(event.key);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={pad}
      className="keypad"
      role="group"
      tabIndex={-1}
      aria-label={t('dial.keys')}
      onKeyDown={typed}
      data-testid="dial-keys"
    >
      <div className="keypad-keys">
        {keys.map((key) => (
          <button key={key} type="button" onClick={() => press(key)} data-testid={`dial-key-${names[key] ?? key}`}>
            {key}
          </button>
        ))}
      </div>
    </div>
  );
}
