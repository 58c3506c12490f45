import { useTranslation } from 'react-i18next';
import type { DeskCall, DeskTransfer } from '../../../protocol/desk.ts';
import { known, partyName, partyNumber } from '../party.ts';
import { clockText, useNow } from '../ui/hooks.ts';

interface ConsultPanelProps {
  readonly call: DeskCall;
  readonly transfer: DeskTransfer;
  readonly offsetMs: number;
}

/** Both people an agent has on the line while they consult: who is heard, who waits, and for how long. */
export function ConsultPanel({ call, transfer, offsetMs }: ConsultPanelProps) {
  const { t } = useTranslation();
  const now = useNow(offsetMs);
  const caller = partyName(call) ?? known(partyNumber(call)) ?? t('call.unknownCaller');
  const { to, name, stage, with: heard, since, callerLeft } = transfer;
  const talks = stage === 'talking';
  const target = name ?? to;
  // A desk phone with a second line says by its own keys who is heard.
  const active = !talks ? 'none' : heard;
  const callerState = callerLeft === true ? 'left' : active === 'caller' ? 'heard' : 'waits';
  const targetState = !talks ? stage : active === 'caller' ? 'waits' : 'heard';
  return (
    <div
      className="consult"
      role="status"
      data-testid="consult"
      data-stage={stage}
      data-with={talks ? (heard ?? 'phone') : undefined}
    >
      <ul className="consult-parties">
        <li className={`consult-party consult-${callerState}`} data-testid="consult-caller" data-state={callerState}>
          <span className="consult-name">{caller}</span>
          <span className="consult-state">{t(`consult.caller.${callerState}`)}</span>
        </li>
        <li className={`consult-party consult-${targetState}`} data-testid="consult-target" data-state={targetState}>
          <span className="consult-name">
            {target}
            {name === undefined || name === to ? null : <span className="quiet"> {to}</span>}
          </span>
          <span className="consult-state">
            {t(`consult.target.${targetState}`)}
            {since === undefined ? null : <span className="consult-time">{clockText(now - since)}</span>}
          </span>
        </li>
      </ul>
      {callerLeft === true ? <p className="remark">{t('consult.callerLeft')}</p> : null}
    </div>
  );
}
