import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { liveSession } from '../phone/machine.ts';
import type { AgentSession } from '../session/agent-session.ts';
import type { AppModel } from '../session/app-model.ts';
import { useStore } from '../ui/hooks.ts';
import { ProblemNote } from '../ui/problem-note.tsx';

interface NoticesProps {
  readonly model: AppModel;
  readonly session: AgentSession;
}

/** What is wrong now, above everything else. */
export function Notices({ model, session }: NoticesProps) {
  const { t } = useTranslation();
  const notices = useStore(model.notices);
  const feed = useStore(session.feed.state);
  const { line } = useStore(session.phone.state);
  const expired = useStore(session.expired);
  const busy = liveSession(line) !== undefined;

  // A login that is no longer accepted ends the desk, but never a call.
  useEffect(() => {
    if (expired !== undefined && !busy) void model.leave(expired);
  }, [model, expired, busy]);

  return (
    <div className="notices">
      {feed.link === 'waiting' || (feed.link !== 'live' && feed.desk !== undefined && expired === undefined) ? (
        <div className="note note-warn" role="status" data-testid="reconnecting">
          {t('feed.stale')}
        </div>
      ) : null}
      {expired === undefined ? null : <ProblemNote problem={expired} />}
      {notices.map((each) => (
        <ProblemNote key={each.code} problem={each} onDismiss={() => model.dismiss(each.code)} />
      ))}
    </div>
  );
}
