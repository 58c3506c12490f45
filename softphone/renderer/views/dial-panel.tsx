import { PhoneFilled, TableOutlined } from '@ant-design/icons';
import { useRef, useState } from 'react';
import type { KeyboardEvent, SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { LastCall } from '../party.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { hotkeys } from '../ui/hotkeys.ts';
import type { Callable } from './callable.ts';
import { DialKeys } from './dial-keys.tsx';
import { LastCallLine } from './last-call.tsx';
import { useCallables } from './callable.ts';
import type { SearchContacts } from './callable.ts';

interface DialPanelProps {
  readonly dial: (number: string) => void;
  readonly search: SearchContacts;
  /** Nothing can be called while the desk is not connected, or signed out. */
  readonly disabled: boolean;
  readonly last: LastCall | undefined;
}

const listId = 'dial-choices';

/** Where a call begins: a number, or a contact's name; arrows choose among contacts, Enter calls. */
export function DialPanel({ dial, search, disabled, last }: DialPanelProps) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [at, setAt] = useState(-1);
  const [keys, setKeys] = useState(false);
  const [missing, setMissing] = useState(false);
  const choices = useCallables(search, text);
  const typed = (next: string): void => {
    setText(next);
    setAt(-1);
    setMissing(false);
  };
  const call = (number: string): void => {
    if (number.trim() === '') {
      setMissing(true);
      field.current?.focus();
      return;
    }
    typed('');
    setKeys(false);
    dial(number.trim());
  };
  const submitted = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!disabled) call(choices[at]?.number ?? numberIn(text, choices));
  };
  const moved = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(at + 1, choices.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, -1));
    else if (event.key === 'Escape') typed('');
    else return;
    event.preventDefault();
  };
  return (
    <div className="dial" data-testid="dial-panel">
      <form className="dial-form" onSubmit={submitted} noValidate>
        <label className="field">
          <span>
            {t('dial.label')} <kbd className="key">{hotkeys.dial.label}</kbd>
          </span>
          <input
            ref={field}
            value={text}
            onChange={(event) => typed(event.target.value)}
            onKeyDown={moved}
            disabled={disabled}
            placeholder={t('dial.placeholder')}
            autoComplete="off"
            spellCheck={false}
            enterKeyHint="go"
            role="combobox"
            aria-expanded={choices.length > 0}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={at < 0 ? undefined : `${listId}-${at}`}
            aria-invalid={missing}
            aria-keyshortcuts={hotkeys.dial.label}
            data-testid="dial-number"
          />
        </label>
        <div className="dial-buttons">
          <ActionButton
            label={t('actions.call')}
            testId="dial-call"
            icon={<PhoneFilled />}
            kind="primary"
            disabled={disabled}
            onPress={() => call(choices[at]?.number ?? numberIn(text, choices))}
          />
          <ActionButton
            label={t('actions.keypad')}
            testId="dial-keypad"
            icon={<TableOutlined />}
            expanded={keys}
            disabled={disabled}
            onPress={() => setKeys(!keys)}
          />
        </div>
      </form>
      {missing ? (
        <p className="field-error" role="alert">
          {t('dial.missing')}
        </p>
      ) : null}
      <Choices choices={choices} at={at} call={call} />
      {keys && !disabled ? <DialKeys press={(key) => typed(text + key)} close={() => setKeys(false)} /> : null}
      {last === undefined ? null : <LastCallLine last={last} call={disabled ? undefined : call} />}
    </div>
  );
}

/** What Enter calls: the number that was typed; a name calls its only contact. */
function numberIn(text: string, choices: readonly Callable[]): string {
  const isNumber = /^[+\d*#\s().-]*$/.test(text);
  return isNumber ? text : choices.length === 1 ? (choices[0]?.number ?? text) : text;
}

interface ChoicesProps {
  readonly choices: readonly Callable[];
  readonly at: number;
  readonly call: (number: string) => void;
}

function Choices({ choices, at, call }: ChoicesProps) {
  const { t } = useTranslation();
  return (
    <ul
      id={listId}
      className="dial-choices"
      role="listbox"
      aria-label={t('dial.contacts')}
      hidden={choices.length === 0}
    >
      {choices.map(({ name, number }, index) => (
        <li
          key={`${name} ${number}`}
          id={`${listId}-${index}`}
          role="option"
          aria-selected={index === at}
          className={index === at ? 'dial-choice dial-choice-on' : 'dial-choice'}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => call(number)}
          data-testid="dial-choice"
        >
          <span>{name}</span>
          <span className="quiet">{number}</span>
        </li>
      ))}
    </ul>
  );
}
