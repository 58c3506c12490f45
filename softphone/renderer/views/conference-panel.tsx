import { AudioMutedOutlined, AudioOutlined, CloseOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { ConferenceMember, DeskCall } from '../../../protocol/desk.ts';
import { known, partyName, partyNumber } from '../party.ts';
import { ActionButton } from '../ui/action-button.tsx';
import type { DeskActions } from './use-desk-actions.ts';

interface ConferencePanelProps {
  readonly call: DeskCall;
  readonly actions: DeskActions;
  /** The agent's own id. */
  readonly self: string;
}

/** Whether more than two talk, or somebody is being added. */
export function isConference({ conference, transfer }: DeskCall): boolean {
  return conference !== undefined || (transfer?.joins === true && transfer.stage !== 'failed');
}

/** Everybody in the talk: who they are, who is silent, who rings; each of those who were added can be silenced or sent away. */
export function ConferencePanel({ call, actions, self }: ConferencePanelProps) {
  const { t } = useTranslation();
  const { conference = [], transfer, host, callerLeft, supervising, speakers = [] } = call;
  // A guest, or who only supervises, has no say over the others.
  const rules = host === undefined && supervising === undefined;
  const caller = partyName(call) ?? known(partyNumber(call)) ?? t('call.unknownCaller');
  const speaks = (id: string): boolean => speakers.includes(id);
  const adding = transfer?.joins === true && transfer.stage !== 'failed' ? transfer : undefined;
  const callerState = callerLeft === true ? 'left' : call.heldByPeer ? 'holds' : 'there';
  return (
    <div className="consult conference" role="group" aria-label={t('conference.title')} data-testid="conference">
      {host === undefined ? null : (
        <p className="remark" data-testid="conference-host">
          {t('conference.host', { agent: host.name ?? host.id })}
        </p>
      )}
      <ul className="consult-parties">
        <li
          className={`consult-party conference-${callerState}`}
          data-speaks={speaks('caller')}
          data-testid="conference-caller"
          data-state={callerState}
        >
          <span className="consult-name">{caller}</span>
          <span className="consult-state">
            {callerState === 'there' && speaks('caller')
              ? t('conference.speaks')
              : t(`conference.caller.${callerState}`)}
          </span>
        </li>
        {host === undefined ? null : (
          <li
            className="consult-party conference-there"
            data-testid="conference-host-row"
            data-speaks={speaks('agent')}
          >
            <span className="consult-name">{host.name ?? host.id}</span>
            <span className="consult-state">
              {t(speaks('agent') ? 'conference.speaks' : 'conference.member.there')}
            </span>
          </li>
        )}
        {conference.map((member) => (
          <MemberRow
            key={member.id}
            member={member}
            own={member.to === self}
            speaks={speaks(member.id)}
            actions={rules ? actions : undefined}
          />
        ))}
        {adding === undefined ? null : (
          <li className="consult-party" data-testid="conference-adding" data-state={adding.stage}>
            <span className="consult-name">{adding.name ?? adding.to}</span>
            <span className="consult-state">
              {t(adding.stage === 'calling' ? 'conference.calling' : 'conference.ringing')}
              <ActionButton
                label={t('actions.cancelAdding')}
                testId="cancel-adding"
                icon={<CloseOutlined />}
                onPress={actions.cancelTransfer}
              />
            </span>
          </li>
        )}
      </ul>
    </div>
  );
}

interface MemberRowProps {
  readonly member: ConferenceMember;
  /** It is the agent who looks at it. */
  readonly own: boolean;
  readonly speaks: boolean;
  /** Absent for a guest, who has no say over the others. */
  readonly actions: DeskActions | undefined;
}

function MemberRow({ member, own, speaks, actions }: MemberRowProps) {
  const { t } = useTranslation();
  const { id, to, name, muted, heldByPeer } = member;
  const state = heldByPeer ? 'holds' : muted ? 'muted' : 'there';
  return (
    <li
      className={`consult-party conference-${state}`}
      data-testid="conference-member"
      data-to={to}
      data-state={state}
      data-speaks={speaks}
    >
      <span className="consult-name">
        {name ?? to}
        {own ? <span className="quiet"> {t('conference.you')}</span> : null}
      </span>
      <span className="consult-state">
        {state === 'there' && speaks ? t('conference.speaks') : t(`conference.member.${state}`)}
      </span>
      {actions === undefined ? null : (
        <div className="member-actions">
          <ActionButton
            label={t(muted ? 'actions.unmuteMember' : 'actions.muteMember')}
            testId="mute-member"
            icon={muted ? <AudioMutedOutlined /> : <AudioOutlined />}
            pressed={muted}
            onPress={() => actions.muteMember(id, !muted)}
          />
          <ActionButton
            label={t('actions.dropMember')}
            testId="drop-member"
            icon={<CloseOutlined />}
            kind="danger"
            onPress={() => actions.dropMember(id)}
          />
        </div>
      )}
    </li>
  );
}
