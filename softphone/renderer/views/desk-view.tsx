import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall, DeskState } from '../../../protocol/desk.ts';
import { joinCall } from '../join.ts';
import type { AgentSession } from '../session/agent-session.ts';
import type { AppModel } from '../session/app-model.ts';
import { useStore } from '../ui/hooks.ts';
import { useHotkeys } from '../ui/hotkeys.ts';
import type { PageTheme } from '../ui/theme.ts';
import { AlertPanel } from './alert-panel.tsx';
import { Announcer } from './announcer.tsx';
import { CallCard } from './call-card.tsx';
import { isHandedOver } from './call-controls.tsx';
import { EarsNotice } from './ears-notice.tsx';
import { HelpDialog } from './help-dialog.tsx';
import { Notices } from './notices.tsx';
import { useSwitchTongue } from './page-switches.tsx';
import { PhonesPanel } from './phones-panel.tsx';
import { useTeam } from './use-team.tsx';
import { PicturePanel } from './picture-panel.tsx';
import { QueuePanel } from './queue-panel.tsx';
import { TopBar } from './top-bar.tsx';
import { focusTranscript, TranscriptPanel } from './transcript-panel.tsx';
import { useAttention } from './use-attention.ts';
import { useDeskActions } from './use-desk-actions.ts';
import { WrapUp } from './wrap-up.tsx';
import { focusDial, focusDispositions } from './focus.ts';

interface DeskViewProps {
  readonly model: AppModel;
  readonly theme: PageTheme;
  readonly session: AgentSession;
}

/** The whole desk of an agent on one screen. */
export function DeskView({ model, theme, session }: DeskViewProps) {
  const { t } = useTranslation();
  const feed = useStore(session.feed.state);
  const phone = useStore(session.phone.state);
  const [keypadOpen, setKeypadOpen] = useState(false);
  const [transferOpen, setTransferOpen] = useState(false);
  const [pauseOpen, setPauseOpen] = useState(false);
  const [helpOpen, setHelpOpen] = useState(false);
  const desk = feed.desk;
  const call = desk?.call ?? null;
  const joined = joinCall(call, phone.line);
  const actions = useDeskActions({ model, session, joined, line: phone.line });
  const talking = joined.type === 'talking' || joined.type === 'elsewhere';
  // Somebody who was asked into another's call has no say over it.
  const { consulted: asked, host, supervising } = joined.type === 'none' ? {} : (joined.details ?? {});
  const consulted = talking && (asked === true || host !== undefined || supervising !== undefined);
  const keypadShown = keypadOpen && talking;
  const handed = talking && isHandedOver(joined.details);
  const transferShown = transferOpen && talking && !handed && !consulted;
  const toggleTransfer = (): void => setTransferOpen(!transferShown);
  const last = useStore(session.last);
  const team = useTeam(desk, session.login.agent.id, actions, feed.offsetMs);
  useAttention(model, joined, phone.line);
  useHotkeys({
    goAvailable: actions.goAvailable,
    pause: () => setPauseOpen(!pauseOpen),
    signOut: actions.signOut,
    ...actions.callKeys,
    ...team.keys,
    ...(talking && !consulted ? { transfer: handed ? actions.cancelTransfer : toggleTransfer } : {}),
    ...(talking && !consulted ? { keypad: () => setKeypadOpen(!keypadOpen) } : {}),
    dial: focusDial,
    transcript: focusTranscript,
    disposition: focusDispositions,
    language: useSwitchTongue(),
    help: () => setHelpOpen(true),
  });
  return (
    <div className="desk">
      <TopBar
        theme={theme}
        feed={feed}
        phone={phone}
        name={desk?.agent.name ?? session.login.agent.name}
        actions={actions}
        pauseOpen={pauseOpen}
        setPauseOpen={setPauseOpen}
        openHelp={() => setHelpOpen(true)}
      />
      <Notices model={model} session={session} />
      <Announcer joined={joined} line={phone.line} />
      <main className="columns">
        <div className="column column-call">
          <CallCard
            joined={joined}
            line={phone.line}
            offsetMs={feed.offsetMs}
            presence={desk?.agent.presence ?? 'offline'}
            actions={actions}
            last={last}
            keypad={{ shown: keypadShown, toggle: () => setKeypadOpen(!keypadOpen), close: () => setKeypadOpen(false) }}
            transfer={{ shown: transferShown, toggle: toggleTransfer, close: () => setTransferOpen(false) }}
            queues={desk?.queues ?? []}
            self={session.login.agent.id}
          />
          {joined.type === 'talking' && joined.details?.video !== undefined ? (
            <PicturePanel session={session} call={joined.details} />
          ) : null}
          {joined.type === 'wrap-up' && desk !== undefined ? (
            <WrapUp
              key={joined.details.callId}
              call={joined.details}
              desk={desk}
              offsetMs={feed.offsetMs}
              session={session}
            />
          ) : null}
        </div>
        <div className="column column-words">
          <TranscriptPanel call={shownCall(call)} />
        </div>
        <aside className="column column-side" aria-label={t('alerts.title')}>
          <AlertPanel call={call} session={session} />
          <EarsNotice ears={relevantEars(desk)} />
          {desk === undefined ? null : (
            <PhonesPanel phones={desk.phones} disabled={feed.link !== 'live'} choose={actions.chooseRing} />
          )}
          {team.panel}
          <QueuePanel queues={desk?.queues ?? []} offsetMs={feed.offsetMs} />
        </aside>
      </main>
      <HelpDialog open={helpOpen} close={() => setHelpOpen(false)} supervises={desk?.team !== undefined} />
    </div>
  );
}

/** A call that only rings has nothing to read yet. */
function shownCall(call: DeskCall | null): DeskCall | null {
  return call === null || call.state === 'offered' || call.state === 'dialling' ? null : call;
}

/** Without a call every language that cannot be heard is worth a line; during a call only its own. */
function relevantEars(desk: DeskState | undefined): DeskState['ears'] {
  if (desk === undefined) return [];
  const troubled = desk.ears.filter((each) => each.state !== 'ready');
  return desk.call === null ? troubled : troubled.filter((each) => each.language === desk.call?.language);
}
