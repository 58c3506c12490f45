import { CommentOutlined, SwapOutlined, TeamOutlined } from '@ant-design/icons';
import { useLayoutEffect, useRef } from 'react';
import type { KeyboardEvent, SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskQueue } from '../../../protocol/desk.ts';
import { labelText } from '../i18n/index.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { useTongue } from '../ui/hooks.ts';
import { useCallables } from './callable.ts';
import type { SearchContacts } from './callable.ts';
import { useColleagues } from './colleagues.ts';
import type { Colleague, ListColleagues } from './colleagues.ts';
import { Choices, Combobox, useBox } from './combobox.tsx';
import type { Choice } from './combobox.tsx';

interface TransferPanelProps {
  readonly transfer: (to: string) => void;
  /** Talks to them first. */
  readonly consult: (to: string) => void;
  /** Adds them to the talk. */
  readonly add: (to: string) => void;
  /** More than two talk: people are added, and nobody is handed over unseen. */
  readonly conference: boolean;
  readonly search: SearchContacts;
  readonly colleagues: ListColleagues;
  /** The agent's own id. */
  readonly self: string;
  readonly queues: readonly DeskQueue[];
  readonly close: () => void;
}

/**
 * Where the caller is handed over to: a colleague, a queue, a contact, an extension or a number. Arrows choose, Enter
 * hands over at once, Shift+Enter talks to them first, Ctrl+Enter adds them to the talk.
 */
export function TransferPanel(props: TransferPanelProps) {
  const { transfer, consult, add, conference, search, colleagues, self, queues, close } = props;
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const box = useBox();
  useLayoutEffect(() => field.current?.focus(), []);
  const choices = useChoices(box.text, { search, colleagues, self, queues: conference ? [] : queues });
  const hand = (to: string, how: (to: string) => void): void => {
    if (to.trim() === '') {
      box.complain();
      field.current?.focus();
      return;
    }
    close();
    how(to.trim());
  };
  const chosen = choices[box.at]?.to ?? box.text;
  const submitted = (event: SyntheticEvent): void => {
    event.preventDefault();
    hand(chosen, conference ? add : transfer);
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey === event.ctrlKey) return;
    event.preventDefault();
    hand(chosen, event.ctrlKey ? add : consult);
  };
  return (
    <div className="dial" data-testid="transfer-panel">
      <form className="dial-form" onSubmit={submitted} onKeyDown={pressed} noValidate>
        <Combobox
          box={box}
          field={field}
          name="transfer"
          testId="transfer-to"
          label={t('transfer.label')}
          placeholder={t('transfer.placeholder')}
          choices={choices}
          escape={close}
        />
        {box.missing ? (
          <p className="field-error" role="alert">
            {t('transfer.missing')}
          </p>
        ) : null}
        <Choices
          name="transfer"
          label={t('transfer.targets')}
          choices={choices}
          at={box.at}
          pick={(to) => {
            box.typed(to);
            field.current?.focus();
          }}
        />
        <div className="dial-buttons dial-buttons-fill">
          <ActionButton
            label={t('actions.consult')}
            testId="consult-now"
            icon={<CommentOutlined />}
            shortcut="Shift+Enter"
            onPress={() => hand(chosen, consult)}
          />
          <ActionButton
            label={t('actions.addNow')}
            testId="add-now"
            icon={<TeamOutlined />}
            kind={conference ? 'primary' : 'plain'}
            shortcut={conference ? 'Enter' : 'Ctrl+Enter'}
            onPress={() => hand(chosen, add)}
          />
          {conference ? null : (
            <ActionButton
              label={t('actions.transferNow')}
              testId="transfer-now"
              icon={<SwapOutlined />}
              kind="primary"
              shortcut="Enter"
              onPress={() => hand(chosen, transfer)}
            />
          )}
        </div>
      </form>
    </div>
  );
}

/** Colleagues first, then queues and contacts; a text that is an id already finds itself. */
function useChoices(
  text: string,
  from: Pick<TransferPanelProps, 'search' | 'colleagues' | 'self' | 'queues'>,
): readonly Choice[] {
  const { t } = useTranslation();
  const tongue = useTongue();
  const wanted = text.trim().toLowerCase();
  const contacts = useCallables(from.search, text);
  const people = useColleagues(from.colleagues, wanted.replace(/^agent:/, ''), from.self);
  const lines = from.queues.map(({ id, name }) => ({
    ...{ to: `queue:${id}`, name: labelText(name, tongue), note: t('call.queue') },
  }));
  const doing = ({ presence, activity }: Colleague): string =>
    activity === 'idle' ? t(`presence.${presence}`) : t(`activity.${activity}`);
  return [
    ...people.map((each) => ({ to: `agent:${each.id}`, name: each.name, note: doing(each), dim: !each.free })),
    ...lines.filter(({ to, name }) => `${to} ${name}`.toLowerCase().includes(wanted)),
    ...contacts.map(({ name, number }) => ({ to: number, name, note: number })),
  ];
}
