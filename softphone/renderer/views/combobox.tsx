import { useState } from 'react';
import type { KeyboardEvent, ReactNode, RefObject } from 'react';

/** One line of a list of choices: what is chosen, its name, and a word about it. */
export interface Choice {
  readonly to: string;
  readonly name: string;
  readonly note: string;
  /** It can be seen, but nobody is to be had there now. */
  readonly dim?: boolean;
}

/** What is typed and chosen in a combobox. */
export interface Box {
  readonly text: string;
  /** Index of the choice that the arrows have reached; -1: none. */
  readonly at: number;
  /** Somebody pressed Enter with nothing typed. */
  readonly missing: boolean;
  readonly typed: (text: string) => void;
  readonly move: (at: number) => void;
  readonly complain: () => void;
}

export function useBox(): Box {
  const [text, setText] = useState('');
  const [at, setAt] = useState(-1);
  const [missing, setMissing] = useState(false);
  const typed = (next: string): void => {
    setText(next);
    setAt(-1);
    setMissing(false);
  };
  return { text, at, missing, typed, move: setAt, complain: () => setMissing(true) };
}

interface ComboboxProps {
  readonly box: Box;
  readonly field: RefObject<HTMLInputElement | null>;
  /** Names the list; `<name>-choice` is the test id of its lines. */
  readonly name: string;
  readonly testId: string;
  readonly label: ReactNode;
  readonly placeholder: string;
  readonly choices: readonly Choice[];
  readonly escape: () => void;
  readonly disabled?: boolean;
  readonly shortcut?: string;
}

/** A field whose text finds choices: arrows choose, Escape leaves. What Enter does is the form's business. */
export function Combobox(props: ComboboxProps) {
  const { box, field, name, testId, label, placeholder, choices, escape, disabled = false, shortcut } = props;
  const { text, at, missing, typed, move } = box;
  const listId = `${name}-choices`;
  const moved = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') move(Math.min(at + 1, choices.length - 1));
    else if (event.key === 'ArrowUp') move(Math.max(at - 1, -1));
    else if (event.key === 'Escape') escape();
    else return;
    event.preventDefault();
  };
  return (
    <label className="field">
      <span>{label}</span>
      <input
        ref={field}
        value={text}
        onChange={(event) => typed(event.target.value)}
        onKeyDown={moved}
        disabled={disabled}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        enterKeyHint="go"
        role="combobox"
        aria-expanded={choices.length > 0}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={at < 0 ? undefined : `${listId}-${at}`}
        aria-invalid={missing}
        aria-keyshortcuts={shortcut}
        data-testid={testId}
      />
    </label>
  );
}

interface ChoicesProps {
  readonly name: string;
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly at: number;
  readonly pick: (to: string) => void;
}

/** The list of a combobox. */
export function Choices({ name, label, choices, at, pick }: ChoicesProps) {
  const listId = `${name}-choices`;
  return (
    <ul id={listId} className="dial-choices" role="listbox" aria-label={label} hidden={choices.length === 0}>
      {choices.map(({ to, name: called, note, dim }, index) => (
        <li
          key={`${called} ${to}`}
          id={`${listId}-${index}`}
          role="option"
          aria-selected={index === at}
          className={`dial-choice${index === at ? ' dial-choice-on' : ''}${dim === true ? ' dial-choice-dim' : ''}`}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => pick(to)}
          data-testid={`${name}-choice`}
          data-to={to}
        >
          <span>{called}</span>
          <span className="quiet">{note}</span>
        </li>
      ))}
    </ul>
  );
}
