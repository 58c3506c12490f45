import { SwapOutlined } from '@ant-design/icons';
import { useEffect, useRef, useState } from 'react';
import type { KeyboardEvent, SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskQueue } from '../../../protocol/desk.ts';
import { labelText } from '../i18n/index.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { useTongue } from '../ui/hooks.ts';
import { useCallables } from './callable.ts';
import type { SearchContacts } from './callable.ts';

interface TransferPanelProps {
  readonly transfer: (to: string) => void;
  readonly search: SearchContacts;
  readonly queues: readonly DeskQueue[];
  readonly close: () => void;
}

interface Choice {
  readonly to: string;
  readonly name: string;
  readonly note: string;
}

const listId = 'transfer-choices';

/** Where the caller is handed over to: a number, an extension, a colleague, a contact or a queue. Arrows choose, Enter does it. */
export function TransferPanel({ transfer, search, queues, close }: TransferPanelProps) {
  const { t } = useTranslation();
  const tongue = useTongue();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [at, setAt] = useState(-1);
  const [missing, setMissing] = useState(false);
  useEffect(() => field.current?.focus(), []);
  const contacts = useCallables(search, text);
  const wanted = text.trim().toLowerCase();
  const lines = queues.map(({ id, name }) => ({
    to: `queue:${id}`,
    name: labelText(name, tongue),
    note: t('call.queue'),
  }));
  const choices: readonly Choice[] = [
    ...contacts.map(({ name, number }) => ({ to: number, name, note: number })),
    ...lines.filter(({ to, name }) => `${to} ${name}`.toLowerCase().includes(wanted)),
  ];
  const hand = (to: string): void => {
    if (to.trim() === '') {
      setMissing(true);
      field.current?.focus();
      return;
    }
    close();
    transfer(to.trim());
  };
  const submitted = (event: SyntheticEvent): void => {
    event.preventDefault();
    hand(choices[at]?.to ?? text);
  };
  const moved = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(at + 1, choices.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, -1));
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
  };
  return (
    <div className="dial" data-testid="transfer-panel">
      <form className="dial-form" onSubmit={submitted} noValidate>
        <label className="field">
          <span>{t('transfer.label')}</span>
          <input
            ref={field}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setAt(-1);
              setMissing(false);
            }}
            onKeyDown={moved}
            placeholder={t('transfer.placeholder')}
            autoComplete="off"
            spellCheck={false}
            enterKeyHint="go"
            role="combobox"
            aria-expanded={choices.length > 0}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={at < 0 ? undefined : `${listId}-${at}`}
            aria-invalid={missing}
            data-testid="transfer-to"
          />
        </label>
        <div className="dial-buttons">
          <ActionButton
            label={t('actions.transferNow')}
            testId="transfer-now"
            icon={<SwapOutlined />}
            kind="primary"
            onPress={() => hand(choices[at]?.to ?? text)}
          />
        </div>
      </form>
      {missing ? (
        <p className="field-error" role="alert">
          {t('transfer.missing')}
        </p>
      ) : null}
      <Choices choices={choices} at={at} hand={hand} />
    </div>
  );
}

interface ChoicesProps {
  readonly choices: readonly Choice[];
  readonly at: number;
  readonly hand: (to: string) => void;
}

function Choices({ choices, at, hand }: ChoicesProps) {
  const { t } = useTranslation();
  return (
    <ul
      id={listId}
      className="dial-choices"
      role="listbox"
      aria-label={t('transfer.targets')}
      hidden={choices.length === 0}
    >
      {choices.map(({ to, name, note }, index) => (
        <li
          key={to}
          id={`${listId}-${index}`}
          role="option"
          aria-selected={index === at}
          className={index === at ? 'dial-choice dial-choice-on' : 'dial-choice'}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => hand(to)}
          data-testid="transfer-choice"
        >
          <span>{name}</span>
          <span className="quiet">{note}</span>
        </li>
      ))}
    </ul>
  );
}
