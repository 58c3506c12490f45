import { useLayoutEffect, useState } from 'react';
import type { SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall, DeskState } from '../../../protocol/desk.ts';
import { labelText } from '../i18n/index.ts';
import type { AgentSession } from '../session/agent-session.ts';
import { clockText, useNow, useTongue } from '../ui/hooks.ts';
import { hotkeys, isField } from '../ui/hotkeys.ts';
import { focusDispositions } from './focus.ts';

interface WrapUpProps {
  readonly call: DeskCall;
  readonly desk: DeskState;
  readonly offsetMs: number;
  readonly session: AgentSession;
}

/** After the call: choose what came of it. Digits choose, Enter is done. */
export function WrapUp({ call, desk, offsetMs, session }: WrapUpProps) {
  const { t } = useTranslation();
  const tongue = useTongue();
  const now = useNow(offsetMs);
  const [chosen, setChosen] = useState<string>();
  const [missing, setMissing] = useState(false);
  const [sending, setSending] = useState(false);

  useLayoutEffect(() => {
    if (!isField(document.activeElement)) focusDispositions();
  }, []);

  const done = async (): Promise<void> => {
    setMissing(chosen === undefined);
    if (chosen === undefined) return focusDispositions();
    setSending(true);
    await session.command({ type: 'dispose', callId: call.callId, disposition: chosen });
    setSending(false);
  };
  const submitted = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!sending) void done();
  };
  const pressed = (key: string): void => {
    const index = Number.parseInt(key, 10) - 1;
    const choice = desk.dispositions[index];
    if (choice !== undefined && key.length === 1) setChosen(choice.code);
  };
  return (
    <section className="panel wrapup" aria-labelledby="wrapup-title" data-testid="wrapup" data-chosen={chosen}>
      <h2 id="wrapup-title">
        {t('wrapUp.title')}
        {call.wrapUpUntil === undefined ? null : (
          <span className="wrapup-left" role="timer" data-testid="wrapup-left">
            {t('wrapUp.left', { time: clockText(call.wrapUpUntil - now) })}
          </span>
        )}
      </h2>
      <form onSubmit={submitted} onKeyDown={(event) => pressed(event.key)}>
        <fieldset aria-keyshortcuts={hotkeys.disposition.label}>
          <legend>
            {t('wrapUp.choose')} <kbd className="key">{hotkeys.disposition.label}</kbd>
          </legend>
          {desk.dispositions.map(({ code, label }, index) => (
            <label key={code} className={`choice${chosen === code ? ' choice-on' : ''}`}>
              <input
                type="radio"
                name="disposition"
                value={code}
                checked={chosen === code}
                onChange={() => setChosen(code)}
                data-testid={`disposition-${code}`}
              />
              <span>{labelText(label, tongue)}</span>
              {index < 9 ? (
                <kbd className="key" aria-hidden="true">
                  {index + 1}
                </kbd>
              ) : null}
            </label>
          ))}
        </fieldset>
        {missing && chosen === undefined ? (
          <p className="field-error" role="alert">
            {t('wrapUp.chooseFirst')}
          </p>
        ) : null}
        <button type="submit" className="submit" disabled={sending} data-testid="wrapup-done">
          {t('actions.done')}
          <kbd className="key" aria-hidden="true">
            Enter
          </kbd>
        </button>
      </form>
    </section>
  );
}
