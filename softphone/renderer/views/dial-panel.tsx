import { PhoneFilled, TableOutlined } from '@ant-design/icons';
import { useRef, useState } from 'react';
import type { SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { LastCall } from '../party.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { hotkeys } from '../ui/hotkeys.ts';
import type { Callable } from './callable.ts';
import { Choices, Combobox, useBox } from './combobox.tsx';
import type { Choice } from './combobox.tsx';
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

/** Where a call begins: a number, or a contact's name; arrows choose among contacts, Enter calls. */
export function DialPanel({ dial, search, disabled, last }: DialPanelProps) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const box = useBox();
  const { text, at, missing, typed } = box;
  const [keys, setKeys] = useState(false);
  const choices = useCallables(search, text);
  const call = (number: string): void => {
    if (number.trim() === '') {
      box.complain();
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
  return (
    <div className="dial" data-testid="dial-panel">
      <form className="dial-form" onSubmit={submitted} noValidate>
        <Combobox
          box={box}
          field={field}
          name="dial"
          testId="dial-number"
          label={
            <>
              {t('dial.label')} <kbd className="key">{hotkeys.dial.label}</kbd>
            </>
          }
          placeholder={t('dial.placeholder')}
          choices={choices.map(choiceOf)}
          escape={() => typed('')}
          disabled={disabled}
          shortcut={hotkeys.dial.label}
        />
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
      <Choices name="dial" label={t('dial.contacts')} choices={choices.map(choiceOf)} at={at} pick={call} />
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

function choiceOf({ name, number }: Callable): Choice {
  return { to: number, name, note: number };
}
