import { useTranslation } from 'react-i18next';
import type { DeskSupervisionMode, TeamCall } from '../../../protocol/desk.ts';
import { labelText } from '../i18n/index.ts';
import { known } from '../party.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { clockText, useNow, useTongue } from '../ui/hooks.ts';

interface TeamPanelProps {
  readonly calls: readonly TeamCall[];
  /** The supervisor's own id. */
  readonly self: string;
  readonly offsetMs: number;
  /** The talk that the keys mean. */
  readonly chosen: TeamCall | undefined;
  readonly choose: (callId: string) => void;
  readonly supervise: (callId: string, mode: DeskSupervisionMode) => void;
  /** The supervisor has a call of their own, or supervises one: another one cannot begin. */
  readonly busy: boolean;
}

/** The talk that a key means: the one that is supervised, else the one that was chosen, else the oldest of somebody else. */
export function chosenTalk(calls: readonly TeamCall[], self: string, wanted: string | undefined): TeamCall | undefined {
  const others = calls.filter(({ agent }) => agent.id !== self);
  const mine = others.find(({ supervisors }) => supervisors.some(({ id }) => id === self));
  return mine ?? others.find(({ callId }) => callId === wanted) ?? others[0];
}

const modes = ['listen', 'whisper', 'barge'] as const;

/** Every talk of the floor: who with whom, for how long, who listens; and the ways to listen. Arrows choose a talk. */
export function TeamPanel({ calls, self, offsetMs, chosen, choose, supervise, busy }: TeamPanelProps) {
  const { t } = useTranslation();
  const tongue = useTongue();
  const now = useNow(offsetMs);
  return (
    <section className="panel" aria-labelledby="team-title" data-testid="team">
      <h2 id="team-title">{t('team.title')}</h2>
      {calls.length === 0 ? <p className="quiet">{t('team.empty')}</p> : null}
      <ul className="team">
        {calls.map((call) => {
          const { callId, agent, party, queue, since, state, supervisors } = call;
          const own = supervisors.find(({ id }) => id === self);
          const theirs = agent.id === self;
          return (
            <li
              key={callId}
              className={`team-call${chosen?.callId === callId ? ' team-chosen' : ''}`}
              data-testid="team-call"
              data-agent={agent.id}
              data-mode={own?.mode ?? 'none'}
            >
              <label className="team-head">
                <input
                  type="radio"
                  name="team"
                  checked={chosen?.callId === callId}
                  disabled={theirs}
                  onChange={() => choose(callId)}
                />
                <span className="team-agent">{agent.name}</span>
                <span className="team-time">{clockText(now - since)}</span>
              </label>
              <p className="quiet team-party">
                {party.name ?? known(party.number) ?? t('call.unknownCaller')}
                {queue === undefined ? null : ` · ${labelText(queue.name, tongue)}`}
                {state === 'talking' ? null : ` · ${t(`team.state.${state}`)}`}
                {call.added === 0 ? null : ` · ${t('team.added', { count: call.added })}`}
              </p>
              {supervisors.length === 0 ? null : (
                <p className="team-supervisors" data-testid="team-supervisors">
                  {supervisors.map(({ id, name, mode }) => `${name ?? id}: ${t(`team.mode.${mode}`)}`).join(', ')}
                </p>
              )}
              {theirs || (busy && own === undefined) ? null : (
                <div className="team-modes">
                  {modes.map((mode) => (
                    <ActionButton
                      key={mode}
                      label={t(`actions.${mode}`)}
                      testId={`team-${mode}`}
                      {...(chosen?.callId === callId ? { hotkey: mode } : {})}
                      pressed={own?.mode === mode}
                      onPress={() => supervise(callId, mode)}
                    />
                  ))}
                </div>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
