import { useLayoutEffect, useRef } from 'react';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { assertNever } from '../../../base/assert-never.ts';
import type { CallDevice, DeskCall, DeskQueue, Presence } from '../../../protocol/desk.ts';
import type { Joined } from '../join.ts';
import type { LastCall } from '../party.ts';
import type { Line } from '../phone/machine.ts';
import { isField } from '../ui/hotkeys.ts';
import { ProblemNote } from '../ui/problem-note.tsx';
import { CallControls, isHandedOver } from './call-controls.tsx';
import { CallFacts } from './call-facts.tsx';
import { CallTimer } from './call-timer.tsx';
import { ConferencePanel, isConference } from './conference-panel.tsx';
import { SupervisionNote } from './supervising-controls.tsx';
import { DialPanel } from './dial-panel.tsx';
import { DialProgressNote } from './dial-progress.tsx';
import { Keypad } from './keypad.tsx';
import { QualityNote } from './quality-note.tsx';
import { TransferNote } from './transfer-note.tsx';
import { TransferPanel } from './transfer-panel.tsx';
import type { DeskActions } from './use-desk-actions.ts';
import { who } from './who.ts';

/** A part of the card that opens and closes. */
interface Opening {
  readonly shown: boolean;
  readonly toggle: () => void;
  readonly close: () => void;
}

interface CallCardProps {
  readonly joined: Joined;
  readonly line: Line;
  readonly offsetMs: number;
  readonly presence: Presence;
  readonly actions: DeskActions;
  readonly last: LastCall | undefined;
  readonly keypad: Opening;
  readonly transfer: Opening;
  /** Queues a caller can be handed over to. */
  readonly queues: readonly DeskQueue[];
  /** The agent's own id. */
  readonly self: string;
}

/** What the card is about, as tests and styles see it. `held` and `ended` come from the desk, the rest from the phone. */
export type CardState = 'none' | 'ringing' | 'offered' | 'answering' | 'dialling' | 'talking' | 'held' | 'ended';

export function cardState(joined: Joined): CardState {
  switch (joined.type) {
    case 'none':
    case 'ringing':
    case 'answering':
    case 'dialling':
      return joined.type;
    case 'details-only':
      return 'offered';
    case 'talking':
    case 'elsewhere':
    case 'audio-lost':
      return joined.details?.state === 'held' ? 'held' : 'talking';
    case 'wrap-up':
      return 'ended';
    default:
      return assertNever(joined);
  }
}

/** The screen pop and the call itself: who, where from, how long, and what can be done. */
export function CallCard(props: CallCardProps) {
  const { joined, line, offsetMs, presence, actions, last, keypad, transfer, queues, self } = props;
  const { t } = useTranslation();
  const card = useRef<HTMLElement>(null);
  const state = cardState(joined);
  useCardFocus(card, state);
  if (joined.type === 'none')
    return (
      <section
        ref={card}
        className="panel call call-none"
        tabIndex={-1}
        data-testid="call-card"
        data-state="none"
        aria-label={t('call.title')}
      >
        <h2>{t('call.none')}</h2>
        <p className="quiet">{t(presence === 'available' ? 'call.noneAvailable' : 'call.noneIdle')}</p>
        <DialPanel dial={actions.dial} search={actions.searchContacts} disabled={presence === 'offline'} last={last} />
      </section>
    );
  const { details } = joined;
  return (
    <section
      ref={card}
      className={`panel call call-${state}`}
      tabIndex={-1}
      data-testid="call-card"
      data-state={state}
      data-call-id={details?.callId ?? ('callId' in line ? line.callId : undefined)}
      data-audio={
        joined.type === 'audio-lost'
          ? 'lost'
          : joined.type === 'elsewhere'
            ? 'elsewhere'
            : line.type === 'talking'
              ? line.media
              : 'none'
      }
      aria-label={t('call.title')}
    >
      <div className="call-head">
        <span className="call-state" data-testid="call-state">
          {t(stateText(state, details))}
        </span>
        <CallTimer joined={joined} line={line} offsetMs={offsetMs} />
      </div>
      <h2 className="call-who" data-testid="caller-name">
        {who(joined, line, t('call.unknownCaller'))}
      </h2>
      {details === undefined ? null : <CallFacts call={details} offsetMs={offsetMs} />}
      {state === 'dialling' && details !== undefined ? <DialProgressNote call={details} /> : null}
      <Remarks joined={joined} line={line} details={details} muted={actions.muted} />
      {line.type === 'ringing' && line.problem !== undefined ? <ProblemNote problem={line.problem} /> : null}
      {details === undefined ? null : <SupervisionNote call={details} />}
      {details !== undefined && isConference(details) ? (
        <ConferencePanel call={details} actions={actions} self={self} />
      ) : null}
      {details === undefined ? null : <TransferNote call={details} offsetMs={offsetMs} />}
      {details === undefined ? null : <QualityNote call={details} />}
      <CallControls joined={joined} actions={actions} keypad={keypad} transfer={transfer} />
      {keypad.shown ? <Keypad press={actions.keypad} close={keypad.close} /> : null}
      {transfer.shown ? (
        <TransferPanel
          transfer={actions.transfer}
          consult={actions.consult}
          add={actions.add}
          conference={details?.conference !== undefined}
          search={actions.searchContacts}
          colleagues={actions.colleagues}
          self={self}
          queues={queues}
          close={transfer.close}
        />
      ) : null}
    </section>
  );
}

/** The state in words: a call out that is asked for, or has failed, says so. */
function stateText(state: CardState, call: DeskCall | undefined) {
  if (call?.supervising !== undefined && state === 'talking') return 'call.supervising';
  if (call?.consulted === true && state === 'talking') return 'call.consulted';
  if (isHandedOver(call) && call?.transfer?.type === 'attended' && (state === 'held' || state === 'talking')) {
    if (call.transfer.callerLeft === true) return 'call.callerLeft';
    if (call.transfer.stage !== 'talking') return 'call.consultRings';
    return call.transfer.with === 'caller' ? 'call.consultPaused' : 'call.consulting';
  }
  if (state === 'held' && isHandedOver(call)) return 'call.transferring';
  if (call?.conference !== undefined && state === 'talking') return 'call.conference';
  if (call?.direction !== 'outbound') return `call.${state}` as const;
  if (state === 'dialling' && call.dial?.stage === 'failed') return 'call.dialFailed';
  return state === 'ringing' || state === 'offered' ? 'call.dialAsked' : (`call.${state}` as const);
}

interface RemarksProps {
  readonly joined: Joined;
  readonly line: Line;
  readonly details: DeskCall | undefined;
  readonly muted: boolean;
}

/** What is unusual about the call now, in words. */
function Remarks({ joined, line, details, muted }: RemarksProps) {
  const { t } = useTranslation();
  const remarks: { readonly text: string; readonly late?: boolean }[] = [];
  const remark = (text: string): void => void remarks.push({ text });
  // The other half of the call is usually there at once, so its absence is shown after a moment only.
  const late = (text: string): void => void remarks.push({ text, late: true });
  if (joined.type === 'ringing' && details === undefined) late(t('call.noDetails'));
  if (joined.type === 'talking' && details === undefined) late(t('call.noDetailsTalking'));
  const rung = deskPhone(joined.type === 'details-only' ? details?.rings : undefined);
  if (rung !== undefined) remark(t('call.ringingOn', { name: rung.name ?? t('phones.desk') }));
  else if (joined.type === 'details-only') late(t('call.notRinging'));
  if (joined.type === 'elsewhere') remark(t('call.talkingOn', { name: joined.details.on?.name ?? t('phones.desk') }));
  if (details?.heldOnPhone === true && details.state === 'held') remark(t('call.heldOn'));
  if (joined.type === 'audio-lost') late(t('call.audioLost'));
  if (line.type === 'ringing' && line.declined) remark(t('call.declined'));
  if (line.type === 'talking' && line.media === 'interrupted') remark(t('call.interrupted'));
  if (line.type === 'talking' && line.media === 'failed') remark(t('call.failed'));
  if (details?.heldByPeer === true && details.state !== 'ended') remark(t('call.heldByPeer'));
  if (muted) remark(t('call.muted'));
  return (
    <div className="remarks" role="status" data-testid="call-remarks">
      {remarks.map(({ text, late }) => (
        <p key={text} className={late === true ? 'remark remark-late' : 'remark'}>
          {text}
        </p>
      ))}
    </div>
  );
}

/** The desk phone among what rings, where no softphone does: this page then has nothing to answer. */
export function deskPhone(rings: readonly CallDevice[] | undefined): CallDevice | undefined {
  return rings?.every(({ kind }) => kind === 'desk') === true ? rings[0] : undefined;
}

/**
 * Moves the keyboard with the call, but never out of a field someone is typing in: to Answer when it rings, and to the
 * card when the button that had the focus is gone.
 */
function useCardFocus(card: RefObject<HTMLElement | null>, state: CardState): void {
  useLayoutEffect(() => {
    if (isField(document.activeElement)) return;
    if (state === 'ringing') card.current?.querySelector<HTMLElement>('[data-testid="answer"]')?.focus();
    else if (state !== 'ended' && document.activeElement === document.body) card.current?.focus();
  }, [card, state]);
}
