import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall, TranscriptLine } from '../../../protocol/desk.ts';
import { heardLines } from '../desk/heard-lines.ts';

const panelId = 'transcript-lines';
const noLines: readonly TranscriptLine[] = [];
/** How near the end, in pixels, still counts as being there. */
const nearEnd = 48;

/** Puts the keyboard on the transcript, to read it with the arrow keys. */
export function focusTranscript(): void {
  document.getElementById(panelId)?.focus();
}

/** What both sides say, as it is said. Follows the newest line unless the agent has scrolled back. */
export function TranscriptPanel({ call }: { readonly call: DeskCall | null }) {
  const { t } = useTranslation();
  const list = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const lines = heardLines(call?.transcript ?? noLines);

  useEffect(() => {
    const element = list.current;
    if (following && element !== null) element.scrollTop = element.scrollHeight;
  }, [following, lines]);

  const scrolled = (): void => {
    const element = list.current;
    if (element === null) return;
    setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd);
  };
  return (
    <section className="panel panel-words" aria-labelledby="transcript-title" data-testid="transcript">
      <h2 id="transcript-title">{t('transcript.title')}</h2>
      <div
        id={panelId}
        ref={list}
        className="words"
        role="log"
        aria-live="off"
        aria-labelledby="transcript-title"
        tabIndex={0}
        onScroll={scrolled}
      >
        {lines.length === 0 ? <p className="quiet words-empty">{t('transcript.empty')}</p> : null}
        {lines.map((line, index) => (
          <Line
            key={line.utteranceId}
            line={line}
            first={lines[index - 1]?.speaker !== line.speaker}
            over={call?.state === 'ended'}
            outside={call?.direction === 'outbound' ? 'callee' : 'caller'}
          />
        ))}
      </div>
      {following ? null : (
        <button type="button" className="words-newest" onClick={() => setFollowing(true)}>
          {t('transcript.newest')} ↓
        </button>
      )}
    </section>
  );
}

interface LineProps {
  readonly line: TranscriptLine;
  /** The first of several lines of one speaker. */
  readonly first: boolean;
  /** The call has ended: nobody is still speaking. */
  readonly over: boolean;
  /** How the party outside is called. */
  readonly outside: 'caller' | 'callee';
}

function Line({ line, first, over, outside }: LineProps) {
  const { t } = useTranslation();
  const speaking = !line.final && !over;
  return (
    <div
      className={`line line-${line.speaker}${speaking ? ' line-partial' : ''}`}
      data-testid="transcript-line"
      data-speaker={line.speaker}
      data-final={line.final}
    >
      <span className={first ? 'line-speaker' : 'sr-only'}>
        {t(`transcript.${line.speaker === 'agent' ? 'agent' : outside}`)}
      </span>
      <span className="line-text">
        {line.text}
        {speaking ? <span className="line-dots" aria-label={t('transcript.saying')} role="img" /> : null}
      </span>
    </div>
  );
}
